/** Operators that take numbers from where they lie, or lay them out anew. */
import {
  at,
  axisOf,
  broadcastDims,
  integers,
  make,
  type Numbers,
  type Operator,
  type Operators,
  offset,
  product,
  spread,
  visit,
  within,
} from './numbers.ts';

const reshape: Operator = (given, node) => {
  const [x] = given as [Numbers];
  const wanted = integers(node, given, 1, 'shape')!;
  const dims = wanted.map((dim, i) => (dim === 0 && !node.int('allowzero', 0) ? x.dims[i]! : dim));
  const open = dims.indexOf(-1);
  if (open >= 0) dims[open] = x.data.length / product(dims.filter((_, i) => i !== open));
  if (product(dims) !== x.data.length) throw new Error(`[${x.dims}] as [${dims}]`);
  return { dims, data: x.data };
};

const transpose: Operator = ([x], node) => {
  const perm = node.ints('perm') ?? x!.dims.map((_, i) => x!.dims.length - 1 - i);
  return make(
    perm.map((axis) => x!.dims[axis]!),
    (place) => {
      const from: number[] = [];
      for (const [i, axis] of perm.entries()) from[axis] = place[i]!;
      return at(x!, from);
    },
  );
};

const concat: Operator = (given, node) => {
  const all = given as readonly Numbers[];
  const axis = axisOf(all[0]!.dims, node.int('axis', 0));
  const length = all.reduce((sum, { dims }) => sum + dims[axis]!, 0);
  return make(all[0]!.dims.with(axis, length), (place) => {
    let i = place[axis]!;
    for (const one of all) {
      if (i < one.dims[axis]!) return at(one, place.with(axis, i));
      i -= one.dims[axis]!;
    }
    throw new Error('past the end');
  });
};

const split: Operator = (given, node) => {
  const [x] = given as [Numbers];
  const axis = axisOf(x.dims, node.int('axis', 0));
  const whole = Math.ceil(x.dims[axis]! / node.outputs.length);
  const sizes =
    integers(node, given, 1, 'split') ??
    node.outputs.map((_, i) => Math.min(whole, x.dims[axis]! - i * whole));
  let start = 0;
  return sizes.map((size) => {
    const from = start;
    start += size;
    return make(x.dims.with(axis, size), (place) => at(x, place.with(axis, place[axis]! + from)));
  });
};

const slice: Operator = (given, node) => {
  const [x] = given as [Numbers];
  const starts = integers(node, given, 1, 'starts')!;
  const ends = integers(node, given, 2, 'ends')!;
  const axes = integers(node, given, 3, 'axes') ?? starts.map((_, i) => i);
  const steps = integers(node, given, 4, 'steps') ?? starts.map(() => 1);
  const dims = [...x.dims];
  const begin = dims.map(() => 0);
  const stride = dims.map(() => 1);
  for (const [i, named] of axes.entries()) {
    const axis = axisOf(x.dims, named);
    const side = x.dims[axis]!;
    const step = steps[i]!;
    const inside = (value: number, low: number, high: number) =>
      Math.min(high, Math.max(low, value < 0 ? value + side : value));
    begin[axis] = step > 0 ? inside(starts[i]!, 0, side) : inside(starts[i]!, 0, side - 1);
    const end = step > 0 ? inside(ends[i]!, 0, side) : inside(ends[i]!, -1, side - 1);
    stride[axis] = step;
    dims[axis] = Math.max(0, Math.ceil((end - begin[axis]) / step));
  }
  return make(dims, (place) =>
    at(
      x,
      place.map((one, axis) => begin[axis]! + one * stride[axis]!),
    ),
  );
};

const squeeze: Operator = (given, node) => {
  const [x] = given as [Numbers];
  const axes = integers(node, given, 1, 'axes')?.map((axis) => axisOf(x.dims, axis));
  return { dims: x.dims.filter((dim, i) => (axes ? !axes.includes(i) : dim !== 1)), data: x.data };
};

const unsqueeze: Operator = (given, node) => {
  const [x] = given as [Numbers];
  const axes = integers(node, given, 1, 'axes')!;
  const rank = x.dims.length + axes.length;
  const dims = [...x.dims];
  for (const axis of axes.map((one) => (one < 0 ? one + rank : one)).sort((a, b) => a - b))
    dims.splice(axis, 0, 1);
  return { dims, data: x.data };
};

const flatten: Operator = ([x], node) => {
  const axis = axisOf(x!.dims, node.int('axis', 1));
  return { dims: [product(x!.dims.slice(0, axis)), product(x!.dims.slice(axis))], data: x!.data };
};

const gather: Operator = ([x, indices], node) => {
  const axis = axisOf(x!.dims, node.int('axis', 0));
  const rank = indices!.dims.length;
  return make([...x!.dims.slice(0, axis), ...indices!.dims, ...x!.dims.slice(axis + 1)], (place) => {
    const index = at(indices!, place.slice(axis, axis + rank));
    const row = index < 0 ? index + x!.dims[axis]! : index;
    return at(x!, [...place.slice(0, axis), row, ...place.slice(axis + rank)]);
  });
};

