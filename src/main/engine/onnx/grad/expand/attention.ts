/** softmax(q·kᵀ·scale + mask)·v of heads (Vaswani et al. 2017, eq. 1), as products. */
import { attr } from '../../ir/graph.ts';
import { ELEMENT } from '../../ir/types.ts';
import type { Emitter } from '../rule.ts';
import { arithmetic } from '../rules/arithmetic.ts';
import { type Expansion, type Expansions, type Fused, given, gives } from './expansion.ts';

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

type Three = readonly [q: string, k: string, v: string];

/** Thirds, or halves, of one value along an axis that holds them side by side. */
function apart(emit: Emitter, packed: string): string[] {
  const [batch, tokens, heads, many, width] = emit.dims(packed) as [number, number, number, number, number];
  const parts = emit.split(
    packed,
    3,
    Array.from({ length: many }, () => 1),
  );
  return parts.map((part) => emit.reshape(part, [batch, tokens, heads * width]));
}

/** Packed as [B, N, H, 3, D], or keys and values as [B, M, H, 2, D], or each by itself; null where a past or a mask is among them. */
function threeOf({ node, emit }: Fused): Three | null {
  const [q, k, v] = node.inputs as [string, string?, string?];
  const all = k ? (v ? [q, k, v] : [q, ...apart(emit, k)]) : apart(emit, q);
  return all.length === 3 && all.every((one) => emit.dims(one).length === 3)
    ? (all as unknown as Three)
    : null;
}

const multiHead: Expansion = (of) => {
  const { node } = of;
  const [, , , bias, , mask] = node.inputs;
  const isMore = given(node, 4) || node.inputs.slice(6).some((input) => input !== '');
  if (isMore || node.int('unidirectional', 0) || gives(node, 1)) return null;
  const three = threeOf(of);
  return three && [attendedBy(of, three, bias ?? '', mask ?? '')];
};

/** @param bias of queries, keys and values, one after the other; '' for none, as of the mask */
function attendedBy({ node, emit }: Fused, three: Three, bias: string, mask: string): string {
  const widths = three.map((part) => emit.dims(part).at(-1)!);
  const biases = bias === '' ? [] : emit.split(bias, 0, widths);
  const [q, k, v] = three.map((part, i) =>
    biases[i] ? arithmetic(emit).add(part, biases[i]) : part,
  ) as unknown as Three;
  const heads = node.int('num_heads', 1);
  const masks = mask === '' ? [] : [mask];
  return attended(emit, { q, k, v, heads, keyHeads: heads, scale: node.float('scale') || null, masks });
}

/** Of onnxruntime, with its projections inside: x [B, N, C], weights [C, 3·C]. */
const projecting: Expansion = (of) => {
  const { node, emit } = of;
  const [x, weight, bias] = node.inputs as [string, string, string?];
  const isMore = node.inputs.slice(3).some((input) => input !== '') || gives(node, 1);
  if (isMore || node.int('unidirectional', 0) || node.int('do_rotary', 0)) return null;
  const width = emit.dims(weight)[1]! / 3;
  const sizes = node.ints('qkv_hidden_sizes') ?? [width, width, width];
  const three = emit.split(emit.op('MatMul', [x, weight]), 2, sizes);
  return [attendedBy(of, three as unknown as Three, bias ?? '', '')];
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

export const ATTENTION: Expansions = {
  Attention: standard,
  'com.microsoft.Attention': projecting,
  'com.microsoft.MultiHeadAttention': multiHead,
};
