/** Pictures as an image encoder wants them: preprocessor_config.json as a graph, so that the runtime does the resampling. */
import { z } from 'zod';
import { defect, readJson } from '../models/files.ts';
import { parseText } from '../onnx/ir/text.ts';
import { createSession } from '../onnx/ort.ts';

const pixels = z.int().min(1).max(4096);
const channels = z.array(z.number()).length(3);
const sides = z.object({ height: pixels, width: pixels });
/** A bare number is the shortest edge in size, both sides in crop_size: older files have it so. */
const size = z.union([
  sides,
  z.object({ shortest_edge: pixels }),
  pixels.transform((edge) => ({ shortest_edge: edge })),
]);
const cropSize = z.union([sides, pixels.transform((side) => ({ height: side, width: side }))]);

/** Filters by Pillow's number. */
const RESAMPLE: Readonly<Record<number, string>> = { 2: 'linear', 3: 'cubic' };

const config = z.object({
  do_resize: z.boolean().default(true),
  size,
  resample: z.int().default(3),
  do_center_crop: z.boolean().optional(),
  crop_size: cropSize.nullish(),
  do_rescale: z.boolean().default(true),
  rescale_factor: z
    .number()
    .gt(0)
    .default(1 / 255),
  do_normalize: z.boolean().default(true),
  image_mean: channels.default([0, 0, 0]),
  image_std: channels.refine((all) => all.every((value) => value > 0), 'must be above 0').default([1, 1, 1]),
});

interface Picture {
  /** float32 of 3·height·width, as pixel_values. */
  readonly data: Float32Array;
  readonly dims: readonly [1, 3, number, number];
}

export interface ImageProcessor {
  /** Of what it makes. */
  readonly width: number;
  readonly height: number;
  /** @param rgb RGB8 of height·width·3 */
  run(rgb: Uint8Array, width: number, height: number): Promise<Picture>;
  close(): Promise<void>;
}

/** Throws a defect naming what is missing, wrong or not known. @param file preprocessor_config.json */
export async function openImageProcessor(file: string): Promise<ImageProcessor> {
  const found = await readJson(file, config);
  const mode = RESAMPLE[found.resample];
  if (!found.do_resize || mode === undefined) {
    const what = found.do_resize ? `resampling by filter ${found.resample}` : 'pictures that are not resized';
    throw defect(file, `${what} is not known`, 'Use a model that resizes bicubically (3) or bilinearly (2).');
  }
  const exact = 'shortest_edge' in found.size ? null : found.size;
  const edge = 'shortest_edge' in found.size ? found.size.shortest_edge : 0;
  const crop = (found.do_center_crop ?? found.crop_size != null) ? found.crop_size : null;
  const out = crop ?? exact;
  if (!out) throw defect(file, '"crop_size" is missing', 'Download the model again, all of its files.');
  const least = exact ?? { height: edge, width: edge };
  if (out.height > least.height || out.width > least.width) {
    throw defect(file, '"crop_size" is larger than "size"', 'Download the model again, all of its files.');
  }

  const scale = found.do_rescale ? found.rescale_factor : 1;
  const std = found.do_normalize ? found.image_std : [1, 1, 1];
  const mean = found.do_normalize ? found.image_mean : [0, 0, 0];
  // Antialiased, renormalised at the border, a = -0.5, rounded to 8 bit: as Pillow resizes, whose pictures the models know.
  const model = parseText(
    `float32[1, h, w, 3] picture, int64[4] size, int64[2] start, int64[2] end => float32[1, 3, ${out.height}, ${out.width}] pixel_values
     int64[2] axes = {2, 3}
     float32[] black = {0}
     float32[] white = {255}
     float32[1, 3, 1, 1] gain = {${std.map((value) => scale / value)}}
     float32[1, 3, 1, 1] offset = {${std.map((value, c) => -mean[c]! / value)}}
     planes = Transpose<perm = [0, 3, 1, 2]>(picture)
     resized = Resize<mode = "${mode}", antialias = 1, exclude_outside = 1, cubic_coeff_a = -0.5>(planes, , , size)
     clipped = Clip(resized, black, white)
     bytes = Round(clipped)
     cropped = Slice(bytes, start, end, axes)
     scaled = Mul(cropped, gain)
     pixel_values = Add(scaled, offset)`,
    { opset: 18 },
  );
  const session = await createSession(model, { provider: 'cpu', label: 'the preparation of pictures' });
  return {
    ...out,
    async run(rgb, width, height) {
      const to = exact ?? shortestEdge(width, height, edge);
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
    },
    close: () => session.release(),
  };
}

/** The longer side is cut to whole pixels, as transformers does. */
function shortestEdge(width: number, height: number, edge: number): { width: number; height: number } {
  return width <= height
    ? { width: edge, height: Math.floor((edge * height) / width) }
    : { width: Math.floor((edge * width) / height), height: edge };
}
