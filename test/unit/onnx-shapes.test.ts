/** Shapes of a graph's values, and the memory of a call, on graphs small enough to be counted by hand. */
import { describe, expect, it } from 'vitest';
import { parseText } from '../../src/main/engine/onnx/ir/text.ts';
import { ELEMENT } from '../../src/main/engine/onnx/ir/types.ts';
import { Arena } from '../../src/main/engine/onnx/shapes/arena.ts';
import { Footprint } from '../../src/main/engine/onnx/shapes/footprint.ts';
import { inferShapes } from '../../src/main/engine/onnx/shapes/infer.ts';
import type { Known } from '../../src/main/engine/onnx/shapes/known.ts';
import { TABLES } from '../../src/main/engine/onnx/shapes/operators.ts';

const floats = (...dims: number[]): Known => ({ dims, type: ELEMENT.float32 });
const graphOf = (text: string) => parseText(text, { fill: (_, count) => new Float32Array(count) }).graph;
const MB = 2 ** 20;
/** Megabytes of float32 in a row. */
const row = (megabytes: number) => floats((megabytes * MB) / 4);

it('of no operator the shapes are told twice', () => {
  const named = TABLES.flatMap(Object.keys);
  expect(named.filter((name, i) => named.indexOf(name) < i)).toEqual([]);
});

describe('shapes', () => {
  const shapesOf = (text: string, fed: Record<string, Known>) => {
    const found = inferShapes(graphOf(text), new Map(Object.entries(fed)));
    return (name: string) => found.get(name)?.dims;
  };

  it('of a convolution, its stride, padding and what comes after', () => {
    const of = shapesOf(
      `float32[B, 3, H, W] x => float32[B, 8, H, W] y
       float32[8, 3, 3, 3] w
       float32[4] scales = {1, 1, 2, 2}
       down = Conv<pads = [1, 1, 1, 1], strides = [2, 2]>(x, w)
       up = Resize<mode = "nearest">(down, , scales)
       y = Sigmoid(up)`,
      { x: floats(2, 3, 10, 7) },
    );
    expect(of('down')).toEqual([2, 8, 5, 4]);
    expect(of('up')).toEqual([2, 8, 10, 8]);
    expect(of('y')).toEqual([2, 8, 10, 8]);
  });

  it('that are computed in the graph: heads cut out of a width, a batch that is kept', () => {
    const of = shapesOf(
      `float32[B, N, 8] x => float32[B, 2, N, N] scores
       int64[1] zero = {0}
       int64[1] one = {1}
       int64[1] rest = {-1}
       int64[1] heads = {2}
       int64[1] two = {2}
       int64[1] three = {3}
       s = Shape(x)
       batch = Slice(s, zero, one)
       width = Slice(s, two, three)
       each = Div(width, heads)
       sides = Concat<axis = 0>(batch, rest, heads, each)
       split = Reshape(x, sides)
       q = Transpose<perm = [0, 2, 1, 3]>(split)
       k = Transpose<perm = [0, 2, 3, 1]>(split)
       scores = MatMul(q, k)`,
      { x: floats(3, 5, 8) },
    );
    expect(of('split')).toEqual([3, 5, 2, 4]);
    expect(of('scores')).toEqual([3, 2, 5, 5]);
  });

  it('by values that are fed, none of a bank among them', () => {
    const text = `float32[B, M, 4] bank, float32[B, N, 4] own, int64[1] length => float32[B, K, 4] all
       int64[1] zero = {0}
       int64[1] one = {1}
       kept = Slice(own, zero, length, one)
       all = Concat<axis = 1>(bank, kept)`;
    const all = (bank: number, length: number) =>
      shapesOf(text, {
        bank: floats(1, bank, 4),
        own: floats(1, 6, 4),
        length: { dims: [1], type: ELEMENT.int64, values: [length] },
      })('all');
    expect(all(0, 2 ** 31)).toEqual([1, 6, 4]);
    expect(all(12, 0)).toEqual([1, 12, 4]);
    expect(all(3, 2)).toEqual([1, 5, 4]);
  });

  it('are left out where an operator is fed what nobody knows, and nothing is thrown', () => {
    const of = shapesOf(
      `float32[N] x, int64[2] sides => float32[A, B] y
       y = Reshape(x, sides)`,
      { x: floats(6), sides: { dims: [2], type: ELEMENT.int64 } },
    );
    expect(of('y')).toBeUndefined();
  });
});

