/** softmax(q·kᵀ·scale + mask)·v of heads (Vaswani et al. 2017, eq. 1), as products. */
import { attr } from '../../ir/graph.ts';
import { ELEMENT } from '../../ir/types.ts';
import type { Emitter } from '../rule.ts';
import { arithmetic } from '../rules/arithmetic.ts';
import { type Expansion, type Expansions, given, gives } from './expansion.ts';

/** What is not seen: under every score, and finite, for 0 times it must be 0. */
const UNSEEN = -1e9;

interface Parts {
  readonly q: string;
  readonly k: string;
  readonly v: string;
  readonly heads: number;
  readonly keyHeads: number;
  /** null is 1/√D. */
  readonly scale: number | null;
  /** Added to the scores [B, H, N, M]. */
  readonly masks: readonly string[];
}

/** [B, N, H·D] as [B, H, N, D]; what has four sides is that already. */
function parted(emit: Emitter, value: string, heads: number): string {
  const dims = emit.dims(value);
  if (dims.length === 4) return value;
  const [batch, tokens, width] = dims as [number, number, number];
  return emit.transpose(emit.reshape(value, [batch, tokens, heads, width / heads]), [0, 2, 1, 3]);
}

/** Keys of fewer heads than queries serve several of them, side by side. */
function repeated(emit: Emitter, value: string, heads: number): string {
  const [batch, own, tokens, width] = emit.dims(value) as [number, number, number, number];
  if (own === heads) return value;
  const each = emit.reshape(value, [batch, own, 1, tokens, width]);
  const all = emit.op('Expand', [each, emit.ints([batch, own, heads / own, tokens, width])]);
  return emit.reshape(all, [batch, heads, tokens, width]);
}

function attended(emit: Emitter, { q, k, v, heads, keyHeads, scale, masks }: Parts): string {
  const { add, mul } = arithmetic(emit);
  const queries = parted(emit, q, heads);
  const [keys, values] = [k, v].map((one) => repeated(emit, parted(emit, one, keyHeads), heads)) as [
    string,
    string,
  ];
  const [batch, , tokens, width] = emit.dims(queries) as [number, number, number, number];
  const scores = emit.op('MatMul', [
    mul(queries, scale ?? 1 / Math.sqrt(width)),
    emit.transpose(keys, [0, 1, 3, 2]),
  ]);
  const shares = emit.op('Softmax', [masks.reduce(add, scores)], { axis: attr.int(3) });
  const made = emit.op('MatMul', [shares, values]);
  if (emit.dims(q).length === 4) return made;
  return emit.reshape(emit.transpose(made, [0, 2, 1, 3]), [batch, tokens, heads * emit.dims(values)[3]!]);
}

const multiHead: Expansion = ({ node, emit }) => {
  const [q, k, v, bias, , mask] = node.inputs as [string, string, string, string?, string?, string?];
  const isPacked = !given(node, 1) || !given(node, 2);
  const isMore = given(node, 4) || node.inputs.slice(6).some((input) => input !== '');
  if (isPacked || isMore || node.int('unidirectional', 0) || gives(node, 1)) return null;
  const { add } = arithmetic(emit);
  let parts: readonly string[] = [q, k, v];
  if (bias) {
    const widths = parts.map((part) => emit.dims(part).at(-1)!);
    const biases = emit.split(bias, 0, widths);
    parts = parts.map((part, i) => add(part, biases[i]!));
  }
  const heads = node.int('num_heads', 1);
  const masks = mask ? [mask] : [];
  const scale = node.float('scale') || null;
  return [attended(emit, { q: parts[0]!, k: parts[1]!, v: parts[2]!, heads, keyHeads: heads, scale, masks })];
};

/** Rows see columns up to their own number. */
function causal(emit: Emitter, rows: number, columns: number): string {
  const unseen = (i: number) => i % columns > Math.floor(i / columns);
  return emit.floats(
    Float32Array.from({ length: rows * columns }, (_, i) => (unseen(i) ? UNSEEN : 0)),
    [rows, columns],
  );
}

const standard: Expansion = ({ node, emit }) => {
  const [q, k, v, mask] = node.inputs as [string, string, string, string?];
  const isMore = node.inputs.slice(4).some((input) => input !== '') || gives(node, 1);
  if (isMore || (node.float('softcap') ?? 0) !== 0) return null;
  const isParted = emit.dims(q).length === 4;
  const heads = isParted ? emit.dims(q)[1]! : node.int('q_num_heads', 1);
  const keyHeads = isParted ? emit.dims(k)[1]! : node.int('kv_num_heads', 1);
  const [rows, columns] = [q, k].map((one) => emit.dims(one).at(-2)!) as [number, number];
  const masks = [
    ...(mask ? [emit.type(mask) === ELEMENT.bool ? arithmetic(emit).where(mask, 0, UNSEEN) : mask] : []),
    ...(node.int('is_causal', 0) ? [causal(emit, rows, columns)] : []),
  ];
  return [attended(emit, { q, k, v, heads, keyHeads, scale: node.float('scale'), masks })];
};

export const ATTENTION: Expansions = { Attention: standard, 'com.microsoft.MultiHeadAttention': multiHead };
