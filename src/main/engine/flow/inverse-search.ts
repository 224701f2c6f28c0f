/**
 * Motion of patches by inverse search (Baker & Matthews 2001; Kroeger et al. 2016, sec. 2.1): the second picture is moved
 * onto the patch of the first, whose Hessian stays the same in all iterations. Mean-normalised, so that a change of light
 * does not matter.
 */
import type { Motion } from './far-motions.ts';
import { gradients, type Plane, padded } from './pyramid.ts';

/** Pixels along the side of a patch. */
export const SIDE = 8;
const AREA = SIDE * SIDE;
/** Pixels that a patch may leave the second picture by. */
const PAD = 2 * SIDE;
/** Another motion takes the place of a patch's own where it leaves no more than this of the squared error. */
const NEAR_GAIN = 0.8;
/** The same of one from far away, where chance finds what looks alike. */
const FAR_GAIN = 0.12;
/** Squared error of a patch that says nothing: two grey levels a pixel. */
const NOISE = 4 * AREA;

export interface Patches {
  /** Left and top edges. */
  readonly lefts: Int32Array;
  readonly tops: Int32Array;
  /** (tops, lefts): motion in pixels. */
  readonly x: Float32Array;
  readonly y: Float32Array;
  /** Mean of the difference within the patch. */
  readonly mean: Float32Array;
  /** Root mean square of what is left of it without the mean. */
  readonly residual: Float32Array;
}

/** Edges of patches along a side, the last one at its end. */
function places(size: number, stride: number): Int32Array {
  const last = size - SIDE;
  const count = Math.ceil(last / stride) + 1;
  return Int32Array.from({ length: count }, (_, i) => Math.min(i * stride, last));
}

/**
 * @param a, b of one size, at least SIDE along each
 * @param startX, startY dense motion that the search begins with
 * @param further whole motions to try everywhere
 */
export function searchPatches(
  a: Plane,
  b: Plane,
  startX: Float32Array,
  startY: Float32Array,
  stride: number,
  iterations: number,
  further: readonly Motion[] = [],
): Patches {
  const { width, height } = a;
  const lefts = places(width, stride);
  const tops = places(height, stride);
  const [columns, rows] = [lefts.length, tops.length];
  const count = columns * rows;
  const { x: gx, y: gy } = gradients(a);
  const far = padded(b, PAD);
  const template = a.data;

  const x = new Float32Array(count);
  const y = new Float32Array(count);
  const mean = new Float32Array(count);
  const residual = new Float32Array(count);
  // Per patch: the inverse of the Hessian and the sums of the gradients over the number of pixels.
  const inverse = new Float64Array(5 * count);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const p = row * columns + column;
      const start = tops[row]! * width + lefts[column]!;
      hessian(gx, gy, start, width, inverse, 5 * p);
      const middle = start + (SIDE / 2) * width + SIDE / 2;
      x[p] = startX[middle]!;
      y[p] = startY[middle]!;
    }
  }

  // What `compare` found: squared error, mean, and the error along both gradients.
  const found = new Float64Array(4);
  const [leastX, leastY] = [-PAD, -PAD];
  const [mostX, mostY] = [width + PAD - SIDE - 1, height + PAD - SIDE - 1];
  const compare = (left: number, top: number, moveX: number, moveY: number) => {
    const atX = Math.min(mostX, Math.max(leastX, left + moveX)) + PAD;
    const atY = Math.min(mostY, Math.max(leastY, top + moveY)) + PAD;
    difference(template, gx, gy, top * width + left, width, far.data, far.width, atX, atY, found);
    return found[0]!;
  };

  const settle = (p: number, left: number, top: number, neighbour: number, other: number) => {
    let moveX = x[p]!;
    let moveY = y[p]!;
    let error = compare(left, top, moveX, moveY);
    for (let k = 0; k < 2; k++) {
      const from = k === 0 ? neighbour : other;
      if (from < 0 || (x[from] === moveX && y[from] === moveY)) continue;
      const candidate = compare(left, top, x[from]!, y[from]!);
      if (candidate < NEAR_GAIN * error) {
        error = candidate;
        moveX = x[from]!;
        moveY = y[from]!;
      }
    }
    error = compare(left, top, moveX, moveY);
    const [beginX, beginY] = [moveX, moveY];
    let [bestX, bestY, bestMean, least] = [moveX, moveY, found[1]!, error];
    const h = 5 * p;
    const [xx, xy, yy, meanX, meanY] = [
      inverse[h]!,
      inverse[h + 1]!,
      inverse[h + 2]!,
      inverse[h + 3]!,
      inverse[h + 4]!,
    ];
    for (let i = 0; i < iterations; i++) {
      const alongX = found[2]! - meanX * found[1]!;
      const alongY = found[3]! - meanY * found[1]!;
      const stepX = xx * alongX + xy * alongY;
      const stepY = xy * alongX + yy * alongY;
      moveX -= stepX;
      moveY -= stepY;
      if (!(Math.abs(moveX - beginX) <= SIDE && Math.abs(moveY - beginY) <= SIDE)) break;
      error = compare(left, top, moveX, moveY);
      if (!(error < least)) break;
      [bestX, bestY, bestMean] = [moveX, moveY, found[1]!];
      const gained = least - error;
      least = error;
      if (stepX * stepX + stepY * stepY < 1e-4 || gained < 1e-4 * AREA) break;
    }
    x[p] = bestX;
    y[p] = bestY;
    mean[p] = bestMean / AREA;
    residual[p] = Math.sqrt(Math.max(0, least) / AREA);
  };

  const sweep = () => {
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const p = row * columns + column;
        settle(p, lefts[column]!, tops[row]!, column > 0 ? p - 1 : -1, row > 0 ? p - columns : -1);
      }
    }
    for (let row = rows - 1; row >= 0; row--) {
      for (let column = columns - 1; column >= 0; column--) {
        const p = row * columns + column;
        const right = column < columns - 1 ? p + 1 : -1;
        settle(p, lefts[column]!, tops[row]!, right, row < rows - 1 ? p + columns : -1);
      }
    }
  };
  sweep();
  let changed = false;
  for (let p = 0; p < count && further.length > 0; p++) {
    const left = lefts[p % columns]!;
    const top = tops[Math.floor(p / columns)]!;
    let least = FAR_GAIN * compare(left, top, x[p]!, y[p]!) - NOISE;
    for (const motion of further) {
      const error = compare(left, top, motion.x, motion.y);
      if (error >= least) continue;
      least = error;
      x[p] = motion.x;
      y[p] = motion.y;
      changed = true;
    }
  }
  if (changed) sweep();
  return { lefts, tops, x, y, mean, residual };
}

