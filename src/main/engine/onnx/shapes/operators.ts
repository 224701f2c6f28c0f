/** What each operator makes of the shapes it is given. Those that are not named here make as much as their first input. */
import type { Node } from '../ir/graph.ts';
import { ELEMENT } from '../ir/types.ts';
import { type Known, known, product } from './known.ts';

type Given = readonly (Known | undefined)[];
/** Null where it cannot be told. */
type Rule = (node: Node, given: Given) => Known | readonly Known[] | null;

const { bool, float32, int64 } = ELEMENT;
const INTEGERS: readonly number[] = [
  ELEMENT.int64,
  ELEMENT.int32,
  ELEMENT.int16,
  ELEMENT.int8,
  ELEMENT.uint8,
];

const at = (dims: readonly number[], axis: number) => (axis < 0 ? axis + dims.length : axis);

function broadcast(...shapes: readonly (readonly number[])[]): number[] {
  const rank = Math.max(...shapes.map(({ length }) => length));
  return Array.from({ length: rank }, (_, i) => {
    const sides = shapes.map((dims) => dims[i - rank + dims.length] ?? 1);
    return sides.find((side) => side !== 1) ?? 1;
  });
}

const same: Rule = (_node, [first]) => first ?? null;

const each =
  (change: (value: number) => number): Rule =>
  (_node, [first]) =>
    first ? known(first.dims, first.type, first.values?.map(change)) : null;

const between =
  (change: ((a: number, b: number) => number) | null, type?: number): Rule =>
  (_node, [a, b]) => {
    if (!a || !b) return null;
    const dims = broadcast(a.dims, b.dims);
    const made = type ?? a.type;
    const { values: left } = a;
    const { values: right } = b;
    if (!change || !left || !right) return known(dims, made);
    const whole = INTEGERS.includes(made);
    const value = (i: number) => change(left[left.length === 1 ? 0 : i]!, right[right.length === 1 ? 0 : i]!);
    const values = Array.from({ length: product(dims) }, (_, i) => (whole ? Math.trunc(value(i)) : value(i)));
    return known(dims, made, values);
  };

/** Numbers of an input, or of the attribute that older operator sets have for it. */
function numbers(node: Node, given: Given, input: number, attribute: string): readonly number[] | null {
  if (node.inputs[input]) return given[input]?.values ?? null;
  return node.ints(attribute);
}

const shape: Rule = (node, [first]) => {
  if (!first) return null;
  const { length } = first.dims;
  const end = node.attributes.has('end') ? node.int('end', length) : length;
  const values = first.dims.slice(at(first.dims, node.int('start', 0)), end < 0 ? end + length : end);
  return known([values.length], int64, values);
};

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

const expand: Rule = (_node, [first, wanted]) =>
  first && wanted?.values ? known(broadcast(first.dims, wanted.values), first.type) : null;

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

const matMul: Rule = (node, [a, b]) => {
  if (!a || !b || a.dims.length < 2 || b.dims.length < 2) return null;
  const turned = (dims: readonly number[], turn: number) =>
    turn ? [...dims.slice(0, -2), dims.at(-1)!, dims.at(-2)!] : dims;
  const left = turned(a.dims, node.int('transA', 0));
  const right = turned(b.dims, node.int('transB', 0));
  return known([...broadcast(left.slice(0, -2), right.slice(0, -2)), left.at(-2)!, right.at(-1)!], a.type);
};

/** Of weights in few bits: how many columns is told. */
const matMulNBits: Rule = (node, [first]) =>
  first ? known(first.dims.with(-1, node.int('N', 0)), first.type) : null;

interface Window {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Of both sides of each axis, in sum. */
  readonly pads: readonly number[];
  readonly auto: string;
}

function windowOf(node: Node, sides: number, kernel: readonly number[]): Window {
  const ones = kernel.map(() => 1);
  const pads = node.ints('pads') ?? Array.from({ length: 2 * sides }, () => 0);
  const auto = node.attributes.get('auto_pad');
  return {
    kernel,
    strides: node.ints('strides') ?? ones,
    dilations: node.ints('dilations') ?? ones,
    pads: kernel.map((_, i) => pads[i]! + pads[i + sides]!),
    auto: auto?.kind === 'string' ? new TextDecoder().decode(auto.value) : 'NOTSET',
  };
}

