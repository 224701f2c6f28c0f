/** What a VAE takes that works in tiles. */
import type { Layout } from '../layout.ts';

const FLOAT = 4;
const USUAL_WIDTHS = [128, 256];
/** What the runtime holds for a tile, whatever the size of the picture: see band-size.ts. Measured: docs/performance.md. */
const TILE = 450e6;
/** Edges of bands and narrower pictures beside the widest, as a share of those; measured likewise. */
const BESIDE = 1.1;

/** Bytes beside its weights: the widest pictures between layers are held as a whole, the layers themselves see tiles. */
export function tiledBytes(
  { block_out_channels }: Layout['vae'],
  { height, width }: { readonly height: number; readonly width: number },
  factor: number,
): number {
  const [first = USUAL_WIDTHS[0]!, second = 0] = block_out_channels ?? USUAL_WIDTHS;
  // The decoder's last level: what the level before made, twice as large, and what its first layer makes of that.
  const widest = first + Math.max(first, second);
  return BESIDE * FLOAT * height * width * factor * factor * widest + TILE;
}
