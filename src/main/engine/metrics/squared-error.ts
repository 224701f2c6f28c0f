/** Squared error of 8-bit pictures, wholly or inside a region. */
import { assert } from '../../../common/errors.ts';

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
