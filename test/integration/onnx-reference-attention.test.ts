import { describe, expect, it } from 'vitest';
import type { Model } from '../../src/main/engine/onnx/ir/graph.ts';
import type { Feed } from '../../src/main/engine/onnx/ort.ts';
import { JOINT_FRAMES } from '../../src/main/engine/onnx/passes/joint-attention.ts';
import { SELF_LENGTH, type Site } from '../../src/main/engine/onnx/passes/reference-attention.ts';
import { attentionByHand, BATCH, CHANNELS, STYLES, type Style, TOKENS } from '../helpers/attention.ts';
import {
  bits,
  floats,
  int64,
  largestDifference,
  noise,
  noiseFeed,
  runOnce,
  textModel,
} from '../helpers/onnx.ts';
import { lend } from '../helpers/passes.ts';

const ALL = 2 ** 40;

function weight(model: Model, style: Style, part: 0 | 1 | 2): (row: number, column: number) => number {
  const name = style.weights === 'fused' ? 'wqkv' : (['wq', 'wk', 'wv'] as const)[part];
  const count = style.weights === 'fused' ? CHANNELS * CHANNELS * 3 : CHANNELS * CHANNELS;
  expect(model.graph.initializers.has(name)).toBe(true);
  const data = noise(name, count).map((v) => v / 2);
  if (style.weights === 'fused') return (r, c) => data[r * CHANNELS * 3 + part * CHANNELS + c]!;
  const transposed = style.weights === 'conv' || style.weights === 'transposed';
  return (r, c) => (transposed ? data[c * CHANNELS + r]! : data[r * CHANNELS + c]!);
}

function rows(data: Float32Array, batch: number): number[][] {
  const count = data.length / BATCH / CHANNELS;
  return Array.from({ length: count }, (_, t) => [
    ...data.subarray((batch * count + t) * CHANNELS, (batch * count + t + 1) * CHANNELS),
  ]);
}

/** [B, N, C] tokens as the image [B, C, N] the convolutions read. */
function asImage(tokens: Float32Array): Float32Array {
  const image = new Float32Array(tokens.length);
  for (let b = 0; b < BATCH; b++)
    for (let t = 0; t < TOKENS; t++)
      for (let c = 0; c < CHANNELS; c++)
        image[(b * CHANNELS + c) * TOKENS + t] = tokens[(b * TOKENS + t) * CHANNELS + c]!;
  return image;
}

describe.each(Object.entries(STYLES))('reference attention: %s', (_, style) => {
  const tokens = noise('tokens', BATCH * TOKENS * CHANNELS);
  const x: Feed = style.spatial
    ? floats([BATCH, CHANNELS, 3, 2], asImage(tokens))
    : floats([BATCH, TOKENS, CHANNELS], tokens);
  const plain = textModel(style.text, style.opset);
  const model = textModel(style.text, style.opset);
  const sites = lend(model, { sites: 'all' });
  const site = sites[0] as Site;
  const run = (bank: Feed, self: number) =>
    runOnce(model, { x, [site.bank]: bank, [SELF_LENGTH]: int64([1], self) }, ['y', site.feature]);

  /** Row b of the batch is what attention by hand makes of these tokens. */
  function expectByHand(y: Float32Array, b: number, own: number[][], keys: number[][]): void {
    const bias = style.bias ? noise('bqkv', CHANNELS * 3).map((v) => v / 2) : null;
    const expected = attentionByHand(own, keys, {
      q: weight(plain, style, 0),
      k: weight(plain, style, 1),
      v: weight(plain, style, 2),
      bias: bias ? (part, c) => bias[part * CHANNELS + c]! : undefined,
    });
    const got = rows(y, b);
    for (const [t, row] of expected.entries()) {
      for (const [c, value] of row.entries()) expect(got[t]![c]).toBeCloseTo(value, 5);
    }
  }

  it('joint: each frame sees the tokens of all, after those of the bank; alone it is the original to the bit', async () => {
    const together = textModel(style.text, style.opset);
    const [seat] = lend(together, { sites: 'all', joint: true }) as [Site];
    const asked = async (frames: number, count: number) =>
      runOnce(
        together,
        {
          x,
          [seat.bank]: floats([BATCH, count, CHANNELS], noise('bank', BATCH * count * CHANNELS)),
          [SELF_LENGTH]: int64([1], ALL),
          [JOINT_FRAMES]: int64([1], frames),
        },
        ['y', seat.feature],
      );
    const original = await runOnce(plain, { x }, ['y']);
    const alone = await asked(1, 0);
    if (style.rounds) expect(largestDifference(alone.y!.data, original.y!.data)).toBeLessThan(1e-6);
    else expect(bits(alone.y!.data).equals(bits(original.y!.data))).toBe(true);
    for (const count of [0, 4]) {
      const { y, [seat.feature]: feature } = await asked(BATCH, count);
      expect(bits(feature!.data).equals(bits(tokens))).toBe(true);
      const all = Array.from({ length: BATCH }, (_, b) => rows(tokens, b)).flat();
      const bank = noise('bank', BATCH * count * CHANNELS);
      for (let b = 0; b < BATCH; b++)
        expectByHand(y!.data, b, rows(tokens, b), [...(count ? rows(bank, b) : []), ...all]);
    }
  });

  it('is found once, with its channels', () => {
    expect(sites).toHaveLength(1);
    expect(site.channels).toBe(CHANNELS);
  });

  it('is the original with an empty bank, to the bit where no operator was taken apart, and shows its tokens', async () => {
    const original = await runOnce(plain, { x }, ['y']);
    const result = await run(floats([BATCH, 0, CHANNELS], new Float32Array(0)), ALL);
    if (style.rounds) expect(largestDifference(result.y!.data, original.y!.data)).toBeLessThan(1e-6);
    else expect(bits(result.y!.data).equals(bits(original.y!.data))).toBe(true);
    expect(result[site.feature]!.dims).toEqual([BATCH, TOKENS, CHANNELS]);
    expect(bits(result[site.feature]!.data).equals(bits(tokens))).toBe(true);
  });

  it.each([
    [0, ALL],
    [1, 0],
    [9, 0],
    [9, 2],
    [4, ALL],
    [TOKENS, TOKENS],
  ])('agrees with attention by hand: %i bank tokens, %i own', async (count, self) => {
    const bank = noise('bank', BATCH * count * CHANNELS);
    const { y } = await run(floats([BATCH, count, CHANNELS], bank), self);
    for (let b = 0; b < BATCH; b++) {
      const own = rows(tokens, b);
      expectByHand(y!.data, b, own, [...(count ? rows(bank, b) : []), ...own.slice(0, self)]);
    }
  });

  it('does not change when the bank is there twice', async () => {
    const bank = noise('bank', BATCH * 5 * CHANNELS);
    const twice = new Float32Array(bank.length * 2);
    for (let b = 0; b < BATCH; b++) {
      const one = bank.subarray(b * 5 * CHANNELS, (b + 1) * 5 * CHANNELS);
      twice.set(one, b * 10 * CHANNELS);
      twice.set(one, (b * 10 + 5) * CHANNELS);
    }
    const once = await run(floats([BATCH, 5, CHANNELS], bank), 0);
    const doubled = await run(floats([BATCH, 10, CHANNELS], twice), 0);
    for (const [i, value] of once.y!.data.entries()) expect(doubled.y!.data[i]).toBeCloseTo(value, 5);
  });
});

