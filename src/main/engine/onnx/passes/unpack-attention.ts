/**
 * Takes fused attention apart as far as reference frames need it: queries, keys and values become values of their own,
 * each with a projection that can be copied. The product itself stays one operator.
 */

import { attr, type Model, type Node } from '../ir/graph.ts';
import { sortNodes } from '../ir/sort.ts';
import { int64Tensor } from '../ir/types.ts';
import { weightOf } from './constants.ts';

const ORT = 'com.microsoft';

/**
 * Attention of onnxruntime with its projections inside becomes MatMul, Add, Split and MultiHeadAttention; packed inputs of
 * MultiHeadAttention, [B, N, H, 3, D] or keys and values [B, M, H, 2, D], become three inputs [B, N, H·D].
 *
 * Requires: nothing. Ensures: the same function; nodes with a mask, a past, rotation or causality stay as they are.
 * Returns how many nodes were taken apart.
 */
export function unpackAttention(model: Model): number {
  let count = 0;
  for (const node of [...model.graph.nodes]) {
    if (node.domain !== ORT) continue;
    const done =
      node.op === 'Attention'
        ? unpackProjections(model, node)
        : node.op === 'MultiHeadAttention' && unpackInputs(model, node);
    if (done) count += 1;
  }
  if (count > 0) sortNodes(model.graph);
  return count;
}

const given = (node: Node, index: number) => (node.inputs[index] ?? '') !== '';
const CARRIED = ['num_heads', 'scale', 'mask_filter_value'];

function unpackProjections({ graph }: Model, node: Node): boolean {
  const [tokens, weight, bias] = node.inputs as [string, string, string | undefined];
  const width = weightOf(graph, weight)?.tensor.dims[1];
  const extra = node.inputs.slice(3).some((input) => input !== '');
  const special = node.int('unidirectional', 0) || node.int('do_rotary', 0);
  // A present state leaves by a second output.
  if (width === undefined || extra || special || node.outputs.slice(1).some((output) => output !== ''))
    return false;
  const sizes = node.ints('qkv_hidden_sizes') ?? [width / 3, width / 3, width / 3];
  const product = graph.addNode('MatMul', [tokens, weight], {}, { name: `${node.name}_projection` });
  const all = bias ? graph.addNode('Add', [product, bias], {}, { name: `${node.name}_bias` }) : product;
  const parts = ['q', 'k', 'v'].map((name) => graph.unique(`${node.name}_${name}`));
  const lengths = graph.addInitializer(int64Tensor('split_sizes', [3], sizes));
  graph.addNode('Split', [all, lengths], { axis: attr.int(-1) }, { outputs: parts });
  replace({ graph }, node, parts);
  return true;
}

function unpackInputs({ graph }: Model, node: Node): boolean {
  const isPacked = given(node, 0) && !given(node, 1) && !given(node, 2);
  const isHalfPacked = given(node, 0) && given(node, 1) && !given(node, 2);
  const extra = node.inputs.slice(3).some((input) => input !== '');
  if ((!isPacked && !isHalfPacked) || extra || node.int('unidirectional', 0)) return false;
  const flat = graph.addInitializer(int64Tensor('packed_flat', [3], [0, 0, -1]));
  const part = (from: string, index: number) => {
    const at = graph.addInitializer(int64Tensor('packed_index', [], [index]));
    const taken = graph.addNode('Gather', [from, at], { axis: attr.int(3) }, { name: `${node.name}_part` });
    return graph.addNode('Reshape', [taken, flat], {}, { name: `${node.name}_flat` });
  };
  const [first, second] = node.inputs as [string, string];
  replace(
    { graph },
    node,
    isPacked ? [part(first, 0), part(first, 1), part(first, 2)] : [first, part(second, 0), part(second, 1)],
  );
  return true;
}

function replace({ graph }: Pick<Model, 'graph'>, node: Node, inputs: readonly string[]): void {
  const attributes = Object.fromEntries([...node.attributes].filter(([name]) => CARRIED.includes(name)));
  graph.remove(node);
  graph.addNode('MultiHeadAttention', inputs, attributes, {
    domain: ORT,
    name: node.name || 'attention',
    outputs: node.outputs,
  });
}
