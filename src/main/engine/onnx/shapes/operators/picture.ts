/** Operators on pictures [B, C, h, w]: what slides over them, and what changes their size. */
import type { Node } from '../../ir/graph.ts';
import { type Known, known } from '../known.ts';
import { at, numbers, type Rule, type Rules } from './rule.ts';

interface Window {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Of both sides of each axis, in sum. */
  readonly pads: readonly number[];
  readonly auto: string;
}

function windowOf(node: Node, sides: number, kernel: readonly number[]): Window {
  const ones = kernel.map(() => 1);
  const pads = node.ints('pads') ?? Array.from({ length: 2 * sides }, () => 0);
  return {
    kernel,
    strides: node.ints('strides') ?? ones,
    dilations: node.ints('dilations') ?? ones,
    pads: kernel.map((_, i) => pads[i]! + pads[i + sides]!),
    auto: node.text('auto_pad') ?? 'NOTSET',
  };
}

function slid(
  dims: readonly number[],
  { kernel, strides, dilations, pads, auto }: Window,
  up = false,
): number[] {
  return dims.map((side, i) => {
    if (auto.startsWith('SAME')) return Math.ceil(side / strides[i]!);
    const free = side + (auto === 'VALID' ? 0 : pads[i]!) - dilations[i]! * (kernel[i]! - 1) - 1;
    return (up ? Math.ceil(free / strides[i]!) : Math.floor(free / strides[i]!)) + 1;
  });
}

const conv: Rule = (node, [first, weight]) => {
  if (!first || !weight) return null;
  const sides = first.dims.slice(2);
  const window = windowOf(node, sides.length, weight.dims.slice(2));
  return known([first.dims[0]!, weight.dims[0]!, ...slid(sides, window)], first.type);
};

/** Channels lie last, of the weights as well. */
const nhwcConv: Rule = (node, [first, weight, ...more]) => {
  if (!first || !weight) return null;
  const turned = ({ dims: [count, ...rest], type }: Known) =>
    known([count!, rest.at(-1)!, ...rest.slice(0, -1)], type);
  const made = conv(node, [turned(first), turned(weight), ...more]);
  if (made === null || !('dims' in made)) return null;
  const [batch, channels, ...sides] = made.dims as [number, number, ...number[]];
  return known([batch, ...sides, channels], made.type);
};

const convTranspose: Rule = (node, [first, weight]) => {
  if (!first || !weight) return null;
  const sides = first.dims.slice(2);
  const { kernel, strides, dilations, pads } = windowOf(node, sides.length, weight.dims.slice(2));
  const more = node.ints('output_padding') ?? sides.map(() => 0);
  const made = sides.map(
    (side, i) => strides[i]! * (side - 1) + more[i]! + (kernel[i]! - 1) * dilations[i]! + 1 - pads[i]!,
  );
  return known([first.dims[0]!, weight.dims[1]! * node.int('group', 1), ...made], first.type);
};

const pool: Rule = (node, [first]) => {
  const kernel = node.ints('kernel_shape');
  if (!first || !kernel) return null;
  const window = windowOf(node, kernel.length, kernel);
  const sides = slid(first.dims.slice(2), window, node.int('ceil_mode', 0) === 1);
  return known([...first.dims.slice(0, 2), ...sides], first.type);
};

const poolAll: Rule = (_node, [first]) =>
  first
    ? known(
        first.dims.map((dim, i) => (i < 2 ? dim : 1)),
        first.type,
      )
    : null;

const pad: Rule = (node, given) => {
  const [first] = given;
  const pads = numbers(node, given, 1, 'pads');
  if (!first || !pads) return null;
  const axes = given[3]?.values?.map((axis) => at(first.dims, axis)) ?? first.dims.map((_, i) => i);
  const dims = [...first.dims];
  for (const [i, axis] of axes.entries()) dims[axis] = dims[axis]! + pads[i]! + pads[i + axes.length]!;
  return known(dims, first.type);
};

const resize: Rule = (_node, given) => {
  const [first] = given;
  if (!first) return null;
  const filled = (one: Known | undefined) => (one?.values && one.values.length > 0 ? one.values : null);
  // The oldest has its scales second.
  const scales = filled(given[2]) ?? (given.length === 2 ? filled(given[1]) : null);
  const sizes =
    filled(given[3]) ?? (scales ? first.dims.map((dim, i) => Math.floor(dim * scales[i]!)) : null);
  return sizes && known(sizes, first.type);
};

const depthToSpace: Rule = (node, [first]) => {
  if (first?.dims.length !== 4) return null;
  const [batch, channels, height, width] = first.dims as [number, number, number, number];
  const b = node.int('blocksize', 1);
  return known([batch, channels / b ** 2, height * b, width * b], first.type);
};

const spaceToDepth: Rule = (node, [first]) => {
  if (first?.dims.length !== 4) return null;
  const [batch, channels, height, width] = first.dims as [number, number, number, number];
  const b = node.int('blocksize', 1);
  return known([batch, channels * b ** 2, height / b, width / b], first.type);
};

const gridSample: Rule = (_node, [first, grid]) =>
  first && grid ? known([...first.dims.slice(0, 2), ...grid.dims.slice(1, -1)], first.type) : null;

export const PICTURE: Rules = {
  Conv: conv,
  FusedConv: conv,
  NhwcConv: nhwcConv,
  ConvTranspose: convTranspose,
  MaxPool: pool,
  AveragePool: pool,
  GlobalAveragePool: poolAll,
  GlobalMaxPool: poolAll,
  Pad: pad,
  Resize: resize,
  Upsample: resize,
  GridSample: gridSample,
  DepthToSpace: depthToSpace,
  SpaceToDepth: spaceToDepth,
};
