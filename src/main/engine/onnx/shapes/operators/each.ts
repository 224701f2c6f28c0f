/** Operators that compute every number by itself, or of two. */
import { ELEMENT } from '../../ir/types.ts';
import { type Known, known, MOST_VALUES, product } from '../known.ts';
import { broadcast, type Rule, type Rules, spread, typed } from './rule.ts';

const { bool, float32, int64 } = ELEMENT;
const INTEGERS: readonly number[] = [
  ELEMENT.int64,
  ELEMENT.int32,
  ELEMENT.int16,
  ELEMENT.int8,
  ELEMENT.uint8,
];

const same: Rule = (_node, [first]) => first ?? null;

/** As the type holds it. */
function held(value: number, type: number): number {
  if (type === float32) return Math.fround(value);
  if (type === bool) return Number(value !== 0);
  return INTEGERS.includes(type) ? Math.trunc(value) : value;
}

const each =
  (change: (value: number) => number): Rule =>
  (_node, [first]) =>
    first
      ? known(
          first.dims,
          first.type,
          first.values?.map((value) => held(change(value), first.type)),
        )
      : null;

const between =
  (change: ((a: number, b: number) => number) | null, type?: number): Rule =>
  (_node, [a, b]) => {
    if (!a || !b) return null;
    const dims = broadcast(a.dims, b.dims);
    const made = type ?? a.type;
    if (!change || product(dims) > MOST_VALUES) return known(dims, made);
    const [left, right] = [spread(a, dims), spread(b, dims)];
    if (!left || !right) return known(dims, made);
    return known(
      dims,
      made,
      left.map((value, i) => held(change(value, right[i]!), made)),
    );
  };

/** Of any number of inputs. */
const among =
  (change: (a: number, b: number) => number): Rule =>
  (node, [first, ...rest]) => {
    const two = between(change);
    let all: Known | null = first ?? null;
    for (const one of rest) all = all && (two(node, [all, one]) as Known | null);
    return all;
  };

/** What it holds no shape depends on. */
const mean: Rule = (_node, given) =>
  given.every((one) => one !== undefined)
    ? known(broadcast(...given.map((one) => one!.dims)), given[0]!.type)
    : null;

/** Signs as the divisor's, or with `fmod` as the dividend's. */
const modulo: Rule = (node, given) =>
  between(node.int('fmod', 0) ? (a, b) => a % b : (a, b) => ((a % b) + b) % b)(node, given);

const cast: Rule = (node, [first]) => {
  if (!first) return null;
  const to = node.int('to', first.type);
  return known(
    first.dims,
    to,
    first.values?.map((value) => held(value, to)),
  );
};

const castLike: Rule = (_node, [first, like]) =>
  first && like
    ? known(
        first.dims,
        like.type,
        first.values?.map((value) => held(value, like.type)),
      )
    : null;

const where: Rule = (_node, [condition, a, b]) => {
  if (!condition || !a || !b) return null;
  const dims = broadcast(condition.dims, a.dims, b.dims);
  if (product(dims) > MOST_VALUES) return known(dims, a.type);
  const [choice, yes, no] = [condition, a, b].map((one) => spread(one, dims));
  return known(dims, a.type, yes && no && choice?.map((chosen, i) => (chosen ? yes[i]! : no[i]!)));
};

