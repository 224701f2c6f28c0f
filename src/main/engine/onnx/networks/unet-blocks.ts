/** The way down, the middle and the way up of a Stable Diffusion UNet; a ControlNet has the first two. */
import { z } from 'zod';
import { ELEMENT } from '../ir/types.ts';
import type { NetworkBuilder, Value } from './builder.ts';
import { eachBlock, perBlock } from './configuration.ts';
import {
  downsample,
  type Embedded,
  type Features,
  type Norm,
  resnetBlock,
  upsample,
} from './resnet-block.ts';
import { embedding, sinusoids } from './time-embedding.ts';
import { type TransformerSize, transformer2D } from './transformer-2d.ts';

/** Keys that UNet and ControlNet share, with the defaults of diffusers. */
export const blocksConfig = z.object({
  act_fn: z.enum(['silu', 'swish']).default('silu'),
  addition_embed_type: z.literal('text_time').nullish(),
  addition_time_embed_dim: z.int().min(2).nullish(),
  projection_class_embeddings_input_dim: z.int().min(1).nullish(),
  /** The number of heads, although the name says dimension, unless num_attention_heads is there. */
  attention_head_dim: perBlock.default(8),
  num_attention_heads: perBlock.nullish(),
  block_out_channels: z.array(z.int().min(1)).min(1).default([320, 640, 1280, 1280]),
  cross_attention_dim: perBlock.default(1280),
  down_block_types: z
    .array(z.enum(['CrossAttnDownBlock2D', 'DownBlock2D']))
    .default(['CrossAttnDownBlock2D', 'CrossAttnDownBlock2D', 'CrossAttnDownBlock2D', 'DownBlock2D']),
  downsample_padding: z.literal(1).default(1),
  flip_sin_to_cos: z.boolean().default(true),
  freq_shift: z.number().default(0),
  in_channels: z.int().min(1).default(4),
  layers_per_block: perBlock.default(2),
  mid_block_scale_factor: z.literal(1).default(1),
  /** Small distilled networks have none. */
  mid_block_type: z.literal('UNetMidBlock2DCrossAttn').nullable().default('UNetMidBlock2DCrossAttn'),
  norm_eps: z.number().gt(0).default(1e-5),
  norm_num_groups: z.int().min(1).default(32),
  resnet_time_scale_shift: z.literal('default').default('default'),
  time_embedding_type: z.literal('positional').default('positional'),
  /** Blocks per transformer; where the way up differs, per block and layer. */
  transformer_layers_per_block: z
    .union([z.int().min(0), z.array(z.union([z.int().min(0), z.array(z.int().min(0))]))])
    .default(1),
  use_linear_projection: z.boolean().default(false),
});

/** Keys that change no number: attention is computed in float32 throughout. */
export const IRRELEVANT_TO_BLOCKS = ['upcast_attention', 'addition_embed_type_num_heads'];

export type BlocksConfig = z.output<typeof blocksConfig>;

/** What every block of a network reads. */
export interface BlockContext {
  readonly builder: NetworkBuilder;
  readonly config: BlocksConfig;
  readonly label: string;
  readonly norm: Norm;
  readonly time: Embedded;
  /** [B, tokens, textWidth] */
  readonly text: Value;
  readonly textWidth: number;
}

/** Width of the text all blocks attend to. @throws AppError bundle-invalid where they want different ones */
export function textWidthOf({ cross_attention_dim: width }: BlocksConfig, label: string): number {
  const [first, ...others] = [width].flat();
  return others.every((one) => one === first)
    ? first!
    : eachBlock(width, 1, 'cross_attention_dim', label)[0]!;
}

/** Inputs by which a network is told when it is and, for XL, what for. */
interface TimeInputs {
  readonly timestep: Value;
  /** LCM's guidance embedding [B, width], read by the projection cond_proj. */
  readonly guidance?: { readonly value: Value; readonly width: number };
  /** XL: [B, pooledWidth] and [B, 6]. */
  readonly added: { readonly pooled: Value; readonly pooledWidth: number; readonly timeIds: Value } | null;
}

/** XL is told the picture's size, its crop and the size wanted, as height and width. */
const SIZES = 6;

/** The inputs that say when and what for, of UNet and ControlNet alike. */
export function timeInputs(
  b: NetworkBuilder,
  config: BlocksConfig & { readonly time_cond_proj_dim?: number | null | undefined },
): TimeInputs {
  const input = (name: string, ...dims: (number | string)[]): Value => b.input(name, ELEMENT.float32, dims);
  const timestep = input('timestep', 'batch');
  const width = config.time_cond_proj_dim;
  const guidance = width ? { value: input('timestep_cond', 'batch', width), width } : undefined;
  if (!config.addition_embed_type) return { timestep, added: null, ...(guidance && { guidance }) };
  const { addition_time_embed_dim: each, projection_class_embeddings_input_dim: all } = config;
  const pooledWidth = (all ?? 0) - SIZES * (each ?? 0);
  if (!each || pooledWidth <= 0) {
    const given = `projection_class_embeddings_input_dim ${all} and addition_time_embed_dim ${each}`;
    throw b.refusal(`its configuration says ${given}, which do not go together`, 'Use the XL base model.');
  }
  const added = {
    pooled: input('text_embeds', 'batch', pooledWidth),
    pooledWidth,
    timeIds: input('time_ids', 'batch', SIZES),
  };
  return { timestep, added, ...(guidance && { guidance }) };
}

