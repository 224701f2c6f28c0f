/**
 * What slides over pictures [B, C, …] of any number of sides: convolutions and pools. The adjoint of a convolution is the
 * transposed one with the same weights, and the other way round (Dumoulin and Visin 2016, §4).
 */
import { attr, type Node } from '../../ir/graph.ts';
import { product } from '../../shapes/known.ts';
import { type Emitter, type Followed, type Rule, type Rules, undifferentiable } from '../rule.ts';
import { arithmetic } from './arithmetic.ts';
import { type Window, windowOf } from './window.ts';
import { cut } from './zeros.ts';

/** Spreads what each window made over what it read: transposed convolution onto pictures of these sides. */
function spread(
  emit: Emitter,
  small: string,
  weight: string,
  window: Window,
  sides: readonly number[],
): string {
  const { kernel, strides, dilations, before, group } = window;
  const rest = sides.map((side, i) => {
    const whole = strides[i]! * (emit.dims(small)[i + 2]! - 1) + dilations[i]! * (kernel[i]! - 1) + 1;
    return whole - before[i]! - side;
  });
  return emit.op('ConvTranspose', [small, weight], {
    kernel_shape: attr.ints(kernel),
    strides: attr.ints(strides),
    dilations: attr.ints(dilations),
    group: attr.int(group),
    // What no window reached is left out at the end by negative rests.
    pads: attr.ints([...before, ...rest.map((one) => Math.max(0, one))]),
    output_padding: attr.ints(rest.map((one) => Math.max(0, -one))),
  });
}

/** From so many places for each output of a group on, turning the weights costs less than adding overlapping columns (processor): of several taps, and of one. */
const PLACES_PER_OUTPUT = { several: 2, one: 1 };

/** Where the weights are turned as a whole by a slice that runs backwards. */
const SLICE_STEPS = 10;

/**
 * What `spread` makes where each place is read by every tap in turn: a convolution with the weights turned round. Null where that is
 * none, or costs more.
 */
function slideBack(
  emit: Emitter,
  small: string,
  weight: string,
  window: Window,
  sides: readonly number[],
): string | null {
  const { kernel, strides, dilations, before, group } = window;
  const [, , ...made] = emit.dims(small);
  const [outputs, each] = emit.dims(weight) as [number, number];
  if (emit.opset < SLICE_STEPS || strides.some((one) => one !== 1)) return null;
  const least = product(kernel) > 1 ? PLACES_PER_OUTPUT.several : PLACES_PER_OUTPUT.one;
  if (product(made) < (least * outputs) / group) return null;
  const reach = kernel.map((taps, i) => dilations[i]! * (taps - 1));
  const front = reach.map((one, i) => one - before[i]!);
  const behind = sides.map((side, i) => side - made[i]! + before[i]!);
  if ([...front, ...behind].some((one) => one < 0)) return null;
  const axes = kernel.flatMap((taps, i) => (taps > 1 ? [i + 2] : []));
  const ends = axes.map((axis) => -kernel[axis - 2]! - 1);
  const back = emit.ints(axes.map(() => -1));
  const turned =
    axes.length > 0 ? emit.op('Slice', [weight, back, emit.ints(ends), emit.ints(axes), back]) : weight;
  const parted = emit.reshape(turned, [group, outputs / group, each, ...kernel]);
  const exchanged = emit.transpose(parted, [0, 2, 1, ...kernel.map((_, i) => i + 3)]);
  return emit.op('Conv', [small, emit.reshape(exchanged, [group * each, outputs / group, ...kernel])], {
    kernel_shape: attr.ints(kernel),
    dilations: attr.ints(dilations),
    group: attr.int(group),
    pads: attr.ints([...front, ...behind]),
  });
}

/**
 * Of the weights [O, C/g, …k] that take `large` to `small`: each picture is slid over by what came of it, batch and
 * channels changing places.
 */
