import type { Latent } from './types.ts';

/** Of one latent it is that latent itself. */
export function meanOf(latents: readonly Latent[]): Latent {
  const [first, ...others] = latents as readonly [Latent, ...Latent[]];
  if (others.length === 0) return first;
  return first.map((value, i) => others.reduce((sum, other) => sum + other[i]!, value) / latents.length);
}
