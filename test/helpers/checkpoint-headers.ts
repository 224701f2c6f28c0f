/** Names and shapes of checkpoints as tensors of a file that nobody has. */
import { ELEMENT } from '../../src/main/engine/onnx/ir/types.ts';
import type { StoredTensor } from '../../src/main/engine/onnx/networks/stored.ts';

export type Header = Readonly<Record<string, readonly number[]>>;

/** Laid one after the other as half floats, 100 bytes into the file. */
export function tensorsOf(header: Header): ReadonlyMap<string, StoredTensor> {
  let offset = 100;
  const tensors = new Map<string, StoredTensor>();
  for (const [name, dims] of Object.entries(header)) {
    const length = 2 * dims.reduce((product, side) => product * side, 1);
    tensors.set(name, { type: ELEMENT.float16, dims, file: '/models/one.safetensors', offset, length });
    offset += length;
  }
  return tensors;
}

export interface TrainersUNet {
  readonly channels: number;
  readonly width: number;
  readonly multiples: readonly number[];
  /** Layers of the transformer per level; 0 where there is none. */
  readonly depths: readonly number[];
  readonly context: number;
  readonly linear: boolean;
  /** Width of what is added to the time embedding (XL), or null. */
  readonly added: number | null;
}

/** Builds the module list as the original trainers' UNetModel does: level by level, two residual blocks in each. */
export function trainersUNet(shape: TrainersUNet, prefix = 'model.diffusion_model.'): Header {
  const { channels, width, multiples, depths, context, linear, added } = shape;
  const header: Record<string, readonly number[]> = {};
  const time = 4 * width;
  const layer = (name: string, ...dims: number[]) => {
    header[`${prefix}${name}.weight`] = dims;
    header[`${prefix}${name}.bias`] = [dims[0]!];
  };
  const residual = (name: string, from: number, to: number) => {
    layer(`${name}.in_layers.0`, from);
    layer(`${name}.in_layers.2`, to, from, 3, 3);
    layer(`${name}.emb_layers.1`, to, time);
    layer(`${name}.out_layers.0`, to);
    layer(`${name}.out_layers.3`, to, to, 3, 3);
    if (from !== to) layer(`${name}.skip_connection`, to, from, 1, 1);
  };
  const projection = (name: string, size: number) => layer(name, size, size, ...(linear ? [] : [1, 1]));
  const transformer = (name: string, size: number, depth: number) => {
    layer(`${name}.norm`, size);
    projection(`${name}.proj_in`, size);
    for (let i = 0; i < depth; i++) {
      const block = `${name}.transformer_blocks.${i}`;
      for (const [attention, from] of [
        ['attn1', size],
        ['attn2', context],
      ] as const) {
        header[`${prefix}${block}.${attention}.to_q.weight`] = [size, size];
        header[`${prefix}${block}.${attention}.to_k.weight`] = [size, from];
        header[`${prefix}${block}.${attention}.to_v.weight`] = [size, from];
        layer(`${block}.${attention}.to_out.0`, size, size);
      }
      layer(`${block}.ff.net.0.proj`, 8 * size, size);
      layer(`${block}.ff.net.2`, size, 4 * size);
      for (const norm of ['norm1', 'norm2', 'norm3']) layer(`${block}.${norm}`, size);
    }
    projection(`${name}.proj_out`, size);
  };
  layer('time_embed.0', time, width);
  layer('time_embed.2', time, time);
  if (added !== null) {
    layer('label_emb.0.0', time, added);
    layer('label_emb.0.2', time, time);
  }
  layer('input_blocks.0.0', width, channels, 3, 3);
  const skips = [width];
  let [at, index] = [width, 1];
  for (const [level, multiple] of multiples.entries()) {
    for (let i = 0; i < 2; i++) {
      residual(`input_blocks.${index}.0`, at, multiple * width);
      at = multiple * width;
      if (depths[level]) transformer(`input_blocks.${index}.1`, at, depths[level]);
      skips.push(at);
      index++;
    }
    if (level === multiples.length - 1) continue;
    layer(`input_blocks.${index++}.0.op`, at, at, 3, 3);
    skips.push(at);
  }
  residual('middle_block.0', at, at);
  transformer('middle_block.1', at, depths.at(-1) || 1);
  residual('middle_block.2', at, at);
  index = 0;
  for (const [level, multiple] of [...multiples.entries()].reverse()) {
    for (let i = 0; i < 3; i++) {
      residual(`output_blocks.${index}.0`, at + skips.pop()!, multiple * width);
      at = multiple * width;
      let next = 1;
      if (depths[level]) transformer(`output_blocks.${index}.${next++}`, at, depths[level]);
      if (level > 0 && i === 2) layer(`output_blocks.${index}.${next}.conv`, at, at, 3, 3);
      index++;
    }
  }
  layer('out.0', at);
  layer('out.2', 4, width, 3, 3);
  return header;
}

