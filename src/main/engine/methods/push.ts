/** What the terms of a steered step add to a latent: each finite, all together no longer than they may be. */
import { brokenDown, isFiniteLatent } from '../diffusion/finite.ts';
import type { Latent } from '../diffusion/types.ts';

export interface Push {
  /** As messages call it: "the pull to the prompt". */
  readonly term: string;
  readonly by: Latent;
}

/** Euclidean. */
export function norm(latent: Latent): number {
  let sum = 0;
  for (let i = 0; i < latent.length; i++) sum += latent[i]! ** 2;
  return Math.sqrt(sum);
}

/** Of the same direction and another length; as it is where it has none. */
export function ofLength(latent: Latent, length: number): Latent {
  const own = norm(latent);
  return own === 0 ? latent : latent.map((value) => (value * length) / own);
}

/** No longer than that; of the same direction. */
export function limited(latent: Latent, most: number): Latent {
  return norm(latent) > most ? ofLength(latent, most) : latent;
}

/** @param place where in the edit, for messages: "step 3, frame 12". @throws AppError not-finite naming the term and the place */
export function sumOf(pushes: readonly Push[], length: number, place: string): Latent {
  const sum = new Float32Array(length);
  for (const { term, by } of pushes) {
    assertFinitePush(term, by, place);
    for (let i = 0; i < length; i++) sum[i]! += by[i]!;
  }
  return sum;
}

/** @throws AppError not-finite naming the term and the place */
function assertFinitePush(term: string, by: Latent, place: string): void {
  if (isFiniteLatent(by)) return;
  throw brokenDown(`${term} at ${place}`, 'sampling', 'Lower its weight, or use the full-precision model.');
}
