/** How a depth estimator wants its picture, as Hugging Face's image processors (DPTImageProcessor) write it down. */
import { z } from 'zod';

const side = z.int().min(1).max(8192);
const three = z.tuple([z.number(), z.number(), z.number()]);
const never = z.literal(false, { error: 'Retake does not do this to pictures' }).nullish();

export const preprocessorConfig = z
  .object({
    do_resize: z.boolean().nullish(),
    /** A number is a square; the oldest files have it so. */
    size: z
      .union([side, z.object({ height: side, width: side }), z.object({ shortest_edge: side })], {
        error: 'must be {height, width}, {shortest_edge} or a number',
      })
      .nullish(),
    keep_aspect_ratio: z.boolean().nullish(),
    ensure_multiple_of: z.int().min(1).nullish(),
    do_rescale: z.boolean().nullish(),
    rescale_factor: z.number().gt(0).nullish(),
    do_normalize: z.boolean().nullish(),
    image_mean: three.nullish(),
    image_std: z.tuple([z.number().gt(0), z.number().gt(0), z.number().gt(0)]).nullish(),
    do_pad: never,
    do_center_crop: never,
  })
  .refine(({ do_resize, size }) => do_resize === false || size, {
    path: ['size'],
    error: 'do_resize needs a size',
  });

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

/** RGB8 (h·w·3, interleaved) to planes (3, h, w) as the network was trained on. */
export function preprocess(config: Preprocessor, rgb: Uint8Array, planes: Float32Array): void {
  const rescale = config.do_rescale === false ? 1 : (config.rescale_factor ?? 1 / 255);
  const plain = config.do_normalize === false;
  const plane = rgb.length / 3;
  for (let c = 0; c < 3; c++) {
    const mean = plain ? 0 : (config.image_mean?.[c] ?? 0.5);
    const deviation = plain ? 1 : (config.image_std?.[c] ?? 0.5);
    for (let i = 0; i < plane; i++) planes[c * plane + i] = (rgb[i * 3 + c]! * rescale - mean) / deviation;
  }
}
