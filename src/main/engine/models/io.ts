/**
 * Which input and output of a graph is which. Exporters changed names over the years (diffusers' script, optimum old and
 * new), so a value is known by its name where it has a usual one, else by its type and rank.
 */
import type { AppError } from '../../../common/errors.ts';
import type { Model } from '../onnx/ir/graph.ts';
import type { ValueInfo } from '../onnx/ir/types.ts';
import { channelsInto, channelsOutOf } from './channels.ts';
import { defect } from './files.ts';
import {
  describe,
  fixedDim,
  inputsOf,
  integerType,
  isFloat,
  isInteger,
  rank,
  take,
  type Values,
} from './graph-values.ts';
import type { UnetConfig } from './layout.ts';

const EXPORT_AGAIN = 'Export the model again with optimum-cli export onnx.';

export interface UnetIo {
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
  readonly output: string;
  readonly outChannels: number | null;
  readonly fixed: FixedSize;
}

/** Sizes an export froze; null where it left them open, as it should. Any batch will do: passes are split or filled up. */
export interface FixedSize {
  readonly batch: number | null;
  readonly height: number | null;
  readonly width: number | null;
}

export interface VaeIo {
  readonly input: string;
  readonly inChannels: number | null;
  readonly output: string;
  readonly outChannels: number | null;
  readonly fixed: FixedSize;
}

export interface TextIo {
  readonly ids: string;
  readonly idsType: 'int32' | 'int64';
  /** Tokens and batch an export froze. */
  readonly length: number | null;
  readonly batch: number | null;
  /** Hidden states the network conditions on, [1, tokens, dim]. */
  readonly hidden: string;
  readonly dim: number | null;
  /** [1, dim] projection for XL's second encoder. */
  readonly pooled: string | null;
}

export interface DepthIo {
  /** [B, 3, h, w] */
  readonly input: string;
  /** [B, h', w'], larger is nearer. */
  readonly output: string;
  readonly fixed: FixedSize;
}

function notA(file: string, what: string, missing: string, values: readonly ValueInfo[]): AppError {
  const found = values.map(describe).join('; ') || 'none';
  return defect(file, `this is no ${what}: ${missing} (found ${found})`, EXPORT_AGAIN);
}

function fixedSize(value: ValueInfo): FixedSize {
  return { batch: fixedDim(value, 0), height: fixedDim(value, 2), width: fixedDim(value, 3) };
}

const SIZES = 6;
const REFINER_SIZES = 5;

/**
 * @param config says what the graph leaves open, as exports do that name the channel axis
 * @throws defect when the graph is not a Stable Diffusion UNet
 */
export function unetIo(model: Model, file: string, config: UnetConfig = {}): UnetIo {
  const inputs = inputsOf(model);
  const sample = take(inputs, ['sample', 'latent_sample'], (v) => isFloat(v) && rank(v) === 4);
  if (!sample || !isFloat(sample) || (rank(sample) ?? 4) !== 4) {
    throw notA(file, 'Stable Diffusion UNet', 'it has no latent input', inputs.list);
  }
  const inChannels =
    fixedDim(sample, 1) ?? channelsInto(model.graph, sample.name) ?? config.in_channels ?? null;
  if (inChannels === null) {
    throw notA(file, 'Stable Diffusion UNet', 'nothing says how many channels it takes', inputs.list);
  }
  const hidden = take(inputs, ['encoder_hidden_states'], (v) => isFloat(v) && rank(v) === 3);
  if (!hidden) throw notA(file, 'Stable Diffusion UNet', 'it has no text input', inputs.list);
  const timestep = take(inputs, ['timestep', 'timesteps', 't'], (v) => (rank(v) ?? 9) <= 1);
  if (!timestep || !(isFloat(timestep) || isInteger(timestep)) || (rank(timestep) ?? 1) > 1) {
    throw notA(file, 'Stable Diffusion UNet', 'it has no timestep input', inputs.list);
  }
  const pooled = take(inputs, ['text_embeds'], () => false);
  const timeIds = take(inputs, ['time_ids'], () => false);
  const unknown = [...inputs.rest][0];
  if (unknown) {
    const why = unknown.name === 'timestep_cond' ? ', as a model distilled for few steps' : '';
    throw defect(
      file,
      `the network wants an input Retake does not know: ${unknown.name}${why}`,
      'Use another model.',
    );
  }
  if ((pooled === undefined) !== (timeIds === undefined)) {
    throw notA(file, 'Stable Diffusion XL UNet', 'it has only one of text_embeds and time_ids', inputs.list);
  }
  const outputs: Values = { list: model.graph.outputs, rest: new Set(model.graph.outputs) };
  const output = take(outputs, ['out_sample', 'sample'], (v) => isFloat(v));
  if (!output) throw notA(file, 'Stable Diffusion UNet', 'it has no output', outputs.list);
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
    output: output.name,
    outChannels:
      fixedDim(output, 1) ?? channelsOutOf(model.graph, output.name) ?? config.out_channels ?? null,
    fixed: {
      ...fixedSize(sample),
      batch: batchOf(file, [sample, hidden, pooled, timeIds, shape === 'batch' ? timestep : undefined]),
    },
  };
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

