import { assert } from '../../../common/errors.ts';

/**
 * Peak signal-to-noise ratio in dB of two pictures with values 0..1, after rounding both to 8 bits.
 * Identical pictures give Infinity.
 */
export function psnr8(a: Float32Array, b: Float32Array): number {
  assert(a.length === b.length && a.length > 0, 'pictures of one size');
  let sum = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.round(a[i]! * 255) - Math.round(b[i]! * 255);
    sum += difference * difference;
  }
  return 10 * Math.log10((255 * 255 * a.length) / sum);
}
