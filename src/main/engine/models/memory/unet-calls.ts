/** Calls of a UNet and of the ControlNets beside it, as the shapes of what they are fed. */
import type { LatentShape } from '../../diffusion/types.ts';
import { ELEMENT } from '../../onnx/ir/types.ts';
import { CAUSAL_LENGTH } from '../../onnx/passes/causal-attention.ts';
import { JOINT_FRAMES } from '../../onnx/passes/joint-attention.ts';
import type { LearntInput } from '../../onnx/passes/learnt-weights.ts';
import { ALL_TOKENS, SELF_LENGTH, type Site } from '../../onnx/passes/reference-attention.ts';
import { DEEP_GIVEN } from '../../onnx/passes/shallow-part.ts';
import type { Known } from '../../onnx/shapes/known.ts';
import type { ControlNetIo } from '../roles/controlnet.ts';
import { type DenoiserInputs, inputsBy, type UnetIo } from '../roles/unet-io.ts';
import { type Call, NOTHING_RECORDED, type RecordedBytes, type RecordedCall } from './foretold.ts';
import { type Fed, floats, integers, type NetworkMemory } from './network.ts';
import { type RecordedMemory, together } from './recorded.ts';

/** Of text, where the graph leaves it open. */
const USUAL_TOKENS = 77;
const USUAL_DIM = 768;
const USUAL_POOLED = 1280;
const SIZES = 6;
const FLOAT = 4;
/** What is learnt, its gradients, two means of the optimiser, what a call was fed, and what is not yet collected. */
const LEARNT_COPIES = 6;

export interface UnetMemory {
  readonly network: NetworkMemory;
  /** Its outermost layers by themselves, where its depth is reused. */
  readonly shallow: NetworkMemory | null;
  /** Followed backwards; null where it is not to be. */
  readonly recorded: RecordedMemory | null;
  readonly learnt: readonly Pick<LearntInput, 'input' | 'dims'>[];
  /** Of what its depth makes for those. */
  readonly deepChannels: number;
  readonly io: UnetIo;
  /** Where it lends its tokens. */
  readonly sites: readonly Pick<Site, 'bank' | 'feature' | 'channels'>[];
  /** Inputs that ControlNets feed. */
  readonly residuals: readonly string[];
}

export interface ControlMemory {
  readonly network: NetworkMemory;
  readonly io: ControlNetIo;
}

type Size = Pick<LatentShape, 'height' | 'width'>;

/** What every denoising network is fed. */
export function denoiserFed(io: DenoiserInputs, rows: number, { height, width }: Size) {
  const { sample, inChannels, timestep, hidden, hiddenTokens, hiddenDim, added, guidance } = io;
  const time = timestep.shape === 'scalar' ? [] : [timestep.shape === 'one' ? 1 : rows];
  return new Map([
    [sample, floats(rows, inChannels, height, width)],
    [timestep.name, { dims: time, type: timestep.integer ? ELEMENT.int64 : ELEMENT.float32 }],
    [hidden, floats(rows, hiddenTokens ?? USUAL_TOKENS, hiddenDim ?? USUAL_DIM)],
    ...(added
      ? [
          [added.pooled, floats(rows, added.pooledDim ?? USUAL_POOLED)] as const,
          [added.timeIds, floats(rows, SIZES)] as const,
        ]
      : []),
    ...(guidance ? [[guidance.name, floats(rows, guidance.width)] as const] : []),
  ]);
}

/** What calls take for latents of one shape. Bytes. */
export interface UnetCalls {
  /** What one frame lends to others, in one guidance branch. */
  readonly features: number;
  /** What the runtime holds beside the weights after these calls, one after the other, and the banks that they are fed from. */
  calls(calls: readonly Call[]): number;
  /** The same of its outermost layers alone, with their weights. */
  shallow(calls: readonly Call[]): number;
  /** What calls that are followed back add. */
  recorded(calls: readonly RecordedCall[]): RecordedBytes;
  /** What the depth made of one frame in one guidance branch. */
  readonly deep: number;
}

