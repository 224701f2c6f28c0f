/** Writes a ControlNet with random weights in diffusers' layout. Its last convolutions are not zero, as untrained ones are: it adds something. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { noise } from './onnx.ts';
import { type TestTensor, writeSafetensors } from './safetensors-files.ts';
import { WIDTHS } from './tiny-networks.ts';
import { TEXT_WIDTH } from './tiny-text-encoder.ts';

export interface ControlNetShape {
  readonly inChannels: number;
  readonly widths: readonly number[];
  /** Width of the text. */
  readonly text: number;
  /** Whether blocks read the text, way down. */
  readonly reads: readonly boolean[];
  readonly heads: number;
  readonly groups: number;
  /** Of the picture's way to the latent: each after the first halves it. */
  readonly condition: readonly number[];
}

/** For the bundles of writeTinyBundle. */
export const FOR_TINY: ControlNetShape = {
  ...{ inChannels: 4, widths: WIDTHS, text: TEXT_WIDTH, reads: [true, false], heads: 2, groups: 4 },
  condition: [8, 8, 16],
};

/** For the model that ships. */
export const FOR_SHIPPED: ControlNetShape = {
  ...{ inChannels: 12, widths: [64, 128, 192], text: 96, reads: [true, true, false], heads: 2, groups: 16 },
  condition: [8, 8, 16, 16],
};

type Shapes = Map<string, readonly number[]>;

/** Names and shapes of ControlNetModel with one layer a block. */
function shapesOf({ inChannels, widths, text, reads, condition }: ControlNetShape): Shapes {
  const shapes: Shapes = new Map();
  const layer = (name: string, ...weight: number[]) => {
    shapes.set(`${name}.weight`, weight);
    shapes.set(`${name}.bias`, [weight[0]!]);
  };
  const [first, last] = [widths[0]!, widths.at(-1)!];
  const time = 4 * first;
  const resnet = (name: string, from: number, to: number) => {
    layer(`${name}.norm1`, from);
    layer(`${name}.conv1`, to, from, 3, 3);
    layer(`${name}.time_emb_proj`, to, time);
    layer(`${name}.norm2`, to);
    layer(`${name}.conv2`, to, to, 3, 3);
    if (from !== to) layer(`${name}.conv_shortcut`, to, from, 1, 1);
  };
  const transformer = (name: string, width: number) => {
    layer(`${name}.norm`, width);
    layer(`${name}.proj_in`, width, width, 1, 1);
    layer(`${name}.proj_out`, width, width, 1, 1);
    const block = `${name}.transformer_blocks.0`;
    for (const norm of ['norm1', 'norm2', 'norm3']) layer(`${block}.${norm}`, width);
    for (const [attention, context] of [['attn1', width] as const, ['attn2', text] as const]) {
      shapes.set(`${block}.${attention}.to_q.weight`, [width, width]);
      for (const part of ['to_k', 'to_v'])
        shapes.set(`${block}.${attention}.${part}.weight`, [width, context]);
      layer(`${block}.${attention}.to_out.0`, width, width);
    }
    layer(`${block}.ff.net.0.proj`, 8 * width, width);
    layer(`${block}.ff.net.2`, width, 4 * width);
  };
  layer('conv_in', first, inChannels, 3, 3);
  layer('time_embedding.linear_1', time, first);
  layer('time_embedding.linear_2', time, time);
  layer('controlnet_cond_embedding.conv_in', condition[0]!, 3, 3, 3);
  for (const [i, to] of condition.slice(1).entries()) {
    const from = condition[i]!;
    layer(`controlnet_cond_embedding.blocks.${2 * i}`, from, from, 3, 3);
    layer(`controlnet_cond_embedding.blocks.${2 * i + 1}`, to, from, 3, 3);
  }
  layer('controlnet_cond_embedding.conv_out', first, condition.at(-1)!, 3, 3);
  const skips = [first];
  for (const [i, width] of widths.entries()) {
    resnet(`down_blocks.${i}.resnets.0`, widths[i - 1] ?? first, width);
    if (reads[i]) transformer(`down_blocks.${i}.attentions.0`, width);
    skips.push(width);
    if (i === widths.length - 1) continue;
    layer(`down_blocks.${i}.downsamplers.0.conv`, width, width, 3, 3);
    skips.push(width);
  }
  resnet('mid_block.resnets.0', last, last);
  transformer('mid_block.attentions.0', last);
  resnet('mid_block.resnets.1', last, last);
  for (const [i, width] of skips.entries()) layer(`controlnet_down_blocks.${i}`, width, width, 1, 1);
  layer('controlnet_mid_block', last, last, 1, 1);
  return shapes;
}

function tensorOf(name: string, shape: readonly number[], seed: string): TestTensor {
  const size = shape.reduce((product, side) => product * side, 1);
  const fan = Math.max(1, size / shape[0]!);
  const isNorm = shape.length === 1 && name.endsWith('.weight');
  const values = isNorm
    ? new Float16Array(size).fill(1)
    : new Float16Array(
        new Float64Array(noise(`${seed}${name}`, size)).map((v) => (1.7 * v) / Math.sqrt(fan)),
      );
  const bias = name.endsWith('.bias') ? values.map((v) => v / 10) : values;
  return { dtype: 'F16', shape, bytes: new Uint8Array(bias.buffer) };
}

/** @returns dir, which is made when absent */
export function writeTinyControlNet(dir: string, shape: ControlNetShape = FOR_TINY, seed = 'a'): string {
  mkdirSync(dir, { recursive: true });
  const tensors = Object.fromEntries(
    Array.from(shapesOf(shape), ([name, dims]) => [name, tensorOf(name, dims, seed)]),
  );
  writeSafetensors(join(dir, 'diffusion_pytorch_model.safetensors'), tensors);
  const config = {
    _class_name: 'ControlNetModel',
    in_channels: shape.inChannels,
    block_out_channels: shape.widths,
    layers_per_block: 1,
    cross_attention_dim: shape.text,
    attention_head_dim: shape.heads,
    norm_num_groups: shape.groups,
    down_block_types: shape.reads.map((reads) => (reads ? 'CrossAttnDownBlock2D' : 'DownBlock2D')),
    conditioning_embedding_out_channels: shape.condition,
  };
  writeFileSync(join(dir, 'config.json'), JSON.stringify(config));
  return dir;
}
