/** How many heads an attention has and how wide they are, as far as a graph says it. */
import { shapeEntries } from '../ir/constants.ts';
import type { Graph } from '../ir/graph.ts';
import { type Axis, axesBefore, LIKE, type Operand, scaledBy } from './axes.ts';
import { tracePath } from './token-path.ts';

/** Heads and their width as the reshape says that parts them, wherever before the value it stands. */
export function countedIn(
  graph: Graph,
  operand: Operand,
): { readonly h: number | null; readonly d: number | null } {
  let { value, axes } = operand;
  for (;;) {
    const node = graph.producer(value);
    if (!node) return { h: null, d: null };
    if (node.op === 'Reshape' && axes.includes('h')) {
      const entries = shapeEntries(graph, node.inputs[1]!);
      if (entries?.length !== axes.length) return { h: null, d: null };
      const count = (axis: Axis) => {
        const entry = entries[axes.indexOf(axis)] ?? null;
        return entry !== null && entry > 0 ? entry : null;
      };
      return { h: count('h'), d: count('d') };
    }
    const scaled = scaledBy(graph, node);
    if (scaled) value = scaled.value;
    else if (LIKE.has(node.op) || node.op === 'Split' || node.op === 'Slice')
      [value] = node.inputs as [string];
    else {
      const before = axesBefore(graph, node, axes);
      if (!before) return { h: null, d: null };
      axes = before;
      [value] = node.inputs as [string];
    }
  }
}

/** Of heads that were one axis with the batch: the reshape after the attention that parts them again. */
export function unmergedHeads(graph: Graph, { value, axes }: Operand): number | null {
  if (!axes.includes('bh')) return null;
  for (const node of graph.consumers(value)) {
    if (LIKE.has(node.op)) return unmergedHeads(graph, { value: node.outputs[0]!, axes });
    const entries = node.op === 'Reshape' ? shapeEntries(graph, node.inputs[1]!) : null;
    if (entries?.length === 4 && (entries[1] ?? 0) > 0) return entries[1]!;
  }
  return null;
}

/** Channels that a projection makes, of all heads together. */
export function widthOf(graph: Graph, value: string): number | null {
  const path = tracePath(graph, value);
  const split = path?.steps.some(({ node }) => ['Split', 'Slice', 'Gather'].includes(node.op)) ?? true;
  if (!path || split) return null;
  const { projection, weight } = path;
  const { dims } = weight.tensor;
  if (projection.op === 'MatMul' && dims.length === 2) return dims[1]!;
  if (projection.op === 'Gemm' || projection.op === 'FusedMatMul')
    return dims[projection.int('transB', 0) ? 0 : 1] ?? null;
  return projection.op === 'Conv' ? (dims[0] ?? null) : null;
}
