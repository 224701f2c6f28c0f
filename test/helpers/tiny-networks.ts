/** UNet and VAE of Stable Diffusion at the size of a test: same wiring, two levels, a few channels. */
import { attr, type Model } from '../../src/main/engine/onnx/ir/graph.ts';
import { ELEMENT } from '../../src/main/engine/onnx/ir/types.ts';
import { Net } from './tiny-layers.ts';
import { HEADS, POOLED_WIDTH } from './tiny-text-encoder.ts';

export const WIDTHS = [8, 16] as const;
/** Pixels per latent element. */
const FACTOR = 4;
/** Unscaled latents of Stable Diffusion have a deviation of about 5, so that scaled ones have about 1. */
const LATENT_GAIN = 12;
const TIME_WIDTH = 16;

export interface UnetOptions {
  readonly seed: number;
  readonly half: boolean;
  readonly inChannels: number;
  readonly textWidth: number;
  readonly xl: boolean;
  /** Width of the guidance that it is told, as distilled networks are; null for others. */
  readonly told?: number | null;
  readonly timestep: {
    readonly type: 'int64' | 'int32' | 'float';
    readonly shape: 'scalar' | 'one' | 'batch';
  };
}

export function tinyUnet(options: UnetOptions): Model {
  const net = new Net(options.seed, options.half);
  const [low, high] = WIDTHS;
  const sample = net.input('sample', ['batch_size', options.inChannels, 'height', 'width']);
  const text = net.input('encoder_hidden_states', ['batch_size', 'sequence_length', options.textWidth]);
  const time = timeEmbedding(net, sample, options);

  const resnet = (x: string, from: number, to: number, path: string): string => {
    const first = net.conv(
      net.silu(net.groupNorm(x, from, `${path}/norm1`), `${path}/act1`),
      from,
      to,
      `${path}/conv1`,
    );
    const shift = net.linear(net.silu(time, `${path}/act`), TIME_WIDTH, to, `${path}/time_emb_proj`);
    const wide = net.op('Unsqueeze', [shift, net.integers(`${path}.axes`, [2, 3])], {}, `/${path}/Unsqueeze`);
    const moved = net.add(first, wide, `${path}/time`);
    const second = net.conv(
      net.silu(net.groupNorm(moved, to, `${path}/norm2`), `${path}/act2`),
      to,
      to,
      `${path}/conv2`,
    );
    return net.add(from === to ? x : net.conv(x, from, to, `${path}/conv_shortcut`, 1), second, path);
  };
  const transformer = (x: string, channels: number, path: string) =>
    spatialTransformer(net, x, text, { channels, context: options.textWidth, heads: HEADS }, path);
  const join = (x: string, skip: string, path: string) =>
    net.op('Concat', [x, skip], { axis: attr.int(1) }, `/${path}/Concat`);

  const start = net.conv(sample, options.inChannels, low, 'conv_in');
  const down0 = transformer(
    resnet(start, low, low, 'down_blocks.0/resnets.0'),
    low,
    'down_blocks.0/attentions.0',
  );
  const half = net.conv(down0, low, low, 'down_blocks.0/downsamplers.0/conv', 3, 2);
  const down1 = resnet(half, low, high, 'down_blocks.1/resnets.0');

  let x = resnet(down1, high, high, 'mid_block/resnets.0');
  x = transformer(x, high, 'mid_block/attentions.0');
  x = resnet(x, high, high, 'mid_block/resnets.1');

  x = resnet(join(x, down1, 'up_blocks.0'), 2 * high, high, 'up_blocks.0/resnets.0');
  x = resnet(join(x, half, 'up_blocks.0'), high + low, high, 'up_blocks.0/resnets.1');
  x = net.conv(doubled(net, x, 'up_blocks.0/upsamplers.0'), high, high, 'up_blocks.0/upsamplers.0/conv');
  x = resnet(join(x, down0, 'up_blocks.1'), high + low, low, 'up_blocks.1/resnets.0');
  x = transformer(x, low, 'up_blocks.1/attentions.0');
  x = resnet(join(x, start, 'up_blocks.1'), 2 * low, low, 'up_blocks.1/resnets.1');
  x = transformer(x, low, 'up_blocks.1/attentions.1');

  x = net.silu(net.groupNorm(x, low, 'conv_norm_out'), 'conv_act');
  net.output(net.conv(x, low, 4, 'conv_out'), 'out_sample', ['batch_size', 4, 'height', 'width']);
  return net.model();
}

