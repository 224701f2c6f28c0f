/** Peak signal-to-noise ratio of 8-bit pictures, in dB. */
import { assert } from '../../../common/errors.ts';
import type { SquaredError } from './squared-error.ts';

/** Two pictures whose 8-bit values agree everywhere would be infinitely near; means over shots need a number. */
export const PSNR_CEILING = 60;

/** Of two pictures with values 0..1, after rounding both to 8 bits. Identical pictures give Infinity. */
export function psnr8(a: Float32Array, b: Float32Array): number {
  assert(a.length === b.length && a.length > 0, 'pictures of one size');
  let sum = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.round(a[i]! * 255) - Math.round(b[i]! * 255);
    sum += difference * difference;
  }
  return 10 * Math.log10((255 * 255 * a.length) / sum);
}

/** Of the squared errors of a whole shot, at most PSNR_CEILING; null where nothing was counted. */
export function pooledPsnr(errors: readonly SquaredError[]): number | null {
  const sum = errors.reduce((total, error) => total + error.sum, 0);
  const count = errors.reduce((total, error) => total + error.count, 0);
  if (count === 0) return null;
  return Math.min(PSNR_CEILING, 10 * Math.log10((255 * 255 * count) / sum));
}
