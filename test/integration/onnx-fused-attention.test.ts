/** Self-attention as one operator: found in every exporter's writing, equal to what it replaces, with banks and joint frames. */
import { describe, expect, it } from 'vitest';
import type { Model } from '../../src/main/engine/onnx/ir/graph.ts';
import { fusedAttention } from '../../src/main/engine/onnx/passes/fused-attention.ts';
import { JOINT_FRAMES } from '../../src/main/engine/onnx/passes/joint-attention.ts';
import { applyPasses, step } from '../../src/main/engine/onnx/passes/pass.ts';
import { SELF_LENGTH, type Site } from '../../src/main/engine/onnx/passes/reference-attention.ts';
import { BATCH, CHANNELS, STYLES, TOKENS } from '../helpers/attention.ts';
import { floats, int64, largestDifference, noise, runOnce, textModel } from '../helpers/onnx.ts';
import { lend } from '../helpers/passes.ts';

const ALL = 2 ** 40;
/** Between two orders of additions, of numbers around one. */
const TOLERANCE = 1e-5;
/** Already onnxruntime's own. */
const OPERATORS = ['one operator of onnxruntime', 'one operator with its projections'];

function fuse(model: Model): number {
  const steps = [step(fusedAttention, { operator: 'MultiHeadAttention' })];
  return applyPasses(model, steps, 'the test model').of(fusedAttention)!;
}

/** The same in half precision, in and out cast to float32. */
const halved = `float32[B, N, 8] x => float32[B, N, 8] y
  float32[8, 8] wq
  float32[8, 8] wk
  float32[8, 8] wv
  float32[] scale = {0.5}
  int64[4] heads = {0, -1, 2, 4}
  int64[3] merged = {0, -1, 8}
  x16 = Cast<to = 10>(x)
  wq16 = Cast<to = 10>(wq)
  wk16 = Cast<to = 10>(wk)
  wv16 = Cast<to = 10>(wv)
  scale16 = Cast<to = 10>(scale)
  q = MatMul(x16, wq16)
  k = MatMul(x16, wk16)
  v = MatMul(x16, wv16)
  q3 = Reshape(q, heads)
  k3 = Reshape(k, heads)
  v3 = Reshape(v, heads)
  q4 = Transpose<perm = [0, 2, 1, 3]>(q3)
  k4 = Transpose<perm = [0, 2, 3, 1]>(k3)
  v4 = Transpose<perm = [0, 2, 1, 3]>(v3)
  s = MatMul(q4, k4)
  scaled = Mul(s, scale16)
  wide = Cast<to = 1>(scaled)
  p0 = Softmax<axis = -1>(wide)
  p = Cast<to = 10>(p0)
  o = MatMul(p, v4)
  ot = Transpose<perm = [0, 2, 1, 3]>(o)
  y16 = Reshape(ot, merged)
  y = Cast<to = 1>(y16)`;

const operators = ({ graph }: Model) => [...graph.nodes].filter(({ op }) => op === 'MultiHeadAttention');

describe.each(Object.entries(STYLES))('%s', (name, style) => {
  const dims = style.spatial ? [BATCH, CHANNELS, 3, 2] : [BATCH, TOKENS, CHANNELS];
  const x = floats(dims, noise('tokens', BATCH * TOKENS * CHANNELS));
  const plain = () => textModel(style.text, style.opset);
  const fused = () => {
    const model = plain();
    expect(fuse(model)).toBe(OPERATORS.includes(name) ? 0 : 1);
    return model;
  };

  it('is one operator that makes the same, and no scores are left', async () => {
    const model = fused();
    const ops = [...model.graph.nodes].map(({ op }) => op);
    expect(ops).not.toContain('Softmax');
    const [original, made] = [await runOnce(plain(), { x }, ['y']), await runOnce(model, { x }, ['y'])];
    expect(made.y!.dims).toEqual(original.y!.dims);
    expect(largestDifference(made.y!.data, original.y!.data)).toBeLessThan(TOLERANCE);
  });

  it.each([
    [0, ALL, 1],
    [5, 0, 1],
    [4, 2, 1],
    [0, ALL, BATCH],
    [3, ALL, BATCH],
  ])('with a bank of %i tokens, %i own, %i frames jointly', async (count, self, joint) => {
    const asked = async (model: Model) => {
      const [site] = lend(model, { sites: 'all', joint: true }) as [Site];
      const bank = floats([BATCH, count, CHANNELS], noise('bank', BATCH * count * CHANNELS));
      const feeds = {
        x,
        [site.bank]: bank,
        [SELF_LENGTH]: int64([1], self),
        [JOINT_FRAMES]: int64([1], joint),
      };
      return runOnce(model, feeds, ['y', site.feature]);
    };
    const model = fused();
    const [exact, made] = [await asked(plain()), await asked(model)];
    expect(operators(model)).toHaveLength(1);
    expect(Object.keys(made)).toEqual(Object.keys(exact));
    for (const [output, { data }] of Object.entries(exact))
      expect(largestDifference(made[output]!.data, data)).toBeLessThan(TOLERANCE);
  });
});

