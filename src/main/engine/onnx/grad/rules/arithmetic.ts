/** Formulas of rules as they stand in a book: numbers among values become initializers. */
import { attr } from '../../ir/graph.ts';
import { ELEMENT } from '../../ir/types.ts';
import type { Emitter } from '../rule.ts';

type Term = string | number;

export function arithmetic(emit: Emitter) {
  const value = (term: Term) => (typeof term === 'number' ? emit.float(term) : term);
  const two = (op: string) => (a: Term, b: Term) => emit.op(op, [value(a), value(b)]);
  const one = (op: string) => (x: string) => emit.op(op, [x]);
  return {
    add: two('Add'),
    sub: two('Sub'),
    mul: two('Mul'),
    div: two('Div'),
    exp: one('Exp'),
    sqrt: one('Sqrt'),
    abs: one('Abs'),
    erf: one('Erf'),
    tanh: one('Tanh'),
    softplus: one('Softplus'),
    sigmoid: one('Sigmoid'),
    above: two('Greater'),
    and: two('And'),
    where: (condition: string, a: Term, b: Term) => emit.op('Where', [condition, value(a), value(b)]),
    /** 1 where they are equal, 0 elsewhere. */
    equal: (a: Term, b: Term) => emit.op('Cast', [two('Equal')(a, b)], { to: attr.int(ELEMENT.float32) }),
  };
}
