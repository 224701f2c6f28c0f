/**
 * DPT (Ranftl et al. 2021), which estimates depth: a vision transformer whose tokens are put together to pictures again and
 * fused from coarse to fine. Its hybrid reads the maps of a residual network, and is what Stable Diffusion 2-depth looks with.
 */
import { z } from 'zod';
import { attr } from '../ir/graph.ts';
import { ELEMENT } from '../ir/types.ts';
import { bitConfig, bitFeatures } from './bit.ts';
import { NetworkBuilder, type Value, type WrittenNetwork } from './builder.ts';
import { readConfiguration } from './configuration.ts';
import { OLDER_KEYS } from './older-keys.ts';
import type { StoredWeights } from './stored.ts';

const size = z.int().min(1);

const config = z.object({
  hidden_size: size.default(768),
  num_hidden_layers: size.default(12),
  num_attention_heads: size.default(12),
  intermediate_size: size.default(3072),
  hidden_act: z.literal('gelu').default('gelu'),
  layer_norm_eps: z.number().gt(0).default(1e-12),
  image_size: size.default(384),
  patch_size: size.default(16),
  num_channels: z.literal(3).default(3),
  qkv_bias: z.boolean().default(true),
  is_hybrid: z.boolean().default(false),
  backbone_config: z.unknown().optional(),
  backbone_out_indices: z.array(z.int().min(0)).default([2, 5, 8, 11]),
  readout_type: z.enum(['ignore', 'add', 'project']).default('project'),
  reassemble_factors: z.array(z.number().gt(0)).default([4, 2, 1, 0.5]),
  neck_hidden_sizes: z.array(size).default([96, 192, 384, 768]),
  neck_ignore_stages: z.array(z.int()).default([0, 1]),
  fusion_hidden_size: size.default(256),
  use_bias_in_fusion_residual: z.boolean().nullish(),
  add_projection: z.boolean().default(false),
  head_in_index: z.int().default(-1),
});
type Config = z.output<typeof config>;

/** Of the other head, of training, of what is read from the first token alone; the last follows from the backbone. */
const IRRELEVANT: readonly string[] = [
  ...['auxiliary_loss_weight', 'use_auxiliary_head', 'semantic_loss_ignore_index', 'backbone_featmap_shape'],
  ...['semantic_classifier_dropout', 'pooler_act', 'pooler_output_size', ...OLDER_KEYS],
];

/** What transformers takes where a hybrid's configuration names no backbone. */
const USUAL_BACKBONE = {
  ...{ layer_type: 'bottleneck', depths: [3, 4, 9], global_padding: 'same', embedding_dynamic_padding: true },
  out_features: ['stage1', 'stage2', 'stage3'],
};

/**
 * Pixels [B, 3, h, w], normalised, to predicted_depth [B, h, w], larger is nearer. Any size: the position embeddings are
 * interpolated, and the map has the picture's size where that is of whole, evenly many patches.
 * @param found parsed config.json of a DPTForDepthEstimation
 * @throws AppError bundle-invalid naming the key or the weight
 */
export function dpt(weights: StoredWeights, found: unknown): WrittenNetwork {
  const c = readConfiguration(found, config, { label: weights.label, irrelevant: IRRELEVANT });
  const b = new NetworkBuilder('dpt', weights);
  const stages = c.neck_hidden_sizes.length;
  const fitting = (list: readonly unknown[]) => list.length === stages;
  if (!fitting(c.reassemble_factors) || !fitting(c.backbone_out_indices) || stages < 3)
    throw b.refusal('its configuration lists as many stages nowhere', 'Download it again.');

  const pixels = b.input('pixel_values', ELEMENT.float32, ['batch', 3, 'height', 'width']);
  const { patches, maps } = c.is_hybrid
    ? hybridPatches(b, c, pixels, weights.label)
    : plainPatches(b, c, pixels);
  const grid = b.node('Slice', [b.node('Shape', [patches]), b.ints(2), b.ints(4), b.ints(0)]);
  // The first stages of the hybrid are the residual network's maps, as they are.
  const read = c.backbone_out_indices.slice(maps.length);
  const tokens = encoder(b, c, embedded(b, c, patches, grid), read);
  const reassembled = tokens.map((each, i) => reassemble(b, c, each, grid, maps.length + i));
  const fused = fusion(
    b,
    c,
    [...maps, ...reassembled].map((map, i) =>
      b.conv2d(
        `neck.convs.${i}`,
        map,
        { from: c.neck_hidden_sizes[i]!, to: c.fusion_hidden_size },
        {
          ...{ kernel: 3, bias: false },
        },
      ),
    ),
  );
  const last = fused.at(c.head_in_index);
  if (last === undefined) throw b.refusal('its head reads a stage it has not', 'Download it again.');
  b.output('predicted_depth', head(b, c, last), ['batch', 'out_height', 'out_width']);
  return b.finish((name) => UNREAD.test(name));
}

