/**
 * Norms: with x̂ = (x − mean)/σ and g the cotangent of x̂, that of x is (g − mean g − x̂·mean(g·x̂))/σ, means over what is
 * normalised together (Ioffe and Szegedy 2015, §3). x̂ is computed again rather than kept.
 */
import type { Node } from '../../ir/graph.ts';
import { type Emitter, type Followed, type Rule, type Rules, undifferentiable } from '../rule.ts';
import { arithmetic } from './arithmetic.ts';

interface White {
  /** x̂ */
  readonly white: string;
  readonly deviation: string;
}

const epsilonOf = (node: Node) => node.float('epsilon') ?? 1e-5;

/** @param centred whether the mean is taken off first, which root-mean-square norms do not */
function whitened(emit: Emitter, x: string, axes: readonly number[], epsilon: number, centred = true): White {
  const { add, sub, mul, div, sqrt } = arithmetic(emit);
  const middle = centred ? sub(x, emit.mean(x, axes)) : x;
  const deviation = sqrt(add(emit.mean(mul(middle, middle), axes), epsilon));
  return { white: div(middle, deviation), deviation };
}

function pulled(
  emit: Emitter,
  g: string,
  { white, deviation }: White,
  axes: readonly number[],
  centred = true,
) {
  const { sub, mul, div } = arithmetic(emit);
  const along = mul(white, emit.mean(mul(g, white), axes));
  return div(sub(centred ? sub(g, emit.mean(g, axes)) : g, along), deviation);
}

const from = (dims: readonly number[], axis: number) => dims.map((_, i) => i).slice(axis);

/** As axis 1 of a picture of this rank. */
const perChannel = (emit: Emitter, value: string, rank: number) =>
  emit.reshape(value, [1, emit.dims(value)[0]!, ...Array.from({ length: rank - 2 }, () => 1)]);

/** What is multiplied by all ones stays itself: how group norms are exported. */
function scaled(emit: Emitter, d: string, scale: string, asChannels: string): string {
  const isOne = emit.values(scale)?.every((value) => value === 1) ?? false;
  return isOne ? d : emit.op('Mul', [d, asChannels]);
}

/** The cotangents of a factor and a summand behind x̂, by all axes that they do not have. */
function affine(of: Followed, white: () => string, scale: number, bias: number, shape: readonly number[]) {
  const { node, cotangents, wants, emit } = of;
  const d = cotangents[0]!;
  const summed = (value: string, input: number) =>
    emit.reshape(emit.sumTo(value, shape), emit.dims(node.inputs[input]!));
  return [
    wants(scale) ? summed(emit.op('Mul', [d, white()]), scale) : null,
    wants(bias) ? summed(d, bias) : null,
  ];
}

const instance: Rule = (of) => {
  const { node, cotangents, wants, emit } = of;
  const [x, scale] = node.inputs as [string, string];
  const dims = emit.dims(x);
  const axes = from(dims, 2);
  const norm = whitened(emit, x, axes, epsilonOf(node));
  const g = () => scaled(emit, cotangents[0]!, scale, perChannel(emit, scale, dims.length));
  const shape = dims.map((side, i) => (i === 1 ? side : 1));
  return [wants(0) ? pulled(emit, g(), norm, axes) : null, ...affine(of, () => norm.white, 1, 2, shape)];
};

/** Over the channels of a group and the whole picture; scale and bias are by group before operator set 21. */
const group: Rule = (of) => {
  const { node, cotangents, wants, emit } = of;
  const [x, scale] = node.inputs as [string, string];
  const dims = emit.dims(x);
  const [batch, channels] = dims as [number, number];
  const groups = node.int('num_groups', 1);
  const each = channels / groups;
  const rest = dims.slice(2);
  // [B, G, C/G, …]: what is by group and what is by channel can both be spread over it.
  const parted = [batch, groups, each, ...rest];
  const axes = from(parted, 2);
  const isByChannel = emit.dims(scale)[0] === channels && emit.opset >= 21;
  const shape = [1, groups, isByChannel ? each : 1, ...rest.map(() => 1)];
  const norm = whitened(emit, emit.reshape(x, parted), axes, epsilonOf(node));
  const d = emit.reshape(cotangents[0]!, parted);
  const g = () => scaled(emit, d, scale, emit.reshape(scale, shape));
  return [
    wants(0) ? emit.reshape(pulled(emit, g(), norm, axes), dims) : null,
    ...affine({ ...of, cotangents: [d] }, () => norm.white, 1, 2, shape),
  ];
};

