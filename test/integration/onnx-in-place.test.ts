/** Weights multiplied as they lie in their file: the same bits, and exports stay as they were made. */
import { globSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Model } from '../../src/main/engine/onnx/ir/graph.ts';
import { inPlace } from '../../src/main/engine/onnx/passes/in-place.ts';
import { applyPasses, step } from '../../src/main/engine/onnx/passes/pass.ts';
import { loadGraph } from '../../src/main/engine/onnx/slim.ts';
import { bits, noiseFeed, runOnce, textModel } from '../helpers/onnx.ts';

const apply = (model: Model) => applyPasses(model, [step(inPlace)], 'the network of a test').of(inPlace);

const products = ({ graph }: Model) => [...graph.nodes].filter(({ op }) => op.includes('MatMul'));

/** Two layers of one weight, the second of a copy that adapters made, and a matrix that lies as it is wanted. */
const layers = (weights: string) => `float32[B, N, 24] x => float32[B, N, 40] y
    float32[40, 40] straight
    ${weights}
    t = Transpose<perm = [1, 0]>(w) "/fc/Transpose"
    a = MatMul(x, t) "/fc/MatMul"
    b = MatMul(x, t) "/fc/MatMul_ref"
    c = Add(a, b)
    y = MatMul(c, straight)`;

describe('weights in place', () => {
  it.each([
    ['in single precision', 'float32[40, 24] w'],
    ['behind a Cast', 'float32[40, 24] full\n half = Cast<to = 10>(full)\n w = Cast<to = 1>(half)'],
  ])('%s give the same bits', async (_, weights) => {
    const feeds = { x: noiseFeed('x', [2, 33, 24]) };
    const turned = textModel(layers(weights));
    const placed = textModel(layers(weights));
    expect(apply(placed)).toBe(2);
    expect(products(placed).map(({ op, name }) => `${op} ${name}`)).toEqual([
      'FusedMatMul /fc/MatMul',
      'FusedMatMul /fc/MatMul_ref',
      expect.stringMatching(/^MatMul /),
    ]);
    expect([...placed.graph.nodes].some(({ op }) => op === 'Transpose')).toBe(false);
    const [before, after] = [await runOnce(turned, feeds, ['y']), await runOnce(placed, feeds, ['y'])];
    expect(bits(after.y!.data).equals(bits(before.y!.data))).toBe(true);
  });

  it('leave alone what is computed, turned otherwise or given out', () => {
    const other =
      textModel(`float32[4, 4] x, float32[2, 4, 4] z => float32[4, 4] y, float32[2, 4, 4] q, float32[4, 4] t
      float32[4, 4] w
      float32[2, 4, 4] v
      s = Transpose<perm = [1, 0]>(x)
      y = MatMul(w, s)
      u = Transpose<perm = [0, 2, 1]>(v)
      q = MatMul(z, u)
      t = Transpose<perm = [1, 0]>(w)`);
    expect(apply(other)).toBe(0);
  });

  it('are none in the models that come with Retake: what they make stays the same', () => {
    const root = resolve(import.meta.dirname, '../../resources');
    const files = globSync('**/*.onnx', { cwd: root }).map((name) => join(root, name));
    expect(files.length).toBeGreaterThan(8);
    for (const file of files)
      expect([file, apply(loadGraph(file, { root: dirname(file) }).model)]).toEqual([file, 0]);
  });
});
