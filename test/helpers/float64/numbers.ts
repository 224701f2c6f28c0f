/** Arrays of float64, row-major: what operators are computed in where float32 would hide a wrong derivative. */
import type { Node } from '../../../src/main/engine/onnx/ir/graph.ts';

export interface Numbers {
  readonly dims: readonly number[];
  readonly data: Float64Array;
}

/** One operator: undefined stands for an omitted input. */
export type Operator = (
  given: readonly (Numbers | undefined)[],
  node: Node,
  opset: number,
) => Numbers | readonly Numbers[];
export type Operators = Readonly<Record<string, Operator>>;

export function product(dims: readonly number[]): number {
  return dims.reduce((all, dim) => all * dim, 1);
}

export function zeros(dims: readonly number[]): Numbers {
  return { dims, data: new Float64Array(product(dims)) };
}

/** Every place of these sides, in order; `place` is the same array every time. */
export function visit(dims: readonly number[], each: (place: readonly number[], i: number) => void): void {
  const place = dims.map(() => 0);
  const count = product(dims);
  for (let i = 0; i < count; i++) {
    each(place, i);
    for (let axis = dims.length - 1; axis >= 0; axis--) {
      if (++place[axis]! < dims[axis]!) break;
      place[axis] = 0;
    }
  }
}

/** Elements by their place. */
export function make(
  dims: readonly number[],
  value: (place: readonly number[], i: number) => number,
): Numbers {
  const made = zeros(dims);
  visit(dims, (place, i) => {
    made.data[i] = value(place, i);
  });
  return made;
}

export function offset(dims: readonly number[], place: readonly number[]): number {
  return dims.reduce((sum, dim, axis) => sum * dim + place[axis]!, 0);
}

export function at({ dims, data }: Numbers, place: readonly number[]): number {
  return data[offset(dims, place)]!;
}

/** Whether a place lies within, as places of padding do not. */
export function within(dims: readonly number[], place: readonly number[]): boolean {
  return place.every((one, axis) => one >= 0 && one < dims[axis]!);
}

export function axisOf(dims: readonly number[], axis: number): number {
  return axis < 0 ? axis + dims.length : axis;
}

export function broadcastDims(...shapes: readonly (readonly number[])[]): number[] {
  const rank = Math.max(...shapes.map(({ length }) => length));
  return Array.from({ length: rank }, (_, i) => {
    const sides = shapes.map((dims) => dims[i - rank + dims.length] ?? 1);
    const side = sides.find((one) => one !== 1) ?? 1;
    if (sides.some((one) => one !== 1 && one !== side))
      throw new Error(`${shapes.join(' and ')} do not broadcast`);
    return side;
  });
}

/** The element a place of a larger array reads. */
export function spread({ dims, data }: Numbers, place: readonly number[]): number {
  const skipped = place.length - dims.length;
  return data[dims.reduce((sum, dim, axis) => sum * dim + (dim === 1 ? 0 : place[axis + skipped]!), 0)]!;
}

/** Integers of an input, or of the attribute that older operator sets have for it; null where neither is there. */
export function integers(
  node: Node,
  given: readonly (Numbers | undefined)[],
  input: number,
  attribute: string,
): number[] | null {
  const held = given[input];
  return held ? [...held.data] : node.ints(attribute);
}
