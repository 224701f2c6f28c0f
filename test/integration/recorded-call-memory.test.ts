/** What a call that is followed backwards takes is what was foretold; in a process of its own, since memory that others let go is taken again unseen. */
import { describe, expect, it } from 'vitest';
import { RecordedMemory } from '../../src/main/engine/models/memory/recorded.ts';
import { SessionRecorder } from '../../src/main/engine/onnx/grad/session-recorder.ts';
import type { Model } from '../../src/main/engine/onnx/ir/graph.ts';
import { ELEMENT } from '../../src/main/engine/onnx/ir/types.ts';
import { createSession } from '../../src/main/engine/onnx/ort.ts';
import { serializeModel } from '../../src/main/engine/onnx/serde.ts';
import { held } from '../../tools/bench/process-memory.ts';
import { noiseFeed, textModel } from '../helpers/onnx.ts';

// Elsewhere nobody tells what a process holds.
describe.skipIf(process.platform !== 'linux')('what a recorded call takes', () => {
  const SIDE = 2 ** 21;
  const text = (blocks: number) => `float32[1] x => float32[1] y
    int64[1] axis = {0}
    float32[${SIDE}] w
    h0 = Mul(w, x)
    ${Array.from({ length: blocks }, (_, i) => `a${i} = Sigmoid(h${i})\n    h${i + 1} = Mul(a${i}, h0)`).join('\n    ')}
    y = ReduceSum(h${blocks}, axis)`;

  /** Bytes, foretold and grown. Followed back as a whole with few blocks, cut with many. */
  async function both(blocks: number) {
    const graph = serializeModel(textModel(text(blocks)));
    const open = (model: Model | Uint8Array, asItStands = false) =>
      createSession(model, { provider: 'cpu', threads: 1, label: 'a test', asItStands });
    const feeds = { x: noiseFeed('x', [1]) };
    const cotangent = Float32Array.of(1);
    const memory = new RecordedMemory(graph, { how: {}, last: [], label: 'a test' });
    const asked = { of: ['y'], by: ['x'] };
    const { values } = memory.of(new Map([['x', { dims: [1], type: ELEMENT.float32 }]]), asked);
    const forward = await open(graph);
    await forward.run(feeds, ['y']);
    const recorder = new SessionRecorder({ graph, label: 'a test', forward, open });
    const before = held().own;
    for (let calls = 0; calls < 2; calls++) {
      const call = await recorder.record(feeds, ['y'], ['x']);
      await call.pull({ y: cotangent }, ['x']);
    }
    const grown = held().own - before;
    await recorder.close();
    await forward.release();
    return { foretold: values, grown };
  }

  it.each([3, 24])(
    'is hardly more than what is foretold, and more than half of it: %i blocks',
    async (blocks) => {
      const { foretold, grown } = await both(blocks);
      // How many pages a process touches beside its values differs from run to run.
      expect(foretold / grown).toBeGreaterThan(0.9);
      expect(foretold / grown).toBeLessThan(1.8);
    },
  );
});