const gatherElements: Operator = ([x, indices], node) => {
  const axis = axisOf(x!.dims, node.int('axis', 0));
  return make(indices!.dims, (place, i) => {
    const index = indices!.data[i]!;
    return at(x!, place.with(axis, index < 0 ? index + x!.dims[axis]! : index));
  });
};

const scatterElements: Operator = ([x, indices, updates], node) => {
  const axis = axisOf(x!.dims, node.int('axis', 0));
  const reduction = node.text('reduction') ?? 'none';
  const data = Float64Array.from(x!.data);
  visit(indices!.dims, (place, i) => {
    const index = indices!.data[i]!;
    const to = offset(x!.dims, place.with(axis, index < 0 ? index + x!.dims[axis]! : index));
    data[to] = (reduction === 'add' ? data[to]! : 0) + updates!.data[i]!;
  });
  return { dims: x!.dims, data };
};

/** Places of several axes at once. */
const gatherNd: Operator = ([x, indices]) => {
  const named = indices!.dims.at(-1)!;
  const outer = indices!.dims.slice(0, -1);
  return make([...outer, ...x!.dims.slice(named)], (place) => {
    const first = place.slice(0, outer.length);
    const from = Array.from({ length: named }, (_, axis) => {
      const index = at(indices!, [...first, axis]);
      return index < 0 ? index + x!.dims[axis]! : index;
    });
    return at(x!, [...from, ...place.slice(outer.length)]);
  });
};

const pad: Operator = (given, node) => {
  const [x, , filler, named] = given as [Numbers, ...(Numbers | undefined)[]];
  const pads = integers(node, given, 1, 'pads')!;
  const axes = named ? [...named.data].map((axis) => axisOf(x.dims, axis)) : x.dims.map((_, i) => i);
  const before = x.dims.map(() => 0);
  const dims = [...x.dims];
  for (const [i, axis] of axes.entries()) {
    before[axis] = pads[i]!;
    dims[axis] = dims[axis]! + pads[i]! + pads[i + axes.length]!;
  }
  const mode = node.text('mode') ?? 'constant';
  const value = filler?.data[0] ?? node.float('value') ?? 0;
  const folded = (one: number, side: number) => {
    if (mode === 'edge') return Math.min(side - 1, Math.max(0, one));
    if (mode === 'wrap') return ((one % side) + side) % side;
    return one < 0 ? -one : one >= side ? 2 * (side - 1) - one : one;
  };
  return make(dims, (place) => {
    const from = place.map((one, axis) => one - before[axis]!);
    if (mode === 'constant') return within(x.dims, from) ? at(x, from) : value;
    return at(
      x,
      from.map((one, axis) => folded(one, x.dims[axis]!)),
    );
  });
};

const blocks: Operator = ([x], node) => {
  const [batch, channels, height, width] = x!.dims as [number, number, number, number];
  const side = node.int('blocksize', 1);
  const left = channels / side ** 2;
  const columnsFirst = node.text('mode') === 'CRD';
  return make([batch, left, height * side, width * side], ([b, c, y, x_]) => {
    const block = (y! % side) * side + (x_! % side);
    const channel = columnsFirst ? c! * side ** 2 + block : block * left + c!;
    return at(x!, [b!, channel, Math.floor(y! / side), Math.floor(x_! / side)]);
  });
};

const toDepth: Operator = ([x], node) => {
  const [batch, channels, height, width] = x!.dims as [number, number, number, number];
  const side = node.int('blocksize', 1);
  return make([batch, channels * side ** 2, height / side, width / side], ([b, c, y, x_]) => {
    const block = Math.floor(c! / channels);
    return at(x!, [b!, c! % channels, y! * side + Math.floor(block / side), x_! * side + (block % side)]);
  });
};

export const ARRANGE: Operators = {
  Reshape: reshape,
  Transpose: transpose,
  Concat: concat,
  Split: split,
  Slice: slice,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Flatten: flatten,
  Gather: gather,
  GatherElements: gatherElements,
  GatherND: gatherNd,
  ScatterElements: scatterElements,
  Pad: pad,
  DepthToSpace: blocks,
  SpaceToDepth: toDepth,
  Expand: ([x, wanted]) => make(broadcastDims(x!.dims, [...wanted!.data]), (place) => spread(x!, place)),
  Tile: ([x, repeats]) =>
    make(
      x!.dims.map((dim, i) => dim * repeats!.data[i]!),
      (place) =>
        at(
          x!,
          place.map((one, axis) => one % x!.dims[axis]!),
        ),
    ),
  Shape: ([x], node) => {
    const end = node.attributes.has('end') ? node.int('end', 0) : x!.dims.length;
    const sides = x!.dims.slice(node.int('start', 0), end);
    return { dims: [sides.length], data: Float64Array.from(sides) };
  },
  ConstantOfShape: ([wanted], node) => {
    const held = node.attributes.get('value');
    const bytes = held?.kind === 'tensor' && held.value.data.kind === 'bytes' ? held.value.data.bytes : null;
    const value = bytes ? new DataView(bytes.buffer, bytes.byteOffset).getFloat32(0, true) : 0;
    return make([...wanted!.data], () => value);
  },
};
