/** Attention that is written out as softmax(Q·Kᵀ·scale)·V, or is the standard's operator, and where its heads lie. */
import { constantOf } from '../ir/constants.ts';
import type { Graph } from '../ir/graph.ts';
import { ELEMENT, floatOf } from '../ir/types.ts';
import { axesBefore, type Factor, LIKE, type Operand, scaledBy } from './axes.ts';
import { type Found, fromOperator, fromSoftmax } from './found.ts';
import { countedIn, unmergedHeads, widthOf } from './heads.ts';
import { tracePath } from './token-path.ts';

/** Its operands are followed back to where heads are parted; `scale` is what is known of it, `factors` what is computed. */
export interface WrittenOut extends Found {
  readonly heads: number;
  /** Of all heads of the queries, null where the graph does not say. */
  readonly channels: number | null;
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
