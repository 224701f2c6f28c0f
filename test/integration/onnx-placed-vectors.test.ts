/** Vectors in the place of tokens, in graphs as exporters and Retake's own writer make them: what is fed stands there, the rest stays to the bit. */
import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/common/errors.ts';
import type { Model } from '../../src/main/engine/onnx/ir/graph.ts';
import type { Feed } from '../../src/main/engine/onnx/ort.ts';
import { applyPasses, step } from '../../src/main/engine/onnx/passes/pass.ts';
import { placedVectors } from '../../src/main/engine/onnx/passes/placed-vectors.ts';
import { int64, runOnce, textModel } from '../helpers/onnx.ts';

const TOKENS = 4;
const WIDTH = 3;
const ROWS = [0.5, -1, 2, 8, 0.25, -0.125];

/** Two vectors in the places 1 and 2. */
const placed: Record<string, Feed> = {
  placed_mask: { type: 'bool', data: Uint8Array.of(0, 1, 1, 0), dims: [1, TOKENS, 1] },
  placed_rows: {
    type: 'float32',
    data: Float32Array.of(9, 9, 9, ...ROWS, 9, 9, 9),
    dims: [1, TOKENS, WIDTH],
  },
};
const nothing: Record<string, Feed> = {
  placed_mask: { type: 'bool', data: new Uint8Array(TOKENS), dims: [1, TOKENS, 1] },
  placed_rows: { type: 'float32', data: new Float32Array(TOKENS * WIDTH).fill(9), dims: [1, TOKENS, WIDTH] },
};

function placing(model: Model): Model {
  applyPasses(model, [step(placedVectors)], 'the text encoder of a test');
  return model;
}

const DIALECTS: Readonly<Record<string, { text: string; ids?: 'int32'; batch?: number }>> = {
  plain: {
    text: `int64[B, T] ids => float32[B, T, 3] y
      float32[7, 3] table
      rows = Gather(table, ids)
      y = Neg(rows)`,
  },
  'half precision': {
    text: `int64[B, T] ids => float32[B, T, 3] y
      float32[7, 3] table
      half = Cast<to = 10>(table)
      rows = Gather(half, ids)
      wide = Cast<to = 1>(rows)
      y = Neg(wide)`,
  },
  'a weight behind a cast': {
    text: `int64[B, T] ids => float32[B, T, 3] y
      float32[7, 3] table
      half = Cast<to = 10>(table)
      wide = Cast<to = 1>(half)
      rows = Gather(wide, ids)
      y = Neg(rows)`,
  },
  'ids on their way': {
    ids: 'int32',
    text: `int32[B, T] ids => float32[B, T, 3] y
      float32[7, 3] table
      int64[2] shape = {-1, 4}
      long = Cast<to = 7>(ids)
      flat = Reshape(long, shape)
      rows = Gather<axis = 0>(table, flat)
      y = Neg(rows)`,
  },
  'positions of their own': {
    text: `int64[B, T] ids => float32[B, T, 3] y
      float32[7, 3] table
      float32[9, 3] places
      int64[1, 4] order = {0, 1, 2, 3}
      at = Gather(places, order)
      rows = Gather(table, ids)
      zero = Sub(at, at)
      sum = Add(rows, zero)
      y = Neg(sum)`,
  },
  'a table of few bits': {
    text: `int64[B, T] ids => float32[B, T, 3] y
      int8[7, 3] table
      float32[] scale = {0.25}
      rows = Gather(table, ids)
      wide = DequantizeLinear(rows, scale)
      y = Neg(wide)`,
  },
  'a batch that was frozen': {
    batch: 2,
    text: `int64[2, T] ids => float32[2, T, 3] y
      float32[7, 3] table
      rows = Gather(table, ids)
      y = Neg(rows)`,
  },
};

describe('placed vectors', () => {
  it.each(Object.entries(DIALECTS))(
    'stand where they are fed: %s',
    async (_, { text, ids = 'int64', batch = 1 }) => {
      const tokens = Array.from({ length: batch * TOKENS }, (_, i) => (i * 5) % 7);
      const feed: Feed =
        ids === 'int32'
          ? { type: 'int32', data: Int32Array.from(tokens), dims: [batch, TOKENS] }
          : int64([batch, TOKENS], ...tokens);
      const before = (await runOnce(textModel(text), { ids: feed }, ['y'])).y!.data;
      const off = (await runOnce(placing(textModel(text)), { ids: feed, ...nothing }, ['y'])).y!.data;
      expect(off).toEqual(before);
      const on = (await runOnce(placing(textModel(text)), { ids: feed, ...placed }, ['y'])).y!.data;
      const expected = before.slice();
      for (let row = 0; row < batch; row++)
        expected.set(
          ROWS.map((value) => -value),
          row * TOKENS * WIDTH + WIDTH,
        );
      expect(on).toEqual(expected);
    },
  );

  it('are what is given out where the rows themselves are', async () => {
    const text = `int64[B, T] ids => float32[B, T, 3] rows, float32[B, T, 3] y
      float32[7, 3] table
      rows = Gather(table, ids)
      y = Neg(rows)`;
    const model = placing(textModel(text));
    const made = await runOnce(model, { ids: int64([1, TOKENS], 1, 2, 3, 4), ...placed }, ['rows', 'y']);
    expect([...made.rows!.data.slice(WIDTH, 3 * WIDTH)]).toEqual(ROWS);
    expect(made.rows!.data).toEqual(made.y!.data.map((value) => -value));
  });

  it.each([
    ['no table of token embeddings', 'y = Cast<to = 1>(ids)'],
    [
      '2 tables of token embeddings',
      `float32[7, 3] table
      float32[7, 3] other
      a = Gather(table, ids)
      b = Gather(other, ids)
      y = Add(a, b)`,
    ],
  ])('are refused where there is %s', (what, body) => {
    const refused = () => placing(textModel(`int64[B, T] ids => float32[B, T, 3] y\n${body}`));
    expect(refused).toThrow(AppError);
    expect(refused).toThrow(`${what} could be found in it`);
  });
});
