/** What a value is known to hold without running the graph. */
import type { Graph } from '../ir/graph.ts';
import { ELEMENT, integersOf, type Tensor } from '../ir/types.ts';

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
    // Unsqueeze of a scalar, or a slice of a shape to one entry: a single computed entry.
    return node && ['Unsqueeze', 'Reshape'].includes(node.op) ? [null] : null;
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
  if (node?.op === 'Mul') return scaledWeight(graph, node.inputs);
  if (!node || !WEIGHT_OPS.has(node.op)) return null;
  const inner = weightOf(graph, node.inputs[0]!);
  if (!inner) return null;
  if (node.op === 'Cast') return { ...inner, type: node.int('to', ELEMENT.float32) };
  if (node.op === 'DequantizeLinear')
    return { ...inner, type: constantOf(graph, node.inputs[1]!)?.type ?? inner.type };
  return inner;
}

/** A weight stored in few bits, times its scales: the one of the two with all the dimensions. */
function scaledWeight(graph: Graph, factors: readonly string[]): Weight | null {
  const [a, b] = factors.map((factor) => weightOf(graph, factor));
  if (!a || !b) return null;
  return elements(a) >= elements(b) ? a : b;
}

function elements({ tensor }: Weight): number {
  return tensor.dims.reduce((product, dim) => product * dim, 1);
}

const SCALAR_OPS = new Set([
  'Sqrt',
  'Cast',
  'Div',
  'Mul',
  'Pow',
  'Reciprocal',
  'Identity',
  'Squeeze',
  'Unsqueeze',
]);

/** Whether a value is one number for the whole layer, like the scale of an attention computed from a shape. */
export function isScalar(graph: Graph, value: string): boolean {
  const tensor = constantOf(graph, value);
  if (tensor) return tensor.dims.every((dim) => dim === 1);
  const node = graph.producer(value);
  if (!node) return false;
  if (node.op === 'Constant') return true;
  if (node.op === 'Slice' || node.op === 'Gather') return isShape(graph, node.inputs[0]!);
  return SCALAR_OPS.has(node.op) && node.inputs.every((input) => isScalar(graph, input));
}

function isShape(graph: Graph, value: string): boolean {
  const node = graph.producer(value);
  return (
    node?.op === 'Shape' ||
    ((node?.op === 'Cast' || node?.op === 'Identity') && isShape(graph, node.inputs[0]!))
  );
}
