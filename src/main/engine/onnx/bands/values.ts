/**
 * What each value of a picture network is, for one that is computed band by band: rows of a picture, or what does not depend on
 * them. A network can be computed so where every operator makes rows of rows beside them; what looks at the whole picture is told
 * apart: norms over groups of channels, and the keys and values of attention.
 */
import { constantIntegers, constantOf, shapeEntries } from '../ir/constants.ts';
import type { Graph, Node } from '../ir/graph.ts';
import { convolved, deconvolved, padded, type RowRule, repeated } from './rows.ts';

/** Rows of a value for each row of the network's input, as a fraction in lowest terms. */
export interface Scale {
  readonly up: number;
  readonly down: number;
}

type Value =
  /** Of weights alone. */
  | { readonly kind: 'constant' }
  /** Of sizes: a band has its own. */
  | { readonly kind: 'size'; readonly level: number }
  /** Of the picture. `map`: [B, C, h, w] for certain, not yet turned into tokens or groups. */
  | { readonly kind: 'rows'; readonly level: number; readonly scale: Scale; readonly map: boolean };

/** A norm whose mean and variance are those of groups of channels over the whole picture. */
export interface Norm {
  readonly node: Node;
  readonly groups: number;
  readonly epsilon: number;
  /** The map that it is the norm of. */
  readonly source: string;
  /** Shape in which mean and factor are given: rank of what the operator reads. */
  readonly dims: readonly number[];
}

export interface Values {
  readonly of: ReadonlyMap<string, Value>;
  readonly norms: ReadonlyMap<Node, Norm>;
  /** Of operators that move rows. */
  readonly rules: ReadonlyMap<Node, RowRule>;
  /** Inputs of products that must be those of the whole picture. */
  readonly wholes: ReadonlyMap<Node, readonly number[]>;
}

/** Why a network cannot be computed in bands, in words. */
export class NotInBands extends Error {
  override readonly name = 'NotInBands';
}

/** Numbers of a constant that decides where rows go, once they are known: they may be computed in the graph. */
export type Numbers = ReadonlyMap<string, readonly number[]>;

const EACH = new Set([
  ...[
    'Add',
    'Sub',
    'Mul',
    'Div',
    'Pow',
    'Min',
    'Max',
    'Where',
    'Clip',
    'Cast',
    'CastLike',
    'Identity',
    'Dropout',
  ],
  ...[
    'Sigmoid',
    'Tanh',
    'Relu',
    'LeakyRelu',
    'PRelu',
    'Elu',
    'Gelu',
    'QuickGelu',
    'Swish',
    'Mish',
    'HardSigmoid',
  ],
  ...[
    'HardSwish',
    'Softplus',
    'Erf',
    'Exp',
    'Log',
    'Sqrt',
    'Reciprocal',
    'Neg',
    'Abs',
    'QuantizeLinear',
    'DequantizeLinear',
  ],
]);
const TURNING = new Set(['Reshape', 'Transpose', 'Flatten', 'Squeeze', 'Unsqueeze']);
const PRODUCTS = new Set(['MatMul', 'FusedMatMul', 'Gemm', 'Einsum']);
const ATTENTIONS = new Set(['MultiHeadAttention', 'Attention']);
const CHANNELS = 1;

const refuse = (node: Node, why: string) => new NotInBands(`${node.label} (${node.op}) ${why}`);

/** Constants that decide where rows go and are not written down as such: scales of a Resize, pads. */
export function unknownNumbers(graph: Graph): string[] {
  const names: string[] = [];
  for (const { op, inputs } of graph.nodes) {
    if (op === 'Resize' && inputs[2]) names.push(inputs[2]);
    if (op === 'Pad' && inputs[1]) names.push(inputs[1]);
  }
  return [...new Set(names)];
}

