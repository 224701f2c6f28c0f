/** A latent moved: what is beyond its edges is mirrored at them, as grid_sample's reflection about the outer edges does. */
import { halfEven } from '../diffusion/rounding.ts';
import type { Latent, LatentShape } from '../diffusion/types.ts';

/** Latent pixels to the right and down, (h, w). */
interface Shift {
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
}

/** How a value between latent pixels is taken: of the nearest (half to even), which keeps noise as rough as it is, or bilinear. */
export type Taking = 'nearest' | 'bilinear';

/** out[p] = latent[p + shift[p]], every channel alike. */
export function moved(latent: Latent, { height, width }: LatentShape, shift: Shift, taking: Taking): Latent {
  const area = height * width;
  return latent.map((_, i) => {
    const at = i % area;
    const plane = i - at;
    const x = (at % width) + shift.x[at]!;
    const y = Math.floor(at / width) + shift.y[at]!;
    const pick = (px: number, py: number) => latent[plane + mirror(py, height) * width + mirror(px, width)]!;
    if (taking === 'nearest') return pick(halfEven(x), halfEven(y));
    const [left, top] = [Math.floor(x), Math.floor(y)];
    const [u, v] = [x - left, y - top];
    const row = (py: number) => (1 - u) * pick(left, py) + u * pick(left + 1, py);
    return (1 - v) * row(top) + v * row(top + 1);
  });
}

/** The same shift everywhere. */
export function everywhere({ height, width }: LatentShape, x: number, y: number): Shift {
  const area = height * width;
  return { x: new Float64Array(area).fill(x), y: new Float64Array(area).fill(y) };
}

function mirror(at: number, size: number): number {
  const folded = ((at % (2 * size)) + 2 * size) % (2 * size);
  return folded < size ? folded : 2 * size - 1 - folded;
}
