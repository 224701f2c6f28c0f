/** Operators that make numbers of sizes. */
import { numbersOf } from '../../ir/numbers.ts';
import { ELEMENT } from '../../ir/types.ts';
import { known, MOST_VALUES, product } from '../known.ts';
import { at, type Rule, type Rules } from './rule.ts';

const { float32, int64 } = ELEMENT;

const shape: Rule = (node, [first]) => {
  if (!first) return null;
  const { length } = first.dims;
  const end = node.attributes.has('end') ? node.int('end', length) : length;
  const values = first.dims.slice(at(first.dims, node.int('start', 0)), end < 0 ? end + length : end);
  return known([values.length], int64, values);
};

const constantOfShape: Rule = (node, [wanted]) => {
  if (!wanted?.values) return null;
  const held = node.attributes.get('value');
  const [type, value] =
    held?.kind === 'tensor' ? [held.value.type, numbersOf(held.value)?.[0]] : [float32, 0];
  const count = product(wanted.values);
  const small = value !== undefined && count <= MOST_VALUES;
  return known(wanted.values, type, small ? Array.from({ length: count }, () => value) : undefined);
};

const range: Rule = (_node, [start, limit, delta]) => {
  const [a, b, step] = [start?.values?.[0], limit?.values?.[0], delta?.values?.[0]];
  if (a === undefined || b === undefined || !step) return null;
  const count = Math.max(0, Math.ceil((b - a) / step));
  return known(
    [count],
    start!.type,
    count <= MOST_VALUES ? Array.from({ length: count }, (_, i) => a + i * step) : undefined,
  );
};

export const MAKE: Rules = {
  Shape: shape,
  Size: (_node, [first]) => (first ? known([], int64, [product(first.dims)]) : null),
  ConstantOfShape: constantOfShape,
  Range: range,
};
