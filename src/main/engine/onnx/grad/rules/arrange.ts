/** Operators that lay numbers out anew. */
import { attr } from '../../ir/graph.ts';
import { type Emitter, type Rule, type Rules, undifferentiable } from '../rule.ts';

const reshaped: Rule = ({ node, cotangents, emit }) => [
  emit.reshape(cotangents[0]!, emit.dims(node.inputs[0]!)),
];

const transpose: Rule = ({ node, cotangents, emit }) => {
  const { length } = emit.dims(node.inputs[0]!);
  const perm = node.ints('perm') ?? Array.from({ length }, (_, i) => length - 1 - i);
  return [
    emit.transpose(
      cotangents[0]!,
      perm.map((_, axis) => perm.indexOf(axis)),
    ),
  ];
};

const concat: Rule = ({ node, cotangents, emit }) => {
  const parts = node.inputs.map((input) => emit.dims(input));
  const axis = fromFront(node.int('axis', 0), parts[0]!.length);
  // An empty bank of a reference has none.
  const filled = parts.filter((dims) => dims[axis]! > 0);
  const sizes = filled.map((dims) => dims[axis]!);
  const pulled = filled.length === 1 ? [cotangents[0]!] : emit.split(cotangents[0]!, axis, sizes);
  return parts.map((dims) => (dims[axis]! > 0 ? pulled.shift()! : null));
};

const split: Rule = ({ node, cotangents, emit }) => {
  const axis = fromFront(node.int('axis', 0), emit.dims(node.inputs[0]!).length);
  const parts = node.outputs.map((output, i) => cotangents[i] ?? emit.zeros(emit.dims(output)));
  return [joined(emit, parts, axis)];
};

/** Zeros stand where nothing was taken. */
const slice: Rule = ({ node, cotangents, emit }) => {
  const [data, ...told] = node.inputs as [string, ...string[]];
  const dims = emit.dims(data);
  const numbers = (input: number, attribute: string) =>
    told[input] ? emit.values(told[input]) : node.ints(attribute);
  const starts = numbers(0, 'starts');
  if (!starts) throw undifferentiable(node, 'a place that is computed');
  const axes = numbers(2, 'axes') ?? starts.map((_, i) => i);
  const steps = numbers(3, 'steps') ?? starts.map(() => 1);
  if (steps.some((step) => step < 0)) throw undifferentiable(node, 'steps backwards');
  return [
    axes.reduce((pulled, named, i) => {
      const axis = fromFront(named, dims.length);
      const start = Math.max(0, starts[i]! < 0 ? starts[i]! + dims[axis]! : starts[i]!);
      return placed(emit, pulled, { axis, start, step: steps[i]!, side: dims[axis]! });
    }, cotangents[0]!),
  ];
};

interface Place {
  readonly axis: number;
  readonly start: number;
  readonly step: number;
  /** Of the whole. */
  readonly side: number;
}

function placed(emit: Emitter, value: string, { axis, start, step, side }: Place): string {
  const dims = emit.dims(value);
  const count = dims[axis]!;
  if (count === 0) return emit.zeros(dims.with(axis, side));
  const zeros = (many: number) => (many > 0 ? [emit.zeros(dims.with(axis, many))] : []);
  const apart = step === 1 ? value : spaced(emit, value, axis, step);
  const after = side - start - count * step;
  // The zeros that follow the last one may reach over the end.
  const fitting = after < 0 ? emit.split(apart, axis, [count * step + after, -after])[0]! : apart;
  return joined(emit, [...zeros(start), fitting, ...zeros(after)], axis);
}

/** Each one followed by zeros. */
function spaced(emit: Emitter, value: string, axis: number, step: number): string {
  const dims = emit.dims(value);
  const [before, after] = [dims.slice(0, axis + 1), dims.slice(axis + 1)];
  const alone = emit.reshape(value, [...before, 1, ...after]);
  const zeros = emit.zeros([...before, step - 1, ...after]);
  return emit.reshape(joined(emit, [alone, zeros], axis + 1), dims.with(axis, dims[axis]! * step));
}

const expand: Rule = ({ node, cotangents, emit }) => [emit.sumTo(cotangents[0]!, emit.dims(node.inputs[0]!))];

const tile: Rule = ({ node, cotangents, emit }) => {
  const dims = emit.dims(node.inputs[0]!);
  const made = emit.dims(node.outputs[0]!);
  const parted = dims.flatMap((side, axis) => [side === 0 ? 1 : made[axis]! / side, side]);
  const times = dims.map((_, axis) => 2 * axis);
  return [emit.reshape(emit.sum(emit.reshape(cotangents[0]!, parted), times), dims)];
};

/** [B, C·b², h, w] to [B, C, h·b, w·b]. */
const depthToSpace: Rule = ({ node, cotangents, emit }) => {
  const [batch, channels, height, width] = emit.dims(node.inputs[0]!) as [number, number, number, number];
  const b = node.int('blocksize', 1);
  const parted = emit.reshape(cotangents[0]!, [batch, channels / b ** 2, height, b, width, b]);
  const perm = node.text('mode') === 'CRD' ? [0, 1, 3, 5, 2, 4] : [0, 3, 5, 1, 2, 4];
  return [emit.reshape(emit.transpose(parted, perm), [batch, channels, height, width])];
};

const spaceToDepth: Rule = ({ node, cotangents, emit }) => {
  const [batch, channels, height, width] = emit.dims(node.inputs[0]!) as [number, number, number, number];
  const b = node.int('blocksize', 1);
  const parted = emit.reshape(cotangents[0]!, [batch, b, b, channels, height / b, width / b]);
  return [emit.reshape(emit.transpose(parted, [0, 3, 4, 1, 5, 2]), [batch, channels, height, width])];
};

function joined(emit: Emitter, parts: readonly string[], axis: number): string {
  return parts.length === 1 ? parts[0]! : emit.op('Concat', parts, { axis: attr.int(axis) });
}

function fromFront(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}

export const ARRANGE: Rules = {
  Reshape: reshaped,
  Flatten: reshaped,
  Squeeze: reshaped,
  Unsqueeze: reshaped,
  Transpose: transpose,
  Concat: concat,
  Split: split,
  Slice: slice,
  Expand: expand,
  Tile: tile,
  DepthToSpace: depthToSpace,
  SpaceToDepth: spaceToDepth,
};
