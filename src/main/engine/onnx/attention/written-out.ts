/** Attention that is written out as softmax(Q·Kᵀ·scale)·V, or is the standard's operator, and where its heads lie. */
import { constantOf, isScalar, shapeEntries, weightOf } from '../ir/constants.ts';
import type { Graph, Node } from '../ir/graph.ts';
import { ELEMENT, floatOf } from '../ir/types.ts';
import { isZeros } from './find.ts';
import { tracePath } from './token-path.ts';

/** What an axis counts: batch, heads, tokens, width of a head, both of batch and heads, anything else. */
type Axis = 'b' | 'h' | 'n' | 'd' | 'bh' | 'hd' | '*';

/** Queries, keys or values on their way to a product. */
export interface Operand {
  readonly value: string;
  readonly axes: readonly Axis[];
}

/** A number that scores are multiplied with, or divided by, as a value of the graph. */
interface Factor {
  readonly value: string;
  readonly divides: boolean;
}

export interface WrittenOut {
  /** The node an error or a report names. */
  readonly name: string;
  /** All that goes when an operator takes its place. */
  readonly nodes: readonly Node[];
  readonly query: Operand;
  readonly key: Operand;
  readonly value: Operand;
  readonly heads: number;
  /** Of all heads of the queries, null where the graph does not say. */
  readonly channels: number | null;
  /** What of the scale is known, and what is computed. */
  readonly scale: number;
  readonly factors: readonly Factor[];
  /** What it makes. */
  readonly result: Operand;
  /** Element type of what it makes, where the graph says. */
  readonly type: number;
}

export interface Attentions {
  /** Self-attention that an operator can take the place of. */
  readonly written: readonly WrittenOut[];
  /** Names of self-attention that is not understood. */
  readonly strange: readonly string[];
}

/** All self-attention that is no operator of onnxruntime's own yet, in graph order. Attention to a text is left out: it has few keys. */
export function writtenOut(graph: Graph): Attentions {
  const written: WrittenOut[] = [];
  const strange: string[] = [];
  for (const node of graph.nodes) {
    const found = node.op === 'Softmax' ? fromSoftmax(graph, node) : fromOperator(graph, node);
    if (!found || !isSelf(graph, found)) continue;
    const made = completed(graph, found);
    if (made) written.push(made);
    else strange.push(found.name);
  }
  return { written, strange };
}

/** What the nodes say by themselves. */
type Found = Omit<WrittenOut, 'heads' | 'channels' | 'type'> & { readonly heads: number | null };

function isSelf(graph: Graph, { query, key, value }: Found): boolean {
  const [own, ...others] = [query, key, value].map((part) => tracePath(graph, part.value)?.root);
  return own !== undefined && others.every((root) => root === own);
}

/** Follows the operands back to where heads are parted. Null where they cannot be counted. */
function completed(graph: Graph, found: Found): WrittenOut | null {
  const parted = operandsIn(graph, found, true);
  const heads = headsOf(graph, found, parted.all);
  const isParted = heads !== null && parted.all.every(({ axes }) => !axes.includes('bh'));
  // Where heads lie among the batch and cannot be told from it, each is attention of one head.
  const merged = isParted ? null : operandsIn(graph, found, false);
  if (merged && !merged.all.every(({ axes }) => axes.includes('bh'))) return null;
  const { all, factors } = merged ?? parted;
  const [query, key, value] = all.map(merged ? asBatch : (part) => part) as [Operand, Operand, Operand];
  const known = factors.map((factor) => ({ factor, number: numberOf(graph, factor.value) }));
  const scale = known.reduce(
    (product, { factor, number }) =>
      number === null ? product : factor.divides ? product / number : product * number,
    found.scale,
  );
  if (!(scale > 0)) return null;
  return {
    ...found,
    query,
    key,
    value,
    heads: merged ? 1 : heads!,
    channels: widthOf(graph, found.query.value),
    scale,
    factors: known.filter(({ number }) => number === null).map(({ factor }) => factor),
    result: merged ? asBatch(found.result) : found.result,
    type: typeOf(graph, found.value.value),
  };
}

interface Operands {
  /** Queries, keys, values. */
  readonly all: readonly Operand[];
  readonly factors: readonly Factor[];
}

