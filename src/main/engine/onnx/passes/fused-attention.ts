/**
 * Self-attention as one operator, which never holds all scores at once (FlashAttention, Dao et al. 2022): onnxruntime's kernels
 * for the processor take 4 GB instead of 15 for a guided call of Stable Diffusion 1.5 at 512² with two bank frames.
 */
import { assert } from '../../../../common/errors.ts';
import type { Operand } from '../attention/axes.ts';
import { type Attentions, type WrittenOut, writtenOut } from '../attention/written-out.ts';
import { shapeEntries } from '../ir/constants.ts';
import { attr, type Graph, type Model, type Node } from '../ir/graph.ts';
import { sortNodes } from '../ir/sort.ts';
import { ELEMENT, int64Tensor } from '../ir/types.ts';
import { lostValue, type Pass, type Step, step } from './pass.ts';

const ORT = 'com.microsoft';
/** Of the standard set, from which on it has Attention. */
const ATTENTION_SINCE = 23;

/** onnxruntime's own operator, or the standard's. */
export type FusedOperator = 'MultiHeadAttention' | 'Attention';

/** Whether a graph may hold the operator as it is. */
export function mayHold(model: Model, operator: FusedOperator): boolean {
  return operator !== 'Attention' || (model.opsets.get('') ?? 0) >= ATTENTION_SINCE;
}

/**
 * softmax(Q·Kᵀ·scale)·V over a layer's own tokens becomes one operator with three inputs [B, N, H·D]. It stands before
 * reference-attention, which gives the operator its bank. Attention to a text has few keys and is left as it is.
 *
 * Requires: the operator is known in the graph's version. Ensures: the same function up to rounding; no self-attention that is
 * understood is written out. Gives back how many there were.
 */
export const fusedAttention: Pass<{ readonly operator: FusedOperator }, number> = {
  id: 'fused-attention',
  requires: (model, { operator }) =>
    mayHold(model, operator) ? null : `it is of a version without ${operator}`,
  run(model, { operator }) {
    const { graph } = model;
    const found = replaceable(graph, operator);
    for (const attention of found) replace(graph, attention, operator);
    if (found.length > 0) {
      if (operator === 'MultiHeadAttention' && !model.opsets.has(ORT)) model.opsets.set(ORT, 1);
      sortNodes(graph);
    }
    return found.length;
  },
  ensures(model, { before, options }) {
    const [left] = replaceable(model.graph, options.operator);
    if (left) return `${left.name} is written out`;
    const lost = lostValue(model, before);
    return lost === null ? null : `${lost} is gone`;
  },
};

/** None where attention stays as it is. */
export function fuse(operator: FusedOperator | null): Step[] {
  return operator ? [step(fusedAttention, { operator })] : [];
}

function replaceable(graph: Graph, operator: FusedOperator): Attentions['written'] {
  const { written } = writtenOut(graph);
  // The standard's operator is that already.
  return operator === 'Attention' ? written.filter(({ nodes }) => nodes.length > 1) : written;
}

function replace(graph: Graph, attention: WrittenOut, operator: FusedOperator): void {
  const { name, heads, scale, type, result } = attention;
  const query = scaled(graph, tokensOf(graph, attention.query, type), attention);
  const inputs = [query, tokensOf(graph, attention.key, type), tokensOf(graph, attention.value, type)];
  const { reader, between } = mergingAfter(graph, result);
  // Its readers read the same name, made anew.
  if (!reader) removeDead(graph, attention.nodes, result.value);
  const standard = operator === 'Attention';
  const count = attr.int(heads);
  const attributes = {
    ...(standard ? { q_num_heads: count, kv_num_heads: count } : { num_heads: count }),
    scale: attr.float(scale),
  };
  const casts = type !== ELEMENT.float32;
  const isResult = reader === null && result.axes.join() === 'b,n,hd';
  const last = isResult ? { outputs: [result.value] } : {};
  const made = graph.addNode(operator, inputs, attributes, {
    domain: standard ? '' : ORT,
    name,
    ...(!casts && last),
  });
  const typed = casts ? graph.addNode('Cast', [made], { to: attr.int(type) }, last) : made;
  if (reader) {
    graph.setInput(reader, 0, typed);
    removeDead(graph, [...attention.nodes, ...between]);
  } else if (!isResult) part(graph, typed, attention);
}

