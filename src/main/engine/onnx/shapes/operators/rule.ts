/** What an operator makes of the shapes it is given, and what rules for that have in common. */
import type { Node } from '../../ir/graph.ts';
import { type Known, known, product } from '../known.ts';

type Given = readonly (Known | undefined)[];
/** Null where it cannot be told. */
export type Rule = (node: Node, given: Given) => Known | readonly Known[] | null;
/** By operator. */
export type Rules = Readonly<Record<string, Rule>>;

export const at = (dims: readonly number[], axis: number) => (axis < 0 ? axis + dims.length : axis);

export function broadcast(...shapes: readonly (readonly number[])[]): number[] {
  const rank = Math.max(...shapes.map(({ length }) => length));
  return Array.from({ length: rank }, (_, i) => {
    const sides = shapes.map((dims) => dims[i - rank + dims.length] ?? 1);
    return sides.find((side) => side !== 1) ?? 1;
  });
}

/** Numbers of an input, or of the attribute that older operator sets have for it. */
export function numbers(
  node: Node,
  given: Given,
  input: number,
  attribute: string,
): readonly number[] | null {
  if (node.inputs[input]) return given[input]?.values ?? null;
  return node.ints(attribute);
}

/** As much as the first input, of this type; what it holds is not told. */
export const typed =
  (type: (node: Node, first: Known) => number): Rule =>
  (node, [first]) =>
    first ? known(first.dims, type(node, first)) : null;

/** Its values as if it were that large already. */
export function spread({ dims: own, values }: Known, dims: readonly number[]): readonly number[] | undefined {
  if (!values || values.length === product(dims)) return values;
  const pad = dims.length - own.length;
  return Array.from({ length: product(dims) }, (_, place) => {
    let [rest, from, stride] = [place, 0, 1];
    for (let axis = dims.length - 1; axis >= 0; axis--) {
      const side = own[axis - pad] ?? 1;
      if (side > 1) from += (rest % dims[axis]!) * stride;
      stride *= side;
      rest = Math.floor(rest / dims[axis]!);
    }
    return values[from]!;
  });
}
