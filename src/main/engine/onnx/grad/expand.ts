/** Operators that runtimes fuse, taken apart into those that can be followed back. */
import type { Graph, Node } from '../ir/graph.ts';
import { sortNodes } from '../ir/sort.ts';
import type { Pass } from '../passes/pass.ts';
import { unpackAttention } from '../passes/unpack-attention.ts';
import { inferShapes } from '../shapes/infer.ts';
import { fedOf } from './backward.ts';
import { GraphEmitter } from './emitter.ts';
import { ATTENTION } from './expand/attention.ts';
import { BIASED } from './expand/biased.ts';
import type { Expansion, Expansions } from './expand/expansion.ts';
import { NORMS } from './expand/norms.ts';

/** Those of onnxruntime with its domain in front. */
const EXPANSIONS: Expansions = { ...ATTENTION, ...BIASED, ...NORMS };

function expansionOf({ domain, op }: Node): Expansion | undefined {
  return EXPANSIONS[domain === '' ? op : `${domain}.${op}`];
}

/**
 * Requires: inputs of fixed shapes, for a layout that is told apart by its sides. Ensures: the same function up to rounding, of
 * operators of the standard; forms that keep a past, or hold a mask by its length, stay as they are and are refused by
 * name when they are followed. Gives back how many nodes were taken apart.
 */
export const expandFused: Pass<void, number> = {
  id: 'expand',
  requires: ({ graph }) =>
    isFused(graph) && fedOf(graph).size < graph.inputs.length ? 'inputs of fixed shapes' : null,
  run(model, _options, doing) {
    const { graph } = model;
    if (!isFused(graph)) return 0;
    // Packed queries, keys and values first become three.
    const unpacked = unpackAttention.run(model, undefined, doing);
    const known = inferShapes(graph, fedOf(graph));
    const emit = new GraphEmitter(model, known, 'expanded');
    let expanded = 0;
    for (const node of [...graph.nodes]) {
      emit.of = node;
      const values = expansionOf(node)?.({ node, emit });
      if (!values) continue;
      graph.remove(node);
      for (const [i, output] of node.outputs.entries())
        if (output !== '') graph.addNode('Identity', [values[i]!], {}, { outputs: [output] });
      expanded++;
    }
    sortNodes(graph);
    return unpacked + expanded;
  },
  ensures: () => null,
};

function isFused(graph: Graph): boolean {
  return [...graph.nodes].some((node) => expansionOf(node) !== undefined);
}
