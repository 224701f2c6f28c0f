/** Smooth fields over a picture that are fitted where something is known and continued where nothing is. */
import type { Size } from '../../../common/masks/grid.ts';
import type { Flow } from '../flow/flow.ts';

/** Motion at a place, pixels to the right and down. */
export type Field = (x: number, y: number) => readonly [dx: number, dy: number];

/** Pixels a side of the cells on which fields are fitted. */
const CELL = 4;
/** Cells over which what is known reaches, as the standard deviation of a bell. */
const REACH = 3;
/** Weight of the whole picture beside the neighbourhood, where that knows little. */
const WHOLE = 1e-3;

/** Of values at places with weights: sums of w, wx, wy, wxx, wxy, wyy, wu, wux, wuy, wv, wvx, wvy. */
const MOMENTS = 12;

/**
 * A motion that is linear around every place (moving least squares), so that turning and growing are continued as they are.
 * @param weight of a pixel's flow
 */
export function fieldOf({ data }: Flow, size: Size, weight: (at: number) => number): Field {
  const { width, height } = size;
  const count = width * height;
  const cells = cellsOf(size);
  const sums = Array.from({ length: MOMENTS }, () => new Float64Array(cells.count));
  const whole = new Float64Array(MOMENTS);
  for (let at = 0; at < count; at++) {
    const w = weight(at);
    if (w === 0) continue;
    const x = at % width;
    const y = (at - x) / width;
    const [u, v] = [data[at]!, data[count + at]!];
    const cell = cells.of(x, y);
    const moments = [1, x, y, x * x, x * y, y * y, u, u * x, u * y, v, v * x, v * y];
    for (let k = 0; k < MOMENTS; k++) {
      sums[k]![cell] = sums[k]![cell]! + w * moments[k]!;
      whole[k] = whole[k]! + w * moments[k]!;
    }
  }
  if (whole[0] === 0) return () => [0, 0];
  const near = sums.map((plane) => blurred(plane, cells));
  const u = new Float32Array(cells.count);
  const v = new Float32Array(cells.count);
  for (let cell = 0; cell < cells.count; cell++) {
    const share = (WHOLE * CELL * CELL) / whole[0]!;
    const m = near.map((plane, k) => plane[cell]! + share * whole[k]!);
    const [x, y] = cells.middle(cell);
    u[cell] = linearFit(m, 6, x, y);
    v[cell] = linearFit(m, 9, x, y);
  }
  return (x, y) => {
    const [column, row] = [(x + 0.5) / CELL - 0.5, (y + 0.5) / CELL - 0.5];
    return [bilinear(u, cells, column, row), bilinear(v, cells, column, row)];
  };
}

/** The mean of values around a place, weighed; 0 where there are none. */
export function spread(
  size: Size,
  weight: (at: number) => number,
  value: (at: number) => number,
): (x: number, y: number) => number {
  const { width, height } = size;
  const cells = cellsOf(size);
  const [weights, values] = [new Float64Array(cells.count), new Float64Array(cells.count)];
  for (let at = 0; at < width * height; at++) {
    const w = weight(at);
    if (w === 0) continue;
    const x = at % width;
    const cell = cells.of(x, (at - x) / width);
    weights[cell] = weights[cell]! + w;
    values[cell] = values[cell]! + w * value(at);
  }
  const [near, sums] = [blurred(weights, cells), blurred(values, cells)];
  const mean = new Float32Array(cells.count).map((_, cell) =>
    near[cell]! > 1e-9 ? sums[cell]! / near[cell]! : 0,
  );
  return (x, y) => bilinear(mean, cells, (x + 0.5) / CELL - 0.5, (y + 0.5) / CELL - 0.5);
}

/** Between the four pixels around a place; beyond the picture as at its edge. */
export function bilinear(of: Float32Array, { width, height }: Size, x: number, y: number): number {
  const inX = Math.min(width - 1, Math.max(0, x));
  const inY = Math.min(height - 1, Math.max(0, y));
  const [left, top] = [Math.floor(inX), Math.floor(inY)];
  const [u, v] = [inX - left, inY - top];
  const at = top * width + left;
  const across = u > 0 ? 1 : 0;
  const down = v > 0 ? width : 0;
  const upper = (1 - u) * of[at]! + u * of[at + across]!;
  return (1 - v) * upper + v * ((1 - u) * of[at + down]! + u * of[at + down + across]!);
}

/**
 * What has to be added to places of a picture so that it looks there as another one does here (Lucas & Kanade 1981), smooth over the
 * neighbourhood: nothing where there is nothing to hold on to.
 * @param there grey (h, w) whose places (x, y) are given for every pixel; here: grey of the same size
 */
