/** Runs one graph of a bundle bare, for outputs that the engine itself has no use for. */
import { join } from 'node:path';
import { createSession, type Feed, type RunTensor, type Session } from '../../../src/main/engine/onnx/ort.ts';
import { float32Io } from '../../../src/main/engine/onnx/passes/float-io.ts';
import { applyPasses, step } from '../../../src/main/engine/onnx/passes/pass.ts';
import { loadGraph } from '../../../src/main/engine/onnx/slim.ts';

/** @param part folder of the graph inside the bundle */
export async function withGraph<T>(
  bundleDir: string,
  part: string,
  use: (session: Session) => Promise<T>,
): Promise<T> {
  const { model, folder } = loadGraph(join(bundleDir, part, 'model.onnx'), { root: bundleDir });
  applyPasses(model, [step(float32Io)], 'the graph');
  const session = await createSession(model, { folder, provider: 'cpu', label: part });
  try {
    return await use(session);
  } finally {
    await session.release();
  }
}

/** Feeds the only input and fetches one output. */
export async function runOne(session: Session, feed: Feed, output: string): Promise<RunTensor> {
  return (await session.run({ [session.inputs[0]!.name]: feed }, [output]))[output]!;
}
