/**
 * Takes fused attention apart as far as reference frames need it: queries, keys and values become values of their own,
 * each with a projection that can be copied. The product itself stays one operator.
 */

import { weightOf } from '../ir/constants.ts';
import { attr, type Graph, type Node } from '../ir/graph.ts';
import { sortNodes } from '../ir/sort.ts';
import { int64Tensor } from '../ir/types.ts';
import type { Pass } from './pass.ts';

const ORT = 'com.microsoft';

/**
 * Attention of onnxruntime with its projections inside becomes MatMul, Add, Split and MultiHeadAttention; packed inputs of
 * MultiHeadAttention, [B, N, H, 3, D] or keys and values [B, M, H, 2, D], become three inputs [B, N, H·D].
 *
 * Requires: nothing. Ensures: the same function, nothing packed is left; nodes with a mask, a past, rotation or causality stay
 * as they are. Gives back how many nodes were taken apart.
 */
export const unpackAttention: Pass<void, number> = {
  id: 'unpack-attention',
  requires: () => null,
  run({ graph }) {
    const packed = packedAttentions(graph);
    for (const node of packed) {
      if (node.op === 'Attention') unpackProjections(graph, node);
      else unpackInputs(graph, node);
    }
    // Taking the projections out leaves three inputs, never packed ones.
    if (packed.length > 0) sortNodes(graph);
    return packed.length;
  },
  ensures({ graph }) {
    const [left] = packedAttentions(graph);
    return left ? `${left.label} is still packed` : null;
  },
};

/** Nodes this pass takes apart. */
export function packedAttentions(graph: Graph): Node[] {
  return [...graph.nodes].filter((node) => {
    if (node.domain !== ORT) return false;
    if (node.op === 'Attention') return holdsProjections(graph, node);
    return node.op === 'MultiHeadAttention' && isPacked(node);
  });
}

const given = (node: Node, index: number) => (node.inputs[index] ?? '') !== '';
const CARRIED = ['num_heads', 'scale', 'mask_filter_value'];

function holdsProjections(graph: Graph, node: Node): boolean {
  const extra = node.inputs.slice(3).some((input) => input !== '');
  const special = node.int('unidirectional', 0) || node.int('do_rotary', 0);
  // A present state leaves by a second output.
  const state = node.outputs.slice(1).some((output) => output !== '');
  return weightOf(graph, node.inputs[1]!)?.tensor.dims[1] !== undefined && !extra && !special && !state;
}

function isPacked(node: Node): boolean {
  const extra = node.inputs.slice(3).some((input) => input !== '');
  return given(node, 0) && !given(node, 2) && !extra && !node.int('unidirectional', 0);
}

function unpackProjections(graph: Graph, node: Node): void {
  const [tokens, weight, bias] = node.inputs as [string, string, string | undefined];
  const width = weightOf(graph, weight)!.tensor.dims[1]!;
  const sizes = node.ints('qkv_hidden_sizes') ?? [width / 3, width / 3, width / 3];
  const product = graph.addNode('MatMul', [tokens, weight], {}, { name: `${node.name}_projection` });
  const all = bias ? graph.addNode('Add', [product, bias], {}, { name: `${node.name}_bias` }) : product;
  const parts = ['q', 'k', 'v'].map((name) => graph.unique(`${node.name}_${name}`));
  const lengths = graph.addInitializer(int64Tensor('split_sizes', [3], sizes));
  graph.addNode('Split', [all, lengths], { axis: attr.int(-1) }, { outputs: parts });
  replace(graph, node, parts);
}

function unpackInputs(graph: Graph, node: Node): void {
  const flat = graph.addInitializer(int64Tensor('packed_flat', [3], [0, 0, -1]));
  const part = (from: string, index: number) => {
    const at = graph.addInitializer(int64Tensor('packed_index', [], [index]));
    const taken = graph.addNode('Gather', [from, at], { axis: attr.int(3) }, { name: `${node.name}_part` });
    return graph.addNode('Reshape', [taken, flat], {}, { name: `${node.name}_flat` });
  };
  const [first, second] = node.inputs as [string, string];
  const whole = !given(node, 1);
  replace(
    graph,
    node,
    whole ? [part(first, 0), part(first, 1), part(first, 2)] : [first, part(second, 0), part(second, 1)],
  );
}

function replace(graph: Graph, node: Node, inputs: readonly string[]): void {
  const attributes = Object.fromEntries([...node.attributes].filter(([name]) => CARRIED.includes(name)));
  graph.remove(node);
  graph.addNode('MultiHeadAttention', inputs, attributes, {
    domain: ORT,
    name: node.name || 'attention',
    outputs: node.outputs,
  });
}