/** An operand as float32 tokens [B, N, H·D]. */
function tokensOf(graph: Graph, { value, axes }: Operand, type: number): string {
  const merged = axes.includes('hd');
  const order = merged ? (['b', 'n', 'hd'] as const) : (['b', 'n', 'h', 'd'] as const);
  const perm = order.map((axis) => axes.indexOf(axis));
  assert(!perm.includes(-1), `queries, keys and values are of batch, tokens, heads and width, not ${axes}`);
  const ordered = perm.every((axis, i) => axis === i)
    ? value
    : graph.addNode('Transpose', [value], { perm: attr.ints(perm) });
  const flat = () => graph.addInitializer(int64Tensor('fused_tokens', [3], [0, 0, -1]));
  const tokens = merged ? ordered : graph.addNode('Reshape', [ordered, flat()]);
  return type === ELEMENT.float32
    ? tokens
    : graph.addNode('Cast', [tokens], { to: attr.int(ELEMENT.float32) });
}

/** What of the scale is computed when the graph runs goes to the queries. */
function scaled(graph: Graph, query: string, { factors, type }: WrittenOut): string {
  return factors.reduce((tokens, { value, divides }) => {
    const factor =
      type === ELEMENT.float32 ? value : graph.addNode('Cast', [value], { to: attr.int(ELEMENT.float32) });
    return graph.addNode(divides ? 'Div' : 'Mul', [tokens, factor]);
  }, query);
}

interface Merging {
  /** The reshape that puts heads side by side, whatever way there is to it; null where something else reads on the way. */
  readonly reader: Node | null;
  readonly between: readonly Node[];
}

function mergingAfter(graph: Graph, result: Operand): Merging {
  const between: Node[] = [];
  let { value, axes } = result;
  const given = new Set(graph.outputs.map(({ name }) => name));
  for (;;) {
    const [node, ...others] = graph.consumers(value);
    if (!node || others.length > 0 || given.has(value) || node.inputs[0] !== value)
      return { reader: null, between: [] };
    const perm = node.op === 'Transpose' ? node.ints('perm') : null;
    const rank = node.op === 'Reshape' ? shapeEntries(graph, node.inputs[1]!)?.length : undefined;
    if (rank === 3 && axes.join() === 'b,n,h,d') return { reader: node, between };
    if (perm?.length === axes.length) axes = perm.map((from) => axes[from]!);
    else if (rank === 4 && axes.join() === 'bh,n,d') axes = ['b', 'h', 'n', 'd'];
    else return { reader: null, between: [] };
    between.push(node);
    [value] = node.outputs as [string];
  }
}

/** Tokens as the product made them, for readers that want just that. */
function part(graph: Graph, tokens: string, { heads, result: { value, axes } }: WrittenOut): void {
  const constant = (...values: number[]) =>
    graph.addInitializer(int64Tensor('fused_shape', [values.length], values));
  const parted = graph.addNode('Reshape', [tokens, constant(0, 0, heads, -1)]);
  const last = { outputs: [value] };
  const merged = axes.includes('bh');
  const order = ['b', 'n', 'h', 'd'] as const;
  const wanted = merged ? axes.flatMap((axis) => (axis === 'bh' ? (['b', 'h'] as const) : [axis])) : axes;
  const perm = wanted.map((axis) => (order as readonly string[]).indexOf(axis));
  const turned = graph.addNode('Transpose', [parted], { perm: attr.ints(perm) }, merged ? {} : last);
  if (!merged) return;
  const inner = graph.addNode('Slice', [graph.addNode('Shape', [turned]), constant(2), constant(4)]);
  const shape = graph.addNode('Concat', [constant(-1), inner], { axis: attr.int(0) });
  graph.addNode('Reshape', [turned, shape], {}, last);
}

/** Takes out what nobody reads any more, and what makes `result`. */
function removeDead(graph: Graph, nodes: readonly Node[], result?: string): void {
  const left = new Set(nodes);
  const given = new Set(graph.outputs.map(({ name }) => name));
  const isRead = (value: string) =>
    value !== result && (graph.consumers(value).length > 0 || given.has(value));
  for (let removed = true; removed; ) {
    removed = false;
    for (const node of left) {
      if (node.outputs.some(isRead)) continue;
      graph.remove(node);
      left.delete(node);
      removed = true;
    }
  }
}
