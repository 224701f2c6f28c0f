/** The table of embeddings that a text encoder reads its tokens from. */
import { weightOf } from './constants.ts';
import type { Graph, Node } from './graph.ts';
import { ELEMENT } from './types.ts';

/** What an exporter may do to ids on their way to the table. */
const ON_THE_WAY = new Set(['Identity', 'Cast', 'Reshape', 'Unsqueeze', 'Squeeze', 'Flatten']);

/** Of numbers of tokens: adapters have inputs too, and the oldest exporters list weights among them. */
export function tokenInputs(graph: Graph): string[] {
  const whole: readonly (number | null)[] = [ELEMENT.int64, ELEMENT.int32];
  return graph.inputs
    .filter(({ name, type }) => whole.includes(type) && !graph.initializers.has(name))
    .map(({ name }) => name);
}

export function tablesReadBy(graph: Graph, ids: string): Node[] {
  return [...graph.nodes].filter((node) => isTable(graph, node, ids));
}

/** How many tokens an encoder knows; null where its graph does not tell. @param ids its input */
export function tokensKnown(graph: Graph, ids: string): number | null {
  const [table, ...more] = tablesReadBy(graph, ids);
  if (table?.op !== 'Gather' || more.length > 0) return null;
  return weightOf(graph, table.inputs[0]!)?.tensor.dims[0] ?? null;
}

/** Rows of a constant matrix, chosen by the ids. */
function isTable(graph: Graph, node: Node, ids: string): boolean {
  const blocks = node.op === 'GatherBlockQuantized';
  if (!blocks && !(node.op === 'Gather' && node.int('axis', 0) === 0)) return false;
  if (!comesFrom(graph, node.inputs[1]!, ids)) return false;
  return blocks || weightOf(graph, node.inputs[0]!)?.tensor.dims.length === 2;
}

function comesFrom(graph: Graph, value: string, ids: string): boolean {
  if (value === ids) return true;
  const node = graph.producer(value);
  return node !== undefined && ON_THE_WAY.has(node.op) && comesFrom(graph, node.inputs[0]!, ids);
}