/** Sinusoids of the timestep through two layers; XL adds pooled text and sizes. (batch, TIME_WIDTH) */
function timeEmbedding(net: Net, sample: string, { timestep, xl, told = null }: UnetOptions): string {
  const type = { int64: ELEMENT.int64, int32: ELEMENT.int32, float: net.float }[timestep.type];
  const dims = { scalar: [], one: [1], batch: ['batch_size'] }[timestep.shape];
  const given = net.op(
    'Cast',
    [net.input('timestep', dims, type)],
    { to: attr.int(net.float) },
    '/time/Cast',
  );
  const shape = net.op('Shape', [sample], { end: attr.int(1) }, '/time/Shape');
  const each = net.op('Expand', [given, shape], {}, '/time/Expand');
  const column = net.op('Unsqueeze', [each, net.integers('time.axis', [1])], {}, '/time/Unsqueeze');
  const half = TIME_WIDTH / 2;
  const rates = Float32Array.from({ length: half }, (_, i) => 10000 ** (-i / half));
  const angles = net.op('Mul', [column, net.constant('time.rates', [1, half], rates)], {}, '/time/Mul');
  const waves = [net.op('Cos', [angles], {}, '/time/Cos'), net.op('Sin', [angles], {}, '/time/Sin')];
  const turned = net.op('Concat', waves, { axis: attr.int(-1) }, '/time/Concat');
  const joined =
    told === null
      ? turned
      : net.add(
          turned,
          net.linear(
            net.input('timestep_cond', ['batch_size', told]),
            told,
            TIME_WIDTH,
            'time_embedding/cond_proj',
          ),
          'time_embedding/cond',
        );
  const first = net.silu(
    net.linear(joined, TIME_WIDTH, TIME_WIDTH, 'time_embedding/linear_1'),
    'time_embedding',
  );
  const time = net.linear(first, TIME_WIDTH, TIME_WIDTH, 'time_embedding/linear_2');
  if (!xl) return time;
  const pooled = net.input('text_embeds', ['batch_size', POOLED_WIDTH]);
  const sizes = net.op('Mul', [net.input('time_ids', ['batch_size', 6]), net.filled('size.scale', [], 0.01)]);
  const both = net.op('Concat', [pooled, sizes], { axis: attr.int(-1) }, '/add_embedding/Concat');
  return net.add(
    time,
    net.linear(both, POOLED_WIDTH + 6, TIME_WIDTH, 'add_embedding/linear_1'),
    'add_embedding',
  );
}

interface AttentionSizes {
  readonly channels: number;
  readonly context: number;
  readonly heads: number;
}

function spatialTransformer(net: Net, x: string, text: string, sizes: AttentionSizes, path: string): string {
  const { channels } = sizes;
  const inner = net.conv(
    net.groupNorm(x, channels, `${path}/norm`),
    channels,
    channels,
    `${path}/proj_in`,
    1,
  );
  const last = net.op('Transpose', [inner], { perm: attr.ints([0, 2, 3, 1]) }, `/${path}/Transpose`);
  let tokens = net.op(
    'Reshape',
    [last, net.integers(`${path}.flat`, [0, -1, channels])],
    {},
    `/${path}/Reshape`,
  );
  const block = `${path}/transformer_blocks.0`;
  const own = net.layerNorm(tokens, channels, `${block}/norm1`);
  const self = net.attention(own, own, { ...sizes, context: channels }, `${block}/attn1`);
  tokens = net.add(self, tokens, `${block}/first`);
  const asking = net.layerNorm(tokens, channels, `${block}/norm2`);
  tokens = net.add(net.attention(asking, text, sizes, `${block}/attn2`), tokens, `${block}/second`);
  tokens = net.add(
    gatedLinear(net, net.layerNorm(tokens, channels, `${block}/norm3`), channels, `${block}/ff`),
    tokens,
    block,
  );
  const shape = net.op('Shape', [last], {}, `/${path}/Shape`);
  const square = net.op('Reshape', [tokens, shape], {}, `/${path}/Reshape_1`);
  const first = net.op('Transpose', [square], { perm: attr.ints([0, 3, 1, 2]) }, `/${path}/Transpose_1`);
  return net.add(net.conv(first, channels, channels, `${path}/proj_out`, 1), x, path);
}

