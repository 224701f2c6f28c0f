/** Which names a node or a subgraph reads and defines. */
import type { Graph, Node } from './graph.ts';

/** Names a node reads: its inputs (also twice, also '' for omitted ones), and what its subgraphs take from outside. */
export function readNames(node: Node): readonly string[] {
  const inner = node.subgraphs;
  return inner.length === 0
    ? node.inputs
    : [...node.inputs, ...inner.flatMap((graph) => [...freeNames(graph)])];
}

/** Names a subgraph takes from the graphs around it. */
export function freeNames(graph: Graph): Set<string> {
  const own = new Set([...graph.inputs.map((input) => input.name), ...graph.initializers.keys()]);
  const free = new Set<string>();
  for (const node of graph.nodes) for (const output of node.outputs) own.add(output);
  for (const node of graph.nodes)
    for (const name of readNames(node)) if (name !== '' && !own.has(name)) free.add(name);
  for (const output of graph.outputs) if (!own.has(output.name)) free.add(output.name);
  return free;
}

export function* allNames(graph: Graph): Generator<string> {
  for (const value of [...graph.inputs, ...graph.outputs]) yield value.name;
  yield* graph.initializers.keys();
  for (const node of graph.nodes) {
    yield node.name;
    yield* node.outputs;
    for (const inner of node.subgraphs) yield* allNames(inner);
  }
}
