/** Operators that compute every number by itself, or of two or three, with broadcasting. */
import { attr } from '../../ir/graph.ts';
import { ELEMENT } from '../../ir/types.ts';
import type { Emitter, Followed, Rule, Rules } from '../rule.ts';

interface Of {
  readonly d: string;
  readonly x: string;
  /** What the operator made of it. */
  readonly y: string;
  readonly emit: Emitter;
}

/** Of one real input. */
const each =
  (pulled: (of: Of) => string | null): Rule =>
  ({ node, cotangents, emit }) => [
    pulled({ d: cotangents[0]!, x: node.inputs[0]!, y: node.outputs[0]!, emit }),
  ];

interface OfTwo extends Of {
  readonly a: string;
  readonly b: string;
}

/** Of two inputs that are broadcast to each other: the cotangent of each as large as what was made, summed to its shape. */
const between =
  (pulled: readonly [(of: OfTwo) => string, (of: OfTwo) => string]): Rule =>
  ({ node, cotangents, wants, emit }) => {
    const [a, b] = node.inputs as [string, string];
    const of = { d: cotangents[0]!, x: a, y: node.outputs[0]!, a, b, emit };
    return pulled.map((side, i) => (wants(i) ? emit.sumTo(side(of), emit.dims(node.inputs[i]!)) : null));
  };

const same: Rule = ({ cotangents }) => [cotangents[0]!];

/** Steps: their derivative is 0 wherever it exists. */
const still: Rule = ({ node }) => node.inputs.map(() => null);

/** b·a^(b-1), which is 0 for the powers that do not depend on a; log a is asked for where the exponent is learnt. */
const pow: Rule = ({ node, cotangents, wants, emit }) => {
  const [a, b] = node.inputs as [string, string];
  const d = cotangents[0]!;
  const base = () => {
    const exponent = emit.values(b);
    // A square is by far the most frequent, and 0⁰ needs no thought there.
    if (exponent?.length === 1 && exponent[0] === 2)
      return emit.op('Mul', [d, emit.op('Mul', [a, emit.float(2)])]);
    const less = emit.op('Sub', [b, emit.float(1)]);
    return emit.op('Mul', [d, emit.op('Mul', [b, emit.op('Pow', [a, less])])]);
  };
  const power = () => emit.op('Mul', [d, emit.op('Mul', [node.outputs[0]!, emit.op('Log', [a])])]);
  return [base, power].map((side, i) => (wants(i) ? emit.sumTo(side(), emit.dims(node.inputs[i]!)) : null));
};

/** Of several: to the one that was taken; where some are equal they share it, as in PyTorch's amax. */
const extreme: Rule = ({ node, cotangents, wants, emit }) => {
  const y = node.outputs[0]!;
  const taken = node.inputs.map((input) =>
    emit.op('Cast', [emit.op('Equal', [input, y])], { to: attr.int(ELEMENT.float32) }),
  );
  const share =
    taken.length === 1
      ? cotangents[0]!
      : emit.op('Div', [cotangents[0]!, taken.reduce((sum, one) => emit.op('Add', [sum, one]))]);
  return node.inputs.map((input, i) =>
    wants(i) ? emit.sumTo(emit.op('Mul', [share, taken[i]!]), emit.dims(input)) : null,
  );
};

const sumOf: Rule = ({ node, cotangents, wants, emit }) =>
  node.inputs.map((input, i) => (wants(i) ? emit.sumTo(cotangents[0]!, emit.dims(input)) : null));

const meanOf: Rule = (of) => {
  const { node, cotangents, emit } = of;
  const d = emit.op('Mul', [cotangents[0]!, emit.float(1 / node.inputs.length)]);
  return sumOf({ ...of, cotangents: [d] } satisfies Followed);
};

const where: Rule = ({ node, cotangents, wants, emit }) => {
  const [condition, a, b] = node.inputs as [string, string, string];
  const [d, none] = [cotangents[0]!, emit.float(0)];
  return [
    null,
    wants(1) ? emit.sumTo(emit.op('Where', [condition, d, none]), emit.dims(a)) : null,
    wants(2) ? emit.sumTo(emit.op('Where', [condition, none, d]), emit.dims(b)) : null,
  ];
};

/** Dropout as it is when nothing is trained: nothing is dropped. */
const dropout: Rule = ({ cotangents }) => [cotangents[0] ?? null];

export const ELEMENTWISE: Rules = {
  Add: between([({ d }) => d, ({ d }) => d]),
  Sub: between([({ d }) => d, ({ d, emit }) => emit.op('Neg', [d])]),
  Mul: between([({ d, b, emit }) => emit.op('Mul', [d, b]), ({ d, a, emit }) => emit.op('Mul', [d, a])]),
  Div: between([
    ({ d, b, emit }) => emit.op('Div', [d, b]),
    ({ d, b, y, emit }) => emit.op('Neg', [emit.op('Div', [emit.op('Mul', [d, y]), b])]),
  ]),
  Pow: pow,
  Sum: sumOf,
  Mean: meanOf,
  Max: extreme,
  Min: extreme,
  Where: where,
  Identity: same,
  Cast: same,
  Dropout: dropout,
  Neg: each(({ d, emit }) => emit.op('Neg', [d])),
  // |x| has no derivative at 0, where 0 is taken, as in PyTorch.
  Abs: each(({ d, x, emit }) => {
    const [none, above] = [emit.float(0), (a: string, b: string) => emit.op('Greater', [a, b])];
    return emit.op('Where', [
      above(x, none),
      d,
      emit.op('Where', [above(none, x), emit.op('Neg', [d]), none]),
    ]);
  }),
  Exp: each(({ d, y, emit }) => emit.op('Mul', [d, y])),
  Log: each(({ d, x, emit }) => emit.op('Div', [d, x])),
  Sqrt: each(({ d, y, emit }) => emit.op('Div', [emit.op('Mul', [d, emit.float(0.5)]), y])),
  Reciprocal: each(({ d, y, emit }) => emit.op('Neg', [emit.op('Mul', [d, emit.op('Mul', [y, y])])])),
  Sin: each(({ d, x, emit }) => emit.op('Mul', [d, emit.op('Cos', [x])])),
  Cos: each(({ d, x, emit }) => emit.op('Neg', [emit.op('Mul', [d, emit.op('Sin', [x])])])),
  Floor: still,
  Ceil: still,
  Round: still,
  Sign: still,
};
