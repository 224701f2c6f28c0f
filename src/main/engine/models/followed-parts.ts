/** Whether the networks of a model that is not opened can be followed back: their graphs are prepared as for a render. */
import type { DifferentiatedBy, LatentShape } from '../diffusion/types.ts';
import { learntWeights } from '../onnx/passes/learnt-weights.ts';
import { referenceAttention } from '../onnx/passes/reference-attention.ts';
import { checkFollowedDecoder, checkFollowedUnet } from './followed.ts';
import type { Parts } from './parts.ts';
import { prepareRead } from './prepare.ts';
import { type UnetVariant, unet } from './roles/unet.ts';
import { vaeDecoder } from './roles/vae-decoder.ts';

/** LoRAs and ControlNets are left out: what they add are products and sums. */
export type AskedFollowed = Pick<UnetVariant, 'sites' | 'joint' | 'learnt'> & {
  /** By what the UNet is followed back. */
  readonly by: readonly DifferentiatedBy[];
  /** Whether the decoder is, too. */
  readonly steers: boolean;
};

/**
 * @param parts whose graphs are read for this alone: they are changed
 * @throws AppError bundle-invalid naming operator, node and file
 */
export function checkFollowedParts(
  parts: Parts,
  { by, steers, ...variant }: AskedFollowed,
  shape: LatentShape,
): void {
  const how = { name: 'the model', provider: 'cpu', gradients: true } as const;
  if (by.length > 0) {
    const { followed, outcomes } = prepareRead(unet, parts.unet, { ...how, variant });
    const sites = outcomes.of(referenceAttention) ?? [];
    const learnt = outcomes.of(learntWeights) ?? [];
    checkFollowedUnet({ ...followed!, io: parts.unet.io, sites, learnt }, shape, by);
  }
  if (steers) {
    const { followed } = prepareRead(vaeDecoder, parts.vaeDecoder, { ...how, variant: null });
    checkFollowedDecoder({ ...followed!, io: parts.vaeDecoder.io }, shape);
  }
}