/** @param part whether to look behind the reshape that puts heads among the batch */
function operandsIn(graph: Graph, { query, key, value, factors: own }: Found, part: boolean): Operands {
  const factors = [...own];
  const all = [
    peeled(graph, query, { factors, part }),
    peeled(graph, key, { factors, part }),
    // What values are multiplied with is no scale of the scores.
    peeled(graph, value, { factors: null, part }),
  ];
  return { all, factors };
}

/** Null where nothing says it, or not one thing. */
function headsOf(graph: Graph, found: Found, operands: readonly Operand[]): number | null {
  const counted = operands.map((part) => countedIn(graph, part));
  const width = counted.find(({ d }) => d !== null)?.d ?? null;
  const all = widthOf(graph, found.query.value);
  const heads =
    found.heads ??
    counted.find(({ h }) => h !== null)?.h ??
    unmergedHeads(graph, found.result) ??
    (width !== null && all !== null ? all / width : null);
  if (heads === null || !Number.isInteger(heads) || heads < 1) return null;
  return counted.some(({ h }) => h !== null && h !== heads) ? null : heads;
}

/** With one head, batch and heads together are the batch. */
function asBatch({ value, axes }: Operand): Operand {
  return { value, axes: axes.map((axis) => (axis === 'bh' ? 'b' : axis === 'd' ? 'hd' : axis)) };
}

const LIKE = new Set(['Identity', 'Cast', 'Dropout']);

/** Back over what only moves or scales an operand; factors met are added, null where they end the way. */
function peeled(
  graph: Graph,
  operand: Operand,
  { factors, part }: { readonly factors: Factor[] | null; readonly part: boolean },
): Operand {
  let { value, axes } = operand;
  for (;;) {
    const node = graph.producer(value);
    if (node?.domain !== '') return { value, axes };
    // There a reshape from [B, N, C] has parted them.
    if (axes.join() === 'b,n,h,d' && node.op !== 'Cast' && node.op !== 'Identity') return { value, axes };
    if (LIKE.has(node.op)) {
      [value] = node.inputs as [string];
      continue;
    }
    const scaled = factors && scaledBy(graph, node);
    if (scaled) {
      factors.push(scaled.factor);
      value = scaled.value;
      continue;
    }
    const moves = node.op === 'Transpose' || (part && node.op === 'Reshape');
    const before = moves ? axesBefore(graph, node, axes) : null;
    if (!before) return { value, axes };
    axes = before;
    [value] = node.inputs as [string];
  }
}

function scaledBy(graph: Graph, node: Node): { readonly value: string; readonly factor: Factor } | null {
  if (node.op !== 'Mul' && node.op !== 'Div') return null;
  const [first, second] = node.inputs as [string, string];
  if (isScalar(graph, second)) return { value: first, factor: { value: second, divides: node.op === 'Div' } };
  if (node.op === 'Mul' && isScalar(graph, first))
    return { value: second, factor: { value: first, divides: false } };
  return null;
}

/** The axes of a node's input by those of its output; null where they cannot be told. */
function axesBefore(graph: Graph, node: Node, axes: readonly Axis[]): readonly Axis[] | null {
  if (node.op === 'Transpose') {
    const perm = node.ints('perm');
    if (perm?.length !== axes.length) return null;
    const before: Axis[] = [];
    for (const [i, from] of perm.entries()) before[from] = axes[i]!;
    return before;
  }
  if (node.op === 'Gather') {
    const index = constantOf(graph, node.inputs[1]!);
    if (!index || index.dims.length > 0) return null;
    const rank = axes.length + 1;
    const at = (node.int('axis', 0) + rank) % rank;
    return [...axes.slice(0, at), '*', ...axes.slice(at)];
  }
  if (node.op === 'Reshape' && axes.includes('bh')) {
    // Only where batch and heads are put together, from four axes that something else has put in order.
    const source = rankOf(graph, node.inputs[0]!);
    const entries = shapeEntries(graph, node.inputs[1]!);
    if (axes[0] !== 'bh' || source !== 4 || entries?.length !== 3 || entries[0] === 0) return null;
    return ['b', 'h', ...axes.slice(1)];
  }
  return null;
}

