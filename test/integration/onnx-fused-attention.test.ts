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
