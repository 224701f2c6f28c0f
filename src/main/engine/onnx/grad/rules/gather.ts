/** What takes numbers by their places: the cotangents go back there, and add up where a place was taken more than once. */
import { attr, type Node } from '../../ir/graph.ts';
import { ELEMENT } from '../../ir/types.ts';
import { product } from '../../shapes/known.ts';
import { type Emitter, type Rule, type Rules, undifferentiable } from '../rule.ts';
import { pulledAlong, type Taps } from './along.ts';
import { arithmetic } from './arithmetic.ts';
import { cut, laidIn } from './zeros.ts';

/** From this operator set on what is scattered can be added. */
const ADDING = 16;
/** Numbers of a matrix of zeros and ones, 16 MB; more places are scattered. */
const MOST = 2 ** 22;

const axisOf = (node: Node, dims: readonly number[], fallback = 0) => {
  const axis = node.int('axis', fallback);
  return axis < 0 ? axis + dims.length : axis;
};

function scattered(emit: Emitter, dims: readonly number[], indices: string, d: string, axis: number): string {
  const attributes = { axis: attr.int(axis), reduction: attr.string('add') };
  return emit.op('ScatterElements', [emit.zeros(dims), indices, d], attributes);
}

/** Rows [P, n, Q] back to where they were taken from: [P, V, Q]. */
function returned(node: Node, emit: Emitter, rows: string, indices: string, count: number): string {
  const [outer, taken, inner] = emit.dims(rows) as [number, number, number];
  const known = emit.values(indices);
  if (known) {
    const turned = known.map((index) => (index < 0 ? index + count : index));
    if (turned.length === 1) return laidIn(emit, rows, 1, turned[0]!, count);
    return pulledAlong(
      emit,
      rows,
      1,
      count,
      turned.map((index) => [[index, 1]]),
    );
  }
  if (taken * count <= MOST) {
    // In float32, exact up to 2²⁴: kernels for int64 are rare. Negative places count from behind.
    const { add, above, where, equal } = arithmetic(emit);
    const asked = emit.reshape(emit.op('Cast', [indices], { to: attr.int(ELEMENT.float32) }), [taken]);
    const inRange = where(above(0, asked), add(asked, count), asked);
    const places = emit.floats(
      Float32Array.from({ length: count }, (_, i) => i),
      [count, 1],
    );
    return emit.op('MatMul', [equal(places, inRange), rows]);
  }
  if (emit.opset < ADDING)
    throw undifferentiable(node, `${taken} places of ${count} and operator set ${emit.opset}`);
  const whole = [outer, taken, inner];
  const places = emit.op('Expand', [emit.reshape(indices, [1, taken, 1]), emit.ints(whole)]);
  return scattered(emit, [outer, count, inner], places, rows, 1);
}

function gathered(
  node: Node,
  emit: Emitter,
  d: string,
  indices: string,
  dims: readonly number[],
  axis: number,
): string {
  const [before, after] = [dims.slice(0, axis), dims.slice(axis + 1)];
  const rows = emit.reshape(d, [product(before), product(emit.dims(indices)), product(after)]);
  return emit.reshape(returned(node, emit, rows, indices, dims[axis]!), dims);
}

const gather: Rule = ({ node, cotangents, emit }) => {
  const [x, indices] = node.inputs as [string, string];
  const dims = emit.dims(x);
  return [gathered(node, emit, cotangents[0]!, indices, dims, axisOf(node, dims)), null];
};

const gatherElements: Rule = ({ node, cotangents, emit }) => {
  const [x, indices] = node.inputs as [string, string];
  if (emit.opset < ADDING) throw undifferentiable(node, `operator set ${emit.opset}`);
  const dims = emit.dims(x);
  return [scattered(emit, dims, indices, cotangents[0]!, axisOf(node, dims)), null];
};

