/** Products of matrices, and attention. */
import { ELEMENT } from '../../ir/types.ts';
import { known } from '../known.ts';
import { einsumLetters } from './einsum-letters.ts';
import { broadcast, type Rule, type Rules } from './rule.ts';

const matMul: Rule = (node, [a, b]) => {
  if (!a || !b || a.dims.length < 1 || b.dims.length < 1) return null;
  const lying = (dims: readonly number[], side: 'A' | 'B') => {
    // onnxruntime's own: the first axis before the batch.
    const moved =
      node.int(`transBatch${side}`, 0) && dims.length > 2
        ? [...dims.slice(1, -1), dims[0]!, dims.at(-1)!]
        : dims;
    return node.int(`trans${side}`, 0) && moved.length > 1
      ? [...moved.slice(0, -2), moved.at(-1)!, moved.at(-2)!]
      : moved;
  };
  const [left, right] = [lying(a.dims, 'A'), lying(b.dims, 'B')];
  const batch = broadcast(left.slice(0, -2), right.slice(0, -2));
  return known([...batch, ...left.slice(-2, -1), ...(right.length > 1 ? right.slice(-1) : [])], a.type);
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
  const equation = node.text('equation');
  if (equation === null || given.some((one) => !one)) return null;
  const { inputs, output } = einsumLetters(
    equation,
    given.map((one) => one!.dims.length),
  );
  const sides = new Map<string, number>();
  for (const [i, letters] of inputs.entries())
    for (const [k, letter] of letters.entries()) {
      const side = given[i]!.dims[k] ?? 1;
      if ((sides.get(letter) ?? 1) === 1) sides.set(letter, side);
    }
  return known(
    output.map((letter) => sides.get(letter) ?? 1),
    given[0]!.type,
  );
};

export const MULTIPLY: Rules = {
  MatMul: matMul,
  FusedMatMul: matMul,
  MatMulNBits: matMulNBits,
  Gemm: matMul,
  FusedGemm: matMul,
  MatMulInteger: (node, given) => {
    const made = matMul(node, given);
    return made && 'dims' in made ? known(made.dims, ELEMENT.int32) : null;
  },
  MultiHeadAttention: attend,
  Attention: (node, given) => (node.domain === '' ? attend : packedAttention)(node, given),
  Einsum: einsum,
};
