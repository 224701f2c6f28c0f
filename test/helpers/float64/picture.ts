/** Operators on pictures [B, C, …]: what slides over them, and what changes their size. */
import type { Node } from '../../../src/main/engine/onnx/ir/graph.ts';
import {
  at,
  make,
  type Numbers,
  type Operator,
  type Operators,
  offset,
  product,
  visit,
  within,
  zeros,
} from './numbers.ts';

interface Window {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly before: readonly number[];
  readonly after: readonly number[];
}

function windowOf(node: Node, sides: readonly number[], kernel: readonly number[]): Window {
  const ones = kernel.map(() => 1);
  const strides = node.ints('strides') ?? ones;
  const dilations = node.ints('dilations') ?? ones;
  const auto = node.text('auto_pad') ?? 'NOTSET';
  const pads = node.ints('pads') ?? kernel.flatMap(() => [0, 0]);
  if (!auto.startsWith('SAME')) {
    const none = auto === 'VALID';
    const rank = kernel.length;
    const part = (from: number) => kernel.map((_, i) => (none ? 0 : pads[i + from]!));
    return { kernel, strides, dilations, before: part(0), after: part(rank) };
  }
  const missing = sides.map((side, i) =>
    Math.max(
      0,
      (Math.ceil(side / strides[i]!) - 1) * strides[i]! + dilations[i]! * (kernel[i]! - 1) + 1 - side,
    ),
  );
  const more = missing.map((one) => Math.ceil(one / 2));
  const less = missing.map((one) => Math.floor(one / 2));
  const lower = auto === 'SAME_LOWER';
  return { kernel, strides, dilations, before: lower ? more : less, after: lower ? less : more };
}

function slid(sides: readonly number[], window: Window, up = false): number[] {
  return sides.map((side, i) => {
    const { kernel, strides, dilations, before, after } = window;
    const free = side + before[i]! + after[i]! - dilations[i]! * (kernel[i]! - 1) - 1;
    const count = (up ? Math.ceil(free / strides[i]!) : Math.floor(free / strides[i]!)) + 1;
    // A window that would begin in the padding behind is none.
    return up && (count - 1) * strides[i]! >= side + before[i]! ? count - 1 : count;
  });
}

/** Where the tap `tap` of the window at `to` reads. */
function source(
  { strides, dilations, before }: Window,
  to: readonly number[],
  tap: readonly number[],
): number[] {
  return to.map((one, i) => one * strides[i]! + tap[i]! * dilations[i]! - before[i]!);
}

const conv: Operator = ([x, weight, bias], node) => {
  const groups = node.int('group', 1);
  const [batch, , ...sides] = x!.dims as [number, number, ...number[]];
  const [outputs, each, ...kernel] = weight!.dims as [number, number, ...number[]];
  const window = windowOf(node, sides, kernel);
  return make([batch, outputs, ...slid(sides, window)], ([b, o, ...to]) => {
    let sum = bias?.data[o!] ?? 0;
    const first = Math.floor((o! * groups) / outputs) * each;
    visit([each, ...kernel], ([c, ...tap]) => {
      const from = source(window, to, tap);
      if (within(sides, from)) sum += at(x!, [b!, first + c!, ...from]) * at(weight!, [o!, c!, ...tap]);
    });
    return sum;
  });
};

const convTranspose: Operator = ([x, weight, bias], node) => {
  const groups = node.int('group', 1);
  const [batch, channels, ...sides] = x!.dims as [number, number, ...number[]];
  const [, each, ...kernel] = weight!.dims as [number, number, ...number[]];
  const window = windowOf(node, sides, kernel);
  const more = node.ints('output_padding') ?? sides.map(() => 0);
  const large = sides.map(
    (side, i) =>
      window.strides[i]! * (side - 1) +
      more[i]! +
      (kernel[i]! - 1) * window.dilations[i]! +
      1 -
      window.before[i]! -
      window.after[i]!,
  );
  const made = zeros([batch, each * groups, ...large]);
  if (bias)
    visit(made.dims, ([, o], i) => {
      made.data[i] = bias.data[o!]!;
    });
  visit(x!.dims, ([b, c, ...to], i) => {
    const first = Math.floor((c! * groups) / channels) * each;
    visit([each, ...kernel], ([o, ...tap]) => {
      const from = source(window, to, tap);
      if (!within(large, from)) return;
      const place = offset(made.dims, [b!, first + o!, ...from]);
      made.data[place] = made.data[place]! + x!.data[i]! * at(weight!, [c!, o!, ...tap]);
    });
  });
  return made;
};

