/** The denoising network. */
import type { LatentShape, Predict } from '../../diffusion/types.ts';
import { controlResiduals } from '../../onnx/passes/control-residuals.ts';
import { float32Io } from '../../onnx/passes/float-io.ts';
import { type FusedOperator, fuse } from '../../onnx/passes/fused-attention.ts';
import { jointAttention } from '../../onnx/passes/joint-attention.ts';
import { type LentAttention, lendAttention } from '../../onnx/passes/lend-attention.ts';
import { step } from '../../onnx/passes/pass.ts';
import { referenceAttention } from '../../onnx/passes/reference-attention.ts';
import type { Role } from '../role.ts';
import { makePredict } from '../unet.ts';
import type { AskControlNet } from './controlnet.ts';
import { type UnetConfig, type UnetIo, unetIo } from './unet-io.ts';

export interface Unet {
  /** Of every self-attention that was given a bank. */
  readonly siteChannels: readonly number[];
  /** @param onCall told of every frame that goes through, with its guidance branches */
  predict(
    shape: LatentShape,
    onCall: (branches: number) => void,
    controlNets?: readonly AskControlNet[],
  ): Predict;
}

interface UnetVariant extends LentAttention {
  /** Whether ControlNets reach it. */
  readonly controlled?: boolean;
  /** The operator that computes self-attention; as the file has it where null or absent. */
  readonly fused?: FusedOperator | null;
}

export const unet = {
  id: 'unet',
  label: 'the UNet',
  folder: 'unet',
  // Banks change in size from call to call.
  session: { memoryPattern: false },
  io: unetIo,
  passes: (_purpose, { controlled, fused = null, ...lent }) => [
    ...fuse(fused),
    ...lendAttention(lent),
    ...(controlled ? [step(controlResiduals)] : []),
    step(float32Io),
  ],
  functions({ session, io, file, outcomes }) {
    const sites = outcomes.of(referenceAttention) ?? [];
    const joint = outcomes.of(jointAttention) !== null;
    const control = outcomes.of(controlResiduals);
    const part = { session, io, sites, joint, control, file };
    return {
      siteChannels: sites.map(({ channels }) => channels),
      predict: (shape, onCall, controlNets = []) => makePredict(part, shape, onCall, controlNets),
    };
  },
} as const satisfies Role<UnetIo, UnetConfig, UnetVariant, Unet>;
