/** Removes what no output needs. Inputs stay. */
import type { Graph } from '../ir/graph.ts';
import { lostValue, type Pass } from './pass.ts';

/** How many of each were removed. */
export interface Pruned {
  readonly nodes: number;
  readonly initializers: number;
}

/**
 * Requires: outputs that are made in the graph. Ensures: every node and initializer left is read or an output.
 */
export const prune: Pass<void, Pruned> = {
  id: 'prune',
  requires({ graph }) {
    const unmade = graph.outputs.find(
      ({ name }) =>
        !graph.producer(name) &&
        !graph.initializers.has(name) &&
        !graph.inputs.some((input) => input.name === name),
    );
    return unmade ? `nothing makes the output ${unmade.name}` : null;
  },
  run: ({ graph }) => removeUnread(graph),
  ensures(model, { before }) {
    const { graph } = model;
    const isRead = readIn(graph);
    const node = [...graph.nodes].find(({ outputs }) => !outputs.some(isRead));
    const unread = node?.label ?? [...graph.initializers.keys()].find((name) => !isRead(name));
    if (unread !== undefined) return `nobody reads ${unread}`;
    const lost = lostValue(model, before);
    return lost === null ? null : `${lost} is gone`;
  },
};

function readIn(graph: Graph): (value: string) => boolean {
  const outputs = new Set(graph.outputs.map((output) => output.name));
  return (value) => outputs.has(value) || graph.consumers(value).length > 0;
}

/** What no output needs, in a pass that takes outputs away. */
export function removeUnread(graph: Graph): Pruned {
  const wanted = readIn(graph);
  const before = { nodes: graph.nodeCount, initializers: graph.initializers.size };
  const stack = [...graph.nodes];
  while (stack.length > 0) {
    const node = stack.pop()!;
    if (node.outputs.some(wanted)) continue;
    const inputs = node.inputs.flatMap((input) => graph.producer(input) ?? []);
    if (graph.remove(node)) stack.push(...inputs);
  }
  for (const name of [...graph.initializers.keys()]) if (!wanted(name)) graph.initializers.delete(name);
  for (const name of [...graph.valueInfo.keys()]) {
    if (!graph.producer(name) && !graph.initializers.has(name)) graph.valueInfo.delete(name);
  }
  return {
    nodes: before.nodes - graph.nodeCount,
    initializers: before.initializers - graph.initializers.size,
  };
}
