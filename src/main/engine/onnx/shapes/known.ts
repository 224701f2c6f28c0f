/** What is known of a value of a graph for inputs of one size. */
import { constantOf } from '../ir/constants.ts';
import type { Graph, Node } from '../ir/graph.ts';
import { numbersOf } from '../ir/numbers.ts';
import { ELEMENT, type Tensor } from '../ir/types.ts';

export interface Known {
  readonly dims: readonly number[];
  /** Element type by its ONNX number. */
  readonly type: number;
  /** Row-major, of small values that shapes may depend on. */
  readonly values?: readonly number[];
}

/** Longer ones are no shapes. */
export const MOST_VALUES = 64;

export function product(dims: readonly number[]): number {
  return dims.reduce((all, dim) => all * dim, 1);
}

export function known(dims: readonly number[], type: number, values?: readonly number[]): Known {
  return values && values.length <= MOST_VALUES ? { dims, type, values } : { dims, type };
}

export function knownTensor(tensor: Tensor): Known {
  const { dims, type } = tensor;
  return product(dims) > MOST_VALUES ? { dims, type } : known(dims, type, numbersOf(tensor) ?? undefined);
}

/** Of a node Constant, however it says it; null where it is of another kind. */
export function knownConstant(graph: Graph, node: Node): Known | null {
  const tensor = constantOf(graph, node.outputs[0]!);
  if (tensor) return knownTensor(tensor);
  for (const [name, held] of node.attributes) {
    if (name === 'value_ints' && held.kind === 'ints')
      return known([held.value.length], ELEMENT.int64, held.value.map(Number));
    if (name === 'value_int' && held.kind === 'int') return known([], ELEMENT.int64, [Number(held.value)]);
    if (name === 'value_floats' && held.kind === 'floats')
      return known([held.value.length], ELEMENT.float32, held.value);
    if (name === 'value_float' && held.kind === 'float') return known([], ELEMENT.float32, [held.value]);
  }
  return null;
}
