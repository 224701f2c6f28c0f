/** AutoencoderKL of diffusers: pictures to latents and back. */
import { z } from 'zod';
import { ELEMENT } from '../ir/types.ts';
import { NetworkBuilder, type WrittenNetwork } from './builder.ts';
import { eachBlock, readConfiguration } from './configuration.ts';
import { vaeOfToday } from './released-names.ts';
import { downsample, type Features, resnetBlock, upsample } from './resnet-block.ts';
import type { StoredWeights } from './stored.ts';

const vaeConfig = z.object({
  act_fn: z.enum(['silu', 'swish']).default('silu'),
  block_out_channels: z.array(z.int().min(1)).min(1).default([64]),
  down_block_types: z.array(z.literal('DownEncoderBlock2D')).optional(),
  up_block_types: z.array(z.literal('UpDecoderBlock2D')).optional(),
  in_channels: z.int().min(1).default(3),
  out_channels: z.int().min(1).default(3),
  latent_channels: z.int().min(1).default(4),
  layers_per_block: z.int().min(1).default(1),
  mid_block_add_attention: z.boolean().default(true),
  norm_num_groups: z.int().min(1).default(32),
  use_quant_conv: z.boolean().default(true),
  use_post_quant_conv: z.boolean().default(true),
});

/** Where latents lie is no affair of the network (LatentSpace), and it computes in float32 anyway. */
const IRRELEVANT = [...['force_upcast', 'scaling_factor', 'shift_factor', 'latents_mean', 'latents_std']];

const EPS = 1e-6;

type VaeConfig = z.output<typeof vaeConfig>;

function open(weights: StoredWeights, config: unknown) {
  const { label } = weights;
  const read = readConfiguration(config, vaeConfig, { label, irrelevant: IRRELEVANT });
  const levels = read.block_out_channels.length;
  eachBlock(read.down_block_types ?? 'DownEncoderBlock2D', levels, 'down_block_types', label);
  eachBlock(read.up_block_types ?? 'UpDecoderBlock2D', levels, 'up_block_types', label);
  return { read, b: new NetworkBuilder('AutoencoderKL', vaeOfToday(weights)) };
}

/**
 * Input sample [B, 3, H, W], -1..1; output latent_parameters [B, 2·latent, h, w]: mean and log variance, not scaled.
 * @param config of its config.json
 * @throws AppError bundle-invalid naming a key, or a weight that is missing, left over or of another shape
 */
export function autoencoderKLEncoder(weights: StoredWeights, config: unknown): WrittenNetwork {
  const { read, b } = open(weights, config);
  const { block_out_channels: channels, latent_channels: latent } = read;
  const norm = { groups: read.norm_num_groups, eps: EPS };
  const sample = b.input('sample', ELEMENT.float32, ['batch', read.in_channels, 'height', 'width']);
  const size = { from: read.in_channels, to: channels[0]! };
  let x: Features = { value: b.conv2d('encoder.conv_in', sample, size, { kernel: 3 }), channels: size.to };
  for (const [i, to] of channels.entries()) {
    const module = `encoder.down_blocks.${i}`;
    for (let j = 0; j < read.layers_per_block; j++)
      x = resnetBlock(b, `${module}.resnets.${j}`, x, { to, norm });
    // Padded below and to the right only.
    if (i < channels.length - 1) x = downsample(b, `${module}.downsamplers.0`, x, [0, 0, 1, 1]);
  }
  x = midBlock(b, 'encoder.mid_block', x, read);
  const moments = exit(b, 'encoder', x, 2 * latent, read);
  const both = { from: 2 * latent, to: 2 * latent };
  const made = read.use_quant_conv ? b.conv2d('quant_conv', moments, both, { kernel: 1 }) : moments;
  b.output('latent_parameters', made, ['batch', 2 * latent, 'latent_height', 'latent_width']);
  return b.finish((name) => /^(decoder|post_quant_conv)\./.test(name));
}

/**
 * Input latent_sample [B, latent, h, w], not scaled; output sample [B, 3, H, W], about -1..1.
 * @param config of its config.json
 * @throws AppError bundle-invalid naming a key, or a weight that is missing, left over or of another shape
 */
export function autoencoderKLDecoder(weights: StoredWeights, config: unknown): WrittenNetwork {
  const { read, b } = open(weights, config);
  const { latent_channels: latent } = read;
  const channels = read.block_out_channels.toReversed();
  const norm = { groups: read.norm_num_groups, eps: EPS };
  const given = b.input('latent_sample', ELEMENT.float32, ['batch', latent, 'latent_height', 'latent_width']);
  const same = { from: latent, to: latent };
  const z = read.use_post_quant_conv ? b.conv2d('post_quant_conv', given, same, { kernel: 1 }) : given;
  const size = { from: latent, to: channels[0]! };
  let x: Features = { value: b.conv2d('decoder.conv_in', z, size, { kernel: 3 }), channels: size.to };
  x = midBlock(b, 'decoder.mid_block', x, read);
  for (const [i, to] of channels.entries()) {
    const module = `decoder.up_blocks.${i}`;
    for (let j = 0; j <= read.layers_per_block; j++)
      x = resnetBlock(b, `${module}.resnets.${j}`, x, { to, norm });
    if (i < channels.length - 1) x = upsample(b, `${module}.upsamplers.0`, x);
  }
  const made = exit(b, 'decoder', x, read.out_channels, read);
  b.output('sample', made, ['batch', read.out_channels, 'height', 'width']);
  return b.finish((name) => /^(encoder|quant_conv)\./.test(name));
}

function exit(b: NetworkBuilder, half: string, { value, channels }: Features, to: number, config: VaeConfig) {
  const norm = { groups: config.norm_num_groups, eps: EPS };
  const normed = b.silu(b.groupNorm(`${half}.conv_norm_out`, value, channels, norm));
  return b.conv2d(`${half}.conv_out`, normed, { from: channels, to }, { kernel: 3 });
}

function midBlock(b: NetworkBuilder, module: string, x: Features, config: VaeConfig): Features {
  const to = x.channels;
  const norm = { groups: config.norm_num_groups, eps: EPS };
  const first = resnetBlock(b, `${module}.resnets.0`, x, { to, norm });
  const seen = config.mid_block_add_attention ? attention(b, `${module}.attentions.0`, first, config) : first;
  return resnetBlock(b, `${module}.resnets.1`, seen, { to, norm });
}

/** Every place of the picture looks at every other, in one head. */
function attention(
  b: NetworkBuilder,
  module: string,
  { value, channels }: Features,
  config: VaeConfig,
): Features {
  const norm = { groups: config.norm_num_groups, eps: EPS };
  const same = { from: channels, to: channels };
  const normed = b.groupNorm(`${module}.group_norm`, value, channels, norm);
  const tokens = b.transpose(b.reshape(normed, 0, 0, -1), 0, 2, 1);
  const parts = {
    query: b.linear(`${module}.to_q`, tokens, same),
    key: b.linear(`${module}.to_k`, tokens, same),
    value: b.linear(`${module}.to_v`, tokens, same),
  };
  const mixed = b.attention(module, parts, { channels, heads: 1 });
  const made = b.linear(`${module}.to_out.0`, mixed, same);
  const picture = b.node('Reshape', [b.transpose(made, 0, 2, 1), b.node('Shape', [value])]);
  return { value: b.add(picture, value), channels };
}
