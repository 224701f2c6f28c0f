/** Operators that make one number of an axis. */
import { ELEMENT } from '../../ir/types.ts';
import { known } from '../known.ts';
import { at, numbers, type Rule, type Rules } from './rule.ts';

const { int64 } = ELEMENT;

const reduceBy =
  (change: ((a: number, b: number) => number) | null): Rule =>
  (node, given) => {
    const [first] = given;
    if (!first) return null;
    const named = numbers(node, given, 1, 'axes');
    const all = !named || named.length === 0;
    if (all && node.int('noop_with_empty_axes', 0)) return first;
    const axes = all ? first.dims.map((_, i) => i) : named.map((axis) => at(first.dims, axis));
    const dims = reduced(first.dims, axes, node.int('keepdims', 1) === 1);
    // Of lists only: shapes are no tables.
    const whole = change && first.dims.length === 1 && axes.length === 1 && first.values?.length;
    return known(dims, first.type, whole ? [first.values!.reduce(change)] : undefined);
  };

const reduce = reduceBy(null);

function reduced(dims: readonly number[], axes: readonly number[], keep: boolean): number[] {
  return dims.flatMap((dim, i) => (axes.includes(i) ? (keep ? [1] : []) : [dim]));
}

const argument: Rule = (node, [first]) =>
  first
    ? known(reduced(first.dims, [at(first.dims, node.int('axis', 0))], node.int('keepdims', 1) === 1), int64)
    : null;

export const REDUCE: Rules = {
  ReduceMean: reduce,
  ReduceSum: reduceBy((a, b) => a + b),
  ReduceMax: reduceBy((a, b) => Math.max(a, b)),
  ReduceMin: reduceBy((a, b) => Math.min(a, b)),
  ReduceProd: reduceBy((a, b) => a * b),
  ReduceL1: reduce,
  ReduceL2: reduce,
  ReduceSumSquare: reduce,
  ReduceLogSum: reduce,
  ReduceLogSumExp: reduce,
  ArgMax: argument,
  ArgMin: argument,
};
