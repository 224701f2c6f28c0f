/**
 * What leaves no trace in the shapes of a file: attention heads and groups of normalisation. All released models have 64
 * channels a head (Stable Diffusion 1.x: 8 heads) and 32 groups. Models too narrow for that are miniatures, which are made for
 * trying things out, and follow another custom.
 */

/** First width of a UNet or autoencoder below which it is a miniature; released ones have 320 and 128. */
const LEAST_WIDTH = 128;
/** The same of text encoders and depth estimators, which have 768 and more. */
const LEAST_TOKEN_WIDTH = 512;
const HEAD = 64;

export const miniature = (widths: readonly number[]): boolean => widths[0]! < LEAST_WIDTH;

export const normGroups = (widths: readonly number[]): number => (miniature(widths) ? 8 : 32);

/** Heads per block on the way down, as attention_head_dim of diffusers has them. */
export function unetHeads(widths: readonly number[], sd1: boolean): number | readonly number[] {
  if (sd1) return 8;
  return widths.map((width, i) => (miniature(widths) ? Math.min(8, 2 << i) : width / HEAD));
}

export const tokenHeads = (width: number): number => (width < LEAST_TOKEN_WIDTH ? 4 : width / HEAD);

/** Side of the latent that a miniature is for. */
export const MINIATURE_LATENT = 8;
