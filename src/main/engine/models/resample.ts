/**
 * Pictures resized as Pillow does, in arithmetic that can be followed back: antialiased, weights renormalised at the border. It is
 * linear and separable, so the way back is its transpose (Griewank and Walther 2008, ch. 3).
 */
import type { PictureSize } from './preprocessor.ts';

/** Pillow's bilinear and bicubic (a = -0.5). */
export type Filter = 'linear' | 'cubic';

const REACH: Readonly<Record<Filter, number>> = { linear: 1, cubic: 2 };

/** What is read for each place along one side of what is made. */
interface Axis {
  readonly starts: readonly number[];
  readonly weights: readonly Float64Array[];
  /** Places that there are to read. */
  readonly length: number;
}

export interface Resampling {
  readonly filter: Filter;
  readonly from: PictureSize;
  /** Before the centre is cut out. */
  readonly resized: PictureSize;
  /** What is cut out of the centre. */
  readonly out: PictureSize;
}

export class Resample {
  readonly #across: Axis;
  readonly #down: Axis;

  constructor({ filter, from, resized, out }: Resampling) {
    this.#across = axisOf(filter, from.width, resized.width, out.width);
    this.#down = axisOf(filter, from.height, resized.height, out.height);
  }

  /** @param planes (channels, from.height, from.width). @returns (channels, out.height, out.width) */
  forward(planes: Float32Array): Float32Array {
    const [across, down] = [this.#across, this.#down];
    const wide = apply(across, planes, 1);
    return apply(down, wide, across.starts.length);
  }

  /** Σ cotangent · ∂out/∂in. @param cotangent as large as what `forward` gives. @returns as large as what it takes */
  pull(cotangent: Float32Array): Float32Array {
    const [across, down] = [this.#across, this.#down];
    const wide = applyTransposed(down, cotangent, across.starts.length);
    return applyTransposed(across, wide, 1);
  }
}

function axisOf(filter: Filter, from: number, to: number, kept: number): Axis {
  const cut = Math.floor((to - kept) / 2);
  const stretch = Math.max(1, from / to);
  const reach = REACH[filter] * stretch;
  const starts: number[] = [];
  const weights: Float64Array[] = [];
  for (let place = cut; place < cut + kept; place++) {
    const centre = ((place + 0.5) * from) / to;
    const first = Math.max(0, Math.floor(centre - reach + 0.5));
    const end = Math.min(from, Math.floor(centre + reach + 0.5));
    const read = Float64Array.from({ length: end - first }, (_, i) =>
      weightAt(filter, (first + i + 0.5 - centre) / stretch),
    );
    const sum = read.reduce((all, value) => all + value, 0);
    starts.push(first);
    weights.push(read.map((value) => value / sum));
  }
  return { starts, weights, length: from };
}

/** Keys 1981, eq. 4, with a = -0.5; or a triangle. */
function weightAt(filter: Filter, at: number): number {
  const x = Math.abs(at);
  if (filter === 'linear') return Math.max(0, 1 - x);
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0;
}

/** Along the axis whose neighbours lie `stride` values apart. */
function apply({ starts, weights, length }: Axis, values: Float32Array, stride: number): Float32Array {
  const blocks = values.length / (length * stride);
  const out = new Float32Array(blocks * starts.length * stride);
  for (let block = 0; block < blocks; block++) {
    for (const [place, start] of starts.entries()) {
      const to = (block * starts.length + place) * stride;
      for (let i = 0; i < stride; i++) {
        let sum = 0;
        let at = (block * length + start) * stride + i;
        for (const weight of weights[place]!) {
          sum += weight * values[at]!;
          at += stride;
        }
        out[to + i] = sum;
      }
    }
  }
  return out;
}

function applyTransposed(
  { starts, weights, length }: Axis,
  values: Float32Array,
  stride: number,
): Float32Array {
  const blocks = values.length / (starts.length * stride);
  const out = new Float32Array(blocks * length * stride);
  for (let block = 0; block < blocks; block++) {
    for (const [place, start] of starts.entries()) {
      const from = (block * starts.length + place) * stride;
      for (let i = 0; i < stride; i++) {
        const value = values[from + i]!;
        let at = (block * length + start) * stride + i;
        for (const weight of weights[place]!) {
          out[at]! += weight * value;
          at += stride;
        }
      }
    }
  }
  return out;
}
