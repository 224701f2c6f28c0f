/** The VAE by its widths alone, where no graph of it is at hand: to choose whether it works in tiles. */
import type { LatentShape } from '../../diffusion/types.ts';
import type { Layout } from '../layout.ts';
import type { Foretold } from '../types.ts';

const FLOAT = 4;
const USUAL_WIDTHS = [128, 256, 512, 512];
/** Widest pictures alive at once in a residual block: input, two inner values, output. */
const BLOCK_BUFFERS = 4;
/** Scores and their softmax. */
const ATTENTION_BUFFERS = 2;

type Size = Pick<LatentShape, 'height' | 'width'>;

/** Bytes that it makes of a whole picture beside its weights; its middle block attends with one head over the whole latent. */
export function vaeBytes(
  { block_out_channels }: Layout['vae'],
  { height, width }: Size,
  factor: number,
): number {
  const widths = block_out_channels ?? USUAL_WIDTHS;
  const area = height * width;
  const pixels = area * factor * factor;
  return (
    FLOAT * (pixels * Math.max(widths[0]!, widths[1] ?? 0) * BLOCK_BUFFERS + area * area * ATTENTION_BUFFERS)
  );
}

/** What is foretold where both halves work in tiles. */
export function vaeInTiles(foretold: Foretold, { tiled }: { readonly tiled: number }): Foretold {
  return {
    ...foretold,
    vaeEncoder: Math.min(foretold.vaeEncoder, foretold.vaeWeights.encoder + tiled),
    vaeDecoder: Math.min(foretold.vaeDecoder, foretold.vaeWeights.decoder + tiled),
  };
}
