/** The skip connections of a UNet, found by structure: concatenations of channels, one part of which was computed from the other. */
import type { Graph, Node } from '../ir/graph.ts';

export interface Skip {
  readonly join: Node;
  /** Which of its inputs comes from the way down, and which from the depth. */
  readonly skip: 0 | 1;
  readonly deep: 0 | 1;
}

/** In graph order: the first joins what was left last on the way down. */
export function skipsOf(graph: Graph): Skip[] {
  return [...graph.nodes].flatMap((join) => skipAt(graph, join) ?? []);
}

/** Nodes that depend on a skip connection. */
export function nodesBehindSkips(graph: Graph): Set<Node> {
  const behind = new Set<Node>();
  for (const node of graph.nodes) {
    if (!behind.has(node) && skipAt(graph, node)) addDependents(graph, node, behind);
  }
  return behind;
}

function skipAt(graph: Graph, join: Node): Skip | null {
  const axis = join.int('axis', 0);
  if (join.op !== 'Concat' || (axis !== 1 && axis !== -3) || join.inputs.length !== 2) return null;
  const [first, second] = join.inputs as [string, string];
  if (dependsOn(graph, first, second)) return { join, deep: 0, skip: 1 };
  return dependsOn(graph, second, first) ? { join, deep: 1, skip: 0 } : null;
}

function dependsOn(graph: Graph, value: string, ancestor: string): boolean {
  const goal = graph.producer(ancestor);
  const start = graph.producer(value);
  if (!goal || !start) return false;
  const seen = new Set([start]);
  for (const node of seen) {
    if (node === goal) return true;
    for (const input of node.inputs) {
      const before = graph.producer(input);
      if (before) seen.add(before);
    }
  }
  return false;
}

function addDependents(graph: Graph, from: Node, found: Set<Node>): void {
  const stack = [from];
  while (stack.length > 0) {
    const node = stack.pop()!;
    if (found.has(node)) continue;
    found.add(node);
    for (const output of node.outputs) stack.push(...graph.consumers(output));
  }
}
