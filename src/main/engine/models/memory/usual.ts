/** What an edit takes that nobody has described yet: guided, with Pix2Video, at the size that the network was made for and at smaller ones. */
import type { LatentShape } from '../../diffusion/types.ts';
import type { Call, Foretold } from './foretold.ts';

/** Bytes of the engine itself with its libraries, and of what waits to be collected. */
export const ENGINE = 200e6;

/** What inverts a frame. */
export const INVERTING: Call = { frames: 1, branches: 1, bank: 0, self: true, joint: false };

/** The anchor by itself, the others looking at it and at the frame before; two frames lend at once. */
const GUIDED: readonly Call[] = [
  { frames: 1, branches: 2, bank: 0, self: true, joint: false },
  { frames: 1, branches: 2, bank: 2, self: false, joint: false },
];
const LENT = 2 * 2;

export interface MemoryEstimate {
  /** Bytes of the UNet's weights, which sampling holds all the time. */
  readonly weights: number;
  /** Bytes of the whole process, by the side of a square in pixels. */
  readonly sizes: readonly { readonly side: number; readonly bytes: number }[];
}

/** Beside the size that it was made for. */
const SHARES = [1, 3 / 4, 1 / 2];

export async function usualMemory(
  foretell: (latent: LatentShape) => Promise<Foretold>,
  {
    nativeSize,
    grid,
    factor,
    channels,
  }: {
    readonly nativeSize: number;
    readonly grid: number;
    readonly factor: number;
    readonly channels: number;
  },
): Promise<MemoryEstimate> {
  const sides = new Set(SHARES.map((share) => Math.max(1, Math.round((share * nativeSize) / grid)) * grid));
  const found: { readonly side: number; readonly bytes: number; readonly weights: number }[] = [];
  for (const side of sides) {
    const foretold = await foretell({ channels, height: side / factor, width: side / factor });
    const { unet, vaeEncoder, vaeDecoder, text, features } = foretold;
    const stages = [
      text,
      unet + vaeEncoder + vaeDecoder + foretold.calls([INVERTING]),
      unet + LENT * features + foretold.calls([INVERTING, ...GUIDED]),
      vaeDecoder,
    ];
    found.push({ side, bytes: ENGINE + Math.max(...stages), weights: unet });
  }
  return { weights: found[0]!.weights, sizes: found.map(({ side, bytes }) => ({ side, bytes })) };
}
