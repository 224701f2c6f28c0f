/** Reverse mode of small graphs whose derivatives are known in closed form. Tolerance 1e-6: float32, a few operators deep. */
import { describe, expect, it } from 'vitest';
import { differentiate } from '../../src/main/engine/onnx/grad/backward.ts';
import { floats, noise, runOnce, textModel } from '../helpers/onnx.ts';

/** Gradients of Σ y·cotangent by the inputs. */
async function gradients(
  text: string,
  fed: Record<string, readonly number[]>,
  by: readonly string[],
  of = 'y',
) {
  const model = textModel(text);
  const dims = new Map([...model.graph.inputs, ...model.graph.outputs].map((one) => [one.name, one.dims]));
  const { cotangents, gradients } = differentiate(model, { of: [of], by });
  const sides = (name: string) => dims.get(name) as number[];
  const count = sides(of).reduce((all, side) => all * side, 1);
  const feeds = Object.fromEntries(
    Object.entries(fed).map(([name, values]) => [name, floats(sides(name), Float32Array.from(values))]),
  );
  const cotangent = { [cotangents.get(of)!]: floats(sides(of), noise('cotangent', count)) };
  const names = by.flatMap((name) => gradients.get(name) ?? []);
  const run = await runOnce(model, { ...feeds, ...cotangent }, names);
  return by.map((name) => {
    const made = gradients.get(name);
    return made ? [...run[made]!.data] : null;
  });
}

const close = (found: readonly number[] | null, wanted: readonly number[]) => {
  expect(found).toHaveLength(wanted.length);
  for (const [i, value] of wanted.entries()) expect(Math.abs(found![i]! - value)).toBeLessThan(1e-6);
};

describe('differentiate', () => {
  it('sums over what was broadcast, and over all readers of a value', async () => {
    const text = `float32[2, 3] x, float32[3] b => float32[2, 3] y
      p = Mul(x, b)
      y = Add(p, x)`;
    const [x, b] = [
      [1, 2, 3, 4, 5, 6],
      [0.5, -1, 2],
    ];
    const d = [...noise('cotangent', 6)];
    const [dx, db] = await gradients(text, { x: x!, b: b! }, ['x', 'b']);
    close(
      dx!,
      d.map((one, i) => one * (b![i % 3]! + 1)),
    );
    close(
      db!,
      [0, 1, 2].map((i) => d[i]! * x![i]! + d[i + 3]! * x![i + 3]!),
    );
  });

  it('names an operator without a rule, and its node', async () => {
    const text = `float32[2] x => float32[2] y
      y = com.example.Unheard(x) "middle"`;
    const failing = gradients(text, { x: [1, 2] }, ['x']);
    await expect(failing).rejects.toThrow(
      'the operator com.example.Unheard (middle) cannot be differentiated',
    );
    await expect(failing).rejects.toMatchObject({ code: 'bundle-invalid' });
  });

  it('looks at what lies between alone', async () => {
    const text = `float32[2] x, float32[2] c => float32[2] y
      other = com.example.Unheard(c)
      y = Mul(x, other)`;
    const model = textModel(text);
    expect(() => differentiate(model, { of: ['y'], by: ['x'] })).not.toThrow();
  });

  it('gives null where nothing depends on a value', async () => {
    const text = `float32[2] x, float32[2] c => float32[2] y
      y = Exp(x)`;
    const [dx, dc] = await gradients(text, { x: [0, 1], c: [0, 0] }, ['x', 'c']);
    close(
      dx!,
      [...noise('cotangent', 2)].map((one, i) => one * Math.exp(i)),
    );
    expect(dc).toBeNull();
  });
});
