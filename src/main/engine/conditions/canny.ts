/**
 * Canny's edges (Canny, 1986) with the arithmetic of OpenCV's Canny (3×3 Sobel, |dx| + |dy|, the channel that changes most),
 * which ControlNets for edges were trained on.
 */
import { gaussian } from './gaussian.ts';

export interface CannyOptions {
  /** Of |dx| + |dy|: above `high` it is an edge, above `low` it is one where it goes on from one. */
  readonly low: number;
  readonly high: number;
  /** Deviation in pixels of a Gaussian before all else; 0 for none. */
  readonly blur: number;
}

/** tan 22.5° in units of 2^-15, as OpenCV has it. */
const TAN_22 = 13573;
const SHIFT = 15;

/** @param rgb RGB8 (h·w·3). @returns (h, w), 255 on edges and 0 elsewhere */
export function canny(
  rgb: Uint8Array,
  width: number,
  height: number,
  { low, high, blur }: CannyOptions,
): Uint8Array {
  const { dx, dy, size, stride } = gradients(
    blur > 0 ? blurred(rgb, width, height, blur) : rgb,
    width,
    height,
  );
  const edges = new Uint8Array(width * height);
  const [least, sure] = [Math.floor(low), Math.floor(high)];
  const weak = new Uint8Array(width * height);
  const found: number[] = [];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = y * width + x;
      const middle = (y + 1) * stride + x + 1;
      const strength = size[middle]!;
      if (strength <= least || !isRidge(size, middle, stride, dx[at]!, dy[at]!)) continue;
      weak[at] = 1;
      if (strength > sure) {
        edges[at] = 255;
        found.push(at);
      }
    }
  }
  while (found.length > 0) {
    const at = found.pop()!;
    const [x, y] = [at % width, Math.floor(at / width)];
    for (let row = Math.max(0, y - 1); row <= Math.min(height - 1, y + 1); row++) {
      for (let column = Math.max(0, x - 1); column <= Math.min(width - 1, x + 1); column++) {
        const near = row * width + column;
        if (weak[near] === 0 || edges[near] !== 0) continue;
        edges[near] = 255;
        found.push(near);
      }
    }
  }
  return edges;
}

/** Whether the gradient is largest here among its neighbours along its direction, one of four. */
function isRidge(size: Int32Array, at: number, stride: number, dx: number, dy: number): boolean {
  const strength = size[at]!;
  const x = Math.abs(dx);
  const y = Math.abs(dy) << SHIFT;
  const flat = x * TAN_22;
  if (y < flat) return strength > size[at - 1]! && strength >= size[at + 1]!;
  if (y > flat + (x << (SHIFT + 1))) return strength > size[at - stride]! && strength >= size[at + stride]!;
  const side = (dx ^ dy) < 0 ? -1 : 1;
  return strength > size[at - stride - side]! && strength > size[at + stride + side]!;
}

interface Gradients {
  readonly dx: Int16Array;
  readonly dy: Int16Array;
  /** |dx| + |dy| within a border of zeros. */
  readonly size: Int32Array;
  readonly stride: number;
}

/** Sobel over a picture that continues its edge; of each place the channel that changes most. */
function gradients(rgb: Uint8Array, width: number, height: number): Gradients {
  const stride = width + 2;
  const dx = new Int16Array(width * height);
  const dy = new Int16Array(width * height);
  const size = new Int32Array(stride * (height + 2));
  for (let y = 0; y < height; y++) {
    const above = Math.max(0, y - 1) * width;
    const below = Math.min(height - 1, y + 1) * width;
    for (let x = 0; x < width; x++) {
      const left = Math.max(0, x - 1);
      const right = Math.min(width - 1, x + 1);
      let most = -1;
      for (let c = 0; c < 3; c++) {
        const a = (row: number, column: number) => rgb[3 * (row + column) + c]!;
        const row = y * width;
        const across =
          a(above, right) -
          a(above, left) +
          2 * (a(row, right) - a(row, left)) +
          a(below, right) -
          a(below, left);
        const down =
          a(below, left) -
          a(above, left) +
          2 * (a(below, x) - a(above, x)) +
          a(below, right) -
          a(above, right);
        const sum = Math.abs(across) + Math.abs(down);
        if (sum <= most) continue;
        most = sum;
        dx[row + x] = across;
        dy[row + x] = down;
      }
      size[(y + 1) * stride + x + 1] = most;
    }
  }
  return { dx, dy, size, stride };
}

function blurred(rgb: Uint8Array, width: number, height: number, sigma: number): Uint8Array {
  const out = new Uint8Array(rgb.length);
  for (let c = 0; c < 3; c++) {
    const plane = Float32Array.from({ length: width * height }, (_, i) => rgb[3 * i + c]!);
    const smooth = gaussian(plane, width, height, sigma);
    for (let i = 0; i < smooth.length; i++) out[3 * i + c] = Math.round(smooth[i]!);
  }
  return out;
}
