/** Finds self-attention by structure: softmax(Q·Kᵀ)·V whose Q, K and V are projections of the same tokens. */
import { AppError } from '../../../../common/errors.ts';
import { constantOf, isScalar, weightOf } from '../ir/constants.ts';
import type { Graph, Node } from '../ir/graph.ts';
import { nodesBehindSkips } from './skips.ts';
import { type TokenPath, tracePath } from './token-path.ts';

/** Where keys and values enter: the node and its input. */
interface Entry {
  readonly node: Node;
  readonly input: number;
  readonly path: TokenPath;
}

export interface SelfAttention {
  /** The node an error or a report names. */
  readonly name: string;
  readonly key: Entry;
  readonly value: Entry;
  /** After the middle of the UNet, where skips join (its up blocks). */
  readonly decoder: boolean;
}

/** What an artist can do at once. Methods whose `sites` are none. */
export const WITHOUT = 'Choose a method that needs no reference frames (mix, sdedit, img2img or guided).';

/** What looks like attention, to its own tokens or to others. */
interface Candidate {
  readonly name: string;
  readonly nodes: readonly Node[];
  readonly query: string;
  readonly key: { readonly node: Node; readonly input: number };
  readonly value: { readonly node: Node; readonly input: number };
  /** Why it could not be rewritten even if it is self-attention, or null. */
  readonly obstacle: string | null;
}

/**
 * All self-attentions among the sites asked for, in graph order.
 * @throws AppError bundle-invalid for an attention in those sites whose keys or values cannot be followed.
 */
export function findSelfAttentions(graph: Graph, sites: 'decoder' | 'all', doing: string): SelfAttention[] {
  const behindSkip = nodesBehindSkips(graph);
  const found: SelfAttention[] = [];
  for (const candidate of candidates(graph)) {
    const decoder = isDecoder(candidate, behindSkip);
    if (sites === 'decoder' && !decoder) continue;
    const refuse = (why: string) =>
      new AppError('bundle-invalid', `the attention ${candidate.name} cannot take reference frames: ${why}`, {
        doing,
        hint: `${WITHOUT} Or export the model again with plain attention, without fused or optimised operators.`,
      });
    if (candidate.obstacle?.startsWith('it is fused')) throw refuse(candidate.obstacle);
    const trace = (value: string) => tracePath(graph, value);
    const query = trace(candidate.query);
    const key = trace(candidate.key.node.inputs[candidate.key.input]!);
    const value = trace(candidate.value.node.inputs[candidate.value.input]!);
    if (!query || !key || !value) {
      const part = !query ? 'queries' : !key ? 'keys' : 'values';
      throw refuse(`its ${part} do not come from a plain projection`);
    }
    if (key.root !== query.root || value.root !== query.root) continue;
    if (candidate.obstacle) throw refuse(candidate.obstacle);
    found.push({
      name: candidate.name,
      key: { ...candidate.key, path: key },
      value: { ...candidate.value, path: value },
      decoder,
    });
  }
  return found;
}

/** All softmaxes between two products and all operators of attention, in graph order. */
export function* candidates(graph: Graph): Generator<Candidate> {
  for (const node of graph.nodes) {
    const candidate = node.op === 'Softmax' ? fromSoftmax(graph, node) : fromOperator(node);
    if (candidate) yield candidate;
  }
}

const PASSING = new Set(['Cast', 'Identity', 'Dropout', 'QuantizeLinear', 'DequantizeLinear']);
const PRODUCTS = new Set(['MatMul', 'FusedMatMul', 'Einsum']);

function fromSoftmax(graph: Graph, softmax: Node): Candidate | null {
  const product = readerOf(graph, softmax);
  if (!product || !PRODUCTS.has(product.node.op) || product.input !== 0 || product.node.inputs.length !== 2)
    return null;
  let at = softmax.inputs[0]!;
  let obstacle: string | null = null;
  for (;;) {
    const node = graph.producer(at);
    if (!node) return null;
    if (PRODUCTS.has(node.op)) {
      if (node.inputs.length !== 2 || node.inputs.some((input) => weightOf(graph, input))) return null;
      return {
        name: node.label,
        nodes: [node, softmax, product.node],
        query: node.inputs[0]!,
        key: { node, input: 1 },
        value: { node: product.node, input: 1 },
        obstacle,
      };
    }
    if (PASSING.has(node.op) || (node.op === 'Reshape' && graph.consumers(at).length === 1)) {
      if (node.op === 'Reshape') obstacle = `${node.label} reshapes its scores`;
      at = node.inputs[0]!;
      continue;
    }
    if (!['Add', 'Sub', 'Mul', 'Div'].includes(node.op)) return null;
    const scores = node.inputs.findIndex((input) => leadsToProduct(graph, input));
    if (scores < 0) return null;
    const other = node.inputs[1 - scores]!;
    if (!isScalar(graph, other) && !isZeros(graph, other))
      obstacle = `${node.label} adds a mask made for its own tokens`;
    at = node.inputs[scores]!;
  }
}

