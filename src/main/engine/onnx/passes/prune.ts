import type { Graph } from '../ir/graph.ts';

/**
 * Removes what no output needs.
 * Requires: a graph whose outputs are all made in it. Ensures: every node and initializer left is read by another
 * node or is an output; inputs stay. Returns how many of each were removed.
 */
export function prune(graph: Graph): { nodes: number; initializers: number } {
  const outputs = new Set(graph.outputs.map((output) => output.name));
  const wanted = (value: string) => outputs.has(value) || graph.consumers(value).length > 0;
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
