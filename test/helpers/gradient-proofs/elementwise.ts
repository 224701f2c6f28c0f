import type { Proof } from './proof.ts';

const x = { x: [2, 3, 4] };
/** Broadcast in every way: from the left, from the right, from the middle. */
const two = { a: [2, 1, 4], b: [3, 1] };
const positive = [0.3, 2] as const;

export const ELEMENTWISE: readonly Proof[] = [
  { name: 'Add', x: two, body: 'y = Add(a, b)' },
  { name: 'Add of a value to itself', x, body: 's = Add(x, x)\ny = Mul(s, x)' },
  { name: 'Sub', x: two, body: 'y = Sub(a, b)' },
  { name: 'Mul', x: two, body: 'y = Mul(a, b)' },
  { name: 'Mul by a number', x: { a: [2, 3], b: [] }, body: 'y = Mul(a, b)' },
  { name: 'Div', x: two, range: positive, body: 'y = Div(a, b)' },
  { name: 'Pow by two', x, body: 'float32[] two = {2}\ny = Pow(x, two)' },
  { name: 'Pow by a third', x, range: positive, body: 'float32[] third = {0.3333}\ny = Pow(x, third)' },
  { name: 'Pow by a root', x, range: positive, body: 'float32[1] less = {-0.5}\ny = Pow(x, less)' },
  { name: 'Pow of two', x: two, range: positive, body: 'y = Pow(a, b)' },
  { name: 'Sum', x: { ...two, c: [4] }, body: 'y = Sum(a, b, c)' },
  { name: 'Mean', x: { ...two, c: [4] }, body: 'y = Mean(a, b, c)' },
  { name: 'Max', x: { ...two, c: [4] }, body: 'y = Max(a, b, c)' },
  { name: 'Min', x: two, body: 'y = Min(a, b)' },
  {
    name: 'Where',
    x: { ...two, c: [2, 3, 4] },
    still: ['c'],
    body: 'float32[] none = {0}\nisAbove = Greater(c, none)\ny = Where(isAbove, a, b)',
  },
  { name: 'Identity', x, body: 'y = Identity(x)' },
  { name: 'Cast', x, body: 'y = Cast<to = 1>(x)' },
  { name: 'Dropout', x, body: 'y = Dropout(x)' },
  { name: 'Neg', x, body: 'y = Neg(x)' },
  { name: 'Abs', x, body: 'y = Abs(x)' },
  { name: 'Exp', x, body: 'y = Exp(x)' },
  { name: 'Log', x, range: positive, body: 'y = Log(x)' },
  { name: 'Sqrt', x, range: positive, body: 'y = Sqrt(x)' },
  { name: 'Reciprocal', x, range: positive, body: 'y = Reciprocal(x)' },
  { name: 'Sin', x, body: 'y = Sin(x)' },
  { name: 'Cos', x, body: 'y = Cos(x)' },
  // Steps count nothing themselves; what stands beside them does.
  ...['Floor', 'Ceil', 'Round', 'Sign'].map((operator) => ({
    ...{ name: operator, x, range: [-3, 3] as const },
    body: `s = ${operator}(x)\ny = Mul(s, x)`,
  })),
];
