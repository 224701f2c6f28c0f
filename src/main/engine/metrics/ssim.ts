/** Structural similarity (Wang et al. 2004): 11×11 Gaussian window, σ = 1.5, K1 = 0.01, K2 = 0.03. */
import { assert } from '../../../common/errors.ts';

const RADIUS = 5;
const SIGMA = 1.5;
const C1 = (0.01 * 255) ** 2;
const C2 = (0.03 * 255) ** 2;
/** Sides of the smallest picture that holds a window. */
const LEAST_SIDE = 2 * RADIUS + 1;

const WINDOW = (() => {
  const weights = Float64Array.from({ length: LEAST_SIDE }, (_, i) =>
    Math.exp(-((i - RADIUS) ** 2) / (2 * SIGMA ** 2)),
  );
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
})();

/** Whether a window fits into pictures of that size. */
export function holdsWindow(width: number, height: number): boolean {
  return width >= LEAST_SIDE && height >= LEAST_SIDE;
}

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
  for (let i = 0; i < map.length; i++) {
    if (inside && !inside((Math.floor(i / across) + RADIUS) * width + (i % across) + RADIUS)) continue;
    sum += map[i]!;
    count++;
  }
  return count === 0 ? null : sum / count;
}

/** Per window the mean over the channels: (height-10)·(width-10) values, row by row. */
export function ssimMap(a: Uint8Array, b: Uint8Array, width: number, height: number): Float64Array {
  assert(a.length === b.length && a.length === width * height * 3, 'two RGB pictures of the size given');
  assert(holdsWindow(width, height), 'pictures at least as large as the window');
  const size = width * height;
  const map = new Float64Array((width - 2 * RADIUS) * (height - 2 * RADIUS));
  const rows = new Float64Array((width - 2 * RADIUS) * height);
  const [x, y, xx, yy, xy] = Array.from({ length: 5 }, () => new Float64Array(size)) as Planes;
  const means = Array.from({ length: 5 }, () => new Float64Array(map.length)) as Planes;
  for (let c = 0; c < 3; c++) {
    for (let i = 0; i < size; i++) {
      const [u, v] = [a[3 * i + c]!, b[3 * i + c]!];
      x[i] = u;
      y[i] = v;
      xx[i] = u * u;
      yy[i] = v * v;
      xy[i] = u * v;
    }
    for (const [k, plane] of [x, y, xx, yy, xy].entries()) blur(plane, width, height, rows, means[k]!);
    const [mx, my, mxx, myy, mxy] = means;
    for (let i = 0; i < map.length; i++) {
      const [p, q] = [mx[i]!, my[i]!];
      const covariance = mxy[i]! - p * q;
      const variances = mxx[i]! - p * p + myy[i]! - q * q;
      const likeness = ((2 * p * q + C1) * (2 * covariance + C2)) / ((p * p + q * q + C1) * (variances + C2));
      map[i] = map[i]! + likeness / 3;
    }
  }
  return map;
}

type Planes = [Float64Array, Float64Array, Float64Array, Float64Array, Float64Array];

/** Separable window over one plane; only places where the window fits. @param rows room for what is half done */
function blur(
  plane: Float64Array,
  width: number,
  height: number,
  rows: Float64Array,
  out: Float64Array,
): void {
  const across = width - 2 * RADIUS;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < across; x++) {
      let sum = 0;
      for (let k = 0; k < LEAST_SIDE; k++) sum += WINDOW[k]! * plane[y * width + x + k]!;
      rows[y * across + x] = sum;
    }
  }
  for (let i = 0; i < out.length; i++) {
    let sum = 0;
    for (let k = 0; k < LEAST_SIDE; k++) sum += WINDOW[k]! * rows[i + k * across]!;
    out[i] = sum;
  }
}
