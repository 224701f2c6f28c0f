/** Parts of arrays, and arrays of which only a part is not 0. */
import { attr } from '../../ir/graph.ts';
import type { Emitter } from '../rule.ts';

/** What lies from `starts` on, this much of every side; the value itself where that is all. */
export function cut(
  emit: Emitter,
  value: string,
  sides: readonly number[],
  starts: readonly number[] = sides.map(() => 0),
): string {
  const axes = emit.dims(value).flatMap((side, axis) => (side === sides[axis] ? [] : [axis]));
  if (axes.length === 0) return value;
  const first = axes.map((axis) => starts[axis]!);
  const last = axes.map((axis) => starts[axis]! + sides[axis]!);
  if (emit.opset >= 10) return emit.op('Slice', [value, ...[first, last, axes].map((one) => emit.ints(one))]);
  return emit.op('Slice', [value], {
    starts: attr.ints(first),
    ends: attr.ints(last),
    axes: attr.ints(axes),
  });
}

/** The value from `start` on of an axis of this length, zeros around it. */
export function laidIn(emit: Emitter, value: string, axis: number, start: number, length: number): string {
  const dims = emit.dims(value);
  const rest = length - start - dims[axis]!;
  const parts = [start, rest].map((side) => (side > 0 ? [emit.zeros(dims.with(axis, side))] : []));
  const all = [...parts[0]!, value, ...parts[1]!];
  return all.length === 1 ? value : emit.op('Concat', all, { axis: attr.int(axis) });
}
