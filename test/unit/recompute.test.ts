/** Networks followed back out of what was kept of them. Tolerance 1e-5 of the largest: float32, sums in another order. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Chain, chainOf } from '../../src/main/engine/onnx/grad/chain.ts';
import { SessionRecorder } from '../../src/main/engine/onnx/grad/session-recorder.ts';
import type { Model } from '../../src/main/engine/onnx/ir/graph.ts';
import { ELEMENT } from '../../src/main/engine/onnx/ir/types.ts';
import { createSession } from '../../src/main/engine/onnx/ort.ts';
import { serializeModel } from '../../src/main/engine/onnx/serde.ts';
import { Arena } from '../../src/main/engine/onnx/shapes/arena.ts';
import { Footprint } from '../../src/main/engine/onnx/shapes/footprint.ts';
import { largestDifference, noise, noiseFeed, textModel } from '../helpers/onnx.ts';

const BLOCKS = 6;
/** Blocks narrow, wide, narrow, with one skip over all of them; an input that every block reads. */
const block = (i: number) => `
  float32[8, 256] a${i}
  float32[256, 8] b${i}
  u${i} = MatMul(h${i}, a${i})
  v${i} = Tanh(u${i})
  w${i} = Sigmoid(v${i})
  d${i} = MatMul(w${i}, b${i})
  e${i} = Mul(d${i}, t)
  h${i + 1} = Add(h${i}, e${i})`;
const TEXT = `float32[N, 8] x, float32[8] t => float32[N, 8] y
  h0 = Sin(x)
  ${Array.from({ length: BLOCKS }, (_, i) => block(i)).join('')}
  y = Mul(h${BLOCKS}, h0)`;
const ROWS = 64;
const feeds = { x: noiseFeed('x', [ROWS, 8]), t: noiseFeed('t', [8]) };
const ASKED = { of: ['y'], by: ['x', 't'] };
const graph = () => serializeModel(textModel(TEXT.replace('Sin(x)', 'Tanh(x)')));
const fed = new Map(Object.entries(feeds).map(([name, { dims }]) => [name, { dims, type: ELEMENT.float32 }]));
const chain = (most: number) => chainOf(graph(), fed, ASKED, { label: 'a test', most });

async function gradients(most: number) {
  const open = (model: Model | Uint8Array, asItStands = false) =>
    createSession(model, { provider: 'cpu', threads: 1, label: 'a test', asItStands });
  const forward = await open(graph());
  const recorder = new SessionRecorder({ graph: graph(), label: 'a test', forward, open, most });
  onTestFinished(async () => {
    await recorder.close();
    await forward.release();
  });
  const call = await recorder.record(feeds, ['y'], ASKED.by);
  const pull = () => call.pull({ y: noise('c', ROWS * 8) }, ASKED.by);
  const [once, again] = [await pull(), await pull()];
  return { once, again, y: call.outputs.y! };
}

/** Bytes held at most on the way back. */
function mostOf({ back }: Chain): number {
  const { graph: way } = back();
  const inputs = new Map(
    way.inputs.map(({ name, dims, type }) => [name, { dims: dims as number[], type: type! }]),
  );
  return new Footprint(way, { folds: false }).run(new Arena(), inputs);
}

describe('a network cut where little is alive', () => {
  it('gives the gradients of the whole, by what every segment reads too, as often as is asked', async () => {
    const [whole, cut] = [await gradients(2 ** 30), await gradients(0)];
    expect(largestDifference(cut.y.data, whole.y.data)).toBeLessThan(1e-5);
    for (const name of ASKED.by) {
      const want = whole.once[name]!.data;
      const largest = want.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      expect(largestDifference(cut.once[name]!.data, want) / largest).toBeLessThan(1e-5);
      expect(cut.again[name]!.data).toEqual(cut.once[name]!.data);
    }
  });

  it('keeps the narrow values between blocks and the skip, nothing wide', () => {
    const { kept, keptBytes } = chain(0);
    expect(kept).toContain('h0');
    expect(kept.length).toBeGreaterThanOrEqual(BLOCKS - 1);
    expect(keptBytes).toBeLessThanOrEqual(2 * (BLOCKS + 1) * ROWS * 8 * 4);
    expect(kept.filter((name) => /^[uvw]\d/.test(name))).toEqual([]);
  });

  it('holds about one block on the way back, in the order of the runtime', () => {
    const [whole, cut] = [mostOf(chain(2 ** 30)), mostOf(chain(0))];
    expect(chain(2 ** 30).kept).toEqual([]);
    expect(cut).toBeLessThan((2 * whole) / BLOCKS);
  });
});
