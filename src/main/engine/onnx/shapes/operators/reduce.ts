/** Operators that make one number of an axis. */
import { ELEMENT } from '../../ir/types.ts';
import { known } from '../known.ts';
import { at, numbers, type Rule, type Rules } from './rule.ts';

const { int64 } = ELEMENT;

const reduce: Rule = (node, given) => {
  const [first] = given;
  if (!first) return null;
  const named = numbers(node, given, 1, 'axes');
  const all = !named || named.length === 0;
  if (all && node.int('noop_with_empty_axes', 0)) return first;
  const axes = all ? first.dims.map((_, i) => i) : named.map((axis) => at(first.dims, axis));
  return known(reduced(first.dims, axes, node.int('keepdims', 1) === 1), first.type);
};

function reduced(dims: readonly number[], axes: readonly number[], keep: boolean): number[] {
  return dims.flatMap((dim, i) => (axes.includes(i) ? (keep ? [1] : []) : [dim]));
}

const argument: Rule = (node, [first]) =>
  first
    ? known(reduced(first.dims, [at(first.dims, node.int('axis', 0))], node.int('keepdims', 1) === 1), int64)
    : null;

export const REDUCE: Rules = {
  ReduceMean: reduce,
  ReduceSum: reduce,
  ReduceMax: reduce,
  ReduceMin: reduce,
  ReduceProd: reduce,
  ReduceL2: reduce,
  ReduceSumSquare: reduce,
  ReduceLogSumExp: reduce,
  ArgMax: argument,
  ArgMin: argument,
};
