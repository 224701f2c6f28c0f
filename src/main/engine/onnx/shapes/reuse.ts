/**
 * Where a graph has fixed shapes the runtime also lays a value where a dead one of the same sides lay (FindReusableTensor in
 * core/framework/allocation_planner.cc): that memory is held from the first of them to the last, in the gaps between as well.
 */
import type { Known } from './known.ts';

export interface Living {
  /** Values that an operator makes, those whose memory it reads, in their order, and of those and its own the ones that nobody reads later. */
  readonly makes: readonly string[];
  readonly reads: readonly string[];
  readonly last: readonly string[];
}

/**
 * @param steps in the order of the runtime
 * @param inPlace which of what it reads an operator may overwrite with its first output
 * @param given values that the caller gets, which lie by themselves
 * @returns for every value, the first one of those that share its memory
 */
export function sharedMemory(
  steps: readonly Living[],
  shapes: ReadonlyMap<string, Known>,
  inPlace: (step: number) => readonly number[],
  given: ReadonlySet<string>,
): ReadonlyMap<string, string> {
  const place = new Map<string, string>();
  const sides = (value: string) => {
    const shape = shapes.get(value);
    return shape && shape.dims.length > 0 ? `${shape.type} ${shape.dims.join()}` : null;
  };
  /** By their sides, the one that died last stands last. */
  const dead = new Map<string, string[]>();
  for (const [at, { makes, reads, last }] of steps.entries()) {
    const overwritten = new Set<string>();
    for (const [i, value] of makes.entries()) {
      const wanted = given.has(value) ? null : sides(value);
      const own = i === 0 ? inPlace(at).map((input) => reads[input] ?? '') : [];
      const from = wanted && own.find((one) => place.has(one) && last.includes(one) && sides(one) === wanted);
      if (from) overwritten.add(from);
      const found = from ? place.get(from) : wanted ? dead.get(wanted)?.pop() : undefined;
      place.set(value, found ?? value);
    }
    const ending = [...new Set([...reads, ...makes])].filter((value) => last.includes(value));
    for (const value of ending) {
      const first = place.get(value);
      const of = first && !overwritten.has(value) ? sides(first) : null;
      if (of) dead.set(of, [...(dead.get(of) ?? []), first!]);
    }
  }
  return place;
}