function slid(
  dims: readonly number[],
  { kernel, strides, dilations, pads, auto }: Window,
  up = false,
): number[] {
  return dims.map((side, i) => {
    if (auto.startsWith('SAME')) return Math.ceil(side / strides[i]!);
    const free = side + (auto === 'VALID' ? 0 : pads[i]!) - dilations[i]! * (kernel[i]! - 1) - 1;
    return (up ? Math.ceil(free / strides[i]!) : Math.floor(free / strides[i]!)) + 1;
  });
}

const conv: Rule = (node, [first, weight]) => {
  if (!first || !weight) return null;
  const sides = first.dims.slice(2);
  const window = windowOf(node, sides.length, weight.dims.slice(2));
  return known([first.dims[0]!, weight.dims[0]!, ...slid(sides, window)], first.type);
};

const convTranspose: Rule = (node, [first, weight]) => {
  if (!first || !weight) return null;
  const sides = first.dims.slice(2);
  const { kernel, strides, dilations, pads } = windowOf(node, sides.length, weight.dims.slice(2));
  const more = node.ints('output_padding') ?? sides.map(() => 0);
  const made = sides.map(
    (side, i) => strides[i]! * (side - 1) + more[i]! + (kernel[i]! - 1) * dilations[i]! + 1 - pads[i]!,
  );
  return known([first.dims[0]!, weight.dims[1]! * node.int('group', 1), ...made], first.type);
};

const pool: Rule = (node, [first]) => {
  const kernel = node.ints('kernel_shape');
  if (!first || !kernel) return null;
  const window = windowOf(node, kernel.length, kernel);
  const sides = slid(first.dims.slice(2), window, node.int('ceil_mode', 0) === 1);
  return known([...first.dims.slice(0, 2), ...sides], first.type);
};

const poolAll: Rule = (_node, [first]) =>
  first
    ? known(
        first.dims.map((dim, i) => (i < 2 ? dim : 1)),
        first.type,
      )
    : null;

const pad: Rule = (node, given) => {
  const [first] = given;
  const pads = numbers(node, given, 1, 'pads');
  if (!first || !pads) return null;
  const axes = given[3]?.values?.map((axis) => at(first.dims, axis)) ?? first.dims.map((_, i) => i);
  const dims = [...first.dims];
  for (const [i, axis] of axes.entries()) dims[axis] = dims[axis]! + pads[i]! + pads[i + axes.length]!;
  return known(dims, first.type);
};

const resize: Rule = (_node, given) => {
  const [first] = given;
  if (!first) return null;
  const filled = (one: Known | undefined) => (one?.values && one.values.length > 0 ? one.values : null);
  // The oldest has its scales second.
  const scales = filled(given[2]) ?? (given.length === 2 ? filled(given[1]) : null);
  const sizes =
    filled(given[3]) ?? (scales ? first.dims.map((dim, i) => Math.floor(dim * scales[i]!)) : null);
  return sizes && known(sizes, first.type);
};

const reduce: Rule = (node, given) => {
  const [first] = given;
  if (!first) return null;
  const named = numbers(node, given, 1, 'axes');
  const all = !named || named.length === 0;
  if (all && node.int('noop_with_empty_axes', 0)) return first;
  const axes = all ? first.dims.map((_, i) => i) : named.map((axis) => at(first.dims, axis));
  return known(reduced(first.dims, axes, node.int('keepdims', 1) === 1), first.type);
};

function reduced(dims: readonly number[], axes: readonly number[], keep: boolean): number[] {
  return dims.flatMap((dim, i) => (axes.includes(i) ? (keep ? [1] : []) : [dim]));
}

const argument: Rule = (node, [first]) =>
  first
    ? known(reduced(first.dims, [at(first.dims, node.int('axis', 0))], node.int('keepdims', 1) === 1), int64)
    : null;

const where: Rule = (_node, [condition, a, b]) => {
  if (!condition || !a || !b) return null;
  const dims = broadcast(condition.dims, a.dims, b.dims);
  const of = ({ values }: Known, i: number) => values![values!.length === 1 ? 0 : i]!;
  const all = condition.values && a.values && b.values;
  const values = all
    ? Array.from({ length: product(dims) }, (_, i) => (of(condition, i) ? of(a, i) : of(b, i)))
    : undefined;
  return known(dims, a.type, values);
};

const constantOfShape: Rule = (node, [wanted]) => {
  if (!wanted?.values) return null;
  const held = node.attributes.get('value');
  const type = held?.kind === 'tensor' ? held.value.type : float32;
  const count = product(wanted.values);
  // What it holds is asked of -1 and 1 only, where shapes are put together.
  const bytes = held?.kind === 'tensor' && held.value.data.kind === 'bytes' ? held.value.data.bytes : null;
  const value =
    bytes && type === int64 ? Number(new DataView(bytes.buffer, bytes.byteOffset).getBigInt64(0, true)) : 0;
  return known(wanted.values, type, count <= 8 ? Array.from({ length: count }, () => value) : undefined);
};

