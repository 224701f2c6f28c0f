/** The networks a provider is tried and timed with. */
import { attentionText } from './ir/attention-text.ts';
import type { Model } from './ir/graph.ts';
import { parseText } from './ir/text.ts';
import { noise } from './noise.ts';
import type { Feed } from './ort.ts';

export interface ProbeNetwork {
  readonly model: () => Model;
  /** Of `frames` frames. */
  readonly feeds: (frames: number) => Record<string, Feed>;
}

const HEADS = 8;
/** Of the latent: a picture of 128 pixels. */
const SIDE = 16;
const TOKENS = SIDE * SIDE;

/** One 3×3 convolution of 75 MFLOP, x to y [B, 32, 64, 64]: one program for the card, which even an imitation makes soon. */
export const convolution: ProbeNetwork = {
  model: () =>
    parseText(
      `float32[B, 32, 64, 64] x => float32[B, 32, 64, 64] y
      float32[32, 32, 3, 3] w
      y = Conv<pads = [1, 1, 1, 1]>(x, w)`,
      { fill: (_name, count) => noise(count) },
    ),
  feeds: (frames) => feedOf([frames, 32, 64, 64]),
};

/**
 * What a level of a denoising UNet is made of, in small: x [B, width, 16, 16] through a 3×3 convolution, self-attention of
 * 8 heads and a feed-forward layer to y [B, 256, width], all of the size of one. With a width of 320 a frame takes 1 GFLOP.
 */
export function unetLevel(width: number): ProbeNetwork {
  const text = `float32[B, ${width}, ${SIDE}, ${SIDE}] x => float32[B, ${TOKENS}, ${width}] y
    float32[${width}, ${width}, 3, 3] convolution
    float32[${width}, ${width}] query
    float32[${width}, ${width}] key
    float32[${width}, ${width}] value
    float32[${width}, ${width}] out
    float32[${width}, ${4 * width}] wide
    float32[${4 * width}, ${width}] narrow
    int64[3] rows = {0, ${width}, ${TOKENS}}
    c = Conv<pads = [1, 1, 1, 1]>(x, convolution)
    cs = Sigmoid(c)
    silu = Mul(c, cs)
    flat = Reshape(silu, rows)
    t = Transpose<perm = [0, 2, 1]>(flat)
    q = MatMul(t, query)
    k = MatMul(t, key)
    v = MatMul(t, value)
    ${attentionText(HEADS, width / HEADS)}
    projected = MatMul(attended, out)
    first = Add(projected, t)
    f = MatMul(first, wide)
    fs = Sigmoid(f)
    gated = Mul(f, fs)
    second = MatMul(gated, narrow)
    y = Add(second, first)`;
  const fans: Record<string, number> = { convolution: 9 * width, narrow: 4 * width };
  const fill = (name: string, count: number) =>
    noise(count).map((value) => value * Math.sqrt(3 / (fans[name] ?? width)));
  return {
    model: () => parseText(text, { fill }),
    feeds: (frames) => feedOf([frames, width, SIDE, SIDE]),
  };
}

function feedOf(dims: readonly number[]): Record<string, Feed> {
  const count = dims.reduce((product, dim) => product * dim, 1);
  return { x: { type: 'float32', data: noise(count).map((value) => 2 * value), dims } };
}
