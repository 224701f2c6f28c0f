/** Recorded calls of small networks. Tolerance 1e-6: float32, a few operators deep. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { SessionRecorder } from '../../src/main/engine/onnx/grad/session-recorder.ts';
import { createSession } from '../../src/main/engine/onnx/ort.ts';
import { serializeModel } from '../../src/main/engine/onnx/serde.ts';
import { floats, noise, textModel } from '../helpers/onnx.ts';

/** y = log(x·W), of any number of rows. */
const TEXT = `float32[N, 2] x, float32[2, 2] w => float32[N, 2] y
  product = MatMul(x, w)
  y = Log(product)`;

/** @param most bytes that are followed back as a whole */
async function recorderOf(text: string, most?: number) {
  const label = 'a test';
  let opened = 0;
  const open = (model: Parameters<typeof createSession>[0]) =>
    createSession(model, { provider: 'cpu', threads: 1, label });
  const graph = serializeModel(textModel(text));
  const forward = await open(graph);
  const recorder = new SessionRecorder({
    ...{ graph, forward, label, most },
    open(model) {
      opened += 1;
      return open(model);
    },
  });
  onTestFinished(async () => {
    await recorder.close();
    await forward.release();
  });
  return { recorder, opened: () => opened };
}

const W = [1, 2, 3, 4];
const fed = (rows: number) => {
  const x = noise('x', 2 * rows).map((value) => 1 + value / 2);
  return { x: floats([rows, 2], x), w: floats([2, 2], Float32Array.from(W)) };
};

/** ∂Σ c·log(x·W)/∂x and /∂W by hand. */
function wanted(x: Float32Array, c: Float32Array, rows: number) {
  const dx = new Float32Array(2 * rows);
  const dw = new Float32Array(4);
  for (let r = 0; r < rows; r++)
    for (let j = 0; j < 2; j++) {
      const d = c[2 * r + j]! / (x[2 * r]! * W[j]! + x[2 * r + 1]! * W[2 + j]!);
      for (let k = 0; k < 2; k++) {
        dx[2 * r + k]! += d * W[2 * k + j]!;
        dw[2 * k + j]! += d * x[2 * r + k]!;
      }
    }
  return { dx, dw };
}

function expectClose(found: Float32Array, want: Float32Array) {
  expect(found).toHaveLength(want.length);
  for (const [i, value] of want.entries()) expect(Math.abs(found[i]! - value)).toBeLessThan(1e-6);
}

describe('a recorded call', () => {
  it('is followed back to an input and to weights that are inputs, as often as is asked', async () => {
    const { recorder } = await recorderOf(TEXT);
    const feeds = fed(3);
    const x = feeds.x.data.slice() as Float32Array;
    const call = await recorder.record(feeds, ['y'], ['x', 'w']);
    // The caller's arrays are its own again.
    (feeds.x.data as Float32Array).fill(0);
    for (const name of ['once', 'again']) {
      const c = noise(name, 6);
      const made = await call.pull({ y: c }, ['x', 'w']);
      const want = wanted(x, c, 3);
      expectClose(made.x!.data, want.dx);
      expectClose(made.w!.data, want.dw);
      expect([made.x!.dims, made.w!.dims]).toEqual([
        [3, 2],
        [2, 2],
      ]);
    }
  });

  it('shares its session with calls of its size, and a few are kept', async () => {
    const { recorder, opened } = await recorderOf(TEXT);
    for (const rows of [1, 2, 1, 2, 3, 4, 1]) {
      const feeds = fed(rows);
      const call = await recorder.record(feeds, ['y'], ['x']);
      const c = noise('c', 2 * rows);
      const made = await call.pull({ y: c }, ['x']);
      expectClose(made.x!.data, wanted(feeds.x.data as Float32Array, c, rows).dx);
    }
    expect(opened()).toBe(5);
  });

  it('in segments is followed back long after calls of many other sizes, and leaves nothing open', async () => {
    const deep = Array.from({ length: 12 }, (_, i) => `h${i + 1} = Sin(h${i})`).join('\n  ');
    const text = `float32[N] h0 => float32[N] y\n  ${deep}\n  y = Identity(h12)`;
    const { recorder, opened } = await recorderOf(text, 1);
    const record = (sides: number) =>
      recorder.record({ h0: floats([sides], noise('x', sides)) }, ['y'], ['h0']);
    const pull = async (call: Awaited<ReturnType<typeof record>>) =>
      (await call.pull({ y: Float32Array.of(1, 2) }, ['h0'])).h0!.data;
    const call = await record(2);
    // What is kept comes out of a session of its own.
    expect(opened()).toBe(1);
    const before = await pull(call);
    expect(before.every((value) => value !== 0)).toBe(true);
    for (let sides = 3; sides < 24; sides++) await record(sides);
    expect(await pull(call)).toEqual(before);
    await recorder.close();
    expect(recorder.isOpen).toBe(false);
    await expect(pull(call)).rejects.toThrow('the model is closed');
  });

  it('gives zeros where nothing depends on an input', async () => {
    const { recorder } = await recorderOf(`float32[2] x, float32[3] c => float32[2] y
      y = Exp(x)`);
    const feeds = { x: floats([2], noise('x', 2)), c: floats([3], noise('c', 3)) };
    const call = await recorder.record(feeds, ['y'], ['c']);
    expect((await call.pull({ y: noise('d', 2) }, ['c'])).c).toEqual({
      data: new Float32Array(3),
      dims: [3],
    });
  });

  it('names what broke down, and the operator where it did', async () => {
    const { recorder } = await recorderOf(`float32[2] x => float32[2] y
      root = Sqrt(x) "root"
      y = Log(root) "logarithm"`);
    const record = (...x: number[]) =>
      recorder.record({ x: floats([2], Float32Array.from(x)) }, ['y'], ['x']);
    const broken = (message: string) => ({ code: 'not-finite', message: expect.stringContaining(message) });
    await expect(record(1, 0)).rejects.toMatchObject(
      broken('its output y broke down (not a number) at the operator Log (logarithm)'),
    );
    await expect(record(1, Number.NaN)).rejects.toMatchObject(broken('because its input x is none'));
    const call = await record(1, 1e-40);
    await expect(call.pull({ y: Float32Array.of(1, 1e30) }, ['x'])).rejects.toMatchObject(
      broken('the gradient by x broke down (not a number) at the operator Div (logarithm/backward/Div)'),
    );
  });

  it('is refused before anything runs where an operator cannot be differentiated', async () => {
    const { recorder } = await recorderOf(`float32[4] x => float32[4] y
      y = Mod<fmod = 1>(x, x) "remainder"`);
    await expect(
      recorder.record({ x: floats([4], new Float32Array(4)) }, ['y'], ['x']),
    ).rejects.toMatchObject({
      code: 'bundle-invalid',
      message: 'the operator Mod (remainder) cannot be differentiated',
    });
  });
});
