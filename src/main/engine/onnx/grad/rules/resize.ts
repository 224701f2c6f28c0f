/** Pictures in another size: each axis by itself is a sum over neighbours. */
import type { Node } from '../../ir/graph.ts';
import { type Emitter, type Rule, type Rules, undifferentiable } from '../rule.ts';
import { pulledAlong, type Taps } from './along.ts';

interface Form {
  readonly mode: string;
  readonly coordinates: string;
  readonly nearest: string;
  readonly cubic: number;
}

const MODES = ['nearest', 'linear', 'cubic'];
const COORDINATES = ['asymmetric', 'half_pixel', 'pytorch_half_pixel', 'align_corners'];

/** @throws AppError undifferentiable of forms that are not sums over clamped neighbours */
function formOf(node: Node, opset: number): Form {
  const isOld = node.op === 'Upsample' || opset < 11;
  const mode = node.text('mode') ?? 'nearest';
  const coordinates = isOld ? 'asymmetric' : (node.text('coordinate_transformation_mode') ?? 'half_pixel');
  const nearest = isOld ? 'simple' : (node.text('nearest_mode') ?? 'round_prefer_floor');
  if (!MODES.includes(mode)) throw undifferentiable(node, `mode ${mode}`);
  if (!COORDINATES.includes(coordinates)) throw undifferentiable(node, `coordinates ${coordinates}`);
  for (const [name, plain] of [
    ['antialias', 0],
    ['exclude_outside', 0],
  ] as const)
    if (node.int(name, 0) !== plain) throw undifferentiable(node, name);
  const policy = node.text('keep_aspect_ratio_policy') ?? 'stretch';
  if (policy !== 'stretch') throw undifferentiable(node, `the policy ${policy}`);
  return { mode, coordinates, nearest, cubic: node.float('cubic_coeff_a') ?? -0.75 };
}

/** Where on the axis of `side` elements the element i of the made one lies. */
function placeOf({ coordinates }: Form, i: number, side: number, made: number, scale: number): number {
  if (coordinates === 'asymmetric') return i / scale;
  if (coordinates === 'align_corners') return made === 1 ? 0 : (i * (side - 1)) / (made - 1);
  return coordinates === 'pytorch_half_pixel' && made === 1 ? 0 : (i + 0.5) / scale - 0.5;
}

const ROUND: Readonly<Record<string, (place: number) => number>> = {
  floor: Math.floor,
  ceil: Math.ceil,
  round_prefer_floor: (place) => Math.ceil(place - 0.5),
  round_prefer_ceil: (place) => Math.floor(place + 0.5),
};

/** Weights of the neighbours −1, 0, 1 and 2 of a place (Keys 1981, eq. 15 with a for −½). */
function cubicShares(a: number, t: number): number[] {
  const near = (x: number) => ((a + 2) * x - (a + 3)) * x * x + 1;
  const far = (x: number) => ((a * x - 5 * a) * x + 8 * a) * x - 4 * a;
  return [far(1 + t), near(t), near(1 - t), far(2 - t)];
}

function tapsOf(form: Form, side: number, made: number, scale: number): Taps {
  // Older operator sets round by which way the size goes.
  const round = ROUND[form.nearest] ?? (scale < 1 ? Math.ceil : Math.floor);
  const inside = (place: number) => Math.min(side - 1, Math.max(0, place));
  return Array.from({ length: made }, (_, i) => {
    const place = placeOf(form, i, side, made, scale);
    const low = Math.floor(place);
    const t = place - low;
    if (form.mode === 'nearest') return [[inside(round(place)), 1] as const];
    const shares = form.mode === 'linear' ? [1 - t, t] : cubicShares(form.cubic, t);
    const first = form.mode === 'linear' ? low : low - 1;
    return shares.map((share, k) => [inside(first + k), share] as const);
  });
}

/** By axis: as it was given, or as the sizes have it. */
function scalesOf(node: Node, emit: Emitter, before: readonly number[], after: readonly number[]): number[] {
  const isOld = node.op === 'Upsample' || node.inputs.length === 2;
  const attribute = node.attributes.get('scales');
  const given = node.inputs[isOld ? 1 : 2] ?? '';
  const held = attribute?.kind === 'floats' ? attribute.value : given === '' ? null : emit.values(given);
  const axes = node.ints('axes')?.map((axis) => (axis < 0 ? axis + before.length : axis));
  return before.map((side, axis) => {
    const scale = held?.length ? held[axes ? axes.indexOf(axis) : axis] : undefined;
    return scale ?? after[axis]! / side;
  });
}

/** More numbers in one matrix are refused: 64 MB. */
const MOST = 2 ** 24;

const resize: Rule = ({ node, cotangents, emit }) => {
  const form = formOf(node, emit.opset);
  const [before, after] = [emit.dims(node.inputs[0]!), emit.dims(node.outputs[0]!)];
  const scales = scalesOf(node, emit, before, after);
  // The axes that were made largest first: what follows is smaller.
  const order = [...before.keys()].sort((a, b) => after[b]! / before[b]! - after[a]! / before[a]!);
  const pulled = order.reduce((d, axis) => {
    const [side, made] = [before[axis]!, after[axis]!];
    if (side * made > MOST) throw undifferentiable(node, `sides of ${side} and ${made}`);
    return pulledAlong(emit, d, axis, side, tapsOf(form, side, made, scales[axis]!));
  }, cotangents[0]!);
  return [pulled, ...node.inputs.slice(1).map(() => null)];
};

export const RESIZE: Rules = { Resize: resize, Upsample: resize };
