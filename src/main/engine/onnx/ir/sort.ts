/** Topological order of a graph's nodes, changing as little as possible; runtimes may rely on it. */
import { type Graph, type Node, readNames } from './graph.ts';

/** A graph that feeds itself. */
export class CycleError extends Error {
  override readonly name = 'CycleError';
  constructor(node: string) {
    super(`the graph has a cycle through ${node}`);
  }
}

/** Puts the nodes in order. @throws CycleError */
export function sortNodes(graph: Graph): void {
  if (isSorted(graph)) return;
  const sorted = new Set<Node>();
  for (const root of graph.nodes) {
    // Depth first without recursion: graphs are thousands of nodes deep.
    const stack = [{ node: root, next: inputsOf(graph, root) }];
    const open = new Set<Node>([root]);
    while (stack.length > 0) {
      const top = stack.at(-1)!;
      if (sorted.has(top.node)) {
        stack.pop();
        continue;
      }
      const before = top.next.pop();
      if (before === undefined) {
        sorted.add(top.node);
        open.delete(top.node);
        stack.pop();
      } else if (!sorted.has(before)) {
        if (open.has(before)) throw new CycleError(before.label);
        open.add(before);
        stack.push({ node: before, next: inputsOf(graph, before) });
      }
    }
  }
  graph.reorder(sorted);
}

/** Whether every node comes after those whose values it reads. */
export function isSorted(graph: Graph): boolean {
  const seen = new Set<Node>();
  for (const node of graph.nodes) {
    for (const name of readNames(node)) {
      const before = graph.producer(name);
      if (before && !seen.has(before)) return false;
    }
    seen.add(node);
  }
  return true;
}

function inputsOf(graph: Graph, node: Node): Node[] {
  return [...readNames(node)].flatMap((name) => graph.producer(name) ?? []).reverse();
}
