/** Operators that runtimes fuse, taken apart into those that can be followed back. */
import type { Model, Node } from '../ir/graph.ts';
import { sortNodes } from '../ir/sort.ts';
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
 * Leaves the same function up to rounding, of operators of the standard. Forms that keep a past, or hold a mask by its length,
 * stay as they are and are refused by name when they are followed.
 * @param model whose inputs have fixed shapes and whose nodes stand in order; changed in place
 * @returns how many nodes were taken apart
 */
export function expandFused(model: Model): number {
  const { graph } = model;
  const fused = [...graph.nodes].filter((node) => expansionOf(node) !== undefined);
  if (fused.length === 0) return 0;
  const emit = new GraphEmitter(model, inferShapes(graph, fedOf(graph)), 'expanded');
  let expanded = 0;
  for (const node of fused) {
    emit.of = node;
    const values = expansionOf(node)!({ node, emit });
    if (!values) continue;
    graph.remove(node);
    for (const [i, output] of node.outputs.entries())
      if (output !== '') graph.addNode('Identity', [values[i]!], {}, { outputs: [output] });
    expanded++;
  }
  sortNodes(graph);
  return expanded;
}