/** The one product that reads the softmax, through casts. */
function readerOf(graph: Graph, softmax: Node): { node: Node; input: number } | null {
  let value = softmax.outputs[0]!;
  for (;;) {
    const readers = graph.consumers(value);
    const [node] = readers;
    if (!node || readers.length !== 1) return null;
    if (!PASSING.has(node.op)) return { node, input: node.inputs.indexOf(value) };
    value = node.outputs[0]!;
  }
}

function leadsToProduct(graph: Graph, value: string): boolean {
  const node = graph.producer(value);
  if (!node) return false;
  if (PRODUCTS.has(node.op)) return true;
  if (PASSING.has(node.op) || node.op === 'Reshape') return leadsToProduct(graph, node.inputs[0]!);
  return (
    ['Add', 'Sub', 'Mul', 'Div'].includes(node.op) &&
    node.inputs.some((input) => leadsToProduct(graph, input))
  );
}

/** The empty first argument of baddbmm: zeros of the scores' shape, whatever they are multiplied with. */
export function isZeros(graph: Graph, value: string): boolean {
  const node = graph.producer(value);
  if (node?.op === 'ConstantOfShape') {
    const fill = node.attributes.get('value');
    return fill === undefined || (fill.kind === 'tensor' && allZero(fill.value.data));
  }
  if (node?.op === 'Mul')
    return node.inputs.some((input) => isZeros(graph, input) || isZeroConstant(graph, input));
  return (node?.op === 'Cast' || node?.op === 'Identity') && isZeros(graph, node.inputs[0]!);
}

function isZeroConstant(graph: Graph, value: string): boolean {
  const tensor = constantOf(graph, value);
  return tensor ? tensor.dims.every((dim) => dim === 1) && allZero(tensor.data) : false;
}

function allZero(data: { kind: string; bytes?: Uint8Array }): boolean {
  return data.kind === 'bytes' && data.bytes !== undefined && data.bytes.every((byte) => byte === 0);
}

/** Attention as one operator: the standard's (opset 23), and onnxruntime's own. */
function fromOperator(node: Node): Candidate | null {
  const packed =
    node.domain === 'com.microsoft' &&
    ['Attention', 'PackedAttention', 'PackedMultiHeadAttention'].includes(node.op);
  const plain =
    (node.op === 'Attention' && node.domain === '') ||
    (node.op === 'MultiHeadAttention' && node.domain === 'com.microsoft');
  if (!packed && !plain) return null;
  const base = { name: node.label, nodes: [node], query: node.inputs[0]! };
  const self = { ...base, key: { node, input: 0 }, value: { node, input: 0 } };
  if (packed) return { ...self, obstacle: `it is fused with its projections in the operator ${node.op}` };
  const given = (index: number) => (node.inputs[index] ?? '') !== '';
  if (!given(1))
    return { ...self, obstacle: `it is fused: ${node.op} reads queries, keys and values from one tensor` };
  if (!given(2)) {
    const packed = { node, input: 1 };
    return {
      ...base,
      key: packed,
      value: packed,
      obstacle: `${node.op} reads keys and values from one tensor`,
    };
  }
  // Input 3 of MultiHeadAttention is the bias of the projections; all further ones depend on the tokens.
  const first = node.op === 'Attention' ? 3 : 4;
  const masked = node.inputs.slice(first).some((input) => input !== '');
  return {
    ...base,
    key: { node, input: 1 },
    value: { node, input: 2 },
    obstacle:
      masked || node.int('is_causal', node.int('unidirectional', 0))
        ? `${node.op} has a mask or a past`
        : null,
  };
}

const UP = /(^|[/._])(up_blocks?|output_blocks?|up|decoder)([/._]|$)/;
const DOWN_OR_MID = /(^|[/._])(down_blocks?|input_blocks?|mid_block|middle_block|down|mid|encoder)([/._]|$)/;

/** Exporters' node names tell where a layer is; without them, whether it lies behind a skip connection does. */
function isDecoder(candidate: Candidate, behindSkip: ReadonlySet<Node>): boolean {
  const names = candidate.nodes.map((node) => node.name);
  if (names.every((name) => UP.test(name))) return true;
  if (names.every((name) => DOWN_OR_MID.test(name))) return false;
  return candidate.nodes.some((node) => behindSkip.has(node));
}