it('in half precision is one operator of float32 between casts', async () => {
  const model = textModel(halved);
  expect(fuse(model)).toBe(1);
  const x = floats([BATCH, TOKENS, CHANNELS], noise('tokens', BATCH * TOKENS * CHANNELS));
  const [exact, made] = [await runOnce(textModel(halved), { x }, ['y']), await runOnce(model, { x }, ['y'])];
  // Rounded to halves at other places.
  expect(largestDifference(made.y!.data, exact.y!.data)).toBeLessThan(2e-3);
});

const heads = (part: string, from: string, perm: string) => `
  ${part}3 = Reshape(${from}, heads)
  ${part}4 = Transpose<perm = ${perm}>(${part}3)`;
const layer = (inputs: string, keys: string, scores = 's') => `${inputs} => float32[B, N, 8] y
  float32[8, 8] wq
  float32[8, 8] wk
  float32[8, 8] wv
  int64[4] heads = {0, -1, 2, 4}
  int64[3] merged = {0, -1, 8}
  q = MatMul(x, wq)
  k = MatMul(${keys}, wk)
  v = MatMul(${keys}, wv)
  ${heads('q', 'q', '[0, 2, 1, 3]')}${heads('k', 'k', '[0, 2, 3, 1]')}${heads('v', 'v', '[0, 2, 1, 3]')}
  s = MatMul(q4, k4)
  ${scores === 's' ? '' : scores}
  p = Softmax<axis = -1>(${scores === 's' ? 's' : 'masked'})
  o = MatMul(p, v4)
  ot = Transpose<perm = [0, 2, 1, 3]>(o)
  y = Reshape(ot, merged)`;

describe('is left as it is', () => {
  it.each([
    ['where keys and values are those of a text', layer('float32[B, N, 8] x, float32[B, T, 8] text', 'text')],
    [
      'where its scores are masked',
      layer('float32[B, N, 8] x, float32[N, N] mask', 'x', 'masked = Add(s, mask)'),
    ],
    [
      'where somebody else reads its scores',
      layer('float32[B, N, 8] x', 'x').replace(
        '=> float32[B, N, 8] y',
        '=> float32[B, N, 8] y, float32[B, 2, N, N] s',
      ),
    ],
  ])('%s', (_, text) => {
    const model = textModel(text);
    expect(fuse(model)).toBe(0);
    expect([...model.graph.nodes].map(({ op }) => op)).toContain('Softmax');
  });

  it('while the plain layer is fused, its scale being one', async () => {
    const text = layer('float32[B, N, 8] x', 'x');
    const model = textModel(text);
    expect(fuse(model)).toBe(1);
    const x = floats([BATCH, TOKENS, CHANNELS], noise('tokens', BATCH * TOKENS * CHANNELS));
    const [exact, made] = [await runOnce(textModel(text), { x }, ['y']), await runOnce(model, { x }, ['y'])];
    expect(largestDifference(made.y!.data, exact.y!.data)).toBeLessThan(TOLERANCE);
  });
});

it("of a graph that knows it, the operator may be the standard's", async () => {
  const text = STYLES['dynamic reshapes']!.text;
  const model = textModel(text, 23);
  applyPasses(model, [step(fusedAttention, { operator: 'Attention' })], 'the test model');
  expect([...model.graph.nodes].map(({ op }) => op)).toContain('Attention');
  const x = floats([BATCH, TOKENS, CHANNELS], noise('tokens', BATCH * TOKENS * CHANNELS));
  const [exact, made] = [
    await runOnce(textModel(text, 23), { x }, ['y']),
    await runOnce(model, { x }, ['y']),
  ];
  expect(largestDifference(made.y!.data, exact.y!.data)).toBeLessThan(TOLERANCE);
});
