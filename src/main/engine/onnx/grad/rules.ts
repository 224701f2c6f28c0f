/** The operators that can be followed back. */
import type { Node } from '../ir/graph.ts';
import type { Rule, Rules } from './rule.ts';
import { ACTIVATION } from './rules/activation.ts';
import { ARRANGE } from './rules/arrange.ts';
import { CONVOLUTION } from './rules/convolution.ts';
import { ELEMENTWISE } from './rules/elementwise.ts';
import { GATHER } from './rules/gather.ts';
import { MULTIPLY } from './rules/multiply.ts';
import { NORMALISE } from './rules/normalise.ts';
import { REDUCE } from './rules/reduce.ts';
import { RESIZE } from './rules/resize.ts';
import { SOFTMAX } from './rules/softmax.ts';

/** By operator; those of onnxruntime with its domain in front. */
export const RULES: Rules = {
  ...ELEMENTWISE,
  ...MULTIPLY,
  ...ARRANGE,
  ...REDUCE,
  ...ACTIVATION,
  ...SOFTMAX,
  ...NORMALISE,
  ...CONVOLUTION,
  ...RESIZE,
  ...GATHER,
};

export function ruleFor({ domain, op }: Node): Rule | undefined {
  return RULES[domain === '' ? op : `${domain}.${op}`];
}