/** @param beside ControlNets, which hold every call */
export function unetCalls(unet: UnetMemory, latent: Size, beside: readonly ControlMemory[]): UnetCalls {
  const { network, io, sites } = unet;
  // Exports may have frozen the batch.
  const rowsOf = ({ frames, branches }: Call) => io.fixed.batch ?? frames * branches;
  const fedOf = (call: Call, tokens: readonly number[], causal = false) => {
    const rows = rowsOf(call);
    const fed = denoiserFed(io, rows, latent);
    for (const [i, { bank, channels }] of sites.entries())
      fed.set(bank, floats(rows, call.bank * tokens[i]!, channels));
    if (sites.length === 0) return fed;
    return fed
      .set(SELF_LENGTH, integers(call.self && !causal ? ALL_TOKENS : 0))
      .set(CAUSAL_LENGTH, integers(causal ? ALL_TOKENS : 0))
      .set(JOINT_FRAMES, integers(call.joint ? call.frames : 1));
  };
  const alone: Call = { frames: 1, branches: 1, bank: 0, self: true, joint: false };
  const shapes = network.shapes(
    fedOf(
      alone,
      sites.map(() => 0),
    ),
  );
  const tokens = sites.map(({ feature }) => shapes.get(feature)?.dims[1] ?? 0);
  const features = sites.reduce((sum, { channels }, i) => sum + FLOAT * channels * tokens[i]!, 0);
  const residuals = unet.residuals.map((name) => {
    const [, ...dims] = shapes.get(network.addedTo(name) ?? '')?.dims ?? [1, 1, 1, 1];
    return { name, dims };
  });
  const controlled = beside.length > 0;
  const ofResiduals = residuals.reduce(
    (sum, { dims }) => sum + FLOAT * dims.reduce((all, one) => all * one, 1),
    0,
  );
  const ownBytes = (call: Call) => rowsOf(call) * (call.bank * features + (controlled ? ofResiduals : 0));
  const withResiduals = (call: Call, fed: Map<string, Known>): Fed => {
    if (controlled) for (const { name, dims } of residuals) fed.set(name, floats(rowsOf(call), ...dims));
    return fed;
  };
  const recordedBytes = (call: RecordedCall): RecordedBytes => {
    const by = inputsBy(io, unet.learnt, [call.by]);
    const of = [io.output, ...(call.lends ? sites.map(({ feature }) => feature) : [])];
    const { weights, values } = unet.recorded!.of(withResiduals(call, fedOf(call, tokens, call.causal)), {
      of,
      by,
    });
    const learnt = unet.learnt.reduce((sum, { dims }) => sum + FLOAT * dims[0] * dims[1], 0);
    // What it was fed is copied.
    const banks = ownBytes(call) * 2;
    return {
      weights: weights + (call.by === 'weights' ? LEARNT_COPIES * learnt : 0),
      values: values + banks,
    };
  };
  return {
    features,
    recorded: (calls) => (unet.recorded ? together(calls.map(recordedBytes)) : NOTHING_RECORDED),
    deep: FLOAT * unet.deepChannels * latent.height * latent.width,
    shallow(calls) {
      if (!unet.shallow) return 0;
      const fed = calls.map((call): Fed => {
        const deep = floats(rowsOf(call), unet.deepChannels, latent.height, latent.width);
        return fedOf(call, tokens).set(DEEP_GIVEN, deep);
      });
      return unet.shallow.opened + unet.shallow.holds(fed);
    },
    calls(calls) {
      const fed = calls.map((call) => withResiduals(call, fedOf(call, tokens)));
      const controls = beside.reduce((sum, one) => sum + controlBytes(one, latent, ofResiduals), 0);
      return network.holds(fed) + Math.max(0, ...calls.map(ownBytes)) + controls;
    },
  };
}

/** Rows of one run of a ControlNet. */
const ROWS = 2;

/** What one makes, and what of it is given back. */
function controlBytes({ network, io }: ControlMemory, latent: Size, ofResiduals: number): number {
  const rows = io.fixed.batch ?? ROWS;
  const fed = denoiserFed(io, rows, latent);
  // Pictures are eight times as large as latents, in every network that there are ControlNets for.
  fed.set(io.picture, floats(rows, 3, 8 * latent.height, 8 * latent.width));
  return network.holds([fed]) + rows * ofResiduals;
}
