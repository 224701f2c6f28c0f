/** Weights that lie transposed in their file are multiplied as they lie, where the runtime can: it then reads the file itself. */
import { constantOf } from '../ir/constants.ts';
import { attr, type Graph, Node } from '../ir/graph.ts';
import { sortNodes } from '../ir/sort.ts';
import { lostValue, type Pass } from './pass.ts';

const ORT = 'com.microsoft';

/**
 * MatMul of a stored matrix behind a Transpose becomes onnxruntime's own FusedMatMul with transB. Without it the runtime
 * transposes the matrix when it loads the graph, which copies it. For the processor: other providers lack the operator.
 *
 * Requires: nothing. Ensures: the same function; nothing that is stored is transposed for a MatMul. Gives back how many products
 * read their weights in place; none of an export, whose matrices were turned when it was made.
 */
export const inPlace: Pass<void, number> = {
  id: 'in-place',
  requires: () => null,
  run(model) {
    const { graph } = model;
    const found = [...graph.nodes].flatMap((node) => transposedOf(graph, node) ?? []);
    for (const { product, turn } of found) {
      const { name, outputs } = product;
      const inputs = [product.inputs[0]!, turn.inputs[0]!];
      graph.remove(product);
      const attributes = new Map([['transB', attr.int(1)]]);
      graph.insert(new Node({ op: 'FusedMatMul', domain: ORT, name, inputs, outputs, attributes }));
    }
    const given = new Set(graph.outputs.map(({ name }) => name));
    for (const { turn } of found) {
      const [value] = turn.outputs as [string];
      if (graph.consumers(value).length === 0 && !given.has(value)) graph.remove(turn);
    }
    if (found.length > 0) {
      if (!model.opsets.has(ORT)) model.opsets.set(ORT, 1);
      sortNodes(graph);
    }
    return found.length;
  },
  ensures(model, { before }) {
    const { graph } = model;
    const left = [...graph.nodes].find((node) => transposedOf(graph, node) !== null);
    if (left) return `${left.label} still reads a transposed weight`;
    const lost = lostValue(model, before);
    return lost === null ? null : `${lost} is gone`;
  },
};

/** A product with a stored matrix that is turned for it. */
function transposedOf(graph: Graph, product: Node): { readonly product: Node; readonly turn: Node } | null {
  if (product.op !== 'MatMul' || product.domain !== '') return null;
  const turn = graph.producer(product.inputs[1]!);
  if (turn?.op !== 'Transpose' || turn.ints('perm')?.join() !== '1,0') return null;
  return isStored(graph, turn.inputs[0]!) ? { product, turn } : null;
}

/** A matrix as it is stored, or in another element type. */
function isStored(graph: Graph, value: string): boolean {
  if (constantOf(graph, value)?.dims.length === 2) return true;
  const node = graph.producer(value);
  return node?.op === 'Cast' && isStored(graph, node.inputs[0]!);
}
