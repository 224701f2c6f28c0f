/** Counts what is made, what is found, and the network calls: the same for a plan and for the render it is of. */
import { type DerivedCounts, WORKS, type Work } from '../../../common/report.ts';

export type { Work };
export type Calls = Readonly<Partial<Record<Work, number>>>;

export class Tally {
  readonly #kinds: Partial<Record<string, { found: number; made: number }>> = {};
  readonly #calls = Object.fromEntries(WORKS.map((work) => [work, 0])) as Record<Work, number>;

  found(kind: string): void {
    this.#of(kind).found += 1;
  }

  made(kind: string): void {
    this.#of(kind).made += 1;
  }

  call(work: Work): void {
    this.#calls[work] += 1;
  }

  calls(calls: Calls): void {
    for (const work of WORKS) this.#calls[work] += calls[work] ?? 0;
  }

  get counts(): DerivedCounts {
    return { kinds: structuredClone(this.#kinds), calls: { ...this.#calls } };
  }

  #of(kind: string) {
    this.#kinds[kind] ??= { found: 0, made: 0 };
    return this.#kinds[kind];
  }
}