/** @throws NotInBands naming the first operator that needs more than rows */
export function valuesOf(graph: Graph, input: string, numbers: Numbers): Values {
  const of = new Map<string, Value>([
    [input, { kind: 'rows', level: 0, scale: { up: 1, down: 1 }, map: true }],
  ]);
  const norms = new Map<Node, Norm>();
  const rules = new Map<Node, RowRule>();
  const wholes = new Map<Node, readonly number[]>();
  const known = (name: string): Value => of.get(name) ?? { kind: 'constant' };
  for (const node of graph.nodes) {
    if (node.subgraphs.length > 0) throw refuse(node, 'holds graphs of its own');
    const given = node.inputs.filter((name) => name !== '').map(known);
    const rows = given.filter((one) => one.kind === 'rows');
    const level = Math.max(0, ...given.map((one) => (one.kind === 'constant' ? 0 : one.level)));
    const make = (value: Value) => {
      for (const output of node.outputs) of.set(output, value);
    };
    if (rows.length === 0) {
      if (given.some(({ kind }) => kind === 'size')) make({ kind: 'size', level });
      continue;
    }
    if (node.op === 'Shape' || node.op === 'Size') {
      make({ kind: 'size', level });
      continue;
    }
    const first = known(node.inputs[0]!);
    const norm = normOf(graph, node, of);
    if (norm) {
      norms.set(node, norm);
      make({ ...rows[0]!, level: level + 1, map: node.op === 'GroupNormalization' && isMap(first) });
      continue;
    }
    const rule = ruleOf(node, numbers);
    if (rule) {
      if (first.kind !== 'rows') throw refuse(node, 'does not read the picture');
      if (rows.length > 1) throw refuse(node, 'has weights of its own for each picture');
      rules.set(node, rule);
      make({ kind: 'rows', level, scale: times(first.scale, rule), map: true });
      continue;
    }
    const seen = wholeInputs(node, known);
    if (seen.length > 0) {
      wholes.set(node, seen);
      make({ kind: 'rows', level: level + 1, scale: scaleOf(node, [first]), map: false });
      continue;
    }
    checkPlain(graph, node);
    make({ kind: 'rows', level, scale: scaleOf(node, rows), map: !TURNING.has(node.op) && rows.some(isMap) });
  }
  return { of, norms, rules, wholes };
}

function isMap(value: Value): boolean {
  return value.kind === 'rows' && value.map;
}

function scaleOf(node: Node, values: readonly Value[]): Scale {
  const scales = values.flatMap((value) => (value.kind === 'rows' ? [value.scale] : []));
  const [scale] = scales;
  if (!scale || scales.some(({ up, down }) => up !== scale.up || down !== scale.down))
    throw refuse(node, 'reads pictures of different heights');
  return scale;
}

function times({ up, down }: Scale, rule: RowRule): Scale {
  const [over, under] = [up * rule.up, down * rule.down];
  const common = greatest(over, under);
  return { up: over / common, down: under / common };
}

export function greatest(a: number, b: number): number {
  return b === 0 ? a : greatest(b, a % b);
}

/** InstanceNormalization over channels in groups, as exporters write group norms, or the operator itself. */
function normOf(graph: Graph, node: Node, of: ReadonlyMap<string, Value>): Norm | null {
  if (node.op !== 'InstanceNormalization' && node.op !== 'GroupNormalization') return null;
  const [read, scale] = node.inputs as [string, string];
  const source = mapBehind(graph, read, of);
  if (source === null) throw refuse(node, 'is no norm of a picture');
  const epsilon = node.float('epsilon') ?? 1e-5;
  if (node.op === 'GroupNormalization') {
    const groups = node.int('num_groups', 0);
    return { node, groups, epsilon, source, dims: [1, groups, 1, 1] };
  }
  const groups = constantOf(graph, scale)?.dims[0];
  const shape = graph.producer(read);
  const rank = isMap(of.get(read)!)
    ? 4
    : shape?.op === 'Reshape'
      ? shapeEntries(graph, shape.inputs[1]!)?.length
      : null;
  if (groups === undefined || !rank) throw refuse(node, 'is no norm of groups of channels');
  return { node, groups, epsilon, source, dims: [1, groups, ...Array<number>(rank - 2).fill(1)] };
}

