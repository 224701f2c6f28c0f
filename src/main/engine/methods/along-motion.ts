/** A neighbour's latent as it looks from a frame, along the clip's motion, and how far it can be relied on there. */
import type { Latent, LatentShape } from '../diffusion/types.ts';
import { warp } from '../flow/warp.ts';
import type { Motion } from './have.ts';

/** A latent of another frame as it looks from this one. */
export function alongMotion(latent: Latent, { width, height }: LatentShape, { x, y }: Motion): Latent {
  const data = new Float32Array(2 * width * height);
  data.set(x);
  data.set(y, width * height);
  return warp(latent, { width, height, data });
}

/** Shares of a weight along the motion (h, w): none where the place is hidden in the other frame, less where that is not sure. */
export function sharesOf(weight: number, { hidden, confidence }: Motion): Float64Array {
  return new Float64Array(hidden).map((covered, i) => weight * (1 - covered) * confidence[i]!);
}
