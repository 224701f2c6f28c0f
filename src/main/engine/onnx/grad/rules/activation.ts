/** Activations: the cotangent times the derivative at every element. */
import type { Node } from '../../ir/graph.ts';
import { type Rule, type Rules, undifferentiable } from '../rule.ts';
import { arithmetic } from './arithmetic.ts';

interface At {
  readonly x: string;
  readonly y: string;
  readonly node: Node;
  readonly of: ReturnType<typeof arithmetic>;
}

/** @param slope ∂y/∂x of every element, as a value of the graph */
const sloped =
  (slope: (at: At) => string): Rule =>
  ({ node, cotangents, emit }) => {
    const of = arithmetic(emit);
    return [of.mul(cotangents[0]!, slope({ x: node.inputs[0]!, y: node.outputs[0]!, node, of }))];
  };

/** @param passes where the cotangent goes through as it is; elsewhere times `below`, which is 0 by default */
const gated =
  (passes: (at: At) => string, below?: (node: Node) => number): Rule =>
  ({ node, cotangents, emit }) => {
    const of = arithmetic(emit);
    const d = cotangents[0]!;
    const gate = passes({ x: node.inputs[0]!, y: node.outputs[0]!, node, of });
    return [of.where(gate, d, below ? of.mul(d, below(node)) : 0)];
  };

const alphaOf = (node: Node, fallback: number) => node.float('alpha') ?? fallback;

/** Φ(x) + x·φ(x), of the standard normal distribution. */
function normalGelu({ x, of }: At): string {
  const area = of.mul(of.add(of.erf(of.mul(x, Math.SQRT1_2)), 1), 0.5);
  const density = of.mul(of.exp(of.mul(of.mul(x, x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
  return of.add(area, of.mul(x, density));
}

/** Of x/2·(1 + t), t = tanh(√(2/π)·(x + 0.044715·x³)). */
function tanhGelu({ x, of }: At): string {
  const root = Math.sqrt(2 / Math.PI);
  const square = of.mul(x, x);
  const t = of.tanh(of.mul(x, of.add(of.mul(square, 0.044715 * root), root)));
  const inner = of.add(of.mul(square, 3 * 0.044715 * root), root);
  const outer = of.mul(of.mul(of.sub(1, of.mul(t, t)), inner), x);
  return of.mul(of.add(of.add(t, outer), 1), 0.5);
}

/** Of x·σ(αx): s·(1 + αx·(1 − s)). */
const swish = (fallback: number) =>
  sloped(({ x, node, of }) => {
    const alpha = alphaOf(node, fallback);
    const s = of.sigmoid(alpha === 1 ? x : of.mul(x, alpha));
    const inner = of.mul(x, of.sub(alpha, alpha === 1 ? s : of.mul(s, alpha)));
    return of.mul(s, of.add(inner, 1));
  });

/** Of α·(e^x − 1) below 0: there the slope is y + α. */
const elu: Rule = sloped(({ x, y, node, of }) => of.where(of.above(x, 0), 1, of.add(y, alphaOf(node, 1))));

const selu: Rule = sloped(({ x, y, node, of }) => {
  const scale = node.float('gamma') ?? 1.0507010221481323;
  return of.where(of.above(x, 0), scale, of.add(y, scale * alphaOf(node, 1.6732631921768188)));
});

/** Of max(0, x) + min(0, α·(e^(x/α) − 1)): below 0 the slope is y/α + 1. */
const celu: Rule = sloped(({ x, y, node, of }) =>
  of.where(of.above(x, 0), 1, of.add(of.mul(y, 1 / alphaOf(node, 1)), 1)),
);

/** Of t = tanh(softplus(x)): t + x·σ(x)·(1 − t²). */
const mish: Rule = sloped(({ x, of }) => {
  const s = of.sigmoid(x);
  const t = of.tanh(of.softplus(x));
  return of.add(t, of.mul(of.mul(x, s), of.sub(1, of.mul(t, t))));
});

/** At the bounds themselves the cotangent passes, as in PyTorch. */
const clip: Rule = ({ node, cotangents, wants, emit }) => {
  if (wants(1) || wants(2)) throw undifferentiable(node, 'bounds that depend on what is followed');
  const of = arithmetic(emit);
  const [x, low = '', high = ''] = node.inputs as [string, string?, string?];
  // Named by attributes before operator set 11.
  const bound = (input: string, attribute: string) => (input !== '' ? input : node.float(attribute));
  const [least, most] = [bound(low, 'min'), bound(high, 'max')];
  let d = cotangents[0]!;
  if (least !== null) d = of.where(of.above(least, x), 0, d);
  if (most !== null) d = of.where(of.above(x, most), 0, d);
  return [d, null, null];
};

const pRelu: Rule = ({ node, cotangents, wants, emit }) => {
  const of = arithmetic(emit);
  const [x, slope] = node.inputs as [string, string];
  const d = cotangents[0]!;
  const isBelow = of.above(0, x);
  return [
    wants(0) ? of.where(isBelow, of.mul(d, slope), d) : null,
    wants(1) ? emit.sumTo(of.where(isBelow, of.mul(d, x), 0), emit.dims(slope)) : null,
  ];
};

const gelu = sloped((at) => (at.node.text('approximate') === 'tanh' ? tanhGelu : normalGelu)(at));

export const ACTIVATION: Rules = {
  Sigmoid: sloped(({ y, of }) => of.mul(y, of.sub(1, y))),
  Tanh: sloped(({ y, of }) => of.sub(1, of.mul(y, y))),
  Erf: sloped(({ x, of }) => of.mul(of.exp(of.mul(of.mul(x, x), -1)), 2 / Math.sqrt(Math.PI))),
  Gelu: gelu,
  'com.microsoft.Gelu': gelu,
  'com.microsoft.QuickGelu': swish(1.702),
  Swish: swish(1),
  Mish: mish,
  Relu: gated(({ x, of }) => of.above(x, 0)),
  LeakyRelu: gated(
    ({ x, of }) => of.above(x, 0),
    (node) => alphaOf(node, 0.01),
  ),
  ThresholdedRelu: gated(({ x, node, of }) => of.above(x, alphaOf(node, 1))),
  PRelu: pRelu,
  Elu: elu,
  Selu: selu,
  Celu: celu,
  Softplus: sloped(({ x, of }) => of.sigmoid(x)),
  Softsign: sloped(({ x, of }) => {
    const wide = of.add(of.abs(x), 1);
    return of.div(1, of.mul(wide, wide));
  }),
  HardSigmoid: sloped(({ y, node, of }) =>
    of.where(of.and(of.above(y, 0), of.above(1, y)), alphaOf(node, 0.2), 0),
  ),
  // Of x·min(1, max(0, x/6 + ½)).
  HardSwish: sloped(({ x, of }) =>
    of.where(of.above(x, 3), 1, of.where(of.above(x, -3), of.add(of.mul(x, 1 / 3), 0.5), 0)),
  ),
  Clip: clip,
};