const range: Rule = (_node, [start, limit, delta]) => {
  const [a, b, step] = [start?.values?.[0], limit?.values?.[0], delta?.values?.[0]];
  if (a === undefined || b === undefined || !step) return null;
  const count = Math.max(0, Math.ceil((b - a) / step));
  return known(
    [count],
    start!.type,
    count <= 64 ? Array.from({ length: count }, (_, i) => a + i * step) : undefined,
  );
};

/** Queries and values [B, N, C] or [B, H, N, D]: as many tokens as the one, as wide as the other. */
const attend: Rule = (_node, [query, key, value]) => {
  if (!query) return null;
  const wide = value ?? key ?? query;
  return known(query.dims.with(-1, wide.dims.at(-1)!), query.type);
};

const packedAttention: Rule = (_node, [tokens, weight]) =>
  tokens && weight ? known(tokens.dims.with(-1, weight.dims[1]! / 3), tokens.type) : null;

const einsum: Rule = (node, given) => {
  const equation = node.attributes.get('equation');
  if (equation?.kind !== 'string' || given.some((one) => !one)) return null;
  const [left, right] = new TextDecoder().decode(equation.value).replaceAll(' ', '').split('->');
  if (left === undefined || right === undefined) return null;
  const sides = new Map<string, number>();
  for (const [i, letters] of left.split(',').entries())
    for (const [k, letter] of [...letters].entries()) sides.set(letter, given[i]!.dims[k] ?? 1);
  return known(
    [...right].map((letter) => sides.get(letter) ?? 1),
    given[0]!.type,
  );
};

const gridSample: Rule = (_node, [first, grid]) =>
  first && grid ? known([...first.dims.slice(0, 2), ...grid.dims.slice(1, -1)], first.type) : null;

const typed =
  (type: (node: Node, first: Known) => number): Rule =>
  (node, [first]) =>
    first ? known(first.dims, type(node, first), first.values) : null;

const cast = typed((node, { type }) => node.int('to', type));

export const RULES: Readonly<Record<string, Rule>> = {
  Add: between((a, b) => a + b),
  Sub: between((a, b) => a - b),
  Mul: between((a, b) => a * b),
  Div: between((a, b) => a / b),
  Mod: between((a, b) => a % b),
  Pow: between((a, b) => a ** b),
  Max: between(Math.max),
  Min: between(Math.min),
  PRelu: between(null),
  Equal: between((a, b) => Number(a === b), bool),
  Less: between((a, b) => Number(a < b), bool),
  LessOrEqual: between((a, b) => Number(a <= b), bool),
  Greater: between((a, b) => Number(a > b), bool),
  GreaterOrEqual: between((a, b) => Number(a >= b), bool),
  And: between((a, b) => Number(a && b), bool),
  Or: between((a, b) => Number(a || b), bool),
  Floor: each(Math.floor),
  Ceil: each(Math.ceil),
  Neg: each((value) => -value),
  Sqrt: each(Math.sqrt),
  Identity: same,
  Cast: cast,
  Not: typed(() => bool),
  DequantizeLinear: (_node, [first, scale]) => (first && scale ? known(first.dims, scale.type) : null),
  Shape: shape,
  Size: (_node, [first]) => (first ? known([], int64, [product(first.dims)]) : null),
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
  MatMul: matMul,
  FusedMatMul: matMul,
  MatMulNBits: matMulNBits,
  Gemm: matMul,
  Conv: conv,
  ConvTranspose: convTranspose,
  MaxPool: pool,
  AveragePool: pool,
  GlobalAveragePool: poolAll,
  GlobalMaxPool: poolAll,
  Pad: pad,
  Resize: resize,
  Upsample: resize,
  ReduceMean: reduce,
  ReduceSum: reduce,
  ReduceMax: reduce,
  ReduceMin: reduce,
  ReduceProd: reduce,
  ReduceL2: reduce,
  ArgMax: argument,
  ArgMin: argument,
  Where: where,
  ConstantOfShape: constantOfShape,
  Range: range,
  MultiHeadAttention: attend,
  Attention: (node, given) => (node.domain === '' ? attend : packedAttention)(node, given),
  Einsum: einsum,
  GridSample: gridSample,
};

export const asFirst = typed((_node, { type }) => type);
