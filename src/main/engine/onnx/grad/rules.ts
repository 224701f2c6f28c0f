/** The operators that can be followed back. */
import type { Node } from '../ir/graph.ts';
import type { Rule, Rules } from './rule.ts';
import { ARRANGE } from './rules/arrange.ts';
import { ELEMENTWISE } from './rules/elementwise.ts';
import { MULTIPLY } from './rules/multiply.ts';
import { REDUCE } from './rules/reduce.ts';

const RULES: Rules = { ...ELEMENTWISE, ...MULTIPLY, ...ARRANGE, ...REDUCE };

export function ruleFor({ domain, op }: Node): Rule | undefined {
  return RULES[domain === '' ? op : `${domain}.${op}`];
}