/** The embedded timestep, behind the SiLU that all blocks put before it. @param channels of the embedding */
export function timeCondition(
  b: NetworkBuilder,
  config: BlocksConfig,
  { timestep, guidance, added }: TimeInputs,
  channels: number,
): Embedded {
  const { flip_sin_to_cos: flip, freq_shift: shift } = config;
  const width = config.block_out_channels[0]!;
  let waves = sinusoids(b, b.reshape(timestep, -1, 1), { width, flip, shift });
  if (guidance) {
    const size = { from: guidance.width, to: width };
    waves = b.add(waves, b.linear('time_embedding.cond_proj', guidance.value, size));
  }
  const time = embedding(b, 'time_embedding', waves, { from: width, to: channels });
  if (!added) return { value: b.silu(time), channels };
  const each = config.addition_time_embed_dim!;
  const from = config.projection_class_embeddings_input_dim!;
  const sizes = sinusoids(b, b.reshape(added.timeIds, -1, 1), { width: each, flip, shift });
  const all = b.concat([added.pooled, b.reshape(sizes, -1, from - added.pooledWidth)], -1);
  return { value: b.silu(b.add(time, embedding(b, 'add_embedding', all, { from, to: channels }))), channels };
}

type Layers = number | readonly number[];

/** Blocks of transformers of each block on the way down. */
function layersDown({ config, label }: BlockContext): readonly Layers[] {
  const { transformer_layers_per_block: layers, block_out_channels } = config;
  return eachBlock<Layers>(
    layers as Layers,
    block_out_channels.length,
    'transformer_layers_per_block',
    label,
  );
}

const layersAt = (layers: Layers, index: number) =>
  typeof layers === 'number' ? layers : (layers[index] ?? 0);

function transformerOf(context: BlockContext, heads: number, layers: number): TransformerSize {
  const { config, norm, textWidth } = context;
  return { heads, layers, textWidth, groups: norm.groups, linear: config.use_linear_projection };
}

function headsOf({ config, label }: BlockContext): readonly number[] {
  const { num_attention_heads: given, attention_head_dim: older, block_out_channels } = config;
  return eachBlock(given ?? older, block_out_channels.length, 'attention_head_dim', label);
}

/** @returns the deepest features, and those that the way up reads again, in the order in which they are made */
export function downBlocks(
  context: BlockContext,
  entrance: Features,
): { readonly deepest: Features; readonly skips: readonly Features[] } {
  const { builder: b, config, label, norm, time, text } = context;
  const { block_out_channels: channels, down_block_types: types } = config;
  const resnets = eachBlock(config.layers_per_block, channels.length, 'layers_per_block', label);
  const heads = headsOf(context);
  const layers = layersDown(context);
  const skips = [entrance];
  let x = entrance;
  for (const [i, type] of eachBlock(types, channels.length, 'down_block_types', label).entries()) {
    const module = `down_blocks.${i}`;
    for (let j = 0; j < resnets[i]!; j++) {
      x = resnetBlock(b, `${module}.resnets.${j}`, x, { to: channels[i]!, norm, time });
      if (type === 'CrossAttnDownBlock2D') {
        const size = transformerOf(context, heads[i]!, layersAt(layers[i]!, j));
        x = transformer2D(b, `${module}.attentions.${j}`, x, text, size);
      }
      skips.push(x);
    }
    if (i === channels.length - 1) continue;
    x = downsample(b, `${module}.downsamplers.0`, x, [1, 1, 1, 1]);
    skips.push(x);
  }
  return { deepest: x, skips };
}

export function midBlock(context: BlockContext, deepest: Features): Features {
  const { builder: b, config, norm, time, text } = context;
  if (config.mid_block_type === null) return deepest;
  const to = deepest.channels;
  const size = transformerOf(context, headsOf(context).at(-1)!, layersAt(layersDown(context).at(-1)!, 0));
  const first = resnetBlock(b, 'mid_block.resnets.0', deepest, { to, norm, time });
  const seen = transformer2D(b, 'mid_block.attentions.0', first, text, size);
  return resnetBlock(b, 'mid_block.resnets.1', seen, { to, norm, time });
}

export interface WayUp {
  readonly types: readonly ('CrossAttnUpBlock2D' | 'UpBlock2D')[];
  /** Where the way up is not the way down in reverse. */
  readonly layers: Layers[] | null;
}

/** @param skips as downBlocks gives them */
export function upBlocks(
  context: BlockContext,
  middle: Features,
  skips: readonly Features[],
  way: WayUp,
): Features {
  const { builder: b, config, label, norm, time, text } = context;
  const channels = config.block_out_channels.toReversed();
  const { length } = channels;
  const resnets = eachBlock(config.layers_per_block, length, 'layers_per_block', label).toReversed();
  const heads = headsOf(context).toReversed();
  const reverse = way.layers ?? layersDown(context).toReversed();
  const layers = eachBlock<Layers>(reverse, length, 'reverse_transformer_layers_per_block', label);
  const left = [...skips];
  let x = middle;
  for (const [i, type] of eachBlock(way.types, length, 'up_block_types', label).entries()) {
    const module = `up_blocks.${i}`;
    for (let j = 0; j <= resnets[i]!; j++) {
      const skip = left.pop()!;
      const both = { value: b.concat([x.value, skip.value], 1), channels: x.channels + skip.channels };
      x = resnetBlock(b, `${module}.resnets.${j}`, both, { to: channels[i]!, norm, time });
      if (type === 'CrossAttnUpBlock2D') {
        const size = transformerOf(context, heads[i]!, layersAt(layers[i]!, j));
        x = transformer2D(b, `${module}.attentions.${j}`, x, text, size);
      }
    }
    if (i < length - 1) x = upsample(b, `${module}.upsamplers.0`, x);
  }
  return x;
}
