/** What each operator makes of the shapes it is given. */
import { ARRANGE } from './operators/arrange.ts';
import { EACH } from './operators/each.ts';
import { MAKE } from './operators/make.ts';
import { MULTIPLY } from './operators/multiply.ts';
import { PICTURE } from './operators/picture.ts';
import { REDUCE } from './operators/reduce.ts';
import { type Rule, type Rules, typed } from './operators/rule.ts';

/** No operator is in two of them. */
export const TABLES: readonly Rules[] = [EACH, ARRANGE, MAKE, PICTURE, MULTIPLY, REDUCE];

const RULES: Rules = Object.assign({}, ...TABLES);

const asFirst = typed((_node, { type }) => type);

/** Whether what it makes is told, not guessed. */
export function isUnderstood(operator: string): boolean {
  return operator in RULES;
}

/** Those that are not named make as much as their first input. */
export function ruleOf(operator: string): Rule {
  return RULES[operator] ?? asFirst;
}
