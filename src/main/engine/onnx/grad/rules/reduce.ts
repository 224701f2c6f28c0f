/** Operators that make one number of all along some axes. */
import { attr } from '../../ir/graph.ts';
import { ELEMENT } from '../../ir/types.ts';
import { product } from '../../shapes/known.ts';
import { type Emitter, type Followed, type Rule, type Rules, undifferentiable } from '../rule.ts';

interface Reduced {
  /** Its cotangent and what was made, their axes kept as 1. */
  readonly d: string;
  readonly y: () => string;
  readonly x: string;
  readonly axes: readonly number[];
  /** How many numbers each is made of. */
  readonly count: number;
  readonly emit: Emitter;
}

/** @param pulled broadcast to the shape of x */
const reduce =
  (pulled: (of: Reduced) => string): Rule =>
  (of) => {
    const { node, cotangents, emit } = of;
    const [x, y] = [node.inputs[0]!, node.outputs[0]!];
    const dims = emit.dims(x);
    const axes = axesOf(of);
    const kept = dims.map((side, axis) => (axes.includes(axis) ? 1 : side));
    const count = product(axes.map((axis) => dims[axis]!));
    const d = emit.reshape(cotangents[0]!, kept);
    return [emit.expand(pulled({ d, y: () => emit.reshape(y, kept), x, axes, count, emit }), dims)];
  };

/** All axes, where none are named; an input has them in newer operator sets, an attribute in older ones. */
function axesOf({ node, emit }: Followed): number[] {
  const { length } = emit.dims(node.inputs[0]!);
  const named = node.inputs[1] ? emit.values(node.inputs[1]) : node.ints('axes');
  if (node.inputs[1] && !named) throw undifferentiable(node, 'axes that are computed');
  if (named && named.length > 0) return named.map((axis) => (axis < 0 ? axis + length : axis));
  return node.int('noop_with_empty_axes', 0) ? [] : Array.from({ length }, (_, i) => i);
}

/** To the largest, or least; where some are equal they share it, as in PyTorch's amax. */
const extreme = reduce(({ d, y, x, axes, emit }) => {
  const taken = emit.op('Cast', [emit.op('Equal', [x, y()])], { to: attr.int(ELEMENT.float32) });
  return emit.op('Mul', [emit.op('Div', [d, emit.sum(taken, axes)]), taken]);
});

export const REDUCE: Rules = {
  ReduceSum: reduce(({ d }) => d),
  ReduceMean: reduce(({ d, count, emit }) => emit.op('Mul', [d, emit.float(1 / count)])),
  ReduceMax: extreme,
  ReduceMin: extreme,
  ReduceSumSquare: reduce(({ d, x, emit }) => emit.op('Mul', [emit.op('Mul', [d, emit.float(2)]), x])),
  ReduceL2: reduce(({ d, y, x, emit }) => emit.op('Mul', [emit.op('Div', [d, y()]), x])),
  ReduceLogSumExp: reduce(({ d, y, x, emit }) =>
    emit.op('Mul', [d, emit.op('Exp', [emit.op('Sub', [x, y()])])]),
  ),
};