/** How many axes a value has, where nodes say it. */
function rankOf(graph: Graph, value: string): number | null {
  const node = graph.producer(value);
  if (!node) return null;
  if (node.op === 'Transpose') return node.ints('perm')?.length ?? null;
  if (node.op === 'Reshape') return shapeEntries(graph, node.inputs[1]!)?.length ?? null;
  if (LIKE.has(node.op)) return rankOf(graph, node.inputs[0]!);
  if (node.op === 'Gather') {
    const before = rankOf(graph, node.inputs[0]!);
    const index = constantOf(graph, node.inputs[1]!);
    return before !== null && index?.dims.length === 0 ? before - 1 : null;
  }
  const scaled = scaledBy(graph, node);
  return scaled && rankOf(graph, scaled.value);
}

/** Heads and their width as the reshape says that parts them, wherever before the value it stands. */
function countedIn(graph: Graph, operand: Operand): { readonly h: number | null; readonly d: number | null } {
  let { value, axes } = operand;
  for (;;) {
    const node = graph.producer(value);
    if (!node) return { h: null, d: null };
    if (node.op === 'Reshape' && axes.includes('h')) {
      const entries = shapeEntries(graph, node.inputs[1]!);
      if (entries?.length !== axes.length) return { h: null, d: null };
      const count = (axis: Axis) => {
        const entry = entries[axes.indexOf(axis)] ?? null;
        return entry !== null && entry > 0 ? entry : null;
      };
      return { h: count('h'), d: count('d') };
    }
    const scaled = scaledBy(graph, node);
    if (scaled) value = scaled.value;
    else if (LIKE.has(node.op) || node.op === 'Split' || node.op === 'Slice')
      [value] = node.inputs as [string];
    else {
      const before = axesBefore(graph, node, axes);
      if (!before) return { h: null, d: null };
      axes = before;
      [value] = node.inputs as [string];
    }
  }
}

/** Of heads that were one axis with the batch: the reshape after the attention that parts them again. */
function unmergedHeads(graph: Graph, { value, axes }: Operand): number | null {
  if (!axes.includes('bh')) return null;
  for (const node of graph.consumers(value)) {
    if (LIKE.has(node.op)) return unmergedHeads(graph, { value: node.outputs[0]!, axes });
    const entries = node.op === 'Reshape' ? shapeEntries(graph, node.inputs[1]!) : null;
    if (entries?.length === 4 && (entries[1] ?? 0) > 0) return entries[1]!;
  }
  return null;
}

/** Channels that a projection makes, of all heads together. */
function widthOf(graph: Graph, value: string): number | null {
  const path = tracePath(graph, value);
  const split = path?.steps.some(({ node }) => ['Split', 'Slice', 'Gather'].includes(node.op)) ?? true;
  if (!path || split) return null;
  const { projection, weight } = path;
  const { dims } = weight.tensor;
  if (projection.op === 'MatMul' && dims.length === 2) return dims[1]!;
  if (projection.op === 'Gemm' || projection.op === 'FusedMatMul')
    return dims[projection.int('transB', 0) ? 0 : 1] ?? null;
  return projection.op === 'Conv' ? (dims[0] ?? null) : null;
}

function typeOf(graph: Graph, value: string): number {
  for (let node = graph.producer(value); node; node = graph.producer(node.inputs[0]!)) {
    if (node.op === 'Cast') return node.int('to', ELEMENT.float32);
    if (!['Transpose', 'Reshape', 'Identity'].includes(node.op)) break;
  }
  return tracePath(graph, value)?.weight.type ?? ELEMENT.float32;
}

function numberOf(graph: Graph, value: string): number | null {
  const tensor = constantOf(graph, value);
  return tensor && floatOf(tensor);
}

const PRODUCTS = new Set(['MatMul', 'FusedMatMul', 'Einsum']);

