/** Calls of a UNet and of the ControlNets beside it, as the shapes of what they are fed. */
import type { LatentShape } from '../../diffusion/types.ts';
import { ELEMENT } from '../../onnx/ir/types.ts';
import { CAUSAL_LENGTH } from '../../onnx/passes/causal-attention.ts';
import { JOINT_FRAMES } from '../../onnx/passes/joint-attention.ts';
import { SELF_LENGTH, type Site } from '../../onnx/passes/reference-attention.ts';
import { DEEP_GIVEN } from '../../onnx/passes/shallow-part.ts';
import type { ControlNetIo } from '../roles/controlnet.ts';
import type { DenoiserInputs } from '../roles/unet-io.ts';
import type { Call } from './foretold.ts';
import { type Fed, floats, integers, type NetworkMemory } from './network.ts';

/** More than any picture has. */
const ALL_TOKENS = 2 ** 31;
/** Of text, where the graph leaves it open. */
const USUAL_TOKENS = 77;
const USUAL_DIM = 768;
const USUAL_POOLED = 1280;
const SIZES = 6;
const FLOAT = 4;

export interface UnetMemory {
  readonly network: NetworkMemory;
  /** Its outermost layers by themselves, where its depth is reused. */
  readonly shallow: NetworkMemory | null;
  /** Of what its depth makes for those. */
  readonly deepChannels: number;
  readonly io: DenoiserInputs;
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
  /** What the depth made of one frame in one guidance branch. */
  readonly deep: number;
}

/** @param beside ControlNets, which hold every call */
export function unetCalls(unet: UnetMemory, latent: Size, beside: readonly ControlMemory[]): UnetCalls {
  const { network, io, sites } = unet;
  // Exports may have frozen the batch.
  const rowsOf = ({ frames, branches }: Call) => io.fixed.batch ?? frames * branches;
  const fedOf = (call: Call, tokens: readonly number[]) => {
    const rows = rowsOf(call);
    const fed = denoiserFed(io, rows, latent);
    for (const [i, { bank, channels }] of sites.entries())
      fed.set(bank, floats(rows, call.bank * tokens[i]!, channels));
    if (sites.length === 0) return fed;
    return fed
      .set(SELF_LENGTH, integers(call.self ? ALL_TOKENS : 0))
      .set(CAUSAL_LENGTH, integers(0))
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
  return {
    features,
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
      const fed = calls.map((call): Fed => {
        const all = fedOf(call, tokens);
        if (controlled) for (const { name, dims } of residuals) all.set(name, floats(rowsOf(call), ...dims));
        return all;
      });
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
