/**
 * The VAE by its widths. Whether it works in tiles is in the keys of what is kept, so it must not change whenever more is learnt of
 * the runtime, as what is foretold from its graph does (bundle.ts). Tiles are of a graph that is parted with numbers that only the
 * runtime tells.
 */
import type { LatentShape } from '../../diffusion/types.ts';
import type { Layout } from '../layout.ts';
import type { BundleFacts } from '../types.ts';
import type { Foretold } from './foretold.ts';

const FLOAT = 4;
const USUAL_WIDTHS = [128, 256];
/** Widest pictures alive at once in a residual block: input, two inner values, output. */
const BLOCK_BUFFERS = 4;
/** Scores and their softmax. */
const ATTENTION_BUFFERS = 2;
/** What the runtime holds for a tile, whatever the size of the picture: tiles/band-size.ts. Measured: docs/performance.md. */
const TILE = 450e6;
/** Edges of bands and narrower pictures beside the widest, as a share of those; measured likewise. */
const BESIDE = 1.1;

/** Bytes that it makes beside its weights; its middle block attends with one head over the whole latent. */
export function vaeBytes(
  { block_out_channels }: Layout['vae'],
  { height, width }: Pick<LatentShape, 'height' | 'width'>,
  factor: number,
): ReturnType<BundleFacts['vaeMemory']> {
  const [first = USUAL_WIDTHS[0]!, second = 0] = block_out_channels ?? USUAL_WIDTHS;
  const area = height * width;
  const plane = FLOAT * area * factor * factor;
  const widest = Math.max(first, second);
  const scores = FLOAT * area * area * ATTENTION_BUFFERS;
  return {
    whole: plane * widest * BLOCK_BUFFERS + scores,
    scores,
    // Between layers whole pictures are held: what the last level is given, twice as large, and what its first layer makes of that.
    tiled: BESIDE * plane * (first + widest) + TILE,
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
