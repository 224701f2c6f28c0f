/** Structural similarity (Wang et al. 2004): 11×11 Gaussian window, σ = 1.5, K1 = 0.01, K2 = 0.03. */
import { assert } from '../../../src/common/errors.ts';

const RADIUS = 5;
const SIGMA = 1.5;
const C1 = (0.01 * 255) ** 2;
const C2 = (0.03 * 255) ** 2;

const WINDOW: readonly number[] = (() => {
  const weights = Array.from({ length: 2 * RADIUS + 1 }, (_, i) =>
    Math.exp(-((i - RADIUS) ** 2) / (2 * SIGMA ** 2)),
  );
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
})();

/**
 * SSIM of two RGB8 pictures, the mean over the three channels and over the windows that lie wholly in the picture, as the
 * paper's own code takes them.
 * @param inside per pixel, whether the window centred there counts; null counts all
 * @returns -1..1, or null where no window counts
 */
export function ssim(
  a: Uint8Array,
  b: Uint8Array,
  width: number,
  height: number,
  inside: ((pixel: number) => boolean) | null = null,
): number | null {
  const map = ssimMap(a, b, width, height);
  const across = width - 2 * RADIUS;
  let sum = 0;
  let count = 0;
  for (const [i, value] of map.entries()) {
    const pixel = (Math.floor(i / across) + RADIUS) * width + (i % across) + RADIUS;
    if (inside && !inside(pixel)) continue;
    sum += value;
    count++;
  }
  return count === 0 ? null : sum / count;
}

/** Per window the mean over the channels: (height-10)·(width-10) values, row by row. */
export function ssimMap(a: Uint8Array, b: Uint8Array, width: number, height: number): Float64Array {
  assert(a.length === b.length && a.length === width * height * 3, 'two RGB pictures of the size given');
  assert(width > 2 * RADIUS && height > 2 * RADIUS, 'pictures at least as large as the window');
  const map = new Float64Array((width - 2 * RADIUS) * (height - 2 * RADIUS));
  const size = width * height;
  for (let c = 0; c < 3; c++) {
    const blur = (value: (i: number) => number) =>
      filtered(
        Float64Array.from({ length: size }, (_, i) => value(3 * i + c)),
        width,
        height,
      );
    const meanA = blur((i) => a[i]!);
    const meanB = blur((i) => b[i]!);
    const aa = blur((i) => a[i]! * a[i]!);
    const bb = blur((i) => b[i]! * b[i]!);
    const ab = blur((i) => a[i]! * b[i]!);
    for (let i = 0; i < map.length; i++) {
      const [x, y] = [meanA[i]!, meanB[i]!];
      const covariance = ab[i]! - x * y;
      const variances = aa[i]! - x * x + bb[i]! - y * y;
      map[i] =
        map[i]! + ((2 * x * y + C1) * (2 * covariance + C2)) / ((x * x + y * y + C1) * (variances + C2)) / 3;
    }
  }
  return map;
}

/** Separable window over one plane; only places where the window fits. */
function filtered(plane: Float64Array, width: number, height: number): Float64Array {
  const across = width - 2 * RADIUS;
  const rows = new Float64Array(across * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < across; x++) {
      let sum = 0;
      for (let k = 0; k < WINDOW.length; k++) sum += WINDOW[k]! * plane[y * width + x + k]!;
      rows[y * across + x] = sum;
    }
  }
  const out = new Float64Array(across * (height - 2 * RADIUS));
  for (let i = 0; i < out.length; i++) {
    let sum = 0;
    for (let k = 0; k < WINDOW.length; k++) sum += WINDOW[k]! * rows[i + k * across]!;
    out[i] = sum;
  }
  return out;
}
