/** Reverse mode of small graphs whose derivatives are known in closed form. Tolerance 1e-6: float32, a few operators deep. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { differentiate } from '../../src/main/engine/onnx/grad/backward.ts';
import { ELEMENT } from '../../src/main/engine/onnx/ir/types.ts';
import { createSession } from '../../src/main/engine/onnx/ort.ts';
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

/** What is linear in x is its own derivative: y(v)·c − y(0)·c = v·gradient. Tolerance 1e-2: the runtime rounds what it multiplies by 4 bits. */
describe('weights in few bits', () => {
  const bytes = (name: string, count: number) =>
    new Uint8Array(noise(name, count).map((value) => Math.floor((value + 1) * 127.9)));

  it.each([
    [4, 48, true],
    [4, 96, false],
    [8, 48, true],
    [8, 32, false],
  ])('of %d bits and %d rows are followed by their input', async (bits, rows, zeros) => {
    const [columns, block] = [5, 32];
    const blocks = Math.ceil(rows / block);
    const model = textModel(`float32[3, ${rows}] x => float32[3, ${columns}] y
      float32[${columns * blocks}] scales
      y = com.microsoft.MatMulNBits<K = ${rows}, N = ${columns}, bits = ${bits}, block_size = ${block}>(x, packed, scales${zeros ? ', zeros' : ''})`);
    const add = (name: string, dims: readonly number[]) => {
      const data = {
        kind: 'bytes',
        bytes: bytes(
          name,
          dims.reduce((all, side) => all * side, 1),
        ),
      } as const;
      model.graph.initializers.set(name, { name, dims, type: ELEMENT.uint8, data });
    };
    add('packed', [columns, blocks, (block * bits) / 8]);
    if (zeros) add('zeros', [columns * Math.ceil((blocks * bits) / 8)]);
    const { cotangents, gradients } = differentiate(model, { of: ['y'], by: ['x'] });
    const gradient = gradients.get('x')!;
    const [v, c] = [noise('v', 3 * rows), noise('c', 3 * columns)];
    const session = await createSession(model, { provider: 'cpu', label: 'a test', threads: 1 });
    onTestFinished(() => session.release());
    const at = (x: Float32Array) =>
      session.run({ x: floats([3, rows], x), [cotangents.get('y')!]: floats([3, columns], c) }, [
        'y',
        gradient,
      ]);
    const [there, nowhere] = [await at(v), await at(new Float32Array(3 * rows))];
    const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
    const made = dot(there.y!.data, c) - dot(nowhere.y!.data, c);
    expect(Math.abs(dot(there[gradient]!.data, v) / made - 1)).toBeLessThan(1e-2);
  });
});
