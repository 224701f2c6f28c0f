/** What nodes say of an attention by themselves: a softmax between two products, or the standard's operator. */
import { weightOf } from '../ir/constants.ts';
import type { Graph, Node } from '../ir/graph.ts';
import { type Axis, type Factor, LIKE, type Operand, rankOf, scaledBy } from './axes.ts';
import { isZeros } from './find.ts';
import { countedIn, widthOf } from './heads.ts';
import { operandsOf, PRODUCTS } from './products.ts';

export interface Found {
  /** The node an error or a report names. */
  readonly name: string;
  /** All that goes when an operator takes its place. */
  readonly nodes: readonly Node[];
  readonly query: Operand;
  readonly key: Operand;
  readonly value: Operand;
  /** Null where they must be counted elsewhere. */
  readonly heads: number | null;
  readonly scale: number;
  /** Of the scale beside that. */
  readonly factors: readonly Factor[];
  /** What it makes. */
  readonly result: Operand;
}

export function fromSoftmax(graph: Graph, softmax: Node): Found | null {
  const nodes: Node[] = [softmax];
  // Forward to the product with the values.
  let shares = softmax.outputs[0]!;
  let mix: Node;
  for (;;) {
    const readers = graph.consumers(shares);
    const [reader] = readers;
    if (!reader || readers.length !== 1) return null;
    if (!LIKE.has(reader.op)) {
      mix = reader;
      break;
    }
    nodes.push(reader);
    [shares] = reader.outputs as [string];
  }
  if (!PRODUCTS.has(mix.op) || mix.inputs.length !== 2 || mix.inputs[0] !== shares) return null;
  // Back to the product of queries and keys.
  const factors: Factor[] = [];
  let at = softmax.inputs[0]!;
  let product: Node | undefined;
  while (!product) {
    const node = graph.producer(at);
    if (!node) return null;
    if (PRODUCTS.has(node.op)) {
      product = node;
      break;
    }
    nodes.push(node);
    if (LIKE.has(node.op)) {
      [at] = node.inputs as [string];
      continue;
    }
    const scaled = scaledBy(graph, node);
    if (scaled) {
      factors.push(scaled.factor);
      at = scaled.value;
      continue;
    }
    const zeros = node.op === 'Add' ? node.inputs.findIndex((input) => isZeros(graph, input)) : -1;
    if (zeros < 0) return null;
    addBefore(graph, node.inputs[zeros]!, nodes);
    at = node.inputs[1 - zeros]!;
  }
  if (product.inputs.length !== 2 || product.inputs.some((input) => weightOf(graph, input))) return null;
  nodes.push(product, mix);
  if (isReadElsewhere(graph, product, mix, new Set(nodes))) return null;
  const [query, keys] = product.inputs as [string, string];
  const [, values] = mix.inputs as [string, string];
  const rank = [query, keys, values].map((value) => rankOf(graph, value)).find((one) => one !== null);
  if (rank !== 3 && rank !== 4) return null;
  // Over the keys, which come last.
  const axis = softmax.int('axis', -1);
  if (axis !== -1 && axis !== rank - 1) return null;
  const scored = operandsOf(product, rank, 'scores');
  const mixed = operandsOf(mix, rank, 'mix');
  if (!scored || !mixed) return null;
  return {
    name: product.label,
    nodes,
    query: { value: query, axes: scored.first },
    key: { value: keys, axes: scored.second },
    value: { value: values, axes: mixed.second },
    heads: null,
    scale: scored.scale * mixed.scale,
    factors,
    result: { value: mix.outputs[0]!, axes: mixed.result },
  };
}

/** What makes zeros of the scores' shape. */
function addBefore(graph: Graph, value: string, nodes: Node[]): void {
  const node = graph.producer(value);
  if (!node || nodes.includes(node)) return;
  nodes.push(node);
  if (node.op !== 'Shape') for (const input of node.inputs) addBefore(graph, input, nodes);
}

/** Whether the scores, or what follows from them, are read by others too: they would be computed all the same. */
function isReadElsewhere(graph: Graph, product: Node, mix: Node, own: ReadonlySet<Node>): boolean {
  const behind = new Set([product]);
  const given = new Set(graph.outputs.map(({ name }) => name));
  for (const node of behind) {
    if (node === mix) continue;
    if (node.outputs.some((value) => given.has(value))) return true;
    for (const reader of node.outputs.flatMap((value) => graph.consumers(value))) {
      if (!own.has(reader)) return true;
      behind.add(reader);
    }
  }
  return false;
}

/** The standard's Attention without a mask, a past or anything else that onnxruntime's own lacks. */
export function fromOperator(graph: Graph, node: Node): Found | null {
  if (node.op !== 'Attention' || node.domain !== '' || node.inputs.slice(3).some((input) => input !== ''))
    return null;
  if (node.outputs.slice(1).some((output) => output !== '') || node.int('is_causal', 0) !== 0) return null;
  if ((node.float('softcap') ?? 0) !== 0) return null;
  const heads = node.attributes.has('q_num_heads') ? node.int('q_num_heads', 0) : null;
  if (heads !== null && node.int('kv_num_heads', heads) !== heads) return null;
  const axes: readonly Axis[] = heads === null ? ['b', 'h', 'n', 'd'] : ['b', 'n', 'hd'];
  const [query, key, value] = node.inputs.map((input) => ({ value: input, axes })) as [
    Operand,
    Operand,
    Operand,
  ];
  const scale = node.float('scale') ?? usualScale(graph, query, heads);
  if (scale === null) return null;
  const result = { value: node.outputs[0]!, axes };
  return { name: node.label, nodes: [node], query, key, value, heads, scale, factors: [], result };
}

/** One over the root of a head's width. */
function usualScale(graph: Graph, query: Operand, heads: number | null): number | null {
  const all = widthOf(graph, query.value);
  const width = heads === null ? countedIn(graph, query).d : all === null ? null : all / heads;
  return width === null ? null : 1 / Math.sqrt(width);
}
