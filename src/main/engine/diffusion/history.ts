/** What later runs read of earlier ones on their way: only what they say beforehand is kept, and only as long. */
import { assert } from '../../../common/errors.ts';
import type { Recall, Run } from './run.ts';
import type { Latent } from './types.ts';

export interface Kept extends Recall {
  /** Of the run that made it. */
  readonly run: number;
  readonly latent: Latent;
}

type Place = Omit<Kept, 'latent'>;

const keyOf = ({ run, frame, level }: Place) => `${run} ${frame} ${level}`;

export class History {
  readonly #runs: readonly Run[];
  readonly #lastReaders: ReadonlyMap<string, number>;
  readonly #kept: Map<string, Kept>;

  /** @param kept what a checkpoint had */
  constructor(runs: readonly Run[], kept: readonly Kept[] = []) {
    this.#runs = runs;
    this.#lastReaders = lastReaders(runs);
    this.#kept = new Map(kept.map((one) => [keyOf(one), one]));
  }

  /** Told of every latent that a run makes. */
  see(made: Kept): void {
    const key = keyOf(made);
    if (this.#lastReaders.has(key)) this.#kept.set(key, made);
  }

  /** What `run` recalls. */
  recall(run: number, { frame, level }: Recall): Latent {
    const key = keyOf({ run: makerOf(this.#runs, run, frame), frame, level });
    const kept = this.#kept.get(key);
    const recalls = this.#runs[run]!.recalls?.some((one) => one.frame === frame && one.level === level);
    assert(recalls && kept, `run ${run} says that it recalls frame ${frame} at level ${level}`);
    return kept.latent;
  }

  /** Drops what no later run recalls. */
  ended(run: number): void {
    for (const key of this.#kept.keys()) if (this.#lastReaders.get(key)! <= run) this.#kept.delete(key);
  }

  entries(): readonly Kept[] {
    return [...this.#kept.values()];
  }
}

/** The most latents that are kept at once. */
export function mostKept(runs: readonly Run[]): number {
  const spans = [...lastReaders(runs)].map(([key, last]) => ({ first: Number(key.split(' ')[0]), last }));
  return runs.reduce(
    (most, _, run) => Math.max(most, spans.filter(({ first, last }) => first <= run && run <= last).length),
    0,
  );
}

/** Per latent that is recalled, the last run that does. */
function lastReaders(runs: readonly Run[]): Map<string, number> {
  const places = runs.flatMap(({ recalls = [] }, reader) =>
    recalls.map(({ frame, level }): [string, number] => {
      const run = makerOf(runs, reader, frame);
      const steps = runs[run]!.schedule.levels.length;
      assert(Number.isInteger(level) && level >= 0 && level <= steps, `run ${run} has a level ${level}`);
      return [keyOf({ run, frame, level }), reader];
    }),
  );
  return new Map(places);
}

function makerOf(runs: readonly Run[], reader: number, frame: number): number {
  const run = runs.slice(0, reader).findLastIndex(({ frames }) => frames.includes(frame));
  assert(run >= 0, `run ${reader} comes after one of frame ${frame}`);
  return run;
}
