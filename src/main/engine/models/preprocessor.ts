/** How a model wants its pictures, as Hugging Face's image processors write it down in preprocessor_config.json. */
import { z } from 'zod';

const side = z.int().min(1).max(8192);
const three = z.tuple([z.number(), z.number(), z.number()]);
const positive = z.number().refine((value) => value > 0, 'must be above 0');
const sides = z.object({ height: side, width: side });
const never = z.literal(false, { error: 'Retake does not do this to pictures' }).nullish();

/** The values that a network takes pictures in. */
const range = {
  ensure_multiple_of: z.int().min(1).nullish(),
  do_rescale: z.boolean().nullish(),
  rescale_factor: z.number().gt(0).nullish(),
  do_normalize: z.boolean().nullish(),
  image_mean: three.nullish(),
  image_std: z.tuple([positive, positive, positive]).nullish(),
};

/** Of a network of any size: pictures are 0..1 where nothing is said. */
export const rangeConfig = z.object({ ...range, do_normalize: z.boolean().default(false) });
export type PictureRange = z.output<typeof rangeConfig>;

const fields = {
  ...range,
  do_resize: z.boolean().nullish(),
  /** The oldest files have a bare number: a square for an estimator of depth, the shortest edge for CLIP. */
  size: z
    .union([side, sides, z.object({ shortest_edge: side })], {
      error: 'must be {height, width}, {shortest_edge} or a number',
    })
    .nullish(),
  /** Filters by Pillow's number. */
  resample: z.int().nullish(),
  keep_aspect_ratio: z.boolean().nullish(),
  do_center_crop: z.boolean().nullish(),
  crop_size: z.union([sides, side.transform((both) => ({ height: both, width: both }))]).nullish(),
};
const hasSize = ({ do_resize, size }: { do_resize?: boolean | null; size?: unknown }) =>
  do_resize === false || Boolean(size);
const noSize = { path: ['size'], error: 'do_resize needs a size' };

export const pictureConfig = z.object(fields).refine(hasSize, noSize);

/** Of an estimator of depth, whose maps must show the whole picture. */
export const preprocessorConfig = z
  .object({ ...fields, do_pad: never, do_center_crop: never })
  .refine(hasSize, noSize);

export type Preprocessor = z.output<typeof preprocessorConfig>;

export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

/** Size in pixels at which a picture of that size is looked at. keep_aspect_ratio takes the scale that changes it least. */
export function preprocessedSize(config: Preprocessor, { width, height }: PictureSize): PictureSize {
  const { do_resize, size, keep_aspect_ratio, ensure_multiple_of } = config;
  if (do_resize === false || !size) return { width, height };
  let across: number;
  let down: number;
  if (typeof size === 'object' && 'shortest_edge' in size) {
    across = down = size.shortest_edge / Math.min(width, height);
  } else {
    across = (typeof size === 'number' ? size : size.width) / width;
    down = (typeof size === 'number' ? size : size.height) / height;
    if (keep_aspect_ratio) across = down = Math.abs(1 - across) < Math.abs(1 - down) ? across : down;
  }
  const multiple = ensure_multiple_of ?? 1;
  const whole = (value: number) => Math.max(1, Math.round(value / multiple)) * multiple;
  return { width: whole(across * width), height: whole(down * height) };
}

/** A value v of 8 bit becomes (v·scale - mean) / deviation, per channel. */
export function normalisationOf(
  {
    do_rescale,
    rescale_factor,
    do_normalize,
    image_mean,
    image_std,
  }: Omit<PictureRange, 'do_normalize'> & { do_normalize?: boolean | null | undefined },
  usual: { readonly mean: number; readonly deviation: number },
) {
  const plain = do_normalize === false;
  const each = (given: readonly number[] | null | undefined, otherwise: number, none: number) =>
    [0, 1, 2].map((c) => (plain ? none : (given?.[c] ?? otherwise))) as [number, number, number];
  return {
    scale: do_rescale === false ? 1 : (rescale_factor ?? 1 / 255),
    mean: each(image_mean, usual.mean, 0),
    deviation: each(image_std, usual.deviation, 1),
  };
}

/** RGB8 (h·w·3, interleaved) to planes (3, h, w) as the network was trained on. */
export function preprocess(config: Preprocessor, rgb: Uint8Array, planes: Float32Array): void {
  const { scale, mean, deviation } = normalisationOf(config, { mean: 0.5, deviation: 0.5 });
  const plane = rgb.length / 3;
  for (let c = 0; c < 3; c++) {
    for (let i = 0; i < plane; i++)
      planes[c * plane + i] = (rgb[i * 3 + c]! * scale - mean[c]!) / deviation[c]!;
  }
}
