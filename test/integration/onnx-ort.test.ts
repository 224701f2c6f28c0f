import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/common/errors.ts';
import { createSession } from '../../src/main/engine/onnx/ort.ts';
import { serializeModel } from '../../src/main/engine/onnx/serde.ts';
import { floats, noiseFeed, runOnce, textModel } from '../helpers/onnx.ts';

async function failure(promise: Promise<unknown>): Promise<AppError> {
  const error = await promise.then(
    () => null,
    (cause: unknown) => cause,
  );
  expect(error).toBeInstanceOf(AppError);
  return error as AppError;
}

describe('sessions', () => {
  it('tell their inputs and outputs, count their time, and fetch what is asked for', async () => {
    const model = textModel(
      'float32[B, 2] x, int64[] t => float32[B, 2] y, float32[B, 2] z\ny = Relu(x)\nz = Neg(x)',
    );
    const session = await createSession(model, { provider: 'cpu', label: 'a model' });
    expect(session.inputs).toEqual([
      { name: 'x', type: 'float32', dims: ['B', 2] },
      { name: 't', type: 'int64', dims: [] },
    ]);
    expect(session.outputs.map((output) => output.name)).toEqual(['y', 'z']);
    const feeds = {
      x: floats([1, 2], Float32Array.of(-1, 2)),
      t: { type: 'int64', data: BigInt64Array.of(1n), dims: [] } as const,
    };
    expect(session.runSeconds).toBe(0);
    const result = await session.run(feeds, ['z']);
    expect(Object.keys(result)).toEqual(['z']);
    expect(result.z).toEqual({ data: Float32Array.of(1, -2), dims: [1, 2] });
    expect(session.runSeconds).toBeGreaterThan(0);
    const before = result.z!.data;
    await session.run({ ...feeds, x: floats([1, 2], Float32Array.of(5, 5)) }, ['z']);
    expect([...before]).toEqual([1, -2]);
    await session.release();
  });

  it('name the operator that failed and the model it is in', async () => {
    const model = textModel('float32[A] a, float32[B] b => float32[C] y\ny = Add(a, b) "/mid/add"');
    const feeds = { a: noiseFeed('a', [3]), b: noiseFeed('b', [4]) };
    const error = await failure(runOnce(model, feeds, ['y']));
    expect(error).toMatchObject({ code: 'model-failed', doing: 'running the test model' });
    expect(error.message).toMatch(/operator Add \(\/mid\/add\)/);
    expect(error.hint).not.toBe('');
    expect(error.message).not.toContain('\n');
  });

  it('say which operator is unknown', async () => {
    const error = await failure(
      runOnce(textModel('float32[2] x => float32[2] y\ny = Frobnicate(x)'), {}, ['y']),
    );
    expect(error).toMatchObject({ code: 'bundle-invalid', doing: 'loading the test model' });
    expect(error.message).toContain('Frobnicate');
  });

  it('refuse bytes that are no model, and wrong inputs', async () => {
    expect(
      await failure(createSession(Uint8Array.of(1, 2, 3), { provider: 'cpu', label: 'rubbish' })),
    ).toMatchObject({
      code: 'model-failed',
      doing: 'loading rubbish',
    });
    const model = serializeModel(textModel('float32[2] x => float32[2] y\ny = Relu(x)'));
    const error = await failure(runOnce(model, { x: noiseFeed('x', [3]) }, ['y']));
    expect(error.code).toBe('model-failed');
    expect((await failure(runOnce(model, {}, ['y']))).message).toContain('x');
  });

  it('recognise memory that runs out', async () => {
    // 2^46 floats: more than any machine has.
    const model = textModel(`float32[1] x => float32[N, M] y
      int64[2] huge = {8388608, 8388608}
      y = Expand(x, huge)`);
    const error = await failure(runOnce(model, { x: noiseFeed('x', [1]) }, ['y']));
    expect(error).toMatchObject({ code: 'model-failed', message: 'memory ran out' });
  });
});
