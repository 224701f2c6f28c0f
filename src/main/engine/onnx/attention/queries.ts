/** The projections that make the queries of attention, found by its structure. */

import type { Graph } from '../ir/graph.ts';
import { type Layer, layerOf } from '../ir/modules.ts';
import { candidates } from './find.ts';
import { type TokenPath, tracePath } from './token-path.ts';

export interface QueryLayer {
  /** The node of the attention product, for reports. */
  readonly attention: string;
  /** Its projection, named after its module, or where nodes are named after none "attentions.3.to_q". */
  readonly layer: Layer;
}

/** Why the queries of an attention have no layer of their own. */
export class NoQueries extends Error {
  override readonly name = 'NoQueries';
}

/** What takes a part out of a projection that makes more than queries. */
const PARTING = new Set(['Split', 'Slice', 'Gather']);

/**
 * Of self-attention and of attention to a text, in graph order, each layer once.
 * @throws NoQueries naming the attention
 */
export function queryLayers(graph: Graph): QueryLayer[] {
  const found = new Map<Layer['node'], QueryLayer>();
  for (const { name, query, obstacle } of candidates(graph)) {
    if (obstacle?.startsWith('it is fused')) throw new NoQueries(`${name}: ${obstacle}`);
    const path = tracePath(graph, query);
    if (!path) throw new NoQueries(`the queries of ${name} do not come from a plain projection`);
    if (isShared(path)) throw new NoQueries(`the queries of ${name} share a projection with its keys`);
    const layer = layerOf(graph, path.projection, `attentions.${found.size}.to_q`);
    if (!layer) throw new NoQueries(`the weights of the queries of ${name} cannot be seen`);
    if (!found.has(layer.node)) found.set(layer.node, { attention: name, layer });
  }
  return [...found.values()];
}

function isShared({ projection, steps }: TokenPath): boolean {
  const after = steps.slice(steps.findIndex(({ node }) => node === projection) + 1);
  // The heads of a projection of queries alone are parted by reshapes.
  return after.some(({ node }) => PARTING.has(node.op));
}