function weightGradient(emit: Emitter, large: string, small: string, window: Window): string {
  const { kernel, strides, dilations, before, after, group } = window;
  const [batch, channels, ...sides] = emit.dims(large) as [number, number, ...number[]];
  const [, outputs, ...made] = emit.dims(small) as [number, number, ...number[]];
  const each = channels / group;
  const along = sides.map((_, i) => i + 3);
  // [C/g, g·B, …] and [O, B, …]: in groups as the convolution itself.
  const parted = emit.reshape(large, [batch, group, each, ...sides]);
  const pictures = emit.reshape(emit.transpose(parted, [2, 1, 0, ...along]), [each, group * batch, ...sides]);
  const turn = [1, 0, ...kernel.map((_, i) => i + 2)];
  const slid = emit.op('Conv', [pictures, emit.transpose(small, turn)], {
    kernel_shape: attr.ints(made),
    strides: attr.ints(dilations),
    dilations: attr.ints(strides),
    group: attr.int(group),
    pads: attr.ints([...before, ...after]),
  });
  // Rows that no window of the strided forward reached make taps that the kernel has not.
  return emit.transpose(cut(emit, slid, [each, outputs, ...kernel]), turn);
}

function biasGradient({ node, cotangents, emit }: Followed): string {
  const dims = emit.dims(cotangents[0]!);
  const axes = dims.flatMap((_, axis) => (axis === 1 ? [] : [axis]));
  return emit.reshape(emit.sum(cotangents[0]!, axes), emit.dims(node.inputs[2]!));
}

const conv: Rule = (of) => {
  const { node, cotangents, wants, emit } = of;
  const [x, weight] = node.inputs as [string, string];
  const [, , ...sides] = emit.dims(x);
  const window = windowOf(node, sides, emit.dims(weight).slice(2));
  const d = cotangents[0]!;
  return [
    wants(0) ? (slideBack(emit, d, weight, window, sides) ?? spread(emit, d, weight, window, sides)) : null,
    wants(1) ? weightGradient(emit, x, d, window) : null,
    wants(2) ? biasGradient(of) : null,
  ];
};

const convTranspose: Rule = (of) => {
  const { node, cotangents, wants, emit } = of;
  const [x, weight] = node.inputs as [string, string];
  const form = ['output_shape', 'auto_pad'].find((name) => node.attributes.has(name));
  if (form && node.text(form) !== 'NOTSET') throw undifferentiable(node, `${form} instead of pads`);
  const d = cotangents[0]!;
  const [, , ...sides] = emit.dims(d);
  const window = windowOf(node, sides, emit.dims(weight).slice(2));
  const { kernel, strides, dilations, before, after, group } = window;
  const slide = () =>
    emit.op('Conv', [d, weight], {
      kernel_shape: attr.ints(kernel),
      strides: attr.ints(strides),
      dilations: attr.ints(dilations),
      group: attr.int(group),
      pads: attr.ints([...before, ...after]),
    });
  return [
    wants(0) ? cut(emit, slide(), emit.dims(x)) : null,
    wants(1) ? weightGradient(emit, d, x, window) : null,
    wants(2) ? biasGradient(of) : null,
  ];
};

/** [B·C, 1, …]: every channel is a picture of its own. */
function alone(emit: Emitter, value: string): string {
  const [batch, channels, ...sides] = emit.dims(value) as [number, number, ...number[]];
  return emit.reshape(value, [batch * channels, 1, ...sides]);
}

interface Pool {
  readonly window: Window;
  readonly sides: readonly number[];
  readonly made: readonly number[];
}

function poolOf(node: Node, emit: Emitter): Pool {
  const sides = emit.dims(node.inputs[0]!).slice(2);
  const kernel = node.ints('kernel_shape') ?? [];
  return { window: windowOf(node, sides, kernel), sides, made: emit.dims(node.outputs[0]!).slice(2) };
}

/** Whether tap `tap` of the window that makes `at` reads the picture, or its padding; row-major over taps, then windows. */
function reads({ window, sides, made }: Pool, withPadding: boolean): Float32Array {
  const { kernel, strides, dilations, before, after } = window;
  const taps = product(kernel);
  const windows = product(made);
  return Float32Array.from({ length: taps * windows }, (_, i) => {
    let [tap, at] = [Math.floor(i / windows), i % windows];
    for (let axis = sides.length - 1; axis >= 0; axis--) {
      const place =
        (at % made[axis]!) * strides[axis]! + (tap % kernel[axis]!) * dilations[axis]! - before[axis]!;
      const [least, most] = withPadding ? [-before[axis]!, sides[axis]! + after[axis]!] : [0, sides[axis]!];
      if (place < least || place >= most) return 0;
      [tap, at] = [Math.floor(tap / kernel[axis]!), Math.floor(at / made[axis]!)];
    }
    return 1;
  });
}

