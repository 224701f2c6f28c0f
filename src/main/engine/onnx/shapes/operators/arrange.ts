/** Operators that take numbers from where they lie, or lay them out anew. */
import { type Known, known, MOST_VALUES, product } from '../known.ts';
import { at, broadcast, numbers, type Rule, type Rules, spread } from './rule.ts';

const gather: Rule = (node, [data, indices]) => {
  if (!data || !indices) return null;
  const axis = at(data.dims, node.int('axis', 0));
  const dims = [...data.dims.slice(0, axis), ...indices.dims, ...data.dims.slice(axis + 1)];
  const values =
    data.dims.length === 1 && data.values
      ? indices.values?.map((i) => data.values![i < 0 ? i + data.values!.length : i]!)
      : undefined;
  return known(dims, data.type, values);
};

const slice: Rule = (node, given) => {
  const [data] = given;
  const starts = numbers(node, given, 1, 'starts');
  const ends = numbers(node, given, 2, 'ends');
  if (!data || !starts || !ends) return null;
  const axes = numbers(node, given, 3, 'axes') ?? starts.map((_, i) => i);
  const steps = numbers(node, given, 4, 'steps') ?? starts.map(() => 1);
  const dims = [...data.dims];
  const begin = dims.map(() => 0);
  const stride = dims.map(() => 1);
  for (const [i, named] of axes.entries()) {
    const axis = at(dims, named);
    const side = data.dims[axis]!;
    const step = steps[i]!;
    const [low, high] = step > 0 ? [0, side] : [-1, side - 1];
    const inside = (value: number, least: number) =>
      Math.min(high, Math.max(least, value < 0 ? value + side : value));
    begin[axis] = inside(starts[i]!, 0);
    stride[axis] = step;
    const end = ends[i]! < -side ? low : inside(ends[i]!, low);
    dims[axis] = Math.max(0, Math.ceil((end - begin[axis]!) / step));
  }
  return known(
    dims,
    data.type,
    picked(data, dims, (place) => place.map((one, axis) => begin[axis]! + one * stride[axis]!)),
  );
};

/** Values of an array of these sides, each taken from where `from` says; for small ones. */
function picked(
  { dims: sides, values }: Known,
  dims: readonly number[],
  from: (place: readonly number[]) => readonly number[],
): number[] | undefined {
  if (!values) return undefined;
  return Array.from({ length: product(dims) }, (_, i) => {
    let rest = i;
    const place = dims.map(() => 0);
    for (let axis = dims.length - 1; axis >= 0; axis--) {
      place[axis] = rest % dims[axis]!;
      rest = Math.floor(rest / dims[axis]!);
    }
    const source = from(place);
    return values[sides.reduce((offset, side, axis) => offset * side + source[axis]!, 0)]!;
  });
}

const concat: Rule = (node, given) => {
  const [first] = given;
  if (!first || given.some((one) => !one)) return null;
  const axis = at(first.dims, node.int('axis', 0));
  const dims = first.dims.with(
    axis,
    given.reduce((sum, one) => sum + one!.dims[axis]!, 0),
  );
  const all = first.dims.length <= 1 && given.every((one) => one!.values);
  return known(dims, first.type, all ? given.flatMap((one) => [...one!.values!]) : undefined);
};

const split: Rule = (node, given) => {
  const [first] = given;
  if (!first) return null;
  const axis = at(first.dims, node.int('axis', 0));
  const count = node.outputs.length;
  const whole = Math.ceil(first.dims[axis]! / count);
  const sizes =
    numbers(node, given, 1, 'split') ??
    node.outputs.map((_, i) => Math.min(whole, first.dims[axis]! - i * whole));
  return sizes.map((size) => known(first.dims.with(axis, size), first.type));
};

const unsqueeze: Rule = (node, given) => {
  const [first] = given;
  const axes = numbers(node, given, 1, 'axes');
  if (!first || !axes) return null;
  const rank = first.dims.length + axes.length;
  const dims = [...first.dims];
  for (const axis of axes.map((one) => (one < 0 ? one + rank : one)).sort((a, b) => a - b))
    dims.splice(axis, 0, 1);
  return known(dims, first.type, first.values);
};

const squeeze: Rule = (node, given) => {
  const [first] = given;
  if (!first) return null;
  const axes = numbers(node, given, 1, 'axes')?.map((axis) => at(first.dims, axis));
  const dims = first.dims.filter((dim, i) => (axes ? !axes.includes(i) : dim !== 1));
  return known(dims, first.type, first.values);
};

const reshape: Rule = (node, given) => {
  const [first] = given;
  const wanted = numbers(node, given, 1, 'shape');
  if (!first || !wanted) return null;
  const dims = wanted.map((dim, i) => (dim === 0 && !node.int('allowzero', 0) ? (first.dims[i] ?? 0) : dim));
  const open = dims.indexOf(-1);
  if (open >= 0) {
    const rest = product(dims.filter((_, i) => i !== open));
    dims[open] = rest === 0 ? 0 : product(first.dims) / rest;
  }
  return known(dims, first.type, first.values);
};

const flatten: Rule = (node, [first]) => {
  if (!first) return null;
  const axis = at(first.dims, node.int('axis', 1));
  return known([product(first.dims.slice(0, axis)), product(first.dims.slice(axis))], first.type);
};

const expand: Rule = (_node, [first, wanted]) => {
  if (!first || !wanted?.values) return null;
  const dims = broadcast(first.dims, wanted.values);
  return known(dims, first.type, product(dims) <= MOST_VALUES ? spread(first, dims) : undefined);
};

const tile: Rule = (_node, [first, repeats]) =>
  first && repeats?.values
    ? known(
        first.dims.map((dim, i) => dim * repeats.values![i]!),
        first.type,
      )
    : null;

const transpose: Rule = (node, [first]) => {
  if (!first) return null;
  const order = node.ints('perm') ?? first.dims.map((_, i) => first.dims.length - 1 - i);
  const dims = order.map((axis) => first.dims[axis]!);
  const values = picked(first, dims, (place) => first.dims.map((_, axis) => place[order.indexOf(axis)]!));
  return known(dims, first.type, values);
};

const gatherNd: Rule = (node, [data, indices]) => {
  if (!data || !indices) return null;
  const batch = node.int('batch_dims', 0);
  return known([...indices.dims.slice(0, -1), ...data.dims.slice(batch + indices.dims.at(-1)!)], data.type);
};

export const ARRANGE: Rules = {
  GatherElements: (_node, [data, indices]) => (data && indices ? known(indices.dims, data.type) : null),
  GatherND: gatherNd,
  Gather: gather,
  Slice: slice,
  Concat: concat,
  Split: split,
  Unsqueeze: unsqueeze,
  Squeeze: squeeze,
  Reshape: reshape,
  Flatten: flatten,
  Expand: expand,
  Tile: tile,
  Transpose: transpose,
};
