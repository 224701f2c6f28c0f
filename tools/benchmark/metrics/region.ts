/** Error of 8-bit pictures inside a region, for edits that should change one part of a picture and leave the other. */
import { assert } from '../../../src/common/errors.ts';

/** Two pictures whose 8-bit values agree everywhere would be infinitely near; means over shots need a number. */
export const PSNR_CEILING = 60;

export interface SquaredError {
  /** Sum over channels and pixels, in squared 8-bit steps. */
  readonly sum: number;
  /** Channel values counted. */
  readonly count: number;
}

/**
 * @param a, b RGB8 (pixels·3)
 * @param inside per pixel, whether it counts; null counts all
 */
export function squaredError(
  a: Uint8Array,
  b: Uint8Array,
  inside: ((pixel: number) => boolean) | null = null,
): SquaredError {
  assert(a.length === b.length && a.length % 3 === 0, 'two RGB pictures of one size');
  let sum = 0;
  let count = 0;
  for (let pixel = 0; pixel < a.length / 3; pixel++) {
    if (inside && !inside(pixel)) continue;
    for (let c = 3 * pixel; c < 3 * pixel + 3; c++) sum += (a[c]! - b[c]!) ** 2;
    count += 3;
  }
  return { sum, count };
}

/** PSNR in dB of the squared errors of a whole shot, at most PSNR_CEILING; null where nothing was counted. */
export function pooledPsnr(errors: readonly SquaredError[]): number | null {
  const sum = errors.reduce((total, error) => total + error.sum, 0);
  const count = errors.reduce((total, error) => total + error.count, 0);
  if (count === 0) return null;
  return Math.min(PSNR_CEILING, 10 * Math.log10((255 * 255 * count) / sum));
}

/** Mean RGB (0..1) of the pixels inside; null where there are none. */
export function meanColour(
  picture: Uint8Array,
  inside: (pixel: number) => boolean,
): [number, number, number] | null {
  const sum: [number, number, number] = [0, 0, 0];
  let count = 0;
  for (let pixel = 0; pixel < picture.length / 3; pixel++) {
    if (!inside(pixel)) continue;
    for (const c of [0, 1, 2] as const) sum[c] += picture[3 * pixel + c]!;
    count++;
  }
  return count === 0 ? null : (sum.map((value) => value / count / 255) as [number, number, number]);
}
