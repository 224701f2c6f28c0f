/** The operators that can be followed back. */
import type { Node } from '../ir/graph.ts';
import type { Rule, Rules } from './rule.ts';
import { ELEMENTWISE } from './rules/elementwise.ts';

const RULES: Rules = { ...ELEMENTWISE };

export function ruleFor({ domain, op }: Node): Rule | undefined {
  return RULES[domain === '' ? op : `${domain}.${op}`];
}
