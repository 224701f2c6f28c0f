/** Operators that make numbers of sizes. */
import { ELEMENT } from '../../ir/types.ts';
import { known, product } from '../known.ts';
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
  const type = held?.kind === 'tensor' ? held.value.type : float32;
  const count = product(wanted.values);
  // What it holds is asked of -1 and 1 only, where shapes are put together.
  const bytes = held?.kind === 'tensor' && held.value.data.kind === 'bytes' ? held.value.data.bytes : null;
  const value =
    bytes && type === int64 ? Number(new DataView(bytes.buffer, bytes.byteOffset).getBigInt64(0, true)) : 0;
  return known(wanted.values, type, count <= 8 ? Array.from({ length: count }, () => value) : undefined);
};

const range: Rule = (_node, [start, limit, delta]) => {
  const [a, b, step] = [start?.values?.[0], limit?.values?.[0], delta?.values?.[0]];
  if (a === undefined || b === undefined || !step) return null;
  const count = Math.max(0, Math.ceil((b - a) / step));
  return known(
    [count],
    start!.type,
    count <= 64 ? Array.from({ length: count }, (_, i) => a + i * step) : undefined,
  );
};

export const MAKE: Rules = {
  Shape: shape,
  Size: (_node, [first]) => (first ? known([], int64, [product(first.dims)]) : null),
  ConstantOfShape: constantOfShape,
  Range: range,
};