export function registration(
  there: Float32Array,
  here: Float32Array,
  size: Size,
  { x, y, weight }: { readonly x: Float32Array; readonly y: Float32Array; weight(at: number): number },
): Field {
  const cells = cellsOf(size);
  const sums = Array.from({ length: 5 }, () => new Float64Array(cells.count));
  for (let at = 0; at < here.length; at++) {
    const w = weight(at);
    if (w === 0) continue;
    const [px, py] = [x[at]!, y[at]!];
    const gx = (bilinear(there, size, px + 1, py) - bilinear(there, size, px - 1, py)) / 2;
    const gy = (bilinear(there, size, px, py + 1) - bilinear(there, size, px, py - 1)) / 2;
    const off = here[at]! - bilinear(there, size, px, py);
    // What looks different is another thing.
    const alike = w / (1 + (off / UNLIKE) ** 2) ** 2;
    const column = at % size.width;
    const cell = cells.of(column, (at - column) / size.width);
    [gx * gx, gx * gy, gy * gy, gx * off, gy * off].forEach((value, k) => {
      sums[k]![cell] = sums[k]![cell]! + alike * value;
    });
  }
  const [xx, xy, yy, xOff, yOff] = sums.map((plane) => blurred(plane, cells));
  const u = new Float32Array(cells.count);
  const v = new Float32Array(cells.count);
  for (let cell = 0; cell < cells.count; cell++) {
    const [a, b, c] = [xx![cell]! + HOLD, xy![cell]!, yy![cell]! + HOLD];
    const determinant = a * c - b * b;
    u[cell] = clamped((c * xOff![cell]! - b * yOff![cell]!) / determinant);
    v[cell] = clamped((a * yOff![cell]! - b * xOff![cell]!) / determinant);
  }
  return (px, py) => {
    const [column, row] = [(px + 0.5) / CELL - 0.5, (py + 0.5) / CELL - 0.5];
    return [bilinear(u, cells, column, row), bilinear(v, cells, column, row)];
  };
}

/** Grey levels. */
const UNLIKE = 15;
/** Squared grey levels a pixel, summed over a neighbourhood: less is no hold. */
const HOLD = 2000;
/** Pixels: the flow is not further off in one frame. */
const MOST = 1.5;

function clamped(value: number): number {
  return Math.min(MOST, Math.max(-MOST, value));
}

interface Cells extends Size {
  readonly count: number;
  of(x: number, y: number): number;
  middle(cell: number): readonly [x: number, y: number];
}

function cellsOf(size: Size): Cells {
  const [width, height] = [Math.ceil(size.width / CELL), Math.ceil(size.height / CELL)];
  return {
    width,
    height,
    count: width * height,
    of: (x, y) => Math.floor(y / CELL) * width + Math.floor(x / CELL),
    middle: (cell) => [((cell % width) + 0.5) * CELL - 0.5, (Math.floor(cell / width) + 0.5) * CELL - 0.5],
  };
}

function blurred(plane: Float64Array, { width, height }: Size): Float64Array {
  const radius = 3 * REACH;
  const bell = Array.from({ length: 2 * radius + 1 }, (_, i) =>
    Math.exp(-((i - radius) ** 2) / (2 * REACH ** 2)),
  );
  const along = (from: Float64Array, stride: number, length: number, lines: number, next: number) => {
    const out = new Float64Array(from.length);
    for (let line = 0; line < lines; line++) {
      for (let i = 0; i < length; i++) {
        let sum = 0;
        for (let k = Math.max(0, i - radius); k <= Math.min(length - 1, i + radius); k++)
          sum += bell[k - i + radius]! * from[line * next + k * stride]!;
        out[line * next + i * stride] = sum;
      }
    }
    return out;
  };
  return along(along(plane, 1, width, height, width), width, height, width, 1);
}

/** The value at a place of the plane that fits best; of what lies too narrow to fit one, the mean. */
function linearFit(m: readonly number[], first: number, x: number, y: number): number {
  const weight = m[0]!;
  const [meanX, meanY, mean] = [m[1]! / weight, m[2]! / weight, m[first]! / weight];
  const xx = m[3]! / weight - meanX * meanX;
  const xy = m[4]! / weight - meanX * meanY;
  const yy = m[5]! / weight - meanY * meanY;
  const ux = m[first + 1]! / weight - mean * meanX;
  const uy = m[first + 2]! / weight - mean * meanY;
  // A little stiffness: one row of pixels says nothing of what is across it.
  const [a, c] = [xx + STIFF, yy + STIFF];
  const determinant = a * c - xy * xy;
  const [byX, byY] = [(c * ux - xy * uy) / determinant, (a * uy - xy * ux) / determinant];
  return mean + byX * (x - meanX) + byY * (y - meanY);
}

/** Square pixels. */
const STIFF = 2;