/** Places of several axes at once become places of one. */
const gatherNd: Rule = ({ node, cotangents, emit }) => {
  if (node.int('batch_dims', 0)) throw undifferentiable(node, 'batch_dims');
  const [x, indices] = node.inputs as [string, string];
  const dims = emit.dims(x);
  const named = emit.dims(indices).at(-1)!;
  const [first, rest] = [dims.slice(0, named), dims.slice(named)];
  const strides = first.map((_, i) => product(first.slice(i + 1)));
  const { add, mul, above, where } = arithmetic(emit);
  const asked = emit.op('Cast', [indices], { to: attr.int(ELEMENT.float32) });
  // Each axis by itself counts from behind where it is negative.
  const inRange = where(above(0, asked), add(asked, emit.floats(Float32Array.from(first), [named])), asked);
  const last = emit.dims(indices).length - 1;
  const places = emit.sum(mul(inRange, emit.floats(Float32Array.from(strides), [named])), [last]);
  const flat = emit.op('Cast', [places], { to: attr.int(ELEMENT.int64) });
  const made = gathered(node, emit, cotangents[0]!, flat, [product(first), ...rest], 0);
  return [emit.reshape(made, dims), null];
};

/** What was put over is not the data's; what was added leaves it as it is. */
const scatterElements: Rule = ({ node, cotangents, wants, emit }) => {
  const [x, indices, updates] = node.inputs as [string, string, string];
  const reduction = node.text('reduction') ?? 'none';
  if (!['none', 'add'].includes(reduction)) throw undifferentiable(node, `reduction ${reduction}`);
  const axis = attr.int(axisOf(node, emit.dims(x)));
  const d = cotangents[0]!;
  const kept = () =>
    reduction === 'add'
      ? d
      : emit.op('ScatterElements', [d, indices, emit.zeros(emit.dims(updates))], { axis });
  return [
    wants(0) ? kept() : null,
    null,
    wants(2) ? emit.op('GatherElements', [d, indices], { axis }) : null,
  ];
};

const pad: Rule = ({ node, cotangents, wants, emit }) => {
  if (wants(2)) throw undifferentiable(node, 'a filling that depends on what is followed');
  const dims = emit.dims(node.inputs[0]!);
  const d = cotangents[0]!;
  const mode = node.text('mode') ?? 'constant';
  const named = node.inputs[3] ? emit.values(node.inputs[3]) : null;
  // An input since operator set 11.
  const pads = node.inputs[1] ? emit.values(node.inputs[1]) : node.ints('pads');
  if (!pads || (node.inputs[3] && !named)) throw undifferentiable(node, 'sides that are computed');
  const axes = named?.map((axis) => (axis < 0 ? axis + dims.length : axis)) ?? [...dims.keys()];
  const folded = FOLDED[mode];
  if (mode !== 'constant' && !folded) throw undifferentiable(node, `mode ${mode}`);
  const pulled = axes.reduce((sum, axis, i) => {
    const side = dims[axis]!;
    const [before, after] = [pads[i]!, pads[i + axes.length]!];
    const made = side + before + after;
    if (!folded) return within(emit, sum, axis, before, after, side);
    const taps: Taps = Array.from({ length: made }, (_, k) => [[folded(k - before, side), 1]]);
    return pulledAlong(emit, sum, axis, side, taps);
  }, d);
  return [pulled, ...node.inputs.slice(1).map(() => null)];
};

/** Which element stands for one outside. */
const FOLDED: Readonly<Record<string, (place: number, side: number) => number>> = {
  edge: (place, side) => Math.min(side - 1, Math.max(0, place)),
  reflect: (place, side) => (place < 0 ? -place : place >= side ? 2 * (side - 1) - place : place),
  wrap: (place, side) => ((place % side) + side) % side,
};

/** One axis without what was added; negative pads had taken something off. */
function within(emit: Emitter, d: string, axis: number, before: number, after: number, side: number): string {
  const dims = emit.dims(d);
  const kept = side + Math.min(0, before) + Math.min(0, after);
  const starts = dims.map((_, i) => (i === axis ? Math.max(0, before) : 0));
  const inner = cut(emit, d, dims.with(axis, kept), starts);
  return laidIn(emit, inner, axis, Math.max(0, -before), side);
}

export const GATHER: Rules = {
  Gather: gather,
  GatherElements: gatherElements,
  GatherND: gatherNd,
  ScatterElements: scatterElements,
  Pad: pad,
};