/** GEGLU as exported: Split, Erf, Mul. */
function gatedLinear(net: Net, x: string, channels: number, path: string): string {
  const wide = 2 * channels;
  const both = net.linear(x, channels, 2 * wide, `${path}/net.0/proj`);
  const value = net.graph.unique(`${path}.value`);
  const gate = net.graph.unique(`${path}.gate`);
  const sizes = net.integers(`${path}.split`, [wide, wide]);
  net.graph.addNode(
    'Split',
    [both, sizes],
    { axis: attr.int(-1) },
    { name: `/${path}/Split`, outputs: [value, gate] },
  );
  const root = net.op('Div', [gate, net.filled(`${path}.root2`, [], Math.SQRT2)], {}, `/${path}/Div`);
  const erf = net.op('Add', [net.op('Erf', [root], {}, `/${path}/Erf`), net.filled(`${path}.one`, [], 1)]);
  const gelu = net.op('Mul', [net.op('Mul', [gate, erf]), net.filled(`${path}.half`, [], 0.5)]);
  return net.linear(net.op('Mul', [value, gelu], {}, `/${path}/Mul`), wide, channels, `${path}/net.2`);
}

function doubled(net: Net, x: string, path: string): string {
  const scales = net.graph.addInitializer({
    name: `${path}.scales`,
    dims: [4],
    type: ELEMENT.float32,
    data: { kind: 'bytes', bytes: new Uint8Array(Float32Array.of(1, 1, 2, 2).buffer) },
  });
  const attributes = {
    mode: attr.string('nearest'),
    coordinate_transformation_mode: attr.string('asymmetric'),
    nearest_mode: attr.string('floor'),
  };
  return net.op('Resize', [x, '', scales], attributes, `/${path}/Resize`);
}

/** @param draws whether the latent is drawn inside the graph, as the oldest exporter has it */
export function tinyVaeEncoder(seed: number, half: boolean, channels: number, draws: boolean): Model {
  const net = new Net(seed, half);
  const width = 8;
  let x = net.conv(
    net.input('sample', ['batch_size', 3, 'sample_height', 'sample_width']),
    3,
    width,
    'encoder/conv_in',
  );
  for (let size = FACTOR, i = 0; size > 1; size /= 2, i++) {
    x = net.conv(
      net.silu(x, `encoder/down_blocks.${i}`),
      width,
      width,
      `encoder/down_blocks.${i}/conv`,
      3,
      2,
    );
  }
  x = net.silu(net.groupNorm(x, width, 'encoder/conv_norm_out'), 'encoder/conv_act');
  const moments = net.conv(x, width, 2 * channels, 'encoder/conv_out', 3, 1, LATENT_GAIN);
  if (!draws) {
    net.output(moments, 'latent_parameters', ['batch_size', 2 * channels, 'latent_height', 'latent_width']);
    return net.model();
  }
  const mean = net.graph.unique('mean');
  const spread = net.graph.unique('logvar');
  const sizes = net.integers('split', [channels, channels]);
  net.graph.addNode('Split', [moments, sizes], { axis: attr.int(1) }, { outputs: [mean, spread] });
  const deviation = net.op('Exp', [net.op('Mul', [spread, net.filled('half', [], 0.5)])]);
  const noise = net.op('RandomNormalLike', [mean], { dtype: attr.int(net.float) });
  const drawn = net.op('Add', [mean, net.op('Mul', [deviation, noise])]);
  net.output(drawn, 'latent_sample', ['batch', 'channels', 'height', 'width']);
  return net.model();
}

export function tinyVaeDecoder(seed: number, half: boolean, channels: number): Model {
  const net = new Net(seed, half);
  const width = 8;
  let x = net.conv(
    net.input('latent_sample', ['batch_size', channels, 'latent_height', 'latent_width']),
    channels,
    width,
    'decoder/conv_in',
    3,
    1,
    1 / LATENT_GAIN,
  );
  for (let size = FACTOR, i = 0; size > 1; size /= 2, i++) {
    const path = `decoder/up_blocks.${i}`;
    x = net.conv(doubled(net, net.silu(x, path), path), width, width, `${path}/conv`);
  }
  x = net.silu(net.groupNorm(x, width, 'decoder/conv_norm_out'), 'decoder/conv_act');
  net.output(net.conv(x, width, 3, 'decoder/conv_out'), 'sample', [
    'batch_size',
    3,
    'sample_height',
    'sample_width',
  ]);
  return net.model();
}
