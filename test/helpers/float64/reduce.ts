/** Operators over axes: sums, softmax, norms. */
import type { Node } from '../../../src/main/engine/onnx/ir/graph.ts';
import {
  axisOf,
  integers,
  make,
  type Numbers,
  type Operator,
  type Operators,
  product,
  spread,
  visit,
} from './numbers.ts';

type Whole = (values: readonly number[]) => number;

const sum: Whole = (values) => values.reduce((all, one) => all + one, 0);
const mean: Whole = (values) => sum(values) / values.length;
const norm2: Whole = (values) => Math.sqrt(sum(values.map((v) => v * v)));
const norm1: Whole = (values) => sum(values.map(Math.abs));
const largest: Whole = (values) => Math.max(...values);

/** One number of the values along the axes, which stay as sides of 1. */
function over(x: Numbers, axes: readonly number[], whole: Whole): Numbers {
  const kept = x.dims.map((dim, axis) => (axes.includes(axis) ? 1 : dim));
  const made = make(kept, () => 0);
  const groups = Array.from(made.data, (): number[] => []);
  visit(x.dims, (place, i) => {
    const to = kept.reduce((all, dim, axis) => all * dim + (dim === 1 ? 0 : place[axis]!), 0);
    groups[to]!.push(x.data[i]!);
  });
  return { dims: kept, data: Float64Array.from(groups.map((group) => whole(group))) };
}

const map2 = (x: Numbers, other: Numbers, value: (a: number, b: number) => number) =>
  make(x.dims, (place, i) => value(x.data[i]!, spread(other, place)));

const reduce =
  (whole: Whole): Operator =>
  (given, node) => {
    const [x] = given as [Numbers];
    const named = integers(node, given, 1, 'axes');
    const all = !named || named.length === 0;
    if (all && node.int('noop_with_empty_axes', 0)) return x;
    const axes = all ? x.dims.map((_, i) => i) : named.map((axis) => axisOf(x.dims, axis));
    const made = over(x, axes, whole);
    return node.int('keepdims', 1) ? made : { ...made, dims: x.dims.filter((_, i) => !axes.includes(i)) };
  };

/** Axes of a softmax: one since operator set 13, before that all from the named one on. */
function softened(x: Numbers, node: Node, opset: number): number[] {
  const axis = axisOf(x.dims, node.int('axis', opset < 13 ? 1 : -1));
  return opset < 13 ? x.dims.map((_, i) => i).slice(axis) : [axis];
}

const softmax: Operator = ([x], node, opset) => {
  const axes = softened(x!, node, opset);
  const powers = map2(x!, over(x!, axes, largest), (a, top) => Math.exp(a - top));
  return map2(powers, over(powers, axes, sum), (power, total) => power / total);
};

const logSoftmax: Operator = (given, node, opset) => {
  const made = softmax(given, node, opset) as Numbers;
  return { ...made, data: made.data.map(Math.log) };
};

/** (x − mean) / √(variance + ε) over axes. */
function whitened(x: Numbers, axes: readonly number[], epsilon: number): Numbers {
  const centred = map2(x, over(x, axes, mean), (a, b) => a - b);
  const variance = over(centred, axes, (values) => mean(values.map((v) => v * v)));
  return map2(centred, variance, (a, v) => a / Math.sqrt(v + epsilon));
}

/** A factor and a summand as the axis 1 has them. */
function perChannel(x: Numbers, factor: Numbers, summand: Numbers): Numbers {
  return make(x.dims, (place, i) => x.data[i]! * factor.data[place[1]!]! + summand.data[place[1]!]!);
}

const from = (x: Numbers, axis: number) => x.dims.map((_, i) => i).slice(axis);

const instance: Operator = ([x, scale, bias], node) =>
  perChannel(whitened(x!, from(x!, 2), node.float('epsilon') ?? 1e-5), scale!, bias!);

/** Groups of channels; scale and bias by channel, or by group before operator set 21. */
const group: Operator = ([x, scale, bias], node) => {
  const groups = node.int('num_groups', node.int('groups', 1));
  const [batch, channels] = x!.dims as [number, number];
  const parted = { dims: [batch, groups, x!.data.length / batch / groups], data: x!.data };
  const made = whitened(parted, [2], node.float('epsilon') ?? 1e-5);
  const each = (one: Numbers, channel: number) =>
    one.data.length === channels ? one.data[channel]! : one.data[Math.floor((channel * groups) / channels)]!;
  return make(x!.dims, ([, channel], i) => made.data[i]! * each(scale!, channel!) + each(bias!, channel!));
};