/** Each number goes in equal parts to all that its window counted. */
const averagePool: Rule = ({ node, cotangents, emit }) => {
  const pool = poolOf(node, emit);
  const { window, sides, made } = pool;
  const inside = reads(pool, node.int('count_include_pad', 0) === 1);
  const windows = product(made);
  const shares = Float32Array.from({ length: windows }, (_, at) => {
    let count = 0;
    for (let i = at; i < inside.length; i += windows) count += inside[i]!;
    return 1 / count;
  });
  const isSame = shares.every((share) => share === shares[0]);
  const share = isSame ? emit.float(shares[0]!) : emit.floats(shares, [1, 1, ...made]);
  const ones = emit.floats(new Float32Array(product(window.kernel)).fill(1), [1, 1, ...window.kernel]);
  const d = alone(emit, arithmetic(emit).mul(cotangents[0]!, share));
  return [emit.reshape(spread(emit, d, ones, window, sides), emit.dims(node.inputs[0]!))];
};

/** Under everything a network computes, and finite: 0 times it is 0. */
const LOWEST = -1e30;

/** To the largest of each window; several that are equal share it. Windows are laid out by taps: [B·C, taps, …]. */
const maxPool: Rule = ({ node, cotangents, emit }) => {
  const [d, ...others] = cotangents;
  if (!d || others.some((one) => one !== null)) throw undifferentiable(node, 'the places as an output');
  const { add, mul, div, equal } = arithmetic(emit);
  const pool = poolOf(node, emit);
  const { window, sides, made } = pool;
  const taps = product(window.kernel);
  const one = Float32Array.from({ length: taps ** 2 }, (_, i) => (i % (taps + 1) === 0 ? 1 : 0));
  const each = emit.floats(one, [taps, 1, ...window.kernel]);
  const { kernel, strides, dilations, before } = window;
  // A last window of ceil_mode reaches over the padding.
  const over = sides.map(
    (side, i) => strides[i]! * (made[i]! - 1) + dilations[i]! * (kernel[i]! - 1) + 1 - before[i]! - side,
  );
  const laid = emit.op('Conv', [alone(emit, node.inputs[0]!), each], {
    kernel_shape: attr.ints(kernel),
    strides: attr.ints(strides),
    dilations: attr.ints(dilations),
    pads: attr.ints([...before, ...over.map((rest) => Math.max(0, rest))]),
  });
  const inside = reads(pool, false);
  const outside = inside.map((held) => (held ? 0 : LOWEST));
  const values = inside.includes(0) ? add(laid, emit.floats(outside, [1, taps, ...made])) : laid;
  const keep = { keepdims: attr.int(1) };
  const top =
    emit.opset >= 18
      ? emit.op('ReduceMax', [values, emit.ints([1])], keep)
      : emit.op('ReduceMax', [values], { ...keep, axes: attr.ints([1]) });
  const taken = equal(values, top);
  const shares = div(mul(taken, alone(emit, d)), emit.sum(taken, [1]));
  return [emit.reshape(spread(emit, shares, each, window, sides), emit.dims(node.inputs[0]!))];
};

const globalAverage: Rule = ({ node, cotangents, emit }) => {
  const dims = emit.dims(node.inputs[0]!);
  const d = arithmetic(emit).mul(cotangents[0]!, 1 / product(dims.slice(2)));
  return [emit.expand(d, dims)];
};

const globalMax: Rule = ({ node, cotangents, emit }) => {
  const { mul, div, equal } = arithmetic(emit);
  const [x, y] = [node.inputs[0]!, node.outputs[0]!];
  const axes = emit.dims(x).flatMap((_, axis) => (axis < 2 ? [] : [axis]));
  const taken = equal(x, y);
  return [mul(taken, div(cotangents[0]!, emit.sum(taken, axes)))];
};

export const CONVOLUTION: Rules = {
  Conv: conv,
  ConvTranspose: convTranspose,
  AveragePool: averagePool,
  MaxPool: maxPool,
  GlobalAveragePool: globalAverage,
  GlobalMaxPool: globalMax,
};
