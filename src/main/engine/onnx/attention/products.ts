/** How the axes of the two products of an attention lie: Q·Kᵀ, and its shares times V. */
import type { Node } from '../ir/graph.ts';
import type { Axis } from './axes.ts';

export const PRODUCTS = new Set(['MatMul', 'FusedMatMul', 'Einsum']);

interface Product {
  readonly first: readonly Axis[];
  readonly second: readonly Axis[];
  readonly result: readonly Axis[];
  readonly scale: number;
}

/** How the operands of Q·Kᵀ, or of shares·V, lie. Null for products that are neither. */
export function operandsOf(node: Node, rank: 3 | 4, what: 'scores' | 'mix'): Product | null {
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
  const scale = node.float('alpha') ?? 1;
  if (what === 'scores')
    return { first: tokensFirst, second: turned ? tokensFirst : widthFirst, result: [], scale };
  // A factor of what is mixed is no scale of the scores.
  if (scale !== 1) return null;
  return { first: [], second: turned ? widthFirst : tokensFirst, result: tokensFirst, scale: 1 };
}

function einsumOf(node: Node, rank: 3 | 4, what: 'scores' | 'mix'): Product | null {
  const written = node.text('equation')?.replaceAll(' ', '') ?? '';
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
