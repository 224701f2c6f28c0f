/** Graphs for one size: the numbers of the graph that takes any, and nothing left that computes shapes. */
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fixShapes } from '../../src/main/engine/onnx/grad/fix-shapes.ts';
import type { Model } from '../../src/main/engine/onnx/ir/graph.ts';
import { ELEMENT } from '../../src/main/engine/onnx/ir/types.ts';
import { float32Io } from '../../src/main/engine/onnx/passes/float-io.ts';
import { parseModel, serializeModel } from '../../src/main/engine/onnx/serde.ts';
import type { Known } from '../../src/main/engine/onnx/shapes/known.ts';
import { loadGraph } from '../../src/main/engine/onnx/slim.ts';
import {
  bits,
  type Feeds,
  int64,
  largestDifference,
  noiseFeed,
  runOnce,
  textModel,
} from '../helpers/onnx.ts';
import { sharedPath } from '../helpers/shared.ts';

const SHAPERS = ['Shape', 'ConstantOfShape', 'Range', 'Size', 'Constant', 'Identity', 'If', 'NonZero'];
const copyOf = (model: Model) => parseModel(serializeModel(model));

function fedBy(feeds: Feeds): Map<string, Known> {
  const entries = Object.entries(feeds);
  return new Map(entries.map(([name, { type, dims }]) => [name, { dims, type: ELEMENT[type] }]));
}

/** Both graphs on the same numbers, and the operators that the fixed one has. */
async function both(model: Model, feeds: Feeds, folder?: string) {
  const fixed = copyOf(model);
  const shapes = fixShapes(fixed, fedBy(feeds), 'fixing the test model');
  const free = copyOf(model);
  float32Io.run(free, undefined, 'the test model');
  const names = model.graph.outputs.map(({ name }) => name);
  const [was, is] = [await runOnce(free, feeds, names, folder), await runOnce(fixed, feeds, names, folder)];
  for (const name of names) expect(shapes.get(name)?.dims).toEqual(was[name]!.dims);
  return { was, is, fixed, shapes, operators: [...new Set(Array.from(fixed.graph.nodes, ({ op }) => op))] };
}

describe('a graph for inputs of one size', () => {
  it('keeps the bits and loses what computes shapes: sizes cut out, lists put together, a scale of a root', async () => {
    const model = textModel(`float32[B, N, 8] x => float32[B, M, 2] y
      int64[] zero = {0}
      int64[] one = {1}
      int64[1] axis = {0}
      int64[1] rest = {-1}
      int64[1] four = {4}
      int64[1] two = {2}
      int64[1] last = {2}
      int64[1] end = {3}
      s = Shape(x)
      b = Gather<axis = 0>(s, zero)
      n = Gather<axis = 0>(s, one)
      bu = Unsqueeze(b, axis)
      m = Mul(n, four)
      wide = Concat<axis = 0>(bu, m, two)
      r = Reshape(x, wide)
      c = Slice(s, last, end)
      cf = Cast<to = 1>(c)
      root = Sqrt(cf)
      scaled = Div(r, root)
      ones = ConstantOfShape(end)
      y = Identity(scaled)`);
    const { was, is, operators, fixed } = await both(model, { x: noiseFeed('x', [2, 5, 8]) });
    expect(bits(is.y!.data)).toEqual(bits(was.y!.data));
    expect(operators.filter((op) => op !== 'Identity')).toEqual(['Reshape', 'Div']);
    expect(fixed.graph.inputs[0]!.dims).toEqual([2, 5, 8]);
  });

  it('widens what was half: weights behind one cast, constants written anew, inner casts gone', async () => {
    const model = textModel(`float16[B, 8] x => float16[B, 8] y
      float32[8, 8] w
      float32[] half = {0.5}
      wh = Cast<to = 10>(w)
      hh = Cast<to = 10>(half)
      a = MatMul(x, wh)
      y = Mul(a, hh)`);
    const { was, is, operators } = await both(model, { x: noiseFeed('x', [3, 8]) });
    // Half precision has eleven bits.
    expect(largestDifference(is.y!.data, was.y!.data)).toBeLessThan(4e-3);
    expect(operators).toEqual(['MatMul', 'Mul']);
  });

  it('names the operator of which nobody knows how large its result is', () => {
    const model = textModel(`float32[B, 8] x => float32[B, 8] y
      a = Unique(x)
      y = Sigmoid(a)`);
    const fed = fedBy({ x: noiseFeed('x', [1, 8]) });
    expect(() => fixShapes(model, fed, 'fixing the test model')).toThrow(/the operator Unique/);
  });

  const SIZES: Readonly<Record<string, number>> = {
    batch_size: 2,
    height: 16,
    width: 8,
    sequence_length: 77,
  };
  const sides = (name: string) => SIZES[name] ?? (name.startsWith('sample_') ? 64 : 8);
  const files = sharedPath('golden')
    ? readdirSync(sharedPath('golden')!, { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.onnx'))
        .map((name) => join(sharedPath('golden')!, name))
    : [];
  it.skipIf(files.length === 0).each(files.map((file) => [file.split('/').slice(-3, -1).join('/'), file]))(
    'of an exporter: %s',
    async (_name, file) => {
      const { model, folder } = loadGraph(file, { root: dirname(dirname(file)) });
      const feeds = Object.fromEntries(
        model.graph.inputs.map(({ name, type, dims }) => {
          const sized = dims!.map((dim) => (typeof dim === 'number' ? dim : sides(dim!)));
          const count = sized.reduce((all, side) => all * side, 1);
          const ids = Array.from({ length: count }, (_, i) => (i * 7) % 49);
          return [name, type === ELEMENT.int64 ? int64(sized, ...ids) : noiseFeed(name, sized)];
        }),
      );
      const half = [...model.graph.initializers.values()].some(({ type }) => type === ELEMENT.float16);
      const { was, is, operators } = await both(model, feeds, folder);
      expect(operators.filter((op) => SHAPERS.includes(op))).toEqual([]);
      for (const [name, { data }] of Object.entries(was)) {
        const most = data.reduce((all, value) => Math.max(all, Math.abs(value)), 0);
        // Folded constants may be joined by the runtime in another order.
        expect(largestDifference(is[name]!.data, data) / most).toBeLessThan(half ? 4e-3 : 1e-5);
      }
    },
  );
});
