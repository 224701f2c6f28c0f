import { describe, expect, it } from 'vitest';
import { chosen, type Measure, type Outcome, rowsOf, runMeasures } from '../../tools/bench/measure.ts';
import { MEASURES } from '../../tools/bench/measures.ts';

const measure = (id: string, rest: Partial<Measure> = {}): Measure => ({
  id,
  title: `measure ${id}`,
  seconds: 1,
  default: true,
  run: async () => ({ rows: [[id, 'value', 'target']], data: { id } }),
  ...rest,
});

const around = (kept: (readonly Outcome[])[] = []) => ({
  free: () => 1e9,
  begin: () => () => {},
  keep: (outcomes: readonly Outcome[]) => void kept.push(outcomes),
});

describe('the list of measures', () => {
  it('has ids that --only can name, each once', () => {
    const ids = MEASURES.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^[a-z0-9-]+$/);
  });

  it('takes five minutes at most unless more is asked for', () => {
    const seconds = chosen(MEASURES, {}).reduce((sum, one) => sum + one.seconds, 0);
    expect(seconds).toBeLessThanOrEqual(300);
  });
});

describe('which measures run', () => {
  const list = [measure('a'), measure('b', { default: false }), measure('c')];
  const ids = (choice: Parameters<typeof chosen>[1]) => chosen(list, choice).map(({ id }) => id);

  it('is the default, all, or those named, in the order of the list', () => {
    expect(ids({})).toEqual(['a', 'c']);
    expect(ids({ all: true })).toEqual(['a', 'b', 'c']);
    expect(ids({ only: 'c, b' })).toEqual(['b', 'c']);
  });

  it('is refused where there is none of that name', () => {
    expect(() => ids({ only: 'a,x,y' })).toThrow(/"x", "y"/);
  });
});

describe('a run', () => {
  it('names what fails and goes on', async () => {
    const fails = measure('b', { run: () => Promise.reject(new Error('no such graph')) });
    const list = [measure('a'), fails, measure('c')];
    const outcomes = await runMeasures(list, around());
    expect(rowsOf(list, outcomes)).toEqual([
      ['a', 'value', 'target'],
      ['measure b', expect.stringMatching(/^failed: .*no such graph/), ''],
      ['c', 'value', 'target'],
    ]);
    expect(outcomes.map((one) => 'error' in one)).toEqual([false, true, false]);
  });

  it('hands over all it has after every measure', async () => {
    const kept: (readonly Outcome[])[] = [];
    await runMeasures([measure('a'), measure('b')], around(kept));
    expect(kept.map((outcomes) => outcomes.map(({ id }) => id))).toEqual([['a'], ['a', 'b']]);
    expect(kept[0]![0]).toMatchObject({ id: 'a', data: { id: 'a' } });
  });

  it('leaves out what the machine has too little memory for, and says so', async () => {
    const list = [measure('a', { memory: 2e9, run: () => Promise.reject(new Error('was run')) })];
    const outcomes = await runMeasures(list, around());
    expect(rowsOf(list, outcomes)).toEqual([
      ['measure a', expect.stringContaining('2 GB of memory must be free'), ''],
    ]);
  });

  it('hands the model to those that edit', async () => {
    const bundles: (string | undefined)[] = [];
    const run: Measure['run'] = async (_say, bundle) => {
      bundles.push(bundle);
      return { rows: [], data: null };
    };
    const list = [measure('a', { run })];
    await runMeasures(list, { ...around(), bundle: 'a/model' });
    await runMeasures(list, around());
    expect(bundles).toEqual(['a/model', undefined]);
  });
});
