/** What a value is known to hold without running the graph. */
import type { Graph } from './graph.ts';
import { ELEMENT, integersOf, type Tensor } from './types.ts';

/** The tensor behind a constant value: an initializer or Constant, also through Identity. */
export function constantOf(graph: Graph, value: string): Tensor | null {
  // Old exporters list weights among the inputs too; the runtime's Node binding cannot override them, so they are constant.
  const initializer = graph.initializers.get(value);
  if (initializer) return initializer;
  const node = graph.producer(value);
  if (node?.op === 'Identity') return constantOf(graph, node.inputs[0]!);
  const held = node?.op === 'Constant' ? node.attributes.get('value') : undefined;
  return held?.kind === 'tensor' ? held.value : null;
}

/** Integers of a constant value, or null. */
export function constantIntegers(graph: Graph, value: string): number[] | null {
  const tensor = constantOf(graph, value);
  if (tensor) return integersOf(tensor);
  const node = graph.producer(value);
  const ints = node?.op === 'Constant' ? node.attributes.get('value_ints') : undefined;
  const int = node?.op === 'Constant' ? node.attributes.get('value_int') : undefined;
  if (ints?.kind === 'ints') return ints.value.map(Number);
  return int?.kind === 'int' ? [Number(int.value)] : null;
}

/**
 * Entries of a shape vector: a number where constant, null where computed at run time. Null as a whole when not even
 * its length is known.
 */
export function shapeEntries(graph: Graph, value: string): (number | null)[] | null {
  const known = constantIntegers(graph, value);
  if (known) return known;
  const node = graph.producer(value);
  if (node?.op === 'Identity' || node?.op === 'Cast') return shapeEntries(graph, node.inputs[0]!);
  if (node?.op !== 'Concat') {
    // Unsqueeze of a scalar, or entries cut out of a shape: computed ones, as many as can be counted.
    if (node && ['Unsqueeze', 'Reshape'].includes(node.op)) return [null];
    const count = shapeCount(graph, value);
    return count === null ? null : Array.from({ length: count }, () => null);
  }
  const entries: (number | null)[] = [];
  for (const part of node.inputs) {
    const inner = shapeEntries(graph, part);
    if (!inner) return null;
    entries.push(...inner);
  }
  return entries;
}

const WEIGHT_OPS = new Set(['Identity', 'Transpose', 'Reshape', 'Cast', 'DequantizeLinear']);

export interface Weight {
  readonly tensor: Tensor;
  /** Element type in which the weight enters the operator that uses it. */
  readonly type: number;
}

/** The stored weight behind a value that depends on nothing the caller feeds, or null. */
export function weightOf(graph: Graph, value: string): Weight | null {
  const tensor = constantOf(graph, value);
  if (tensor) return { tensor, type: tensor.type };
  const node = graph.producer(value);
  if (node && ['Mul', 'Add', 'Sub'].includes(node.op)) return largerWeight(graph, node.inputs);
  if (node?.op === 'MatMul') return multipliedWeight(graph, node.inputs);
  if (!node || !WEIGHT_OPS.has(node.op)) return null;
  const inner = weightOf(graph, node.inputs[0]!);
  if (!inner) return null;
  if (node.op === 'Cast') return { ...inner, type: node.int('to', ELEMENT.float32) };
  if (node.op === 'Transpose') return { ...inner, tensor: turned(inner.tensor, node.ints('perm')) };
  if (node.op === 'DequantizeLinear')
    return { ...inner, type: constantOf(graph, node.inputs[1]!)?.type ?? inner.type };
  return inner;
}

/** The shape as the operator sees it; whoever wants the numbers must ask for the stored tensor (constantOf). */
function turned(tensor: Tensor, perm: readonly number[] | null): Tensor {
  const { dims } = tensor;
  const order = perm ?? dims.map((_, i) => dims.length - 1 - i);
  return { ...tensor, dims: order.map((axis) => dims[axis]!), data: { kind: 'opaque' } };
}

/** A weight stored in few bits times its scales, or one with what an adapter adds: the one of the two with all the dimensions. */
function largerWeight(graph: Graph, factors: readonly string[]): Weight | null {
  const [a, b] = factors.map((factor) => weightOf(graph, factor));
  if (!a || !b) return null;
  return elements(a) >= elements(b) ? a : b;
}

