/** Shapes of all values of a graph, for inputs of one size: what the runtime would find when it runs it, without running it. */
import type { Graph } from '../ir/graph.ts';
import { type Known, knownConstant, knownTensor } from './known.ts';
import { ruleOf } from './operators.ts';

/**
 * @param graph whose nodes stand in the order in which they may run
 * @param fed its inputs; with values where shapes depend on them
 * @returns what could be told; nothing is thrown for operators that are not understood
 */
export function inferShapes(graph: Graph, fed: ReadonlyMap<string, Known>): Map<string, Known> {
  const found = new Map<string, Known>(fed);
  for (const [name, tensor] of graph.initializers) found.set(name, knownTensor(tensor));
  for (const node of graph.nodes) {
    if (node.op === 'Constant') {
      const constant = knownConstant(graph, node);
      if (constant) found.set(node.outputs[0]!, constant);
      continue;
    }
    const made = ruleOf(node.op)(
      node,
      node.inputs.map((input) => found.get(input)),
    );
    if (made === null) continue;
    const all = 'dims' in made ? [made] : made;
    for (const [i, output] of node.outputs.entries()) if (output !== '' && all[i]) found.set(output, all[i]);
  }
  return found;
}