/** Inverse of the Hessian of the gradients without their mean, and the means. */
function hessian(
  gx: Float32Array,
  gy: Float32Array,
  start: number,
  width: number,
  out: Float64Array,
  at: number,
): void {
  let xx = 0;
  let xy = 0;
  let yy = 0;
  let sumX = 0;
  let sumY = 0;
  for (let row = 0; row < SIDE; row++) {
    const from = start + row * width;
    for (let i = from; i < from + SIDE; i++) {
      const u = gx[i]!;
      const v = gy[i]!;
      xx += u * u;
      xy += u * v;
      yy += v * v;
      sumX += u;
      sumY += v;
    }
  }
  xx -= (sumX * sumX) / AREA;
  xy -= (sumX * sumY) / AREA;
  yy -= (sumY * sumY) / AREA;
  // Along an edge only one direction is known: what is on the diagonal besides keeps a patch from sliding on it.
  const ridge = 3e-2 * (xx + yy) + 64;
  xx += ridge;
  yy += ridge;
  const determinant = xx * yy - xy * xy;
  out[at] = yy / determinant;
  out[at + 1] = -xy / determinant;
  out[at + 2] = xx / determinant;
  out[at + 3] = sumX / AREA;
  out[at + 4] = sumY / AREA;
}

/** Difference of the second picture, bilinear at (atX, atY), and the patch; `out` as `found` above. */
function difference(
  template: Float32Array,
  gx: Float32Array,
  gy: Float32Array,
  start: number,
  width: number,
  far: Float32Array,
  farWidth: number,
  atX: number,
  atY: number,
  out: Float64Array,
): void {
  const left = Math.floor(atX);
  const top = Math.floor(atY);
  const u = atX - left;
  const v = atY - top;
  const above = 1 - v;
  let sum = 0;
  let squares = 0;
  let alongX = 0;
  let alongY = 0;
  for (let row = 0; row < SIDE; row++) {
    let p = (top + row) * farWidth + left;
    let before = above * far[p]! + v * far[p + farWidth]!;
    const from = start + row * width;
    for (let i = from; i < from + SIDE; i++) {
      p++;
      const next = above * far[p]! + v * far[p + farWidth]!;
      const d = before + u * (next - before) - template[i]!;
      before = next;
      sum += d;
      squares += d * d;
      alongX += d * gx[i]!;
      alongY += d * gy[i]!;
    }
  }
  out[0] = squares - (sum * sum) / AREA;
  out[1] = sum;
  out[2] = alongX;
  out[3] = alongY;
}
