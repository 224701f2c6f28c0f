/** Operators that add a bias on the way, or apply an activation. */
import type { Attribute } from '../../ir/graph.ts';
import type { Emitter } from '../rule.ts';
import { arithmetic } from '../rules/arithmetic.ts';
import { type Expansion, type Expansions, given } from './expansion.ts';

const ORT = 'com.microsoft';

function gelu(emit: Emitter, x: string): string {
  const { add, mul, erf } = arithmetic(emit);
  return mul(mul(x, 0.5), add(erf(mul(x, Math.SQRT1_2)), 1));
}

const biasGelu: Expansion = ({ node, emit }) => {
  const [x, bias] = node.inputs as [string, string];
  return [gelu(emit, arithmetic(emit).add(x, bias))];
};

/** By tanh: x/2·(1 + tanh(√(2/π)·(x + 0.044715·x³))). */
const fastGelu: Expansion = ({ node, emit }) => {
  const { add, mul, tanh } = arithmetic(emit);
  const [first, bias] = node.inputs as [string, string?];
  const x = bias ? add(first, bias) : first;
  const root = Math.sqrt(2 / Math.PI);
  const t = tanh(mul(x, add(mul(mul(x, x), 0.044715 * root), root)));
  return [mul(mul(x, 0.5), add(t, 1))];
};

/** Halves of the last axis: the first times the Gelu of the second. */
const biasSplitGelu: Expansion = ({ node, emit }) => {
  const [x, bias] = node.inputs as [string, string];
  const { add, mul } = arithmetic(emit);
  const { length } = emit.dims(x);
  const half = emit.dims(x).at(-1)! / 2;
  const [kept, gate] = emit.split(add(x, bias), length - 1, [half, half]);
  return [mul(kept!, gelu(emit, gate!))];
};

const biasAdd: Expansion = ({ node, emit }) => {
  const { add } = arithmetic(emit);
  const [x, bias, skip] = node.inputs as [string, string, string];
  return [add(add(x, bias), skip)];
};

const PLAIN = ['Relu', 'Sigmoid', 'Tanh'];

/** A product with an activation behind it. */
const activated =
  (op: string): Expansion =>
  ({ node, emit }) => {
    const activation = node.text('activation') ?? '';
    if (!PLAIN.includes(activation) || given(node, 3)) return null;
    const own = [...node.attributes].filter(([name]) => !name.startsWith('activation'));
    const made = emit.op(op, node.inputs.slice(0, 3), Object.fromEntries(own) as Record<string, Attribute>);
    return [emit.op(activation, [made])];
  };

/** Pictures with their channels last. */
const nhwcConv: Expansion = ({ node, emit }) => {
  const [x, weight, ...bias] = node.inputs as [string, string, ...string[]];
  const pictures = emit.transpose(x, [0, 3, 1, 2]);
  const made = emit.op(
    'Conv',
    [pictures, emit.transpose(weight, [0, 3, 1, 2]), ...bias],
    Object.fromEntries(node.attributes),
  );
  return [emit.transpose(made, [0, 2, 3, 1])];
};

export const BIASED: Expansions = {
  [`${ORT}.BiasGelu`]: biasGelu,
  [`${ORT}.FastGelu`]: fastGelu,
  [`${ORT}.BiasSplitGelu`]: biasSplitGelu,
  [`${ORT}.BiasAdd`]: biasAdd,
  [`${ORT}.FusedConv`]: activated('Conv'),
  [`${ORT}.NhwcConv`]: nhwcConv,
  [`${ORT}.FusedGemm`]: activated('Gemm'),
};
