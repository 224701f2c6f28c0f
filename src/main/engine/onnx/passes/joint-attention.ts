/**
 * Full cross-frame attention (ControlVideo, Zhang et al. 2023): the tokens of all frames of a pass serve each of them as
 * keys and values. Rows of the batch are (branch, frame), frames varying fastest.
 */
import { attr, type Graph } from '../ir/graph.ts';
import { ELEMENT, int64Tensor } from '../ir/types.ts';

/** Shared input, int64 [1]: how many rows of the batch, from the first on and again, look at each other's tokens; 1 for none. */
export const JOINT_FRAMES = 'ref_joint_frames';

export function addJointInput(graph: Graph): void {
  graph.inputs.push({ name: JOINT_FRAMES, type: ELEMENT.int64, dims: [1] });
}

/**
 * Tokens [B, N, C] as [B, F·N, C]: every row gets those of its F rows, in their order.
 * Requires: F divides B. Ensures: with F = 1 the same bits.
 */
export function jointTokens(graph: Graph, tokens: string): string {
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