/** The norm behind the last layer and what pools it, which no map reads; the first fusion has nothing to add to. */
const UNREAD = /^(dpt\.(layernorm|pooler)|neck\.fusion_stage\.layers\.0\.residual_layer1)\./;

interface Patches {
  /** [B, C, rows, columns] */
  readonly patches: Value;
  /** Of the residual network, finest first. */
  readonly maps: readonly Value[];
}

function plainPatches(b: NetworkBuilder, c: Config, pixels: Value): Patches {
  if (c.backbone_config)
    throw b.refusal('it has a backbone that Retake does not know', 'Use DPT-large or DPT-hybrid.');
  const { patch_size: kernel, hidden_size: to } = c;
  const module = 'dpt.embeddings.patch_embeddings.projection';
  const options = { kernel, stride: kernel, pads: [0, 0, 0, 0], bias: true };
  return { patches: b.conv2d(module, pixels, { from: 3, to }, options), maps: [] };
}

function hybridPatches(b: NetworkBuilder, c: Config, pixels: Value, label: string): Patches {
  const options = { label: `the backbone of ${label}`, irrelevant: OLDER_KEYS };
  const backbone = readConfiguration(c.backbone_config ?? USUAL_BACKBONE, bitConfig, options);
  const maps = bitFeatures(b, 'dpt.embeddings.backbone.bit', backbone, pixels);
  const [first, second, last] = maps;
  const sizes = c.neck_hidden_sizes;
  if (maps.length !== 3 || first!.channels !== sizes[0] || second!.channels !== sizes[1])
    throw b.refusal('its backbone does not make the three maps its neck reads', 'Download it again.');
  if (c.readout_type !== 'project' || String(c.neck_ignore_stages) !== '0,1')
    throw b.refusal('its neck reads the backbone in a way that is not known', 'Use DPT-hybrid of MiDaS.');
  const channels = { from: last!.channels, to: c.hidden_size };
  const patches = b.conv2d('dpt.embeddings.projection', last!.value, channels, { kernel: 1, bias: true });
  return { patches, maps: [first!.value, second!.value] };
}

/** Tokens [B, 1 + rows·columns, C]: the readout token, then the patches row by row, with their positions. */
function embedded(b: NetworkBuilder, c: Config, patches: Value, grid: Value): Value {
  const { hidden_size: width } = c;
  const trained = Math.floor(c.image_size / c.patch_size);
  const positions = b.weight('dpt.embeddings.position_embeddings', [1, trained * trained + 1, width]);
  const [ofReadout, ofPatches] = [first(b, positions), others(b, positions)];
  const square = b.transpose(b.reshape(ofPatches, 1, trained, trained, width), 0, 3, 1, 2);
  const sizes = b.concat([b.ints(1, width), grid], 0);
  const fitted = b.node('Resize', [square, '', '', sizes], {
    ...{ mode: attr.string('linear'), coordinate_transformation_mode: attr.string('half_pixel') },
  });
  const flat = (map: Value) => b.transpose(b.reshape(map, 0, width, -1), 0, 2, 1);
  const placed = b.add(flat(patches), flat(fitted));
  const readout = b.add(b.weight('dpt.embeddings.cls_token', [1, 1, width]), ofReadout);
  const batch = b.node('Slice', [b.node('Shape', [patches]), b.ints(0), b.ints(1), b.ints(0)]);
  const each = b.node('Expand', [readout, b.concat([batch, b.ints(1, 1)], 0)]);
  return b.concat([each, placed], 1);
}

/** Tokens behind each of the layers asked for. */
function encoder(b: NetworkBuilder, c: Config, tokens: Value, read: readonly number[]): Value[] {
  const { hidden_size: width, num_attention_heads: heads, layer_norm_eps: eps, qkv_bias } = c;
  const made: Value[] = [];
  let x = tokens;
  // Behind the last one that is read nothing matters.
  for (let i = 0; i < c.num_hidden_layers && i <= Math.max(...read); i++) {
    const at = `dpt.encoder.layer.${i}`;
    const same = { from: width, to: width };
    const before = b.layerNorm(`${at}.layernorm_before`, x, width, eps);
    const project = (name: string) => b.linear(`${at}.attention.attention.${name}`, before, same, qkv_bias);
    const projected = { query: project('query'), key: project('key'), value: project('value') };
    const mixed = b.attention(`${at}.attention.attention`, projected, { channels: width, heads });
    const attended = b.add(b.linear(`${at}.attention.output.dense`, mixed, same, true), x);
    const after = b.layerNorm(`${at}.layernorm_after`, attended, width, eps);
    const wide = { from: width, to: c.intermediate_size };
    const hidden = b.gelu(b.linear(`${at}.intermediate.dense`, after, wide, true));
    const narrow = { from: c.intermediate_size, to: width };
    x = b.add(b.linear(`${at}.output.dense`, hidden, narrow, true), attended);
    if (read.includes(i)) made.push(x);
  }
  if (made.length !== read.length)
    throw b.refusal('its configuration reads layers it has not', 'Download it again.');
  return made;
}

