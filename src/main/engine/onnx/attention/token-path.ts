/** The way from a layer's tokens through a projection (x·W + b) and reshapes to an attention product. */

import { isScalar, type Weight, weightOf } from '../ir/constants.ts';
import type { Graph, Node } from '../ir/graph.ts';
import { ELEMENT } from '../ir/types.ts';

/** A step of the path: the node and which of its inputs and outputs the tokens pass. */
export interface Step {
  readonly node: Node;
  readonly input: number;
  readonly output: number;
  /** A second way of the same tokens that joins here, as an adapter (LoRA) beside its projection does. */
  readonly beside?: { readonly input: number; readonly path: TokenPath };
  /** A product of integers, whose tokens are quantised on the spot: all of it is copied as one. */
  readonly integer?: IntegerProduct;
}

export interface TokenPath {
  /** The layer's tokens, [B, N, C], or [B, C, …] before a 1×1 convolution. */
  readonly root: string;
  readonly projection: Node;
  readonly weight: Weight;
  /** From the tokens to the attention product. */
  readonly steps: readonly Step[];
}

const THROUGH = new Set([
  ...[
    'Identity',
    'Cast',
    'Dropout',
    'Reshape',
    'Transpose',
    'Squeeze',
    'Unsqueeze',
    'Split',
    'Slice',
    'Gather',
  ],
  ...['LayerNormalization', 'SimplifiedLayerNormalization', 'RMSNormalization'],
  ...['QuantizeLinear', 'DequantizeLinear'],
]);
const ELEMENTWISE = new Set(['Add', 'Sub', 'Mul', 'Div']);

/** Adapters on one projection: those that a render adds, and some of the export's own. */
const MOST_JOINS = 20;

/** What was found already, by value and joins left: a network's own sums are not searched again and again. */
type Known = Map<string, TokenPath | null>;

/** Follows a value back to the tokens its projection reads; null where no such path exists. */
export function tracePath(graph: Graph, value: string): TokenPath | null {
  return trace(graph, value, MOST_JOINS, new Map());
}

function trace(graph: Graph, value: string, joins: number, known: Known): TokenPath | null {
  const key = `${joins} ${value}`;
  const found = known.get(key);
  if (found !== undefined) return found;
  const path = follow(graph, value, joins, known);
  known.set(key, path);
  return path;
}

function follow(graph: Graph, value: string, joins: number, known: Known): TokenPath | null {
  const steps: Step[] = [];
  let at = value;
  let projection: { node: Node; weight: Weight } | null = null;
  for (;;) {
    const node = graph.producer(at);
    if (!node) break;
    const output = node.outputs.indexOf(at);
    const side = projection ? upstream(graph, node, projection.node) : inputOf(graph, node);
    if (side === null) {
      if (projection) break;
      const integer = integerProduct(graph, node);
      if (integer) {
        projection = { node: integer.product, weight: integer.weight };
        steps.push({ node, input: 0, output, integer });
        at = integer.quantise.inputs[0]!;
        continue;
      }
      const joined = joins > 0 ? joinOf(graph, node, output, joins - 1, known) : null;
      if (joined) return { ...joined.path, steps: [...joined.path.steps, joined.step, ...steps.reverse()] };
      const found = projectionOf(graph, node);
      if (!found) return null;
      projection = { node, weight: found.weight };
      steps.push({ node, input: found.input, output });
      at = node.inputs[found.input]!;
      continue;
    }
    steps.push({ node, input: side, output });
    at = node.inputs[side]!;
  }
  if (!projection) return null;
  return { root: at, projection: projection.node, weight: projection.weight, steps: steps.reverse() };
}

/** Before the projection only copies are looked through, rounding, and the flattening to the rows of a Gemm. */
function upstream(graph: Graph, node: Node, projection: Node): number | null {
  const flattening = projection.op === 'Gemm' && node.op === 'Reshape';
  return node.op === 'Identity' || node.op === 'Cast' || isRounding(graph, node) || flattening ? 0 : null;
}

/** QuantizeLinear or DequantizeLinear with one scale for all: it treats every token alike. */
function isRounding(graph: Graph, node: Node): boolean {
  return (
    (node.op === 'QuantizeLinear' || node.op === 'DequantizeLinear') &&
    node.inputs.slice(1).every((input) => input === '' || isScalar(graph, input))
  );
}

