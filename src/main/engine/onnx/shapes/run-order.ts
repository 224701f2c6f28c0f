/** The order in which onnxruntime runs the operators of a graph. */
import type { Graph, Node } from '../ir/graph.ts';

/**
 * It walks back from the outputs, from the last one first, and of what a node reads takes first what stands last in the graph
 * (Graph::ReverseDFSFrom).
 */
export function runOrder(graph: Graph): Node[] {
  const place = new Map([...graph.nodes].map((node, i) => [node, i] as const));
  const stack = [...graph.nodes]
    .filter(({ outputs }) => outputs.every((name) => graph.consumers(name).length === 0))
    .map((node) => ({ node, leave: false }));
  const seen = new Set<Node>();
  const order: Node[] = [];
  while (stack.length > 0) {
    const { node, leave } = stack.pop()!;
    if (leave) order.push(node);
    if (leave || seen.has(node)) continue;
    seen.add(node);
    stack.push({ node, leave: true });
    const before = new Set(node.inputs.flatMap((input) => graph.producer(input) ?? []));
    for (const one of [...before].sort((a, b) => place.get(a)! - place.get(b)!))
      if (!seen.has(one)) stack.push({ node: one, leave: false });
  }
  return order;
}