describe('attention that is left alone or refused', () => {
  const HEAD = 'float32[B, N, 8] x, float32[B, T, 8] text, float32[N, N] mask => float32[B, N, 8] y';
  const WEIGHTS = 'float32[8, 8] wq\nfloat32[8, 8] wk\nfloat32[8, 8] wv';
  const attention = (kv: string, scores = 's') => `${HEAD}\n${WEIGHTS}
    q = MatMul(x, wq)
    k = MatMul(${kv}, wk)
    v = MatMul(${kv}, wv)
    kt = Transpose<perm = [0, 2, 1]>(k)
    s = MatMul(q, kt)
    m = Add(s, mask)
    p = Softmax<axis = -1>(${scores})
    y = MatMul(p, v) "the last product"`;

  it('leaves cross-attention alone', () => {
    expect(() => lend(textModel(attention('text')), { sites: 'all' })).toThrow(/no self-attention/);
  });

  it('takes the same graph with keys of its own', () => {
    expect(lend(textModel(attention('x')), { sites: 'all' })).toHaveLength(1);
  });

  it('refuses a mask, naming the node that adds it', () => {
    expect(() => lend(textModel(attention('x', 'm')), { sites: 'all' })).toThrow(/Add_m adds a mask/);
  });

  it('refuses keys it cannot follow, naming the attention', () => {
    const odd = attention('x').replace('k = MatMul(x, wk)', 'k0 = MatMul(x, wk)\nk = Relu(k0)');
    expect(() => lend(textModel(odd), { sites: 'all' })).toThrow(/MatMul_s.*keys/);
  });

  it('refuses tokens that are cut on the way', () => {
    const odd = attention('x').replace(
      'k = MatMul(x, wk)',
      'k0 = MatMul(x, wk)\nint64[1] a = {0}\nint64[1] e = {4}\nint64[1] one = {1}\nk = Slice(k0, a, e, one)',
    );
    expect(() => lend(textModel(odd), { sites: 'all' })).toThrow(/Slice_k.*cuts the tokens/);
  });

  it("refuses onnxruntime's fused operator", () => {
    const text = `float32[B, N, 8] x => float32[B, N, 8] y
      float32[8, 24] w
      float32[24] b
      y = com.microsoft.Attention<num_heads = 2, unidirectional = 1>(x, w, b) "up_blocks.0/attn"`;
    expect(() => lend(textModel(text), { sites: 'all' })).toThrow(/up_blocks\.0\/attn.*Attention/);
  });

  it('runs two sites of one graph with banks of their own', async () => {
    const layer = (name: string, input: string) => `
      ${name}q = MatMul(${input}, wq)
      ${name}k = MatMul(${input}, wk)
      ${name}v = MatMul(${input}, wv)
      ${name}kt = Transpose<perm = [0, 2, 1]>(${name}k)
      ${name}s = MatMul(${name}q, ${name}kt)
      ${name}p = Softmax<axis = -1>(${name}s)
      ${name} = MatMul(${name}p, ${name}v)`;
    const model = textModel(
      `float32[B, N, 8] x => float32[B, N, 8] b\n${WEIGHTS}${layer('a', 'x')}${layer('b', 'a')}`,
    );
    const sites = lend(model, { sites: 'all' });
    expect(sites.map((site) => site.bank)).toEqual(['ref_bank_0', 'ref_bank_1']);
    const feeds = {
      x: noiseFeed('x', [1, 3, 8]),
      ref_bank_0: noiseFeed('b0', [1, 2, 8]),
      [SELF_LENGTH]: int64([1], 0),
    };
    const one = await runOnce(model, { ...feeds, ref_bank_1: noiseFeed('b1', [1, 7, 8]) }, [
      'b',
      'ref_feature_1',
    ]);
    const two = await runOnce(model, { ...feeds, ref_bank_1: noiseFeed('b2', [1, 4, 8]) }, [
      'b',
      'ref_feature_1',
    ]);
    expect(one.ref_feature_1!.data).toEqual(two.ref_feature_1!.data);
    expect(one.b!.data).not.toEqual(two.b!.data);
  });
});
