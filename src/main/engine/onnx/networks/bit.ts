/** BiT (Kolesnikov et al. 2020): the residual network in front of DPT-hybrid's transformer. */
import { z } from 'zod';
import { attr } from '../ir/graph.ts';
import type { NetworkBuilder, Value } from './builder.ts';

const size = z.int().min(1);

/** Only what DPT-hybrid was trained with: layers that normalise last, TensorFlow's padding, no dilation. */
export const bitConfig = z.object({
  num_channels: z.literal(3).default(3),
  embedding_size: size.default(64),
  hidden_sizes: z.array(size).default([256, 512, 1024, 2048]),
  depths: z.array(size).default([3, 4, 6, 3]),
  layer_type: z.literal('bottleneck'),
  hidden_act: z.literal('relu').default('relu'),
  global_padding: z.string().regex(/^same$/i, 'only SAME is known'),
  num_groups: size.default(32),
  embedding_dynamic_padding: z.literal(true),
  output_stride: z.int().default(32),
  width_factor: size.default(1),
  stage_names: z.array(z.string()).nullish(),
  out_features: z.array(z.string()).nullish(),
  out_indices: z.array(z.int()).nullish(),
});
export type BitConfig = z.output<typeof bitConfig>;

const EPS = 1e-8;
const GROUP_EPS = 1e-5;

/**
 * The maps of its stages that are asked for, in order, with their channels.
 * @param module "dpt.embeddings.backbone.bit"
 * @param picture [B, 3, h, w]
 */
export function bitFeatures(b: NetworkBuilder, module: string, config: BitConfig, picture: Value): Feature[] {
  const { embedding_size, num_groups: groups, depths } = config;
  const norm = (at: string, x: Value, channels: number) =>
    b.groupNorm(at, x, channels, { groups, eps: GROUP_EPS });
  const relu = (x: Value) => b.node('Relu', [x]);
  const conv = (at: string, x: Value, shape: Shape) => standardisedConv(b, at, x, shape);

  const embedded = conv(`${module}.embedder.convolution`, picture, {
    ...{ from: 3, to: embedding_size, kernel: 7, stride: 2 },
  });
  // Behind ReLU nothing is below zero, so the runtime's padding of -∞ and BiT's of zero find the same maxima.
  let x = b.node('MaxPool', [relu(norm(`${module}.embedder.norm`, embedded, embedding_size))], {
    kernel_shape: attr.ints([3, 3]),
    strides: attr.ints([2, 2]),
    auto_pad: attr.string('SAME_UPPER'),
  });

  const features: Feature[] = [{ value: x, channels: embedding_size }];
  let from = embedding_size;
  for (const [stage, depth] of depths.entries()) {
    const to = divisible((config.hidden_sizes[stage] ?? 0) * config.width_factor);
    const inner = divisible(to / 4);
    for (let layer = 0; layer < depth; layer++) {
      const at = `${module}.encoder.stages.${stage}.layers.${layer}`;
      const stride = layer === 0 && stage > 0 ? 2 : 1;
      const shortcut =
        layer > 0
          ? x
          : norm(
              `${at}.downsample.norm`,
              conv(`${at}.downsample.conv`, x, { from, to, kernel: 1, stride }),
              to,
            );
      const first = conv(`${at}.conv1`, x, { from, to: inner, kernel: 1, stride: 1 });
      const second = conv(`${at}.conv2`, relu(norm(`${at}.norm1`, first, inner)), {
        ...{ from: inner, to: inner, kernel: 3, stride },
      });
      const third = conv(`${at}.conv3`, relu(norm(`${at}.norm2`, second, inner)), {
        ...{ from: inner, to, kernel: 1, stride: 1 },
      });
      x = relu(b.add(norm(`${at}.norm3`, third, to), shortcut));
      from = to;
    }
    features.push({ value: x, channels: to });
  }
  return wanted(config).map((stage) => {
    const found = features[stage];
    if (found && (stage === 0 || config.hidden_sizes[stage - 1])) return found;
    throw b.refusal('its configuration asks the backbone for a stage it has not', 'Download it again.');
  });
}

export interface Feature {
  readonly value: Value;
  readonly channels: number;
}

interface Shape {
  readonly from: number;
  readonly to: number;
  readonly kernel: number;
  readonly stride: number;
}

/** Stages by number, 0 being what goes into the first. */
function wanted({ out_features, out_indices, depths, stage_names }: BitConfig): readonly number[] {
  const names = stage_names ?? ['stem', ...depths.map((_, i) => `stage${i + 1}`)];
  if (out_features) return out_features.map((name) => names.indexOf(name));
  return out_indices ?? [depths.length];
}

/** Every filter is brought to mean 0 and variance 1 before it is used (Qiao et al. 2019, eq. 5), padded as TensorFlow does. */
function standardisedConv(b: NetworkBuilder, module: string, x: Value, shape: Shape): Value {
  const { from, to, kernel, stride } = shape;
  const filters = b.weight(`${module}.weight`, [to, from, kernel, kernel]);
  const mean = (of: Value) => b.node('ReduceMean', [of], { axes: attr.ints([1, 2, 3]) });
  const centred = b.node('Sub', [filters, mean(filters)]);
  const variance = mean(b.mul(centred, centred));
  const deviation = b.node('Sqrt', [b.add(variance, b.scalar(EPS))]);
  const attributes = {
    kernel_shape: attr.ints([kernel, kernel]),
    strides: attr.ints([stride, stride]),
    auto_pad: attr.string('SAME_UPPER'),
  };
  return b.node('Conv', [x, b.node('Div', [centred, deviation])], attributes, { module });
}

/** The nearest multiple of 8 that is not more than a tenth below. */
function divisible(channels: number): number {
  const nearest = Math.max(8, Math.floor((channels + 4) / 8) * 8);
  return nearest < 0.9 * channels ? nearest + 8 : nearest;
}
