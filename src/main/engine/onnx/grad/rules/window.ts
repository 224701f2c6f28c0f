/** Windows that slide over pictures, however a node says it. */
import type { Node } from '../../ir/graph.ts';

/** By side of the picture. */
export interface Window {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Padding in front and behind. */
  readonly before: readonly number[];
  readonly after: readonly number[];
  readonly group: number;
}

/** @param sides of the picture that is slid over */
export function windowOf(node: Node, sides: readonly number[], kernel: readonly number[]): Window {
  const ones = kernel.map(() => 1);
  const strides = node.ints('strides') ?? ones;
  const dilations = node.ints('dilations') ?? ones;
  const group = node.int('group', 1);
  const auto = node.text('auto_pad') ?? 'NOTSET';
  const pads = (auto === 'NOTSET' && node.ints('pads')) || [...kernel, ...kernel].map(() => 0);
  if (!auto.startsWith('SAME')) {
    const [before, after] = [pads.slice(0, kernel.length), pads.slice(kernel.length)];
    return { kernel, strides, dilations, before, after, group };
  }
  const missing = sides.map((side, i) => {
    const steps = Math.ceil(side / strides[i]!) - 1;
    return Math.max(0, steps * strides[i]! + dilations[i]! * (kernel[i]! - 1) + 1 - side);
  });
  const [more, less] = [Math.ceil, Math.floor].map((round) => missing.map((one) => round(one / 2)));
  const [before, after] = auto === 'SAME_LOWER' ? [more!, less!] : [less!, more!];
  return { kernel, strides, dilations, before, after, group };
}