/** The two matrices of an adapter, multiplied in the graph: the shape of their product; its data is nowhere. */
function multipliedWeight(graph: Graph, factors: readonly string[]): Weight | null {
  const [a, b] = factors.map((factor) => weightOf(graph, factor));
  if (a?.tensor.dims.length !== 2 || b?.tensor.dims.length !== 2) return null;
  const dims = [a.tensor.dims[0]!, b.tensor.dims[1]!];
  return { ...a, tensor: { ...a.tensor, dims, data: { kind: 'opaque' } } };
}

function elements({ tensor }: Weight): number {
  return tensor.dims.reduce((product, dim) => product * dim, 1);
}

/** Whether a value is one number for the whole layer, like the scale of an attention computed from a shape. */
export function isScalar(graph: Graph, value: string): boolean {
  return shapeCount(graph, value) === 1;
}

const EACH = new Set([
  ...['Sqrt', 'Cast', 'CastLike', 'Reciprocal', 'Identity', 'Squeeze', 'Unsqueeze', 'Reshape', 'Flatten'],
  ...['Neg', 'Abs', 'Floor', 'Ceil', 'Exp', 'Log'],
]);
const BETWEEN = new Set(['Div', 'Mul', 'Add', 'Sub', 'Pow', 'Max', 'Min', 'Mod']);
const TO_ONE = new Set(['ReduceProd', 'ReduceSum', 'ReduceMax', 'ReduceMin', 'Size']);

/** A single number that the caller gives, as the strength of an adapter is. */
function isNumberFed(graph: Graph, value: string): boolean {
  return graph.inputs.some(({ name, dims }) => name === value && dims?.length === 0);
}

/** How many numbers a value has that depends on constants, shapes and single inputs alone; null for all others, and where it is not seen. */
function shapeCount(graph: Graph, value: string): number | null {
  const tensor = constantOf(graph, value);
  if (tensor) return tensor.dims.reduce((product, dim) => product * dim, 1);
  const node = graph.producer(value);
  if (!node) return isNumberFed(graph, value) ? 1 : null;
  if (node.op === 'Constant') return node.ints('value_ints')?.length ?? 1;
  if (node.op === 'Shape')
    return between(node.int('start', 0), node.attributes.has('end') ? node.int('end', 0) : null);
  if (node.op === 'Size') return 1;
  const [first] = node.inputs as [string];
  if (node.op === 'Slice' || node.op === 'Gather') {
    // Of a shape whose rank is not known it is still seen how much is taken.
    if (!isShape(graph, first)) return null;
    return node.op === 'Gather' ? shapeCount(graph, node.inputs[1]!) : sliceCount(graph, node.inputs);
  }
  if (node.op === 'Concat') return sumOf(node.inputs.map((input) => shapeCount(graph, input)));
  const ofOne = EACH.has(node.op) || TO_ONE.has(node.op);
  if (!ofOne && !BETWEEN.has(node.op)) return null;
  // The shape of a Reshape and the axes of a Squeeze are constants here, and do not count.
  const counts = (ofOne ? [first] : node.inputs).map((input) => shapeCount(graph, input));
  if (TO_ONE.has(node.op)) return isShape(graph, first) || counts[0] !== null ? 1 : null;
  return counts.some((count) => count === null) ? null : Math.max(...(counts as number[]));
}

function sumOf(counts: readonly (number | null)[]): number | null {
  return counts.some((count) => count === null)
    ? null
    : (counts as number[]).reduce((sum, count) => sum + count, 0);
}

/** Entries from start to end where both count from the same side of a list of unknown length; null otherwise. */
function between(start: number, end: number | null): number | null {
  if (end === null || end > 2 ** 30) return start < 0 ? -start : null;
  return start < 0 === end < 0 && end > start ? end - start : null;
}

function sliceCount(graph: Graph, [, starts, ends, axes, steps]: readonly string[]): number | null {
  const one = (value: string | undefined, absent: number) => {
    if (value === undefined || value === '') return absent;
    const found = constantIntegers(graph, value);
    return found?.length === 1 ? found[0]! : null;
  };
  const [start, end, axis, step] = [one(starts, 0), one(ends, 0), one(axes, 0), one(steps, 1)];
  if (start === null || end === null || axis !== 0 || step !== 1) return null;
  return between(start, end);
}

/** A list of sizes: a shape, or what was cut out of one or put together from such. */
function isShape(graph: Graph, value: string): boolean {
  const node = graph.producer(value);
  if (!node) return constantIntegers(graph, value) !== null;
  if (node.op === 'Shape') return true;
  if (node.op === 'Concat') return node.inputs.every((input) => isShape(graph, input));
  return (
    ['Cast', 'Identity', 'Slice', 'Gather', 'Unsqueeze'].includes(node.op) && isShape(graph, node.inputs[0]!)
  );
}
