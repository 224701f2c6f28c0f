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
): { readonly whole: number; readonly scores: number } {
  const widths = block_out_channels ?? USUAL_WIDTHS;
  const area = height * width;
  const pixels = area * factor * factor;
  const scores = FLOAT * area * area * ATTENTION_BUFFERS;
  return {
    whole: FLOAT * pixels * Math.max(widths[0]!, widths[1] ?? 0) * BLOCK_BUFFERS + scores,
    scores,
  };
}

/** What works in tiles. */
export interface Tiled {
  readonly encode: boolean;
  readonly decode: boolean;
  /** Of pictures that sampling goes on from. */
  readonly steady: boolean;
}

export const ALL_TILED: Tiled = { encode: true, decode: true, steady: true };

/** What is foretold where some of it works in tiles. */
export function vaeInTiles(
  foretold: Foretold,
  { tiled }: { readonly tiled: number },
  { encode, decode, steady }: Tiled,
): Foretold {
  const { vaeWeights, vaeEncoder, vaeDecoder, vaeSteadyDecoder } = foretold;
  const least = (whole: number, weights: number, inTiles: boolean) =>
    inTiles ? Math.min(whole, weights + tiled) : whole;
  return {
    ...foretold,
    vaeEncoder: least(vaeEncoder, vaeWeights.encoder, encode),
    vaeDecoder: least(vaeDecoder, vaeWeights.decoder, decode),
    vaeSteadyDecoder: least(vaeSteadyDecoder, vaeWeights.decoder, steady),
  };
}