/** One picture in, one picture out: VAE encoder and decoder. @throws defect when the graph has another form */
export function vaeIo(model: Model, file: string): VaeIo {
  const inputs = inputsOf(model);
  const image = (v: ValueInfo) => isFloat(v) && (rank(v) ?? 4) === 4;
  const input = take(inputs, ['sample', 'latent_sample', 'latent'], image);
  const outputs: Values = { list: model.graph.outputs, rest: new Set() };
  const output = take(
    outputs,
    ['latent_parameters', 'latent_sample', 'latent_dist.mean', 'latents', 'sample'],
    image,
  );
  if (!input || !image(input) || inputs.rest.size > 0) {
    throw notA(file, 'VAE', 'it must have one input, a picture or a latent', inputs.list);
  }
  if (!output || !isFloat(output)) throw notA(file, 'VAE', 'it has no output', outputs.list);
  return {
    input: input.name,
    inChannels: fixedDim(input, 1) ?? channelsInto(model.graph, input.name),
    output: output.name,
    outChannels: fixedDim(output, 1) ?? channelsOutOf(model.graph, output.name),
    fixed: fixedSize(input),
  };
}

/** @throws defect when the graph does not make one map of one picture */
export function depthIo(model: Model, file: string): DepthIo {
  const inputs = inputsOf(model);
  const picture = (v: ValueInfo) => isFloat(v) && (rank(v) ?? 4) === 4 && (fixedDim(v, 1) ?? 3) === 3;
  const input = take(inputs, ['pixel_values'], picture);
  if (!input || !picture(input) || inputs.rest.size > 0) {
    throw notA(file, 'depth estimator', 'it must have one input, an RGB picture', inputs.list);
  }
  const outputs: Values = { list: model.graph.outputs, rest: new Set() };
  const map = (v: ValueInfo) => isFloat(v) && (rank(v) ?? 3) === 3;
  const output = take(outputs, ['predicted_depth'], map);
  if (!output || !map(output)) {
    throw notA(
      file,
      'depth estimator',
      'it has no output predicted_depth [batch, height, width]',
      outputs.list,
    );
  }
  return { input: input.name, output: output.name, fixed: fixedSize(input) };
}

/**
 * @param penultimate XL conditions on the last hidden layer but one, older models on the last (after its norm)
 * @param pooled whether the projection is needed (XL's second encoder)
 */
export function textIo(
  model: Model,
  file: string,
  want: { readonly penultimate: boolean; readonly pooled: boolean },
): TextIo {
  const inputs = inputsOf(model);
  const ids = take(inputs, ['input_ids'], (v) => isInteger(v) && rank(v) === 2);
  if (!ids || !isInteger(ids) || inputs.rest.size > 0) {
    throw notA(file, 'CLIP text encoder', 'it must have one input, token ids', inputs.list);
  }
  const outputs: Values = { list: model.graph.outputs, rest: new Set() };
  const hidden = want.penultimate
    ? penultimate(model.graph.outputs)
    : take(outputs, ['last_hidden_state'], (v) => isFloat(v) && rank(v) === 3);
  if (!hidden) {
    const missing = want.penultimate
      ? 'XL needs its hidden states as outputs (hidden_states.0, …)'
      : 'it has no output last_hidden_state';
    throw notA(file, 'CLIP text encoder', missing, outputs.list);
  }
  const pooled = take(outputs, ['text_embeds', 'pooler_output'], (v) => isFloat(v) && rank(v) === 2);
  if (want.pooled && !pooled) {
    throw notA(file, 'CLIP text encoder with projection', 'XL needs its output text_embeds', outputs.list);
  }
  return {
    ids: ids.name,
    idsType: integerType(ids) ?? 'int64',
    length: fixedDim(ids, 1),
    batch: fixedDim(ids, 0),
    hidden: hidden.name,
    dim: fixedDim(hidden, 2),
    pooled: pooled?.name ?? null,
  };
}

/** hidden_states.0 is the embedding, the highest number the last layer. */
function penultimate(outputs: readonly ValueInfo[]): ValueInfo | undefined {
  const layers = outputs.flatMap((value) => {
    const match = /^hidden_states\.(\d+)$/.exec(value.name);
    return match ? [{ value, layer: Number(match[1]) }] : [];
  });
  return layers.sort((a, b) => a.layer - b.layer).at(-2)?.value;
}

/** 2 to the number of stride-2 convolutions: how much a graph shrinks its picture on the way down. */
export function strideFactor(model: Model): number {
  let factor = 1;
  for (const node of model.graph.nodes) {
    if (node.op === 'Conv' && node.ints('strides')?.every((stride) => stride === 2)) factor *= 2;
  }
  return factor;
}
