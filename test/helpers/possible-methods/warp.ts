/** A latent moved along a flow, its edges mirrored. */
import type { Latent, LatentShape } from '../../../src/main/engine/diffusion/types.ts';

export interface Shift {
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
}

/** out[p] = latent[p + shift[p]], bilinear, or the nearest (half to even). */
export function warp(latent: Latent, { height, width }: LatentShape, shift: Shift, nearest = false): Latent {
  const area = height * width;
  return latent.map((_, i) => {
    const at = i % area;
    const plane = i - at;
    const x = (at % width) + shift.x[at]!;
    const y = Math.floor(at / width) + shift.y[at]!;
    const pick = (px: number, py: number) => latent[plane + mirror(py, height) * width + mirror(px, width)]!;
    if (nearest) return pick(even(x), even(y));
    const [left, top] = [Math.floor(x), Math.floor(y)];
    const [u, v] = [x - left, y - top];
    const row = (py: number) => (1 - u) * pick(left, py) + u * pick(left + 1, py);
    return (1 - v) * row(top) + v * row(top + 1);
  });
}

/** The same everywhere. */
export function everywhere({ height, width }: LatentShape, x: number, y: number): Shift {
  return { x: Array<number>(height * width).fill(x), y: Array<number>(height * width).fill(y) };
}

function mirror(at: number, size: number): number {
  const folded = ((at % (2 * size)) + 2 * size) % (2 * size);
  return folded < size ? folded : 2 * size - 1 - folded;
}

function even(value: number): number {
  const rounded = Math.round(value);
  return Math.abs(value - Math.trunc(value)) === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}
