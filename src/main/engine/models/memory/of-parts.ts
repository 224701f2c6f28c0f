/** Memory of a bundle that is not opened: its graphs are prepared as for a render. */
import type { MemoryUse } from '../../../../common/settings/model.ts';
import { controlResiduals } from '../../onnx/passes/control-residuals.ts';
import { deepFeatures } from '../../onnx/passes/deep-features.ts';
import { learntWeights } from '../../onnx/passes/learnt-weights.ts';
import { referenceAttention } from '../../onnx/passes/reference-attention.ts';
import { adaptersOf, type LoraInUse } from '../loras/use.ts';
import type { Parts } from '../parts.ts';
import { prepareRead } from '../prepare.ts';
import type { ReadModel } from '../read-model.ts';
import { type ControlNetIo, controlNet } from '../roles/controlnet.ts';
import { textEncoder } from '../roles/text-encoder.ts';
import { residualsOf, type UnetVariant, unet } from '../roles/unet.ts';
import { vaeDecoder } from '../roles/vae-decoder.ts';
import { vaeEncoder } from '../roles/vae-encoder.ts';
import type { FusedParts } from '../types.ts';
import type { BundleMemory } from './bundle.ts';

/** How its networks are prepared. */
export type MemoryVariant = Omit<UnetVariant, 'fused' | 'controlled'> & {
  readonly attention: FusedParts;
  readonly memory?: MemoryUse | undefined;
  /** Whether it is to be followed backwards. */
  readonly gradients?: boolean;
  /** Whether decoded pictures are. */
  readonly steers?: boolean;
};

/**
 * On the processor.
 * @param parts whose graphs are read for this alone: they are changed
 * @throws AppError bundle-invalid where the UNet cannot be prepared so
 */
export function memoryOfParts(
  parts: Parts,
  factor: number,
  { attention, memory, gradients, steers, ...variant }: MemoryVariant,
  controlNets: readonly ReadModel<ControlNetIo>[] = [],
  loras: readonly LoraInUse[] = [],
): BundleMemory {
  const common = { name: 'the model', provider: 'cpu' } as const;
  const prepared = prepareRead(unet, parts.unet, {
    ...common,
    ...{ memory, gradients },
    adapters: adaptersOf(loras, 'unet'),
    variant: { ...variant, fused: attention.unet, controlled: controlNets.length > 0 },
  });
  const plain = { ...common, variant: attention.vae };
  const decoder = prepareRead(vaeDecoder, parts.vaeDecoder, { ...plain, gradients: steers });
  return {
    factor,
    unet: {
      network: prepared.memory(),
      shallow: prepared.cutMemory(),
      recorded: prepared.recordedMemory(),
      learnt: prepared.outcomes.of(learntWeights) ?? [],
      deepChannels: prepared.outcomes.of(deepFeatures)?.channels ?? 0,
      io: parts.unet.io,
      sites: prepared.outcomes.of(referenceAttention) ?? [],
      residuals: residualsOf(prepared.outcomes.of(controlResiduals)),
    },
    vaeEncoder: {
      network: prepareRead(vaeEncoder, parts.vaeEncoder, plain).memory(),
      io: parts.vaeEncoder.io,
    },
    vaeDecoder: {
      network: decoder.memory(),
      io: parts.vaeDecoder.io,
      recorded: decoder.recordedMemory(),
    },
    text: parts.text.map((part, i) => {
      const adapters = adaptersOf(loras, i === 0 ? 'text' : 'text2');
      const prepared = prepareRead(textEncoder, part, { ...common, adapters, variant: { placing: false } });
      return { network: prepared.memory(), io: part.io };
    }),
    controlNets: controlNets.map((read) => ({
      network: prepareRead(controlNet, read, { ...common, memory, variant: attention.unet }).memory(),
      io: read.io,
    })),
  };
}
