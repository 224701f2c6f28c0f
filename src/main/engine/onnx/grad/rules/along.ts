/** Operators that make each line along an axis of sums over a line: the adjoint is the product with the turned matrix. */
import { product } from '../../shapes/known.ts';
import type { Emitter } from '../rule.ts';

/** Of every element of the line that is made: places it is made of, and how much of each. */
export type Taps = readonly (readonly (readonly [from: number, share: number])[])[];

/** Whether each place is repeated so many times, one behind the other; null where not. */
function repeats(taps: Taps, side: number): number | null {
  const times = taps.length / side;
  const isRepeat = taps.every(
    (all, i) => all.length === 1 && all[0]![0] === Math.floor(i / times) && all[0]![1] === 1,
  );
  return Number.isInteger(times) && isRepeat ? times : null;
}

/**
 * @param d cotangent of what was made
 * @param side of the axis before
 */
export function pulledAlong(emit: Emitter, d: string, axis: number, side: number, taps: Taps): string {
  const dims = emit.dims(d);
  const times = repeats(taps, side);
  if (times === 1) return d;
  const pulled = dims.with(axis, side);
  if (times !== null) {
    const parted = [...dims.slice(0, axis), side, times, ...dims.slice(axis + 1)];
    return emit.reshape(emit.sum(emit.reshape(d, parted), [axis + 1]), pulled);
  }
  const matrix = new Float32Array(side * taps.length);
  for (const [i, all] of taps.entries())
    for (const [from, share] of all) matrix[from * taps.length + i]! += share;
  const rows = [product(dims.slice(0, axis)), dims[axis]!, product(dims.slice(axis + 1))];
  const made = emit.op('MatMul', [emit.floats(matrix, [side, taps.length]), emit.reshape(d, rows)]);
  return emit.reshape(made, pulled);
}
