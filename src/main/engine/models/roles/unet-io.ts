/** Inputs and outputs of a denoising network. */
import { z } from 'zod';
import type { DifferentiatedBy } from '../../diffusion/types.ts';
import { channelsInto, channelsOutOf } from '../../onnx/ir/channels.ts';
import type { Model } from '../../onnx/ir/graph.ts';
import type { ValueInfo } from '../../onnx/ir/types.ts';
import { defect } from '../files.ts';
import { type FixedSize, fixedSize } from '../frozen-size.ts';
import {
  describe,
  EXPORT_AGAIN,
  fixedDim,
  inputsOf,
  integerType,
  isFloat,
  isInteger,
  notA,
  rank,
  take,
  type Values,
} from '../graph-values.ts';

const channels = z.array(z.int().min(1)).min(1);
const perBlock = z.union([z.int().min(1), channels]);

export const unetConfig = z.object({
  in_channels: z.int().min(1).optional(),
  out_channels: z.int().min(1).optional(),
  sample_size: z.union([z.int().min(1), z.tuple([z.int().min(1), z.int().min(1)])]).nullish(),
  block_out_channels: channels.optional(),
  layers_per_block: z.union([z.int().min(1), channels]).optional(),
  cross_attention_dim: perBlock.nullish(),
  /** Number of heads per block in SD 1.x, although the name says dimension. */
  attention_head_dim: perBlock.nullish(),
  num_attention_heads: perBlock.nullish(),
  addition_embed_type: z.string().nullish(),
  addition_time_embed_dim: z.int().min(1).nullish(),
  projection_class_embeddings_input_dim: z.int().min(1).nullish(),
  time_cond_proj_dim: z.int().nullish(),
});

/** Of the levels, in exports with diffusers' defaults and no config.json. */
export const USUAL_WIDTHS = [320, 640, 1280, 1280];

export type UnetConfig = z.output<typeof unetConfig>;

/** What a UNet and a ControlNet are told alike. */
export interface DenoiserInputs {
  /** [B, inChannels, h, w] */
  readonly sample: string;
  readonly inChannels: number;
  readonly timestep: {
    readonly name: string;
    readonly integer: 'int32' | 'int64' | null;
    readonly shape: 'scalar' | 'one' | 'batch';
  };
  /** [B, tokens, dim]; tokens and dim null where nothing says them. */
  readonly hidden: string;
  readonly hiddenTokens: number | null;
  readonly hiddenDim: number | null;
  /** XL: [B, dim] pooled text and [B, 6] sizes. */
  readonly added: {
    readonly pooled: string;
    readonly pooledDim: number | null;
    readonly timeIds: string;
  } | null;
  /** Of networks distilled for few steps: [B, width], the guidance as waves. */
  readonly guidance: { readonly name: string; readonly width: number } | null;
  readonly fixed: FixedSize;
}

export interface UnetIo extends DenoiserInputs {
  readonly output: string;
  readonly outChannels: number | null;
}

/** Inputs that stand for what a call is followed back to. @param learnt what is learnt of the network */
export function inputsBy(
  { sample, hidden, added }: UnetIo,
  learnt: readonly { readonly input: string }[],
  by: readonly DifferentiatedBy[],
): string[] {
  const names: Record<DifferentiatedBy, readonly string[]> = {
    latent: [sample],
    text: [hidden, ...(added ? [added.pooled] : [])],
    weights: learnt.map(({ input }) => input),
  };
  return by.flatMap((one) => names[one]);
}

/** A sine and a cosine of two frequencies. */
const MIN_WAVES = 4;
const SIZES = 6;
const REFINER_SIZES = 5;

/**
 * @param config says what the graph leaves open, as exports do that name the channel axis
 * @throws defect when the graph is not a Stable Diffusion UNet
 */
export function unetIo(model: Model, file: string, config: UnetConfig = {}): UnetIo {
  const inputs = inputsOf(model);
  const told = denoiserInputs(model, inputs, { file, what: 'Stable Diffusion UNet' }, config);
  refuseOthers(file, inputs);
  const outputs: Values = { list: model.graph.outputs, rest: new Set(model.graph.outputs) };
  const output = take(outputs, ['out_sample', 'sample'], (v) => isFloat(v));
  if (!output) throw notA(file, 'Stable Diffusion UNet', 'it has no output', outputs.list);
  return {
    ...told,
    output: output.name,
    outChannels:
      fixedDim(output, 1) ?? channelsOutOf(model.graph, output.name) ?? config.out_channels ?? null,
  };
}

/**
 * Takes out of the inputs what every denoising network has.
 * @throws defect naming what is not there
 */
