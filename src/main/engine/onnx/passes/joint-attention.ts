/**
 * Full cross-frame attention (ControlVideo, Zhang et al. 2023): the tokens of all frames of a pass serve each of them as
 * keys and values. Rows of the batch are (branch, frame), frames varying fastest.
 */
import { constantIntegers } from '../ir/constants.ts';
import { attr, type Graph, type Node } from '../ir/graph.ts';
import { sortNodes } from '../ir/sort.ts';
import { ELEMENT, int64Tensor } from '../ir/types.ts';
import { lostValue, type Pass } from './pass.ts';
import { ownTokens } from './reference-attention.ts';

/** Shared input, int64 [1]: how many rows of the batch, from the first on and again, look at each other's tokens; 1 for none. */
export const JOINT_FRAMES = 'ref_joint_frames';

/**
 * Own tokens become those of all frames of the pass, wherever reference-attention put them behind a bank.
 *
 * Requires: reference-attention; when it runs, JOINT_FRAMES divides the batch. Ensures: one input more; with JOINT_FRAMES = 1 the
 * same bits. Gives back how many attentions are joint.
 */
export const jointAttention: Pass<void, number> = {
  id: 'joint-attention',
  requires({ graph }) {
    if (graph.inputs.some(({ name }) => name === JOINT_FRAMES)) return 'its attention is joint already';
    return ownTokens(graph).length === 0 ? 'no attention has a bank (reference-attention comes first)' : null;
  },
  run({ graph }) {
    graph.inputs.push({ name: JOINT_FRAMES, type: ELEMENT.int64, dims: [1] });
    const cuts = ownTokens(graph);
    for (const cut of cuts) {
      const [own] = cut.inputs as [string];
      const swap = (tokens: string) => graph.addNode('Transpose', [tokens], { perm: attr.ints([0, 2, 1]) });
      // Behind a convolution tokens lie as [B, C, N].
      const last = constantIntegers(graph, cut.inputs[3]!)?.[0] === 2;
      graph.setInput(cut, 0, last ? swap(jointTokens(graph, swap(own))) : jointTokens(graph, own));
    }
    sortNodes(graph);
    return cuts.length;
  },
  ensures(model, { before }) {
    const { graph } = model;
    const single = ownTokens(graph).find((cut) => !readsJoint(graph, cut));
    if (single) return `${single.label} cuts the tokens of one frame`;
    const lost = lostValue(model, before);
    return lost === null ? null : `${lost} is gone`;
  },
};

/** Nodes of jointTokens between JOINT_FRAMES and the cut, and a transposition. */
const DEEPEST = 4;

function readsJoint(graph: Graph, { inputs }: Node): boolean {
  let near = new Set([inputs[0]!]);
  for (let i = 0; i < DEEPEST; i++) {
    near = new Set([...near].flatMap((name) => graph.producer(name)?.inputs ?? []));
    if (near.has(JOINT_FRAMES)) return true;
  }
  return false;
}

/** Tokens [B, N, C] as [B, F·N, C]: every row gets those of its F rows, in their order. */
function jointTokens(graph: Graph, tokens: string): string {
  const constant = (values: number[]) =>
    graph.addInitializer(int64Tensor('ref_const', [values.length], values));
  const shape = graph.addNode('Shape', [tokens]);
  const dim = (at: number) => graph.addNode('Slice', [shape, constant([at]), constant([at + 1])]);
  const together = graph.addNode('Mul', [JOINT_FRAMES, dim(1)]);
  const channels = dim(2);
  const sizes = (...parts: string[]) => graph.addNode('Concat', parts, { axis: attr.int(0) });
  const one = constant([1]);
  const rest = constant([-1]);
  const groups = graph.addNode('Reshape', [tokens, sizes(rest, one, together, channels)]);
  const repeated = graph.addNode('Expand', [groups, sizes(one, JOINT_FRAMES, one, one)]);
  return graph.addNode('Reshape', [repeated, sizes(rest, together, channels)]);
}
