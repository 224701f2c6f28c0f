/** Softmax: of one axis since operator set 13, before that over all axes from the named one on. */
import type { Followed, Rule, Rules } from '../rule.ts';
import { arithmetic } from './arithmetic.ts';

function axesOf({ node, emit }: Followed): number[] {
  const { length } = emit.dims(node.inputs[0]!);
  const isOne = emit.opset >= 13;
  const named = node.int('axis', isOne ? -1 : 1);
  const axis = named < 0 ? named + length : named;
  return isOne ? [axis] : Array.from({ length: length - axis }, (_, i) => axis + i);
}

/** y·(d − Σ d·y). */
const softmax: Rule = (of) => {
  const { node, cotangents, emit } = of;
  const { mul, sub } = arithmetic(emit);
  const y = node.outputs[0]!;
  const weighted = mul(cotangents[0]!, y);
  return [sub(weighted, mul(y, emit.sum(weighted, axesOf(of))))];
};

/** d − e^y·Σ d. */
const logSoftmax: Rule = (of) => {
  const { node, cotangents, emit } = of;
  const { mul, sub, exp } = arithmetic(emit);
  const d = cotangents[0]!;
  return [sub(d, mul(exp(node.outputs[0]!), emit.sum(d, axesOf(of))))];
};

export const SOFTMAX: Rules = { Softmax: softmax, LogSoftmax: logSoftmax };
