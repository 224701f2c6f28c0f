/** The networks a provider is tried and timed with. */
import type { Model } from './ir/graph.ts';
import { parseText } from './ir/text.ts';
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

/** Uniform in [-1, 1], the same on every machine (Marsaglia's xorshift32). */
function noise(count: number): Float32Array {
  let state = 0x9e3779b9;
  return Float32Array.from({ length: count }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state / 2 ** 31;
  });
}

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
    int64[4] heads = {0, ${TOKENS}, ${HEADS}, ${width / HEADS}}
    int64[3] joined = {0, ${TOKENS}, ${width}}
    c = Conv<pads = [1, 1, 1, 1]>(x, convolution)
    cs = Sigmoid(c)
    silu = Mul(c, cs)
    flat = Reshape(silu, rows)
    t = Transpose<perm = [0, 2, 1]>(flat)
    q1 = MatMul(t, query)
    k1 = MatMul(t, key)
    v1 = MatMul(t, value)
    q2 = Reshape(q1, heads)
    k2 = Reshape(k1, heads)
    v2 = Reshape(v1, heads)
    q = Transpose<perm = [0, 2, 1, 3]>(q2)
    k = Transpose<perm = [0, 2, 3, 1]>(k2)
    v = Transpose<perm = [0, 2, 1, 3]>(v2)
    scores = MatMul(q, k)
    shares = Softmax<axis = -1>(scores)
    seen = MatMul(shares, v)
    seen2 = Transpose<perm = [0, 2, 1, 3]>(seen)
    seen3 = Reshape(seen2, joined)
    attended = MatMul(seen3, out)
    first = Add(attended, t)
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
