/** Attention as one operator: of onnxruntime and of the standard. */

import { multiplied } from './multiply.ts';
import { make, type Numbers, type Operator, type Operators, spread } from './numbers.ts';

interface Attended {
  readonly heads: number;
  readonly keyHeads?: number;
  readonly scale: number | null;
  /** Added to the scores [B, H, N, M]. */
  readonly more?: (place: readonly number[]) => number;
}

/** softmax(q·kᵀ·scale + more)·v of [B, N, H·D] or [B, H, N, D], as wide as it came. */
function attended(
  q: Numbers,
  k: Numbers,
  v: Numbers,
  { heads, keyHeads = heads, scale, more }: Attended,
): Numbers {
  const isParted = q.dims.length === 4;
  const parted = (x: Numbers, count: number) => {
    const width = x.dims.at(-1)! / count;
    return isParted
      ? x
      : make([x.dims[0]!, count, x.dims[1]!, width], ([b, h, n, d]) => spread(x, [b!, n!, h! * width + d!]));
  };
  const [queries, keys, values] = [parted(q, heads), parted(k, keyHeads), parted(v, keyHeads)];
  const [batch, , rows, width] = queries.dims as [number, number, number, number];
  const columns = keys.dims[2]!;
  const across = heads / keyHeads;
  const factor = scale ?? 1 / Math.sqrt(width);
  const scores = make([batch, heads, rows, columns], (place) => {
    const [b, h, n, m] = place as [number, number, number, number];
    let sum = 0;
    for (let d = 0; d < width; d++)
      sum += spread(queries, [b, h, n, d]) * spread(keys, [b, Math.floor(h / across), m, d]);
    return sum * factor + (more?.(place) ?? 0);
  });
  const made = make([batch, heads, rows, values.dims[3]!], ([b, h, n, d]) => {
    const line = Array.from({ length: columns }, (_, m) => spread(scores, [b!, h!, n!, m]));
    const top = Math.max(...line);
    const powers = line.map((one) => Math.exp(one - top));
    const total = powers.reduce((sum, one) => sum + one, 0);
    return powers.reduce(
      (sum, one, m) => sum + (one / total) * spread(values, [b!, Math.floor(h! / across), m, d!]),
      0,
    );
  });
  if (isParted) return made;
  const each = values.dims[3]!;
  return make([batch, rows, heads * each], ([b, n, c]) =>
    spread(made, [b!, Math.floor(c! / each), n!, c! % each]),
  );
}

/** The part `index` of [B, N, H, many, D], as tokens. */
function part(packed: Numbers, index: number): Numbers {
  const [batch, tokens, heads, , width] = packed.dims as [number, number, number, number, number];
  return make([batch, tokens, heads * width], ([b, n, c]) =>
    spread(packed, [b!, n!, Math.floor(c! / width), index, c! % width]),
  );
}

const multiHead: Operator = ([first, second, third, bias, , added], node) => {
  const q = second ? first : part(first!, 0);
  const k = third ? second : second ? part(second, 0) : part(first!, 1);
  const v = third ?? (second ? part(second, 1) : part(first!, 2));
  const width = q!.dims.at(-1)!;
  const biased = (x: Numbers, from: number) =>
    bias ? make(x.dims, (place, i) => x.data[i]! + bias.data[from + place.at(-1)!]!) : x;
  const more = added && ((place: readonly number[]) => spread(added, place));
  return attended(biased(q!, 0), biased(k!, width), biased(v!, 2 * width), {
    heads: node.int('num_heads', 1),
    scale: node.float('scale') || null,
    ...(more && { more }),
  });
};

const standard: Operator = ([q, k, v, added], node) => {
  const causal = node.int('is_causal', 0) === 1;
  const more = (place: readonly number[]) =>
    (causal && place[3]! > place[2]! ? -Infinity : 0) + (added ? spread(added, place) : 0);
  const isParted = q!.dims.length === 4;
  return attended(q!, k!, v!, {
    heads: isParted ? q!.dims[1]! : node.int('q_num_heads', 1),
    keyHeads: isParted ? k!.dims[1]! : node.int('kv_num_heads', 1),
    scale: node.float('scale'),
    more,
  });
};

const packed: Operator = ([x, weight, bias], node) => {
  const all = multiplied(x!, weight!);
  const biased = bias ? make(all.dims, (place, i) => all.data[i]! + bias.data[place.at(-1)!]!) : all;
  const width = all.dims.at(-1)! / 3;
  const part = (from: number) =>
    make(all.dims.with(-1, width), (place) => spread(biased, place.with(-1, place.at(-1)! + from)));
  return attended(part(0), part(width), part(2 * width), {
    heads: node.int('num_heads', 1),
    scale: node.float('scale') || null,
  });
};

export const ATTENTION: Operators = {
  MultiHeadAttention: multiHead,
  Attention: (given, node, opset) => (node.domain === '' ? standard : packed)(given, node, opset),
};