/** Half to even. */
function rounded(value: number): number {
  const below = Math.floor(value);
  if (value - below !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}

const asFirst = typed((_node, { type }) => type);
const truth = typed(() => bool);

/** As large as the first input; what they compute no shape depends on. */
const PLAIN = [
  ...[
    'Sigmoid',
    'HardSigmoid',
    'HardSwish',
    'Tanh',
    'Erf',
    'Relu',
    'LeakyRelu',
    'Elu',
    'Celu',
    'Selu',
    'Gelu',
  ],
  ...[
    'FastGelu',
    'QuickGelu',
    'BiasGelu',
    'Swish',
    'Mish',
    'Softplus',
    'Softsign',
    'ThresholdedRelu',
    'Clip',
  ],
  ...['Sin', 'Cos', 'Tan', 'Asin', 'Acos', 'Atan', 'Sinh', 'Cosh', 'Asinh', 'Acosh', 'Atanh', 'Sign'],
  ...['Softmax', 'LogSoftmax', 'Hardmax', 'LpNormalization', 'MeanVarianceNormalization', 'LRN', 'Dropout'],
  ...['InstanceNormalization', 'GroupNormalization', 'LayerNormalization', 'BatchNormalization'],
  ...['RMSNormalization', 'SimplifiedLayerNormalization', 'GroupNorm'],
  ...['Trilu', 'CumSum', 'ScatterElements', 'ScatterND', 'Scatter', 'BiasAdd', 'RotaryEmbedding'],
];

/** A norm and, as another output, the sum that it is of; the statistics between them are of training. */
const withSum: Rule = (node, [first]) =>
  first ? node.outputs.map(() => known(first.dims, first.type)) : null;

/** The first half of the last axis by the Gelu of the second. */
const halved: Rule = (_node, [first]) =>
  first ? known(first.dims.with(-1, first.dims.at(-1)! / 2), first.type) : null;

export const EACH: Rules = {
  ...Object.fromEntries(PLAIN.map((operator) => [operator, asFirst])),
  Add: between((a, b) => a + b),
  Sub: between((a, b) => a - b),
  Mul: between((a, b) => a * b),
  Div: between((a, b) => a / b),
  Mod: modulo,
  Pow: between((a, b) => a ** b),
  Max: among(Math.max),
  Min: among(Math.min),
  Sum: among((a, b) => a + b),
  Mean: mean,
  PRelu: between(null),
  Equal: between((a, b) => Number(a === b), bool),
  Less: between((a, b) => Number(a < b), bool),
  LessOrEqual: between((a, b) => Number(a <= b), bool),
  Greater: between((a, b) => Number(a > b), bool),
  GreaterOrEqual: between((a, b) => Number(a >= b), bool),
  And: between((a, b) => Number(a && b), bool),
  Or: between((a, b) => Number(a || b), bool),
  Xor: between((a, b) => Number(Boolean(a) !== Boolean(b)), bool),
  Floor: each(Math.floor),
  Ceil: each(Math.ceil),
  Round: each(rounded),
  Neg: each((value) => -value),
  Abs: each(Math.abs),
  Sqrt: each(Math.sqrt),
  Exp: each(Math.exp),
  Log: each(Math.log),
  Reciprocal: each((value) => 1 / value),
  Not: each((value) => 1 - value),
  Identity: same,
  Cast: cast,
  CastLike: castLike,
  IsNaN: truth,
  IsInf: truth,
  DequantizeLinear: (_node, [first, scale]) => (first && scale ? known(first.dims, scale.type) : null),
  QuantizeLinear: (_node, [first, , zero]) => (first ? known(first.dims, zero?.type ?? ELEMENT.uint8) : null),
  DynamicQuantizeLinear: (_node, [first]) =>
    first ? [known(first.dims, ELEMENT.uint8), known([], float32), known([], ELEMENT.uint8)] : null,
  Where: where,
  SkipLayerNormalization: withSum,
  SkipSimplifiedLayerNormalization: withSum,
  SkipGroupNorm: withSum,
  BiasSplitGelu: halved,
  NonZero: (_node, [first]) => nonZero(first),
};

/** Places of what is not zero, [rank, how many]; known only where the values are. */
function nonZero(first: Known | undefined): Known | null {
  if (!first?.values) return null;
  const found = first.values.flatMap((value, i) => (value === 0 ? [] : [i]));
  const rows = first.dims.map((side, axis) => {
    const stride = product(first.dims.slice(axis + 1));
    return found.map((i) => Math.floor(i / stride) % side);
  });
  return known([first.dims.length, found.length], int64, rows.flat());
}
