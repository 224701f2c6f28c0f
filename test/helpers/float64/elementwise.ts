/** Operators that compute every number by itself, or of a few that stand at one place. */
import { broadcastDims, make, type Numbers, type Operator, type Operators, spread } from './numbers.ts';

/** By the series of positive terms 2/√π · e^(−x²) · Σ 2ⁿ·x^(2n+1)/(2n+1)!! (Abramowitz and Stegun 7.1.6). */
function erf(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x);
  let term = x;
  let sum = x;
  for (let n = 1; n < 200; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const softplus = (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
const { SQRT1_2, PI } = Math;
const byErf = (x: number) => (x / 2) * (1 + erf(x * SQRT1_2));
const byTanh = (x: number) => (x / 2) * (1 + Math.tanh(Math.sqrt(2 / PI) * (x + 0.044715 * x ** 3)));

const each =
  (value: (x: number) => number): Operator =>
  ([x]) => ({ dims: x!.dims, data: x!.data.map(value) });

/** One that has attributes: its function is made of the node. */
const shaped =
  (value: (attribute: (name: string, fallback: number) => number) => (x: number) => number): Operator =>
  (given, node, opset) =>
    each(value((name, fallback) => node.float(name) ?? fallback))(given, node, opset);

const together =
  (value: (...x: number[]) => number): Operator =>
  (given) => {
    const all = given as readonly Numbers[];
    return make(broadcastDims(...all.map(({ dims }) => dims)), (place) =>
      value(...all.map((one) => spread(one, place))),
    );
  };

const truth = (held: boolean) => Number(held);

export const ELEMENTWISE: Operators = {
  Add: together((a, b) => a + b),
  Sub: together((a, b) => a - b),
  Mul: together((a, b) => a * b),
  Div: together((a, b) => a / b),
  Pow: together((a, b) => a ** b),
  Mod: together((a, b) => a % b),
  Max: together(Math.max),
  Min: together(Math.min),
  Sum: together((...all) => all.reduce((sum, one) => sum + one, 0)),
  Mean: together((...all) => all.reduce((sum, one) => sum + one, 0) / all.length),
  PRelu: together((x, slope) => (x < 0 ? x * slope : x)),
  Equal: together((a, b) => truth(a === b)),
  Less: together((a, b) => truth(a < b)),
  LessOrEqual: together((a, b) => truth(a <= b)),
  Greater: together((a, b) => truth(a > b)),
  GreaterOrEqual: together((a, b) => truth(a >= b)),
  And: together((a, b) => truth(a !== 0 && b !== 0)),
  Or: together((a, b) => truth(a !== 0 || b !== 0)),
  Where: together((condition, a, b) => (condition ? a : b)),
  Not: each((x) => truth(!x)),
  Identity: each((x) => x),
  Dropout: each((x) => x),
  Cast: ([x], node) => {
    // 9 is bool, 6 and 7 are integers; of floating-point ones the width does not matter here.
    const to = node.int('to', 1);
    const value =
      to === 9 ? (v: number) => truth(v !== 0) : to === 6 || to === 7 ? Math.trunc : (v: number) => v;
    return { dims: x!.dims, data: x!.data.map(value) };
  },
  CastLike: each((x) => x),
  Neg: each((x) => -x),
  Abs: each(Math.abs),
  Sign: each(Math.sign),
  Floor: each(Math.floor),
  Ceil: each(Math.ceil),
  Round: each(Math.round),
  Reciprocal: each((x) => 1 / x),
  Sqrt: each(Math.sqrt),
  Exp: each(Math.exp),
  Log: each(Math.log),
  Sin: each(Math.sin),
  Cos: each(Math.cos),
  Tan: each(Math.tan),
  Sinh: each(Math.sinh),
  Cosh: each(Math.cosh),
  Asin: each(Math.asin),
  Acos: each(Math.acos),
  Atan: each(Math.atan),
  Erf: each(erf),
  Tanh: each(Math.tanh),
  Sigmoid: each(sigmoid),
  Relu: each((x) => Math.max(x, 0)),
  Softplus: each(softplus),
  Softsign: each((x) => x / (1 + Math.abs(x))),
  Mish: each((x) => x * Math.tanh(softplus(x))),
  HardSwish: each((x) => x * Math.min(1, Math.max(0, x / 6 + 0.5))),
  QuickGelu: shaped((of) => (x) => x * sigmoid(of('alpha', 1.702) * x)),
  Swish: shaped((of) => (x) => x * sigmoid(of('alpha', 1) * x)),
  FastGelu: together((x, bias = 0) => byTanh(x + bias)),
  BiasGelu: together((x, bias) => byErf(x + bias)),
  Gelu: ([x], node) => ({
    dims: x!.dims,
    data: x!.data.map(node.text('approximate') === 'tanh' ? byTanh : byErf),
  }),
  LeakyRelu: shaped((of) => (x) => (x < 0 ? of('alpha', 0.01) * x : x)),
  Elu: shaped((of) => (x) => (x < 0 ? of('alpha', 1) * Math.expm1(x) : x)),
  Celu: shaped((of) => (x) => Math.max(0, x) + Math.min(0, of('alpha', 1) * Math.expm1(x / of('alpha', 1)))),
  Selu: shaped((of) => (x) => {
    const [alpha, gamma] = [of('alpha', 1.6732631921768188), of('gamma', 1.0507010221481323)];
    return gamma * (x <= 0 ? alpha * Math.expm1(x) : x);
  }),
  HardSigmoid: shaped((of) => (x) => Math.min(1, Math.max(0, of('alpha', 0.2) * x + of('beta', 0.5)))),
  ThresholdedRelu: shaped((of) => (x) => (x > of('alpha', 1) ? x : 0)),
  Clip: ([x, low, high], node) => {
    const least = low?.data[0] ?? node.float('min') ?? -Infinity;
    const most = high?.data[0] ?? node.float('max') ?? Infinity;
    return { dims: x!.dims, data: x!.data.map((v) => Math.min(most, Math.max(least, v))) };
  },
};