/** Of the estimator among the golden checkpoints. */
export const MIDAS_SIZES = {
  stem: 16,
  stages: [
    { inner: 8, out: 16, layers: 2 },
    { inner: 8, out: 32, layers: 2 },
    { inner: 16, out: 64, layers: 3 },
  ],
  width: 32,
  positions: 17,
  feedForward: 64,
  fusion: 32,
  head: [16, 32],
} as const;

/** DPT-hybrid as MiDaS builds it, with these numbers of bottlenecks per stage. Twelve layers behind them. */
export function midasHybrid(
  sizes: {
    readonly stem: number;
    readonly stages: readonly { readonly inner: number; readonly out: number; readonly layers: number }[];
    readonly width: number;
    readonly positions: number;
    readonly feedForward: number;
    readonly fusion: number;
    readonly head: readonly [number, number];
  },
  prefix = 'depth_model.model.',
): Header {
  const { stem, stages, width, positions, feedForward, fusion, head } = sizes;
  const header: Record<string, readonly number[]> = {};
  const alone = (name: string, ...dims: number[]) => {
    header[`${prefix}${name}`] = dims;
  };
  const layer = (name: string, ...dims: number[]) => {
    alone(`${name}.weight`, ...dims);
    alone(`${name}.bias`, dims[0]!);
  };
  const body = 'pretrained.model';
  alone(`${body}.cls_token`, 1, 1, width);
  alone(`${body}.pos_embed`, 1, positions, width);
  const backbone = `${body}.patch_embed.backbone`;
  alone(`${backbone}.stem.conv.weight`, stem, 3, 7, 7);
  layer(`${backbone}.stem.norm`, stem);
  let from = stem;
  for (const [s, { inner, out, layers }] of stages.entries()) {
    for (let l = 0; l < layers; l++) {
      const block = `${backbone}.stages.${s}.blocks.${l}`;
      if (l === 0) {
        alone(`${block}.downsample.conv.weight`, out, from, 1, 1);
        layer(`${block}.downsample.norm`, out);
      }
      for (const [i, [to, of, kernel]] of (
        [
          [inner, from, 1],
          [inner, inner, 3],
          [out, inner, 1],
        ] as const
      ).entries()) {
        alone(`${block}.conv${i + 1}.weight`, to, of, kernel, kernel);
        layer(`${block}.norm${i + 1}`, to);
      }
      from = out;
    }
  }
  layer(`${body}.patch_embed.proj`, width, from, 1, 1);
  for (let i = 0; i < 12; i++) {
    const block = `${body}.blocks.${i}`;
    layer(`${block}.norm1`, width);
    layer(`${block}.attn.qkv`, 3 * width, width);
    layer(`${block}.attn.proj`, width, width);
    layer(`${block}.norm2`, width);
    layer(`${block}.mlp.fc1`, feedForward, width);
    layer(`${block}.mlp.fc2`, width, feedForward);
  }
  layer(`${body}.norm`, width);
  layer(`${body}.head`, 1000, width);
  for (const i of [3, 4]) {
    layer(`pretrained.act_postprocess${i}.0.project.0`, width, 2 * width);
    layer(`pretrained.act_postprocess${i}.3`, width, width, 1, 1);
  }
  layer('pretrained.act_postprocess4.4', width, width, 3, 3);
  for (const [i, channels] of [stages[0]!.out, stages[1]!.out, width, width].entries()) {
    alone(`scratch.layer${i + 1}_rn.weight`, fusion, channels, 3, 3);
  }
  for (let i = 1; i <= 4; i++) {
    layer(`scratch.refinenet${i}.out_conv`, fusion, fusion, 1, 1);
    for (const unit of ['resConfUnit1', 'resConfUnit2']) {
      for (const conv of ['conv1', 'conv2'])
        layer(`scratch.refinenet${i}.${unit}.${conv}`, fusion, fusion, 3, 3);
    }
  }
  layer('scratch.output_conv.0', head[0], fusion, 3, 3);
  layer('scratch.output_conv.2', head[1], head[0], 3, 3);
  layer('scratch.output_conv.4', 1, head[1], 1, 1);
  return header;
}
