/** Which axes queries, keys and values have, followed back over what only moves or scales them. */
import { constantOf, isScalar, shapeEntries } from '../ir/constants.ts';
import type { Graph, Node } from '../ir/graph.ts';

/** What an axis counts: batch, heads, tokens, width of a head, both of batch and heads, anything else. */
export type Axis = 'b' | 'h' | 'n' | 'd' | 'bh' | 'hd' | '*';

/** Queries, keys or values on their way to a product. */
export interface Operand {
  readonly value: string;
  readonly axes: readonly Axis[];
}

/** A number that scores are multiplied with, or divided by, as a value of the graph. */
export interface Factor {
  readonly value: string;
  readonly divides: boolean;
}

export const LIKE = new Set(['Identity', 'Cast', 'Dropout']);

export function scaledBy(
  graph: Graph,
  node: Node,
): { readonly value: string; readonly factor: Factor } | null {
  if (node.op !== 'Mul' && node.op !== 'Div') return null;
  const [first, second] = node.inputs as [string, string];
  if (isScalar(graph, second)) return { value: first, factor: { value: second, divides: node.op === 'Div' } };
  if (node.op === 'Mul' && isScalar(graph, first))
    return { value: second, factor: { value: first, divides: false } };
  return null;
}

/** The axes of a node's input by those of its output; null where they cannot be told. */
export function axesBefore(graph: Graph, node: Node, axes: readonly Axis[]): readonly Axis[] | null {
  if (node.op === 'Transpose') {
    const perm = node.ints('perm');
    if (perm?.length !== axes.length) return null;
    const before: Axis[] = [];
    for (const [i, from] of perm.entries()) before[from] = axes[i]!;
    return before;
  }
  if (node.op === 'Gather') {
    const index = constantOf(graph, node.inputs[1]!);
    if (!index || index.dims.length > 0) return null;
    const rank = axes.length + 1;
    const at = (node.int('axis', 0) + rank) % rank;
    return [...axes.slice(0, at), '*', ...axes.slice(at)];
  }
  if (node.op === 'Reshape' && axes.includes('bh')) {
    // Only where batch and heads are put together, from four axes that something else has put in order.
    const source = rankOf(graph, node.inputs[0]!);
    const entries = shapeEntries(graph, node.inputs[1]!);
    if (axes[0] !== 'bh' || source !== 4 || entries?.length !== 3 || entries[0] === 0) return null;
    return ['b', 'h', ...axes.slice(1)];
  }
  return null;
}

/** How many axes a value has, where nodes say it. */
export function rankOf(graph: Graph, value: string): number | null {
  const node = graph.producer(value);
  if (!node) return null;
  if (node.op === 'Transpose') return node.ints('perm')?.length ?? null;
  if (node.op === 'Reshape') return shapeEntries(graph, node.inputs[1]!)?.length ?? null;
  if (LIKE.has(node.op)) return rankOf(graph, node.inputs[0]!);
  if (node.op === 'Gather') {
    const before = rankOf(graph, node.inputs[0]!);
    const index = constantOf(graph, node.inputs[1]!);
    return before !== null && index?.dims.length === 0 ? before - 1 : null;
  }
  const scaled = scaledBy(graph, node);
  return scaled && rankOf(graph, scaled.value);
}