const layer =
  (centred: boolean): Rule =>
  (of) => {
    const { node, cotangents, wants, emit } = of;
    const [x, scale] = node.inputs as [string, string];
    const [d, ...others] = cotangents;
    if (!d || others.some((one) => one !== null))
      throw undifferentiable(node, 'the mean or the deviation as an output');
    const dims = emit.dims(x);
    const axis = node.int('axis', -1);
    const axes = from(dims, axis < 0 ? axis + dims.length : axis);
    const norm = whitened(emit, x, axes, epsilonOf(node), centred);
    const g = () => scaled(emit, d, scale, scale);
    const white = () => norm.white;
    return [
      wants(0) ? pulled(emit, g(), norm, axes, centred) : null,
      wants(1) ? emit.sumTo(emit.op('Mul', [d, white()]), emit.dims(scale)) : null,
      wants(2) ? emit.sumTo(d, emit.dims(node.inputs[2]!)) : null,
    ];
  };

/** With the statistics that were learnt: a factor and a summand by channel. */
const batch: Rule = ({ node, cotangents, wants, emit }) => {
  if (node.int('training_mode', 0)) throw undifferentiable(node, 'statistics of its own batch');
  const { add, sub, mul, div, sqrt } = arithmetic(emit);
  const [x] = node.inputs as [string];
  const dims = emit.dims(x);
  const d = cotangents[0]!;
  const channels = (input: number) => perChannel(emit, node.inputs[input]!, dims.length);
  const variance = add(channels(4), epsilonOf(node));
  const deviation = sqrt(variance);
  const white = () => div(sub(x, channels(3)), deviation);
  const g = () => mul(d, div(channels(1), deviation));
  const shape = dims.map((side, i) => (i === 1 ? side : 1));
  const summed = (input: number, value: () => string) =>
    wants(input) ? emit.reshape(emit.sumTo(value(), shape), [dims[1]!]) : null;
  return [
    wants(0) ? g() : null,
    summed(1, () => mul(d, white())),
    summed(2, () => d),
    summed(3, () => mul(g(), -1)),
    summed(4, () => div(mul(mul(g(), white()), -0.5), deviation)),
  ];
};

/** Of x/‖x‖: (d − y·Σ d·y)/‖x‖ by the Euclidean length, (d − sign x·Σ d·y)/‖x‖ by the sum of magnitudes. */
const length: Rule = ({ node, cotangents, emit }) => {
  const { sub, mul, div, sqrt, abs } = arithmetic(emit);
  const [x, y, d] = [node.inputs[0]!, node.outputs[0]!, cotangents[0]!];
  const axis = node.int('axis', -1);
  const axes = [axis < 0 ? axis + emit.dims(x).length : axis];
  const isEuclidean = node.int('p', 2) === 2;
  const size = isEuclidean ? sqrt(emit.sum(mul(x, x), axes)) : emit.sum(abs(x), axes);
  const along = mul(isEuclidean ? y : emit.op('Sign', [x]), emit.sum(mul(d, y), axes));
  return [div(sub(d, along), size)];
};

export const NORMALISE: Rules = {
  InstanceNormalization: instance,
  GroupNormalization: group,
  LayerNormalization: layer(true),
  RMSNormalization: layer(false),
  SimplifiedLayerNormalization: layer(false),
  BatchNormalization: batch,
  LpNormalization: length,
};
