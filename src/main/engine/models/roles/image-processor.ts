/** Pictures as an image encoder wants them: preprocessor_config.json as a graph, so that the runtime does the resampling. */
import type { Model } from '../../onnx/ir/graph.ts';
import { parseText } from '../../onnx/ir/text.ts';
import { defect, readJson } from '../files.ts';
import { normalisationOf, type PictureSize, pictureConfig } from '../preprocessor.ts';
import { type Filter, Resample } from '../resample.ts';
import type { Part, Role } from '../role.ts';
import { type Source, writtenGraph } from '../source.ts';

/** What is done to a picture. */
export interface Preparation {
  /** The graph that does it. */
  readonly source: Source;
  /** Size of what it makes. */
  readonly out: PictureSize;
  /** Size in pixels to which a picture is scaled before its centre is cut out. */
  resized(picture: PictureSize): PictureSize;
  readonly filter: Filter;
  /** A value of 0..255 becomes gain · value + offset, per channel. */
  readonly gain: readonly number[];
  readonly offset: readonly number[];
}

export interface PreparedPicture {
  /** float32 of 3·height·width, as pixel_values. */
  readonly data: Float32Array;
  readonly dims: readonly [1, 3, number, number];
}

/** @param rgb RGB8 of height·width·3 */
export type PreparePicture = (rgb: Uint8Array, width: number, height: number) => Promise<PreparedPicture>;

/** Filters by Pillow's number. */
const RESAMPLE: Readonly<Record<number, Filter>> = { 2: 'linear', 3: 'cubic' };

export const imageProcessor = {
  id: 'imageProcessor',
  label: 'the preparation of pictures',
  io: (_model, _file, preparation) => preparation,
  passes: () => [],
  functions: makePrepare,
} as const satisfies Role<Preparation, Preparation, void, PreparePicture>;

/** Throws a defect naming what is missing, wrong or not known. @param file preprocessor_config.json */
export async function readPreparation(file: string): Promise<Preparation> {
  const found = await readJson(file, pictureConfig);
  const resample = found.resample ?? 3;
  const mode = RESAMPLE[resample];
  if (found.do_resize === false || !found.size || mode === undefined) {
    const what = mode === undefined ? `resampling by filter ${resample}` : 'pictures that are not resized';
    throw defect(file, `${what} is not known`, 'Use a model that resizes bicubically (3) or bilinearly (2).');
  }
  const crop = (found.do_center_crop ?? found.crop_size != null) ? found.crop_size : null;
  const size = typeof found.size === 'number' ? numbered(found.size, crop != null) : found.size;
  const exact = 'shortest_edge' in size ? null : size;
  const edge = 'shortest_edge' in size ? size.shortest_edge : 0;
  const out = crop ?? exact;
  if (!out) throw defect(file, '"crop_size" is missing', 'Download the model again, all of its files.');
  const least = exact ?? { height: edge, width: edge };
  if (out.height > least.height || out.width > least.width) {
    throw defect(file, '"crop_size" is larger than "size"', 'Download the model again, all of its files.');
  }
  const { scale, mean, deviation } = normalisationOf(found, { mean: 0, deviation: 1 });
  const gain = deviation.map((value) => scale / value);
  const offset = deviation.map((value, c) => -mean[c]! / value);
  return {
    source: writtenGraph(file, () => graphOf(mode, out, gain, offset)),
    out,
    resized: (picture) => exact ?? shortestEdge(picture, edge),
    filter: mode,
    ...{ gain, offset },
  };
}

function graphOf(mode: string, out: PictureSize, gain: readonly number[], offset: readonly number[]): Model {
  // Antialiased, renormalised at the border, a = -0.5, rounded to 8 bit: as Pillow resizes, whose pictures the models know.
  return parseText(
    `float32[1, h, w, 3] picture, int64[4] size, int64[2] start, int64[2] end => float32[1, 3, ${out.height}, ${out.width}] pixel_values
     int64[2] axes = {2, 3}
     float32[] black = {0}
     float32[] white = {255}
     float32[1, 3, 1, 1] gain = {${gain}}
     float32[1, 3, 1, 1] offset = {${offset}}
     planes = Transpose<perm = [0, 3, 1, 2]>(picture)
     resized = Resize<mode = "${mode}", antialias = 1, exclude_outside = 1, cubic_coeff_a = -0.5>(planes, , , size)
     clipped = Clip(resized, black, white)
     bytes = Round(clipped)
     cropped = Slice(bytes, start, end, axes)
     scaled = Mul(cropped, gain)
     pixel_values = Add(scaled, offset)`,
    { opset: 18 },
  );
}

function makePrepare({ session, io: { out, resized } }: Part<Preparation>): PreparePicture {
  return async (rgb, width, height) => {
    const to = resized({ width, height });
    const start = [Math.floor((to.height - out.height) / 2), Math.floor((to.width - out.width) / 2)];
    const int64 = (...values: number[]) =>
      ({ type: 'int64', data: BigInt64Array.from(values, BigInt), dims: [values.length] }) as const;
    const made = await session.run(
      {
        picture: { type: 'float32', data: Float32Array.from(rgb), dims: [1, height, width, 3] },
        size: int64(1, 3, to.height, to.width),
        start: int64(...start),
        end: int64(start[0]! + out.height, start[1]! + out.width),
      },
      ['pixel_values'],
    );
    return { data: made.pixel_values!.data, dims: [1, 3, out.height, out.width] };
  };
}

/** A picture that was prepared, and the way back to it. */
export interface FollowedPicture {
  readonly prepared: PreparedPicture;
  /** Σ cotangent · ∂prepared/∂picture: as large as the picture. */
  pull(cotangent: Float32Array): Float32Array;
}

/**
 * The same in arithmetic that can be followed back, without the rounding to 8 bits, which has no slope. Where a value is clipped
 * its slope is 0.
 * @param planes (3, height, width), 0..1, of any range: what is beyond is clipped
 */
export function prepareFollowed(
  { filter, gain, offset, out, resized }: Preparation,
  planes: Float32Array,
  from: PictureSize,
): FollowedPicture {
  const resample = new Resample({ filter, from, resized: resized(from), out });
  const made = resample.forward(planes.map(unit));
  const area = out.width * out.height;
  const data = made.map((value, i) => {
    const c = Math.floor(i / area);
    return gain[c]! * 255 * unit(value) + offset[c]!;
  });
  return {
    prepared: { data, dims: [1, 3, out.height, out.width] },
    pull(cotangent) {
      const inner = cotangent.map((value, i) =>
        isClipped(made[i]!) ? 0 : value * 255 * gain[Math.floor(i / area)]!,
      );
      return resample.pull(inner).map((value, i) => (isClipped(planes[i]!) ? 0 : value));
    },
  };
}

/** NaN stays NaN. */
function unit(value: number): number {
  return Math.min(1, Math.max(0, value));
}

function isClipped(value: number): boolean {
  return value < 0 || value > 1;
}

/** A bare number, of the oldest files: the shortest edge of what is cropped (CLIP), else a square (ViT). */
function numbered(side: number, isCropped: boolean) {
  return isCropped ? { shortest_edge: side } : { width: side, height: side };
}

/** The longer side is cut to whole pixels, as transformers does. */
function shortestEdge({ width, height }: PictureSize, edge: number): PictureSize {
  return width <= height
    ? { width: edge, height: Math.floor((edge * height) / width) }
    : { width: Math.floor((edge * width) / height), height: edge };
}