export function denoiserInputs(
  model: Model,
  inputs: Values,
  { file, what }: { readonly file: string; readonly what: string },
  config: UnetConfig = {},
): DenoiserInputs {
  const sample = take(inputs, ['sample', 'latent_sample'], (v) => isFloat(v) && rank(v) === 4);
  if (!sample || !isFloat(sample) || (rank(sample) ?? 4) !== 4) {
    throw notA(file, what, 'it has no latent input', inputs.list);
  }
  const inChannels =
    fixedDim(sample, 1) ?? channelsInto(model.graph, sample.name) ?? config.in_channels ?? null;
  if (inChannels === null) {
    throw notA(file, what, 'nothing says how many channels it takes', inputs.list);
  }
  const hidden = take(inputs, ['encoder_hidden_states'], (v) => isFloat(v) && rank(v) === 3);
  if (!hidden) throw notA(file, what, 'it has no text input', inputs.list);
  const timestep = take(inputs, ['timestep', 'timesteps', 't'], (v) => (rank(v) ?? 9) <= 1);
  if (!timestep || !(isFloat(timestep) || isInteger(timestep)) || (rank(timestep) ?? 1) > 1) {
    throw notA(file, what, 'it has no timestep input', inputs.list);
  }
  const pooled = take(inputs, ['text_embeds'], () => false);
  const timeIds = take(inputs, ['time_ids'], () => false);
  const cond = take(inputs, ['timestep_cond'], () => false);
  if ((pooled === undefined) !== (timeIds === undefined)) {
    throw notA(file, 'Stable Diffusion XL UNet', 'it has only one of text_embeds and time_ids', inputs.list);
  }
  const shape = rank(timestep) === 0 ? 'scalar' : fixedDim(timestep, 0) === 1 ? 'one' : 'batch';
  const added =
    pooled && timeIds ? { pooled: pooled.name, pooledDim: fixedDim(pooled, 1), timeIds: timeIds.name } : null;
  if (added) checkSizes(file, fixedDim(timeIds!, 1) ?? sizesOf(config, added.pooledDim));
  return {
    sample: sample.name,
    inChannels,
    timestep: { name: timestep.name, integer: integerType(timestep), shape },
    hidden: hidden.name,
    hiddenTokens: fixedDim(hidden, 1),
    hiddenDim: fixedDim(hidden, 2) ?? oneNumber(config.cross_attention_dim),
    added,
    guidance: cond ? guidanceOf(file, cond, config) : null,
    fixed: {
      ...fixedSize(sample),
      batch: batchOf(file, [sample, hidden, pooled, timeIds, cond, shape === 'batch' ? timestep : undefined]),
    },
  };
}

function guidanceOf(file: string, cond: ValueInfo, { time_cond_proj_dim: told }: UnetConfig) {
  const width = fixedDim(cond, 1) ?? told ?? null;
  if (width !== null && width >= MIN_WAVES) return { name: cond.name, width };
  const message = 'nothing says how wide the guidance is that the network is told (timestep_cond)';
  throw defect(file, message, 'Add "time_cond_proj_dim" to its config.json, 256 in most models.');
}

/** @throws defect naming an input that is left */
export function refuseOthers(file: string, { rest }: Values): void {
  const [unknown] = rest;
  if (!unknown) return;
  const message = `the network wants an input Retake does not know: ${unknown.name}`;
  throw defect(file, message, 'Use another model.');
}

/** The batch all inputs agree on, null where none states one. */
function batchOf(file: string, inputs: readonly (ValueInfo | undefined)[]): number | null {
  const stated = inputs.flatMap((input) => (input ? (fixedDim(input, 0) ?? []) : []));
  const [batch] = stated;
  if (batch === undefined) return null;
  if (stated.every((one) => one === batch)) return batch;
  const found = inputs.flatMap((input) => (input ? describe(input) : [])).join('; ');
  throw defect(file, `its inputs were exported for different batches (${found})`, EXPORT_AGAIN);
}

function oneNumber(value: number | readonly number[] | null | undefined): number | null {
  if (!Array.isArray(value)) return (value as number | null | undefined) ?? null;
  return value.every((one) => one === value[0]) ? value[0] : null;
}

/** How many sizes an XL network takes, from the width of what they are embedded into. */
function sizesOf(config: UnetConfig, pooled: number | null): number | null {
  const { projection_class_embeddings_input_dim: all, addition_time_embed_dim: each } = config;
  return all && each && pooled ? (all - pooled) / each : null;
}

function checkSizes(file: string, sizes: number | null): void {
  if (sizes === null || sizes === SIZES) return;
  if (sizes === REFINER_SIZES)
    throw defect(file, 'this is the network of the XL refiner', 'Use the XL base model.');
  throw defect(
    file,
    `it takes ${sizes} sizes of the picture (time_ids), XL has ${SIZES}`,
    'Use another XL model.',
  );
}