const pool =
  (isMean: boolean): Operator =>
  ([x], node) => {
    const [batch, channels, ...sides] = x!.dims as [number, number, ...number[]];
    const kernel = node.ints('kernel_shape')!;
    const window = windowOf(node, sides, kernel);
    const counted = node.int('count_include_pad', 0) === 1;
    const padded = sides.map((side, i) => side + window.before[i]! + window.after[i]!);
    return make(
      [batch, channels, ...slid(sides, window, node.int('ceil_mode', 0) === 1)],
      ([b, c, ...to]) => {
        let [sum, count, top] = [0, 0, -Infinity];
        visit(kernel, (tap) => {
          const from = source(window, to, tap);
          const inside = within(sides, from);
          const inPadding = within(
            padded,
            from.map((one, i) => one + window.before[i]!),
          );
          if (inside || (counted && inPadding)) count++;
          if (!inside) return;
          const value = at(x!, [b!, c!, ...from]);
          sum += value;
          top = Math.max(top, value);
        });
        return isMean ? sum / count : top;
      },
    );
  };

const poolAll =
  (isMean: boolean): Operator =>
  ([x]) => {
    const [batch, channels, ...sides] = x!.dims as [number, number, ...number[]];
    const count = product(sides);
    const data = Float64Array.from({ length: batch * channels }, (_, i) => {
      const values = x!.data.subarray(i * count, (i + 1) * count);
      return isMean ? values.reduce((sum, one) => sum + one, 0) / count : Math.max(...values);
    });
    return { dims: [batch, channels, ...sides.map(() => 1)], data };
  };

/** The kernel of cubic convolution (Keys 1981, eq. 8). */
function cubic(a: number, at: number): number {
  const x = Math.abs(at);
  if (x >= 2) return 0;
  return x <= 1 ? (a + 2) * x ** 3 - (a + 3) * x ** 2 + 1 : a * x ** 3 - 5 * a * x ** 2 + 8 * a * x - 4 * a;
}

/** Of one axis: which places of the smaller one an element is made of, and how much of each. */
function resized(
  node: Node,
  side: number,
  target: number,
  scale: number,
  isOld: boolean,
): [number, number][][] {
  const mode = node.text('mode') ?? 'nearest';
  if (isOld && mode === 'nearest')
    return Array.from({ length: target }, (_, i) => [
      [Math.min(side - 1, scale < 1 ? Math.ceil(i / scale) : Math.floor(i / scale)), 1],
    ]);
  const coordinates = node.text('coordinate_transformation_mode') ?? 'half_pixel';
  const where = (i: number) => {
    if (coordinates === 'asymmetric') return i / scale;
    if (coordinates === 'align_corners') return target === 1 ? 0 : (i * (side - 1)) / (target - 1);
    if (coordinates === 'pytorch_half_pixel' && target === 1) return 0;
    return (i + 0.5) / scale - 0.5;
  };
  const round = (x: number) => {
    const how = node.text('nearest_mode') ?? 'round_prefer_floor';
    if (how === 'floor') return Math.floor(x);
    if (how === 'ceil') return Math.ceil(x);
    return how === 'round_prefer_ceil' ? Math.floor(x + 0.5) : Math.ceil(x - 0.5);
  };
  const inside = (i: number) => Math.min(side - 1, Math.max(0, i));
  return Array.from({ length: target }, (_, i) => {
    const x = where(i);
    if (mode === 'nearest') return [[inside(round(x)), 1]];
    const low = Math.floor(x);
    if (mode === 'cubic')
      return [-1, 0, 1, 2].map((k) => [
        inside(low + k),
        cubic(node.float('cubic_coeff_a') ?? -0.75, x - low - k),
      ]);
    return [
      [inside(low), 1 - (x - low)],
      [inside(low + 1), x - low],
    ];
  });
}

const resize: Operator = (given, node) => {
  const [x] = given as [Numbers];
  const filled = (one: Numbers | undefined) => (one && one.data.length > 0 ? [...one.data] : null);
  const upsample = node.op === 'Upsample' || given.length === 2;
  const scales = filled(given[upsample ? 1 : 2]);
  const sizes = upsample ? null : filled(given[3]);
  const dims = sizes ?? x.dims.map((dim, i) => Math.floor(dim * scales![i]!));
  const taps = dims.map((target, i) =>
    resized(node, x.dims[i]!, target, scales?.[i] ?? target / x.dims[i]!, upsample),
  );
  return make(dims, (place) => {
    let parts: [number[], number][] = [[[], 1]];
    for (const [axis, i] of place.entries())
      parts = parts.flatMap(([from, share]) =>
        taps[axis]![i]!.map(([one, much]): [number[], number] => [[...from, one], share * much]),
      );
    return parts.reduce((sum, [from, share]) => sum + share * at(x, from), 0);
  });
};

export const PICTURE: Operators = {
  Conv: conv,
  ConvTranspose: convTranspose,
  AveragePool: pool(true),
  MaxPool: pool(false),
  GlobalAveragePool: poolAll(true),
  GlobalMaxPool: poolAll(false),
  Resize: resize,
  Upsample: resize,
};