/** The map that a value only rearranges, or null. */
function mapBehind(graph: Graph, value: string, of: ReadonlyMap<string, Value>): string | null {
  for (let at = value; ; ) {
    const known = of.get(at);
    if (known && isMap(known)) return at;
    const node = graph.producer(at);
    if (!node || (!TURNING.has(node.op) && !['Identity', 'Cast'].includes(node.op))) return null;
    at = node.inputs[0]!;
  }
}

function ruleOf(node: Node, numbers: Numbers): RowRule | null {
  switch (node.op) {
    case 'Conv':
    case 'AveragePool':
    case 'MaxPool':
    case 'ConvTranspose': {
      const kernel = node.ints('kernel_shape')?.[0];
      const pads = node.ints('pads') ?? [0, 0, 0, 0];
      if (
        kernel === undefined ||
        pads.length !== 4 ||
        node.attributes.has('output_shape') ||
        (node.text('auto_pad') ?? 'NOTSET') !== 'NOTSET'
      )
        throw refuse(node, 'does not say how it pads');
      const pools = node.op.endsWith('Pool');
      if (pools && (pads.some((pad) => pad !== 0) || node.int('ceil_mode', 0) !== 0))
        throw refuse(node, 'pools beyond the edges');
      const [stride = 1, dilation = 1] = [node.ints('strides')?.[0], node.ints('dilations')?.[0]];
      const of = { kernel, stride, dilation, before: pads[0]!, after: pads[2]! };
      return node.op === 'ConvTranspose' ? deconvolved(of, node.ints('output_padding')?.[0]) : convolved(of);
    }
    case 'Resize': {
      const [, , rows, columns] = numbers.get(node.inputs[2] ?? '') ?? [];
      const plain =
        (node.text('mode') ?? 'nearest') === 'nearest' &&
        node.text('coordinate_transformation_mode') === 'asymmetric' &&
        node.text('nearest_mode') === 'floor';
      if (!plain || rows === undefined || !Number.isInteger(rows) || rows < 1 || columns === undefined)
        throw refuse(node, 'does not repeat rows a fixed number of times');
      return repeated(rows);
    }
    case 'DepthToSpace':
      return repeated(node.int('blocksize', 1));
    case 'Pad': {
      const pads = numbers.get(node.inputs[1] ?? '');
      const constant = (node.text('mode') ?? 'constant') === 'constant';
      if (!constant || pads?.length !== 8 || pads[0] !== 0 || pads[4] !== 0 || pads.some((pad) => pad < 0))
        throw refuse(node, 'does not pad a picture with one value');
      return padded(pads[2]!, pads[6]!);
    }
    default:
      return null;
  }
}

/** Inputs that are looked at as a whole: the other side of a product of two computed values. */
function wholeInputs(node: Node, known: (name: string) => Value): number[] {
  const isRows = (at: number) => node.inputs[at] !== undefined && known(node.inputs[at]).kind === 'rows';
  if (PRODUCTS.has(node.op)) return isRows(0) && isRows(1) ? [1] : [];
  if (!ATTENTIONS.has(node.op)) return [];
  if (!isRows(1) || !isRows(2) || node.inputs.some((name, at) => at > 2 && name !== '' && isRows(at)))
    throw refuse(node, 'is attention of one tensor');
  return [1, 2];
}

/** @throws NotInBands unless it makes each row, or each token, of what stands there */
function checkPlain(graph: Graph, node: Node): void {
  const { op } = node;
  if (EACH.has(op) || TURNING.has(op) || PRODUCTS.has(op) || op === 'Softmax' || op === 'LayerNormalization')
    return;
  if ((op === 'Split' || op === 'Concat') && node.int('axis', 0) === CHANNELS) return;
  const axes = op === 'Slice' && node.inputs[3] ? constantIntegers(graph, node.inputs[3]) : null;
  if (axes?.length === 1 && axes[0] === CHANNELS) return;
  throw refuse(node, 'is not known to work row by row');
}
