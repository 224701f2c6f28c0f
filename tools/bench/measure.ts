/** What `npm run bench` measures: one measure, and the running of a list of them. */
import { AppError } from '../../src/common/errors.ts';

/** What was measured, what came out, and what it should be, or ''. */
export type Row = readonly [measure: string, value: string, target: string];

interface Measured {
  readonly rows: readonly Row[];
  /** All of it, for the JSON. */
  readonly data: unknown;
}

/** Says what is being done now, in a few words. */
export type Say = (doing: string) => void;

export interface Measure {
  /** For `--only`, in kebab case. */
  readonly id: string;
  readonly title: string;
  /** What it took on two cores that do nothing else. */
  readonly seconds: number;
  /** Whether it runs unless others are asked for; those that do take five minutes together. */
  readonly default: boolean;
  /** Bytes of memory that must be free; it is left out otherwise, and the table says so. */
  readonly memory?: number;
  /** @param bundle folder of a model, for those that edit; a tiny one with random weights when absent */
  run(say: Say, bundle?: string): Promise<Measured>;
}

export type Outcome =
  | ({ readonly id: string; readonly seconds: number } & Measured)
  | { readonly id: string; readonly seconds: number; readonly error: string }
  | { readonly id: string; readonly skipped: string };

export interface Choice {
  /** Ids separated by commas. */
  readonly only?: string | undefined;
  readonly all?: boolean | undefined;
}

/** @throws AppError usage where an id is not in the list */
export function chosen(measures: readonly Measure[], { only, all = false }: Choice): readonly Measure[] {
  if (only === undefined) return measures.filter((one) => all || one.default);
  const ids = only.split(',').map((id) => id.trim());
  const unknown = ids.filter((id) => !measures.some((one) => one.id === id));
  if (unknown.length > 0) {
    throw new AppError('usage', `no measure is called ${unknown.map((id) => `"${id}"`).join(', ')}`, {
      doing: 'reading --only',
      hint: `There are: ${measures.map(({ id }) => id).join(', ')}.`,
    });
  }
  return measures.filter(({ id }) => ids.includes(id));
}

export interface Surroundings {
  readonly bundle?: string | undefined;
  /** Bytes of memory that are free. */
  free(): number;
  /** Before each measure, from 0 on; what is said then is about it. */
  begin(measure: Measure, at: number): Say;
  /** After each measure: all outcomes so far. */
  keep(outcomes: readonly Outcome[]): void;
}

/** One after the other; one that fails is named and the rest goes on. */
export async function runMeasures(
  measures: readonly Measure[],
  { bundle, free, begin, keep }: Surroundings,
): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const [at, measure] of measures.entries()) {
    const { id, memory = 0 } = measure;
    const say = begin(measure, at);
    const started = performance.now();
    const seconds = () => (performance.now() - started) / 1000;
    if (free() < memory) {
      outcomes.push({ id, skipped: `${(memory / 1e9).toFixed(0)} GB of memory must be free` });
    } else {
      try {
        const measured = await measure.run(say, bundle);
        outcomes.push({ id, seconds: seconds(), ...measured });
      } catch (error) {
        const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
        outcomes.push({ id, seconds: seconds(), error: text });
      }
    }
    keep([...outcomes]);
  }
  return outcomes;
}

/** Of the table: those of each measure, or why it has none. */
export function rowsOf(measures: readonly Measure[], outcomes: readonly Outcome[]): Row[] {
  return outcomes.flatMap((one): readonly Row[] => {
    if ('rows' in one) return one.rows;
    const { title } = measures.find(({ id }) => id === one.id)!;
    const [line] = 'skipped' in one ? [one.skipped] : one.error.split('\n');
    return [[title, 'skipped' in one ? `skipped, ${line}` : `failed: ${line}`, '']];
  });
}
