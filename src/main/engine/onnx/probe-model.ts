/** The network a provider is tried and timed with: what a level of a denoising UNet is made of, in small. */
import type { Model } from './ir/graph.ts';
import { parseText } from './ir/text.ts';
import type { Feed } from './ort.ts';

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

/**
 * x [B, width, 16, 16] through a 3×3 convolution, self-attention of 8 heads and a feed-forward layer to y [B, 256, width], all
 * of the size of one. With a width of 320 a frame takes 1 GFLOP.
 */
export function probeModel(width: number): Model {
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
  return parseText(text, {
    fill: (name, count) => noise(count).map((value) => value * Math.sqrt(3 / (fans[name] ?? width))),
  });
}

/** Of `frames` frames. */
export function probeFeeds(width: number, frames: number): Record<string, Feed> {
  const dims = [frames, width, SIDE, SIDE];
  return { x: { type: 'float32', data: noise(frames * width * TOKENS).map((value) => 2 * value), dims } };
}
