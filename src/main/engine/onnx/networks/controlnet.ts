/**
 * ControlNetModel of diffusers (Zhang et al. 2023): the way down and the middle of a UNet, which read a picture besides and say what is
 * to be added to the UNet's skip connections and to its middle.
 */
import { z } from 'zod';
import { attr } from '../ir/graph.ts';
import { ELEMENT } from '../ir/types.ts';
import { NetworkBuilder, type Value, type WrittenNetwork } from './builder.ts';
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
} from './unet-blocks.ts';

const controlNetConfig = blocksConfig.extend({
  conditioning_channels: z.literal(3).default(3),
  conditioning_embedding_out_channels: z.array(z.int().min(1)).min(1).default([16, 32, 96, 256]),
  controlnet_conditioning_channel_order: z.enum(['rgb', 'bgr']).default('rgb'),
  global_pool_conditions: z.boolean().default(false),
});

type Config = z.output<typeof controlNetConfig>;

/**
 * Inputs as the UNet's, and controlnet_cond [B, 3, 8h, 8w], red, green and blue in 0..1, and conditioning_scale, a float32 of rank 0.
 * Outputs, times the scale: down_block_res_samples_i, in the order of the UNet's skip connections, and mid_block_res_sample, each
 * [B, C, h/2ᵏ, w/2ᵏ], or [B, C, 1, 1] of networks that pool their conditions.
 * @param config of its config.json
 * @throws AppError bundle-invalid naming a key, or a weight that is missing, left over or of another shape
 */
export function controlNet(weights: StoredWeights, config: unknown): WrittenNetwork {
  const { label } = weights;
  const read = readConfiguration(config, controlNetConfig, { label, irrelevant: IRRELEVANT_TO_BLOCKS });
  const b = new NetworkBuilder('ControlNetModel', weights);
  const sample = b.input('sample', ELEMENT.float32, ['batch', read.in_channels, 'height', 'width']);
  const inputs = timeInputs(b, read);
  const textWidth = textWidthOf(read, label);
  const text = b.input('encoder_hidden_states', ELEMENT.float32, ['batch', 'tokens', textWidth]);
  const picture = b.input('controlnet_cond', ELEMENT.float32, ['batch', 3, 'rows', 'columns']);
  const scale = b.input('conditioning_scale', ELEMENT.float32, []);
  const [first] = read.block_out_channels as [number];
  const norm = { groups: read.norm_num_groups, eps: read.norm_eps };
  const time = timeCondition(b, read, inputs, 4 * first);
  const context: BlockContext = { builder: b, config: read, label, norm, time, text, textWidth };

  const entered = b.conv2d('conv_in', sample, { from: read.in_channels, to: first }, { kernel: 3 });
  const value = b.add(entered, conditionEmbedding(b, read, picture));
  const { deepest, skips } = downBlocks(context, { value, channels: first });
  const middle = midBlock(context, deepest);
  const say = (name: string, module: string, { value: x, channels }: typeof middle) => {
    const zero = b.conv2d(module, x, { from: channels, to: channels }, { kernel: 1 });
    const whole = b.mul(zero, scale);
    const made = read.global_pool_conditions
      ? b.node('ReduceMean', [whole], { axes: attr.ints([2, 3]) })
      : whole;
    b.output(name, made, ['batch', channels, `${name}_height`, `${name}_width`]);
  };
  for (const [i, skip] of skips.entries())
    say(`down_block_res_samples_${i}`, `controlnet_down_blocks.${i}`, skip);
  say('mid_block_res_sample', 'controlnet_mid_block', middle);
  return b.finish();
}

/** The picture at the latent's size: every block but the last halves it. */
function conditionEmbedding(b: NetworkBuilder, config: Config, picture: Value): Value {
  const module = 'controlnet_cond_embedding';
  const channels = config.conditioning_embedding_out_channels;
  const blue = config.controlnet_conditioning_channel_order === 'bgr';
  const ordered = blue ? b.node('Gather', [picture, b.ints(2, 1, 0)], { axis: attr.int(1) }) : picture;
  let x = b.silu(b.conv2d(`${module}.conv_in`, ordered, { from: 3, to: channels[0]! }, { kernel: 3 }));
  for (const [i, to] of channels.slice(1).entries()) {
    const from = channels[i]!;
    x = b.silu(b.conv2d(`${module}.blocks.${2 * i}`, x, { from, to: from }, { kernel: 3 }));
    x = b.silu(b.conv2d(`${module}.blocks.${2 * i + 1}`, x, { from, to }, { kernel: 3, stride: 2 }));
  }
  const size = { from: channels.at(-1)!, to: config.block_out_channels[0]! };
  return b.conv2d(`${module}.conv_out`, x, size, { kernel: 3 });
}