/** The same on pictures with channels last, with SiLU behind it where asked. */
const groupLast: Operator = ([x, gamma, beta], node, opset) => {
  const last = (one: Numbers, perm: readonly number[]) =>
    make(
      perm.map((axis) => one.dims[axis]!),
      (place) => one.data[one.dims.reduce((all, dim, axis) => all * dim + place[perm.indexOf(axis)]!, 0)]!,
    );
  const isLast = node.int('channels_last', 1) === 1;
  const first = isLast ? last(x!, [0, 3, 1, 2]) : x!;
  const made = group([first, gamma, beta], node, opset) as Numbers;
  const data = node.int('activation', 0) ? made.data.map((v) => v / (1 + Math.exp(-v))) : made.data;
  return isLast ? last({ ...made, data }, [0, 2, 3, 1]) : { ...made, data };
};

const skipGroup: Operator = ([x, gamma, beta, skip, bias], node, opset) => {
  const [batch, , , channels] = x!.dims as [number, number, number, number];
  const wide = skip!.dims.length === 2 ? { ...skip!, dims: [batch, 1, 1, channels] } : skip!;
  const total = make(
    x!.dims,
    (place, i) => x!.data[i]! + spread(wide, place) + (bias ? spread(bias, place) : 0),
  );
  return [groupLast([total, gamma, beta], node, opset) as Numbers, total];
};

const layer: Operator = ([x, scale, bias], node) => {
  const axis = axisOf(x!.dims, node.int('axis', -1));
  const made = whitened(x!, from(x!, axis), node.float('epsilon') ?? 1e-5);
  return make(
    x!.dims,
    (place, i) => made.data[i]! * spread(scale!, place) + (bias ? spread(bias, place) : 0),
  );
};

const rms: Operator = ([x, scale], node) => {
  const axis = axisOf(x!.dims, node.int('axis', -1));
  const squares = over(x!, from(x!, axis), (values) => mean(values.map((v) => v * v)));
  const epsilon = node.float('epsilon') ?? 1e-5;
  const made = map2(x!, squares, (a, square) => a / Math.sqrt(square + epsilon));
  return map2(made, scale!, (a, factor) => a * factor);
};

/** A norm of a sum; the sum itself is the fourth output. */
const skipLayer: Operator = ([x, skip, gamma, ...more], node, opset) => {
  const isSimple = node.op === 'SkipSimplifiedLayerNormalization';
  const [beta, bias] = isSimple ? [undefined, more[0]] : more;
  const total = make(
    x!.dims,
    (place, i) => x!.data[i]! + spread(skip!, place) + (bias ? spread(bias, place) : 0),
  );
  const none = { dims: [0], data: new Float64Array(0) };
  const made = (isSimple ? rms : layer)([total, gamma, beta], node, opset) as Numbers;
  return [made, none, none, total];
};

const batch: Operator = ([x, scale, bias, means, variance], node) => {
  const epsilon = node.float('epsilon') ?? 1e-5;
  return make(x!.dims, ([, c], i) => {
    const white = (x!.data[i]! - means!.data[c!]!) / Math.sqrt(variance!.data[c!]! + epsilon);
    return white * scale!.data[c!]! + bias!.data[c!]!;
  });
};

const lpNormal: Operator = ([x], node) => {
  const whole = node.int('p', 2) === 1 ? norm1 : norm2;
  return map2(x!, over(x!, [axisOf(x!.dims, node.int('axis', -1))], whole), (a, length) => a / length);
};

const cumSum: Operator = ([x, named], node) => {
  const axis = axisOf(x!.dims, named!.data[0]!);
  const [exclusive, reverse] = [node.int('exclusive', 0), node.int('reverse', 0)];
  return make(x!.dims, (place) => {
    let total = 0;
    for (let k = 0; k < x!.dims[axis]!; k++) {
      const counts = reverse ? k > place[axis]! : k < place[axis]!;
      if (counts || (k === place[axis] && !exclusive)) total += spread(x!, place.with(axis, k));
    }
    return total;
  });
};

export const REDUCE: Operators = {
  ReduceSum: reduce(sum),
  ReduceMean: reduce(mean),
  ReduceMax: reduce(largest),
  ReduceMin: reduce((values) => Math.min(...values)),
  ReduceProd: reduce(product),
  ReduceL1: reduce(norm1),
  ReduceL2: reduce(norm2),
  ReduceSumSquare: reduce((values) => sum(values.map((v) => v * v))),
  ReduceLogSumExp: reduce((values) => Math.log(sum(values.map(Math.exp)))),
  ReduceLogSum: reduce((values) => Math.log(sum(values))),
  Softmax: softmax,
  LogSoftmax: logSoftmax,
  InstanceNormalization: instance,
  GroupNormalization: group,
  GroupNorm: groupLast,
  LayerNormalization: layer,
  SkipLayerNormalization: skipLayer,
  SkipSimplifiedLayerNormalization: skipLayer,
  SkipGroupNorm: skipGroup,
  RMSNormalization: rms,
  SimplifiedLayerNormalization: rms,
  BatchNormalization: batch,
  LpNormalization: lpNormal,
  CumSum: cumSum,
};
