/** The denoising network. */
import type { LatentShape, Predict, RecordCall } from '../../diffusion/types.ts';
import { causalAttention } from '../../onnx/passes/causal-attention.ts';
import { type ControlResiduals, controlResiduals } from '../../onnx/passes/control-residuals.ts';
import { deepFeatures } from '../../onnx/passes/deep-features.ts';
import { float32Io } from '../../onnx/passes/float-io.ts';
import { type FusedOperator, fuse } from '../../onnx/passes/fused-attention.ts';
import { jointAttention } from '../../onnx/passes/joint-attention.ts';
import { type LearntInput, learntWeights } from '../../onnx/passes/learnt-weights.ts';
import { type LentAttention, lendAttention } from '../../onnx/passes/lend-attention.ts';
import { step } from '../../onnx/passes/pass.ts';
import { referenceAttention, type Site } from '../../onnx/passes/reference-attention.ts';
import { shallowPart } from '../../onnx/passes/shallow-part.ts';
import type { Role } from '../role.ts';
import { makePredict, type OnCall } from '../unet.ts';
import { makeRecord } from '../unet-record.ts';
import type { AskControlNet } from './controlnet.ts';
import { type UnetConfig, type UnetIo, unetIo } from './unet-io.ts';

export interface Unet {
  /** Every self-attention that was given a bank. */
  readonly sites: readonly Site[];
  /** Weights that are learnt. */
  readonly learnt: readonly LearntInput[];
  /** Inputs that ControlNets feed. */
  readonly residuals: readonly string[];
  /** Of what its depth makes for the outermost layers, at the size of the latent; 0 where it is not given out. */
  readonly deepChannels: number;
  /**
   * @param onCall told of every frame that goes through, with its guidance branches
   * @param onLess told once, when the rows of a call are parted because a graphics card has no room for them
   */
  predict(
    shape: LatentShape,
    onCall: OnCall,
    controlNets?: readonly AskControlNet[],
    onLess?: () => void,
  ): Predict;
  /** The same followed backwards; null where it was not opened for that. */
  readonly record:
    | ((shape: LatentShape, onCall: OnCall, controlNets?: readonly AskControlNet[]) => RecordCall)
    | null;
}

/**
 * Skip connections of the layers that run in every step where the depth is reused: the outermost ones, at the size of the latent.
 * Measured in docs/performance.md.
 */
const SHALLOW_SKIPS = 1;

export interface UnetVariant extends LentAttention {
  /** Whether ControlNets reach it. */
  readonly controlled?: boolean;
  /** The operator that computes self-attention; as the file has it where null or absent. */
  readonly fused?: FusedOperator | null;
  /** Whether its depth may be reused between steps; off unless said. */
  readonly reuse?: boolean;
}

export const unet = {
  id: 'unet',
  label: 'the UNet',
  folder: 'unet',
  io: unetIo,
  passes: (purpose, { controlled, reuse, fused = null, ...lent }) => [
    ...fuse(purpose === 'forward' ? fused : null),
    ...lendAttention(lent),
    ...(reuse ? [step(deepFeatures, { skips: SHALLOW_SKIPS })] : []),
    ...(controlled ? [step(controlResiduals)] : []),
    step(float32Io),
  ],
  cut(outcomes, { output }) {
    const deep = outcomes.of(deepFeatures);
    return deep && [step(shallowPart, { deep, output, lent: outcomes.of(referenceAttention) ?? [] })];
  },
  functions({ session, recorder, io, file, outcomes, cut }) {
    const sites = outcomes.of(referenceAttention) ?? [];
    const joint = outcomes.of(jointAttention) !== null;
    const learnt = outcomes.of(learntWeights) ?? [];
    const causal = outcomes.of(causalAttention) !== null;
    const control = outcomes.of(controlResiduals);
    const inputs = cut?.outcomes.of(shallowPart);
    const shallow = cut &&
      inputs && { session: cut.session, sites: sites.filter(({ bank }) => inputs.has(bank)) };
    const part = { session, io, sites, joint, causal, control, shallow, file };
    return {
      ...{ sites, learnt },
      residuals: residualsOf(control),
      deepChannels: outcomes.of(deepFeatures)?.channels ?? 0,
      predict: (shape, ...how) => makePredict(part, shape, ...how),
      record: recorder ? (shape, ...how) => makeRecord({ ...part, recorder, learnt }, shape, ...how) : null,
    };
  },
} as const satisfies Role<UnetIo, UnetConfig, UnetVariant, Unet>;

export function residualsOf(control: ControlResiduals | null): string[] {
  return control ? [...control.down, control.middle].map(({ name }) => name) : [];
}
