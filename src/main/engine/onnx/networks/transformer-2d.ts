/** Attention over a picture's features: diffusers' Transformer2DModel of BasicTransformerBlocks. */
import type { NetworkBuilder, Value } from './builder.ts';
import type { Features } from './resnet-block.ts';

/** Of the group norm at its entrance, whatever the network's own is. */
const ENTRANCE_EPS = 1e-6;

export interface TransformerSize {
  readonly heads: number;
  /** Blocks one after the other. */
  readonly layers: number;
  /** Width of the text. */
  readonly textWidth: number;
  readonly groups: number;
  /** Its projections are matrices over tokens instead of 1×1 convolutions over the picture. */
  readonly linear: boolean;
}

/** @param text [B, tokens, textWidth] */
export function transformer2D(
  b: NetworkBuilder,
  module: string,
  { value, channels }: Features,
  text: Value,
  { heads, layers, textWidth, groups, linear }: TransformerSize,
): Features {
  const inner = heads * Math.floor(channels / heads);
  const into = { from: channels, to: inner };
  const outOf = { from: inner, to: channels };
  const tokensOf = (x: Value) => b.transpose(b.reshape(x, 0, 0, -1), 0, 2, 1);
  const pictureOf = (tokens: Value, like: Value) =>
    b.node('Reshape', [b.transpose(tokens, 0, 2, 1), b.node('Shape', [like])]);
  const normed = b.groupNorm(`${module}.norm`, value, channels, { groups, eps: ENTRANCE_EPS });
  const blocks = (tokens: Value) => {
    let x = tokens;
    for (let i = 0; i < layers; i++)
      x = transformerBlock(b, `${module}.transformer_blocks.${i}`, x, text, { inner, heads, textWidth });
    return x;
  };
  if (linear) {
    const made = b.linear(
      `${module}.proj_out`,
      blocks(b.linear(`${module}.proj_in`, tokensOf(normed), into)),
      outOf,
    );
    return { value: b.add(pictureOf(made, value), value), channels };
  }
  const entered = b.conv2d(`${module}.proj_in`, normed, into, { kernel: 1 });
  const left = pictureOf(blocks(tokensOf(entered)), entered);
  return { value: b.add(b.conv2d(`${module}.proj_out`, left, outOf, { kernel: 1 }), value), channels };
}

interface BlockSize {
  readonly inner: number;
  readonly heads: number;
  readonly textWidth: number;
}

/** Self-attention, attention to the text, feed-forward; each beside what it reads. */
function transformerBlock(b: NetworkBuilder, module: string, x: Value, text: Value, size: BlockSize): Value {
  const { inner, textWidth } = size;
  const first = b.layerNorm(`${module}.norm1`, x, inner);
  const seen = b.add(attention(b, `${module}.attn1`, first, { value: first, width: inner }, size), x);
  const second = b.layerNorm(`${module}.norm2`, seen, inner);
  const told = b.add(attention(b, `${module}.attn2`, second, { value: text, width: textWidth }, size), seen);
  return b.add(feedForward(b, `${module}.ff`, b.layerNorm(`${module}.norm3`, told, inner), inner), told);
}

function attention(
  b: NetworkBuilder,
  module: string,
  x: Value,
  context: { readonly value: Value; readonly width: number },
  { inner, heads }: BlockSize,
): Value {
  const own = { from: inner, to: inner };
  const other = { from: context.width, to: inner };
  const parts = {
    query: b.linear(`${module}.to_q`, x, own),
    key: b.linear(`${module}.to_k`, context.value, other),
    value: b.linear(`${module}.to_v`, context.value, other),
  };
  return b.linear(`${module}.to_out.0`, b.attention(module, parts, { channels: inner, heads }), own);
}

/** GEGLU (Shazeer 2020): one half times the GELU of the other, four times as wide. */
function feedForward(b: NetworkBuilder, module: string, x: Value, width: number): Value {
  const wide = 4 * width;
  const both = b.linear(`${module}.net.0.proj`, x, { from: width, to: 2 * wide });
  const [value, gate] = b.split(both, 2, -1) as [Value, Value];
  return b.linear(`${module}.net.2`, b.mul(value, b.gelu(gate)), { from: wide, to: width });
}