/** A sum of two ways of tokens, and the way up to it. Which of them carries the projection proper does not matter. */
function joinOf(
  graph: Graph,
  node: Node,
  output: number,
  joins: number,
  known: Known,
): { readonly step: Step; readonly path: TokenPath } | null {
  if ((node.op !== 'Add' && node.op !== 'Sub') || node.inputs.length !== 2) return null;
  const [first, second] = node.inputs.map((input) => trace(graph, input, joins, known));
  if (!first || !second) return null;
  // The shorter way leads to the tokens; the other goes through two matrices.
  const longer = longerTo(graph, second, first.root);
  if (longer) return { step: { node, input: 0, output, beside: { input: 1, path: longer } }, path: first };
  const other = longerTo(graph, first, second.root);
  return other && { step: { node, input: 1, output, beside: { input: 0, path: other } }, path: second };
}

/** The path led further back, through a projection before its own, until it begins at `root`; null where it does not. */
function longerTo(graph: Graph, path: TokenPath, root: string): TokenPath | null {
  if (path.root === root) return path;
  const before = trace(graph, path.root, 0, new Map());
  if (before?.root !== root) return null;
  return { ...before, steps: [...before.steps, ...path.steps] };
}

/** What ONNX Runtime's dynamic quantisation makes of a projection: quantised tokens × an integer matrix, cast and scaled. */
export interface IntegerProduct {
  readonly quantise: Node;
  readonly product: Node;
  readonly cast: Node;
  readonly scale: Node;
  readonly weight: Weight;
}

/** @param node the multiplication by the scales that ends it */
function integerProduct(graph: Graph, node: Node): IntegerProduct | null {
  if (node.op !== 'Mul') return null;
  for (const [whole, factor] of [node.inputs, node.inputs.toReversed()] as [string, string][]) {
    const cast = graph.producer(whole);
    const product = cast?.op === 'Cast' ? graph.producer(cast.inputs[0]!) : undefined;
    const scale = graph.producer(factor);
    if (!cast || product?.op !== 'MatMulInteger' || scale?.op !== 'Mul') continue;
    const quantise = graph.producer(product.inputs[0]!);
    const weight = weightOf(graph, product.inputs[1]!);
    if (quantise?.op !== 'DynamicQuantizeLinear' || !weight) continue;
    const [, tokensScale] = quantise.outputs;
    const other = scale.inputs.find((input) => input !== tokensScale);
    if (!scale.inputs.includes(tokensScale!) || other === undefined || !weightOf(graph, other)) continue;
    return { quantise, product, cast, scale, weight: { ...weight, type: ELEMENT.float32 } };
  }
  return null;
}

/** Which input of a node between projection and product carries the tokens; null for other nodes. */
function inputOf(graph: Graph, node: Node): number | null {
  if (node.domain !== '' && node.domain !== 'com.microsoft') return null;
  if (node.op === 'QuantizeLinear' || node.op === 'DequantizeLinear')
    return isRounding(graph, node) ? 0 : null;
  if (THROUGH.has(node.op)) return 0;
  if (!ELEMENTWISE.has(node.op)) return null;
  // A scale is one number, a bias one per channel: neither depends on how many tokens there are.
  const side = node.inputs.map((input) => isScalar(graph, input) || isBias(graph, input));
  if (side[0] === side[1]) return null;
  return side[0] ? 1 : 0;
}

function isBias(graph: Graph, value: string): boolean {
  const dims = weightOf(graph, value)?.tensor.dims;
  if (dims) return dims.slice(0, -1).every((dim) => dim === 1);
  const node = graph.producer(value);
  if (node?.op !== 'Mul') return false;
  const [one, other] = node.inputs as [string, string];
  return (isScalar(graph, one) && isBias(graph, other)) || (isScalar(graph, other) && isBias(graph, one));
}

function projectionOf(graph: Graph, node: Node): { input: number; weight: Weight } | null {
  const weight = (index: number) => {
    const value = node.inputs[index];
    return value === undefined ? null : weightOf(graph, value);
  };
  const fits =
    node.op === 'MatMul' ||
    (node.op === 'Gemm' && node.int('transA', 0) === 0) ||
    node.op === 'MatMulNBits' ||
    node.op === 'DynamicQuantizeMatMul' ||
    (node.op === 'FusedMatMul' &&
      ['transA', 'transBatchA', 'transBatchB'].every((name) => node.int(name, 0) === 0)) ||
    (node.op === 'Conv' &&
      weight(1)
        ?.tensor.dims.slice(2)
        .every((dim) => dim === 1) &&
      node.int('group', 1) === 1);
  if (!fits) return null;
  const right = weight(1);
  if (!right || weight(0)) return null;
  // Packed weights are integers; the tokens then have the type of the scales.
  if (node.op === 'MatMulNBits') return { input: 0, weight: weight(2) ?? right };
  return {
    input: 0,
    weight: node.op === 'DynamicQuantizeMatMul' ? { ...right, type: ELEMENT.float32 } : right,
  };
}
