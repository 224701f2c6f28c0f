/**
 * Sparse-causal attention within one call (Tune-A-Video, Wu et al. 2023, Eq. 3): a frame's keys and values are made of the tokens of the
 * first frame of the call and of the one before it, so that what is learnt follows them back too. Rows of the batch are frames, in order.
 */
import { constantIntegers } from '../ir/constants.ts';
import { attr, type Graph } from '../ir/graph.ts';
import { sortNodes } from '../ir/sort.ts';
import { ELEMENT, int64Tensor } from '../ir/types.ts';
import { lostValue, type Pass } from './pass.ts';
import { ownTokens } from './reference-attention.ts';

/** Shared input, int64 [1]: how many tokens of the first row and of the one before are keys and values, from the first on; 0 for none. */
export const CAUSAL_LENGTH = 'ref_causal_length';

/**
 * Behind a bank, and before a layer's own tokens, stand those of the first row and of the row before: [first ; previous]; the first row
 * reads itself twice.
 *
 * Requires: reference-attention, and no joint-attention yet. Ensures: one input more; with CAUSAL_LENGTH = 0 the same bits. Gives back how many
 * attentions can look there.
 */
export const causalAttention: Pass<void, number> = {
  id: 'causal-attention',
  requires({ graph }) {
    if (graph.inputs.some(({ name }) => name === CAUSAL_LENGTH)) return 'its attention is causal already';
    return ownTokens(graph).length === 0 ? 'no attention has a bank (reference-attention comes first)' : null;
  },
  run({ graph }) {
    graph.inputs.push({ name: CAUSAL_LENGTH, type: ELEMENT.int64, dims: [1] });
    const cuts = ownTokens(graph);
    for (const cut of cuts) {
      const [own] = cut.inputs as [string];
      // Behind a convolution tokens lie as [B, C, N].
      const [axis] = constantIntegers(graph, cut.inputs[3]!) as [number];
      const [kept] = cut.outputs as [string];
      const alone = graph.unique(`${kept}_alone`);
      graph.renameOutput(cut, 0, alone);
      const earlier = earlierTokens(graph, own, axis);
      graph.addNode('Concat', [...earlier, alone], { axis: attr.int(axis) }, { outputs: [kept] });
    }
    sortNodes(graph);
    return cuts.length;
  },
  ensures(model, { outcome, before }) {
    const read = model.graph.consumers(CAUSAL_LENGTH).length;
    if (read < outcome) return `only ${read} of ${outcome} attentions read ${CAUSAL_LENGTH}`;
    const lost = lostValue(model, before);
    return lost === null ? null : `${lost} is gone`;
  },
};

/** Of the first row, and of the row before each. */
function earlierTokens(graph: Graph, own: string, axis: number): [string, string] {
  const constant = (value: number) => graph.addInitializer(int64Tensor('ref_const', [1], [value]));
  const rows = (from: number, to: number) =>
    graph.addNode('Slice', [shown, constant(from), constant(to), constant(0)]);
  const shown = graph.addNode('Slice', [own, constant(0), CAUSAL_LENGTH, constant(axis)]);
  const first = rows(0, 1);
  const previous = graph.addNode('Concat', [first, rows(0, -1)], { axis: attr.int(0) });
  const everywhere = graph.addNode('Expand', [first, graph.addNode('Shape', [previous])]);
  return [everywhere, previous];
}
