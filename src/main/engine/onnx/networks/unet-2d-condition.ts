/** UNet2DConditionModel of diffusers: the denoising network of Stable Diffusion 1.x, 2.x and XL. */
import { z } from 'zod';
import { ELEMENT } from '../ir/types.ts';
import { NetworkBuilder, type WrittenNetwork } from './builder.ts';
import { readConfiguration } from './configuration.ts';
import type { StoredWeights } from './stored.ts';
import {
  type BlockContext,
  blocksConfig,
  downBlocks,
  IRRELEVANT_TO_BLOCKS,
  midBlock,
  textWidthOf,
  timeCondition,
  timeInputs,
  upBlocks,
} from './unet-blocks.ts';

const unetConfig = blocksConfig.extend({
  attention_type: z.literal('default').default('default'),
  conv_in_kernel: z.literal([1, 3, 5, 7]).default(3),
  conv_out_kernel: z.literal([1, 3, 5, 7]).default(3),
  out_channels: z.int().min(1).default(4),
  resnet_out_scale_factor: z.literal(1).default(1),
  reverse_transformer_layers_per_block: z.array(z.union([z.int().min(0), z.array(z.int().min(0))])).nullish(),
  /** Latent consistency models are told their guidance. */
  time_cond_proj_dim: z.int().min(1).nullish(),
  time_embedding_dim: z.int().min(1).nullish(),
  up_block_types: z
    .array(z.enum(['CrossAttnUpBlock2D', 'UpBlock2D']))
    .default(['UpBlock2D', 'CrossAttnUpBlock2D', 'CrossAttnUpBlock2D', 'CrossAttnUpBlock2D']),
});

/**
 * Inputs, float32: sample [B, in, h, w], timestep [B] or [1], encoder_hidden_states [B, tokens, width]; of LCM timestep_cond
 * [B, width]; of XL text_embeds [B, width] and time_ids [B, 6]. Output out_sample [B, out, h, w]. Sides are multiples of two to the
 * number of blocks less one.
 * @param config of its config.json
 * @throws AppError bundle-invalid naming a key, or a weight that is missing, left over or of another shape
 */
export function unet2DCondition(weights: StoredWeights, config: unknown): WrittenNetwork {
  const { label } = weights;
  const read = readConfiguration(config, unetConfig, { label, irrelevant: IRRELEVANT_TO_BLOCKS });
  const b = new NetworkBuilder('UNet2DConditionModel', weights);
  const sample = b.input('sample', ELEMENT.float32, ['batch', read.in_channels, 'height', 'width']);
  const inputs = timeInputs(b, read);
  const textWidth = textWidthOf(read, label);
  const text = b.input('encoder_hidden_states', ELEMENT.float32, ['batch', 'tokens', textWidth]);
  const [first] = read.block_out_channels as [number];
  const norm = { groups: read.norm_num_groups, eps: read.norm_eps };
  const time = timeCondition(b, read, inputs, read.time_embedding_dim ?? 4 * first);
  const context: BlockContext = { builder: b, config: read, label, norm, time, text, textWidth };

  const size = { from: read.in_channels, to: first };
  const entered = b.conv2d('conv_in', sample, size, { kernel: read.conv_in_kernel });
  const { deepest, skips } = downBlocks(context, { value: entered, channels: first });
  const way = { types: read.up_block_types, layers: read.reverse_transformer_layers_per_block ?? null };
  const up = upBlocks(context, midBlock(context, deepest), skips, way);
  const normed = b.silu(b.groupNorm('conv_norm_out', up.value, up.channels, norm));
  const out = { from: up.channels, to: read.out_channels };
  const made = b.conv2d('conv_out', normed, out, { kernel: read.conv_out_kernel });
  b.output('out_sample', made, ['batch', read.out_channels, 'height', 'width']);
  return b.finish();
}
