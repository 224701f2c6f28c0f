/** Operators that compute every number by itself, or of two. */
import { ELEMENT } from '../../ir/types.ts';
import { type Known, known, product } from '../known.ts';
import { broadcast, type Rule, type Rules, typed } from './rule.ts';

const { bool } = ELEMENT;
const INTEGERS: readonly number[] = [
  ELEMENT.int64,
  ELEMENT.int32,
  ELEMENT.int16,
  ELEMENT.int8,
  ELEMENT.uint8,
];

const same: Rule = (_node, [first]) => first ?? null;

const each =
  (change: (value: number) => number): Rule =>
  (_node, [first]) =>
    first ? known(first.dims, first.type, first.values?.map(change)) : null;

const between =
  (change: ((a: number, b: number) => number) | null, type?: number): Rule =>
  (_node, [a, b]) => {
    if (!a || !b) return null;
    const dims = broadcast(a.dims, b.dims);
    const made = type ?? a.type;
    const { values: left } = a;
    const { values: right } = b;
    if (!change || !left || !right) return known(dims, made);
    const whole = INTEGERS.includes(made);
    const value = (i: number) => change(left[left.length === 1 ? 0 : i]!, right[right.length === 1 ? 0 : i]!);
    const values = Array.from({ length: product(dims) }, (_, i) => (whole ? Math.trunc(value(i)) : value(i)));
    return known(dims, made, values);
  };

const among: Rule = (_node, given) =>
  given.every((one) => one !== undefined)
    ? known(broadcast(...given.map((one) => one!.dims)), given[0]!.type)
    : null;

const cast = typed((node, { type }) => node.int('to', type));

const where: Rule = (_node, [condition, a, b]) => {
  if (!condition || !a || !b) return null;
  const dims = broadcast(condition.dims, a.dims, b.dims);
  const of = ({ values }: Known, i: number) => values![values!.length === 1 ? 0 : i]!;
  const all = condition.values && a.values && b.values;
  const values = all
    ? Array.from({ length: product(dims) }, (_, i) => (of(condition, i) ? of(a, i) : of(b, i)))
    : undefined;
  return known(dims, a.type, values);
};

export const EACH: Rules = {
  Add: between((a, b) => a + b),
  Sub: between((a, b) => a - b),
  Mul: between((a, b) => a * b),
  Div: between((a, b) => a / b),
  Mod: between((a, b) => a % b),
  Pow: between((a, b) => a ** b),
  Max: (node, given) => (given.length === 2 ? between(Math.max) : among)(node, given),
  Min: (node, given) => (given.length === 2 ? between(Math.min) : among)(node, given),
  Sum: among,
  Mean: among,
  PRelu: between(null),
  Equal: between((a, b) => Number(a === b), bool),
  Less: between((a, b) => Number(a < b), bool),
  LessOrEqual: between((a, b) => Number(a <= b), bool),
  Greater: between((a, b) => Number(a > b), bool),
  GreaterOrEqual: between((a, b) => Number(a >= b), bool),
  And: between((a, b) => Number(a && b), bool),
  Or: between((a, b) => Number(a || b), bool),
  Floor: each(Math.floor),
  Ceil: each(Math.ceil),
  Neg: each((value) => -value),
  Sqrt: each(Math.sqrt),
  Identity: same,
  Cast: cast,
  Not: typed(() => bool),
  IsNaN: typed(() => bool),
  IsInf: typed(() => bool),
  DequantizeLinear: (_node, [first, scale]) => (first && scale ? known(first.dims, scale.type) : null),
  Where: where,
};