/** Tokens to a map [B, C', factor·rows, factor·columns]. @param stage of the neck */
function reassemble(b: NetworkBuilder, c: Config, tokens: Value, grid: Value, stage: number): Value {
  const { hidden_size: width, readout_type } = c;
  const at = `neck.reassemble_stage`;
  const [readout, patches] = [first(b, tokens), others(b, tokens)];
  let x = patches;
  if (readout_type === 'add') x = b.add(patches, readout);
  if (readout_type === 'project') {
    const beside = b.concat([patches, b.node('Expand', [readout, b.node('Shape', [patches])])], 2);
    x = b.gelu(b.linear(`${at}.readout_projects.${stage}.0`, beside, { from: 2 * width, to: width }, true));
  }
  const shape = b.concat([b.ints(0, width), grid], 0);
  const map = b.node('Reshape', [b.transpose(x, 0, 2, 1), shape]);
  const [to, factor] = [c.neck_hidden_sizes[stage]!, c.reassemble_factors[stage]!];
  const layer = `${at}.layers.${stage}`;
  const projected = b.conv2d(`${layer}.projection`, map, { from: width, to }, { kernel: 1, bias: true });
  if (factor === 1) return projected;
  if (factor < 1) {
    const options = { kernel: 3, stride: Math.floor(1 / factor), bias: true };
    return b.conv2d(`${layer}.resize`, projected, { from: to, to }, options);
  }
  const filters = b.weight(`${layer}.resize.weight`, [to, to, factor, factor]);
  const inputs = [projected, filters, b.weight(`${layer}.resize.bias`, [to])];
  const attributes = { kernel_shape: attr.ints([factor, factor]), strides: attr.ints([factor, factor]) };
  return b.node('ConvTranspose', inputs, attributes, { module: `${layer}.resize` });
}

/** Fuses maps from the last, the coarsest, to the first, each step twice as fine. Behind every step what it made. */
function fusion(b: NetworkBuilder, c: Config, maps: readonly Value[]): Value[] {
  const channels = { from: c.fusion_hidden_size, to: c.fusion_hidden_size };
  const bias = c.use_bias_in_fusion_residual ?? true;
  const residual = (module: string, x: Value) => {
    const conv = (name: string, of: Value) =>
      b.conv2d(`${module}.${name}`, b.node('Relu', [of]), channels, { kernel: 3, bias });
    return b.add(conv('convolution2', conv('convolution1', x)), x);
  };
  const made: Value[] = [];
  for (const [i, map] of [...maps].reverse().entries()) {
    const at = `neck.fusion_stage.layers.${i}`;
    const before = made.at(-1);
    const joined =
      before === undefined ? map : b.add(before, residual(`${at}.residual_layer1`, sizedAs(b, map, before)));
    const finer = twiceAsFine(b, residual(`${at}.residual_layer2`, joined));
    made.push(b.conv2d(`${at}.projection`, finer, channels, { kernel: 1, bias: true }));
  }
  return made;
}

function head(b: NetworkBuilder, c: Config, map: Value): Value {
  const { fusion_hidden_size: width } = c;
  const relu = (x: Value) => b.node('Relu', [x]);
  const conv = (module: string, x: Value, from: number, to: number, kernel = 3) =>
    b.conv2d(`head.${module}`, x, { from, to }, { kernel, bias: true });
  const projected = c.add_projection ? relu(conv('projection', map, width, width)) : map;
  const half = Math.floor(width / 2);
  const fine = twiceAsFine(b, conv('head.0', projected, width, half));
  const depth = relu(conv('head.4', relu(conv('head.2', fine, half, 32)), 32, 1, 1));
  return b.node('Squeeze', [depth, b.ints(1)]);
}

/** Patches of an odd number of rows are halved and doubled to one more, so the finer map is stretched to it. */
function sizedAs(b: NetworkBuilder, map: Value, other: Value): Value {
  return b.node('Resize', [map, '', '', b.node('Shape', [other])], {
    ...{ mode: attr.string('linear'), coordinate_transformation_mode: attr.string('half_pixel') },
  });
}

function twiceAsFine(b: NetworkBuilder, map: Value): Value {
  return b.node('Resize', [map, '', b.floats([1, 1, 2, 2])], {
    ...{ mode: attr.string('linear'), coordinate_transformation_mode: attr.string('align_corners') },
  });
}

/** The readout token [B, 1, C]. */
function first(b: NetworkBuilder, tokens: Value): Value {
  return b.node('Slice', [tokens, b.ints(0), b.ints(1), b.ints(1)]);
}

function others(b: NetworkBuilder, tokens: Value): Value {
  return b.node('Slice', [tokens, b.ints(1), b.ints(Number.MAX_SAFE_INTEGER), b.ints(1)]);
}