function fromSoftmax(graph: Graph, softmax: Node): Found | null {
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

interface Product {
  readonly first: readonly Axis[];
  readonly second: readonly Axis[];
  readonly result: readonly Axis[];
  readonly scale: number;
}

/** How the operands of Q·Kᵀ, or of shares·V, lie. Null for products that are neither. */
function operandsOf(node: Node, rank: 3 | 4, what: 'scores' | 'mix'): Product | null {
  const outer: readonly Axis[] = rank === 3 ? ['bh'] : ['b', 'h'];
  const tokensFirst: readonly Axis[] = [...outer, 'n', 'd'];
  const widthFirst: readonly Axis[] = [...outer, 'd', 'n'];
  if (node.op === 'Einsum') return einsumOf(node, rank, what);
  if (node.op === 'MatMul')
    return what === 'scores'
      ? { first: tokensFirst, second: widthFirst, result: [], scale: 1 }
      : { first: [], second: tokensFirst, result: tokensFirst, scale: 1 };
  if (['transA', 'transBatchA', 'transBatchB'].some((name) => node.int(name, 0) !== 0)) return null;
  const turned = node.int('transB', 0) === 1;
  const alpha = node.attributes.get('alpha');
  const scale = alpha?.kind === 'float' ? alpha.value : 1;
  if (what === 'scores')
    return { first: tokensFirst, second: turned ? tokensFirst : widthFirst, result: [], scale };
  // A factor of what is mixed is no scale of the scores.
  if (scale !== 1) return null;
  return { first: [], second: turned ? widthFirst : tokensFirst, result: tokensFirst, scale: 1 };
}

function einsumOf(node: Node, rank: 3 | 4, what: 'scores' | 'mix'): Product | null {
  const equation = node.attributes.get('equation');
  if (equation?.kind !== 'string') return null;
  const written = new TextDecoder().decode(equation.value).replaceAll(' ', '');
  const [, first, second, result] = /^([a-zA-Z]+),([a-zA-Z]+)->([a-zA-Z]+)$/.exec(written) ?? [];
  if (!first || !second || !result || [first, second, result].some((one) => one.length !== rank)) return null;
  // Scores are [outer, queries, keys]: its last letter counts keys. Of shares·V the first operand is that.
  const scores = what === 'scores' ? result : first;
  const [queries, keys] = [scores[rank - 2]!, scores[rank - 1]!];
  const outer = [...scores].slice(0, rank - 2);
  const width = [...second].find((letter) => ![...outer, queries, keys].includes(letter));
  if (width === undefined || new Set([...outer, queries, keys, width]).size !== rank + 1) return null;
  const axis = (letter: string): Axis | null => {
    if (letter === width) return 'd';
    if (letter === queries || letter === keys) return 'n';
    const at = outer.indexOf(letter);
    return at < 0 ? null : rank === 3 ? 'bh' : (['b', 'h'] as const)[at]!;
  };
  const axes = (letters: string): readonly Axis[] | null => {
    const all = [...letters].map(axis);
    return all.includes(null) || new Set(all).size !== rank ? null : (all as Axis[]);
  };
  const isScores = what === 'scores';
  const [one, two, made] = [isScores ? axes(first) : [], axes(second), isScores ? [] : axes(result)];
  if (!one || !two || !made) return null;
  // Queries are the first operand's, and what is mixed has their tokens.
  if (isScores ? first.includes(keys) || second.includes(queries) : result.includes(keys)) return null;
  return { first: one, second: two, result: made, scale: 1 };
}

/** The standard's Attention without a mask, a past or anything else that onnxruntime's own lacks. */
function fromOperator(graph: Graph, node: Node): Found | null {
  if (node.op !== 'Attention' || node.domain !== '' || node.inputs.slice(3).some((input) => input !== ''))
    return null;
  if (node.outputs.slice(1).some((output) => output !== '') || node.int('is_causal', 0) !== 0) return null;
  const softcap = node.attributes.get('softcap');
  if (softcap?.kind === 'float' && softcap.value !== 0) return null;
  const heads = node.attributes.has('q_num_heads') ? node.int('q_num_heads', 0) : null;
  if (heads !== null && node.int('kv_num_heads', heads) !== heads) return null;
  const axes: readonly Axis[] = heads === null ? ['b', 'h', 'n', 'd'] : ['b', 'n', 'hd'];
  const [query, key, value] = node.inputs.map((input) => ({ value: input, axes })) as [
    Operand,
    Operand,
    Operand,
  ];
  const own = node.attributes.get('scale');
  const scale = own?.kind === 'float' ? own.value : usualScale(graph, query, heads);
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
