/** Products of matrices, and attention. */
import { known } from '../known.ts';
import { broadcast, type Rule, type Rules } from './rule.ts';

const matMul: Rule = (node, [a, b]) => {
  if (!a || !b || a.dims.length < 2 || b.dims.length < 2) return null;
  const turned = (dims: readonly number[], turn: number) =>
    turn ? [...dims.slice(0, -2), dims.at(-1)!, dims.at(-2)!] : dims;
  const left = turned(a.dims, node.int('transA', 0));
  const right = turned(b.dims, node.int('transB', 0));
  return known([...broadcast(left.slice(0, -2), right.slice(0, -2)), left.at(-2)!, right.at(-1)!], a.type);
};

/** Of weights in few bits: how many columns is told. */
const matMulNBits: Rule = (node, [first]) =>
  first ? known(first.dims.with(-1, node.int('N', 0)), first.type) : null;

/** Queries and values [B, N, C] or [B, H, N, D]: as many tokens as the one, as wide as the other. */
const attend: Rule = (_node, [query, key, value]) => {
  if (!query) return null;
  const wide = value ?? key ?? query;
  return known(query.dims.with(-1, wide.dims.at(-1)!), query.type);
};

const packedAttention: Rule = (_node, [tokens, weight]) =>
  tokens && weight ? known(tokens.dims.with(-1, weight.dims[1]! / 3), tokens.type) : null;

const einsum: Rule = (node, given) => {
  const [left, right] = node.text('equation')?.replaceAll(' ', '').split('->') ?? [];
  if (left === undefined || right === undefined || given.some((one) => !one)) return null;
  const sides = new Map<string, number>();
  for (const [i, letters] of left.split(',').entries())
    for (const [k, letter] of [...letters].entries()) sides.set(letter, given[i]!.dims[k] ?? 1);
  return known(
    [...right].map((letter) => sides.get(letter) ?? 1),
    given[0]!.type,
  );
};

export const MULTIPLY: Rules = {
  MatMul: matMul,
  FusedMatMul: matMul,
  MatMulNBits: matMulNBits,
  Gemm: matMul,
  MultiHeadAttention: attend,
  Attention: (node, given) => (node.domain === '' ? attend : packedAttention)(node, given),
  Einsum: einsum,
};