describe('the memory of a call', () => {
  const most = (text: string, fed: Record<string, Known>, folds = true) =>
    new Footprint(graphOf(text), { folds }).run(new Arena(), new Map(Object.entries(fed))) / MB;

  it('is what is alive at once: of a chain two values, and one where the next may lie in the last', () => {
    const turned = `float32[N] x => float32[N] y
       a = Softmax(x)
       b = Softmax(a)
       y = Softmax(b)`;
    expect(most(turned, { x: row(8) })).toBe(16);
    const inPlace = `float32[N] x => float32[N] y
       a = Sigmoid(x)
       b = Sigmoid(a)
       y = Sigmoid(b)`;
    // What was fed is the caller's: the first lies by itself.
    expect(most(inPlace, { x: row(8) })).toBe(8);
  });

  it('is held in the gaps too where the runtime sees beforehand that values are as large as dead ones', () => {
    const text = `float32[524288] x => float32[1] y
       int64[1] axis = {0}
       a = Sigmoid(x)
       s = ReduceSum(a, axis)
       float32[1048576] w
       v = Mul(s, w)
       u = ReduceSum(v, axis)
       b = Mul(x, u)
       y = ReduceSum(b, axis)`;
    const graph = graphOf(text);
    const fed = new Map([['x', row(2)]]);
    const held = (fixed: boolean) => {
      const arena = new Arena();
      return new Footprint(graph, { folds: false, fixed }).run(arena, fed) / MB;
    };
    // a is dead while v is there, and b lies where it lay.
    expect([Math.round(held(false)), Math.round(held(true))]).toEqual([4, 6]);
  });

  it('of a transposed convolution has the columns beside', () => {
    const text = `float32[1, 4, 64, 64] x, float32[4, 8, 3, 3] w => float32[1, 8, 66, 66] y
       y = ConvTranspose(x, w)`;
    const fed = { x: floats(1, 4, 64, 64), w: floats(4, 8, 3, 3) };
    expect(most(text, fed) * MB).toBe(4 * (8 * 66 * 66 + 8 * 9 * 64 * 64));
  });

  it('holds what is read again until it was read', () => {
    const text = `float32[N] x => float32[N] y
       early = Softmax(x)
       a = Softmax(early)
       b = Softmax(a)
       y = Add(b, early)`;
    expect(most(text, { x: row(8) })).toBe(24);
  });

  it('counts a view with what it looks at', () => {
    const text = `float32[A, B] x => float32[N] y
       int64[1] flat = {-1}
       a = Softmax(x)
       v = Reshape(a, flat)
       y = Softmax(v)`;
    expect(most(text, { x: floats(2, MB) })).toBe(16);
  });

  it('takes what hangs on no input when the graph is loaded, or at every call where that is switched off', () => {
    const turned = `float32[N] x => float32[M] y
       float32[1048576] w
       wide = Softmax(w)
       y = Concat<axis = 0>(x, wide)`;
    expect(most(turned, { x: row(4) })).toBe(8);
    expect(most(turned, { x: row(4) }, false)).toBe(12);
  });
});

describe('the runtime’s allocator', () => {
  it('uses again what was given back, the smallest that is large enough, and grows by what does not fit', () => {
    const arena = new Arena();
    // Regions of 4 MB: the first is too small to be parted for 3, the second has 2 left.
    const a = arena.take(3 * MB);
    arena.take(2 * MB);
    arena.give(a);
    arena.take(2 * MB);
    expect(arena.touched).toBe(7 * MB);
    const again = arena.take(3 * MB);
    expect(arena.touched).toBe(7 * MB);
    arena.give(again);
    arena.take(9 * MB);
    expect(arena.touched).toBe(16 * MB);
  });

  it('joins neighbours that are free', () => {
    const arena = new Arena();
    // One region of 16 MB, parted in three.
    const whole = arena.take(16 * MB);
    arena.give(whole);
    const [a, b, c] = [arena.take(4 * MB), arena.take(4 * MB), arena.take(4 * MB)];
    for (const one of [a, c, b]) arena.give(one);
    arena.take(12 * MB);
    expect(arena.touched).toBe(16 * MB);
  });

  it('counts pages that were written to, not those that were asked for', () => {
    const arena = new Arena();
    // A region of 8 MB for 5.
    arena.take(5 * MB);
    expect(arena.touched).toBe(5 * MB);
    // The rest of it is too small to be parted off, so this one is elsewhere.
    arena.take(2 * MB);
    expect(arena.touched).toBe(7 * MB);
  });
});
