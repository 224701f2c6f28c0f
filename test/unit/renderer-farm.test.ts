import { afterEach, describe, expect, test } from 'vitest';
import type { FarmShotStatus, FarmStatus } from '../../src/common/contract/farm.ts';
import { AppError } from '../../src/common/errors.ts';
import {
  analysedText,
  canBe,
  farmHeadline,
  farmRows,
  jobFraction,
  shotText,
} from '../../src/renderer/farm/rows.ts';
import { changeFarm, farmNews, farmStore, loadFarm, shotsOut } from '../../src/renderer/store/farm.ts';

function shot(
  number: number,
  state: FarmShotStatus['state'],
  more: Partial<FarmShotStatus> = {},
): FarmShotStatus {
  return {
    ...{ number, shotId: `s${number}`, name: `Shot ${number}`, state, host: null, fraction: 0, doing: '' },
    ...{ attempts: 0, error: null, lines: [], ...more },
  };
}

function job(
  folder: string,
  state: FarmStatus['state'],
  shots: readonly FarmShotStatus[],
  at = 0,
): FarmStatus {
  return {
    ...{ folder, id: 'abcdefghij', name: folder, project: { id: 'here', name: 'Here' }, driver: 'local', at },
    ...{ state, words: '', invert: { done: 0, of: 0 }, shots, problem: null },
  };
}

describe('rows of the farm', () => {
  test('show first what can be looked into, and no shots of what is folded or over', () => {
    const shots = [
      shot(1, 'collected'),
      shot(2, 'waiting'),
      shot(3, 'running'),
      shot(4, 'failed'),
      shot(5, 'done'),
    ];
    const running = job('/a', 'running', shots);
    const over = job('/b', 'done', [shot(1, 'collected')]);
    const ids = (folds: Record<string, boolean>) =>
      farmRows([running, over], folds).map((row) => (row.kind === 'job' ? row.job.folder : row.shot.number));
    expect(ids({})).toEqual(['/a', 4, 3, 2, 5, 1, '/b']);
    expect(ids({ '/a': false, '/b': true })).toEqual(['/a', '/b', 1]);
    expect(new Set(farmRows([running, over], { '/b': true }).map(({ id }) => id)).size).toBe(8);
  });

  test('offer what can be asked of a job as it stands', () => {
    const made = [shot(1, 'done'), shot(2, 'collected')];
    expect(canBe(job('/a', 'running', made))).toEqual({
      ...{ cancelled: true, sent: false, collected: true, forgotten: false },
    });
    expect(canBe(job('/a', 'failed', [...made, shot(3, 'failed')]))).toMatchObject({
      ...{ cancelled: false, sent: true, forgotten: true },
    });
    expect(canBe({ ...job('/a', 'waiting', []), problem: 'the folder is away' }).forgotten).toBe(true);
    // Nothing is missing, so there is nothing to send.
    expect(canBe(job('/a', 'cancelled', [shot(1, 'collected')]))).toMatchObject({
      sent: false,
      collected: false,
    });
    expect(canBe(job('/a', 'packed', [shot(1, 'waiting')]))).toMatchObject({ sent: true, cancelled: false });
  });

  test('say where a shot runs and which attempt it is', () => {
    const running = { host: 'n2', fraction: 0.426, doing: 'Making the frames' };
    expect(shotText(shot(1, 'running', { ...running, attempts: 1 }))).toBe('Making the frames on n2 · 42 %');
    expect(shotText(shot(1, 'running', { ...running, attempts: 2 }))).toBe(
      'Making the frames on n2 · 42 % · attempt 2',
    );
    expect(shotText(shot(1, 'waiting'))).toBe('Waits');
    expect(shotText(shot(1, 'waiting', { attempts: 1, host: 'n1' }))).toBe('Waits to run again, last on n1');
    expect(shotText(shot(1, 'failed', { host: 'n1' }))).toBe('Failed on n1');
    expect(shotText(shot(1, 'collected', { host: 'n1' }))).toBe('Its take is here, made on n1');
  });

  test('count what is made and what is out', () => {
    const shots = [
      shot(1, 'collected'),
      shot(2, 'running', { fraction: 0.5 }),
      shot(3, 'waiting'),
      shot(4, 'failed'),
    ];
    const running = job('/a', 'running', shots);
    expect(jobFraction(running)).toBe(1.5 / 4);
    expect(jobFraction(job('/a', 'running', []))).toBe(0);
    expect(farmHeadline([running, job('/b', 'done', [shot(1, 'done')])])).toBe('Farm: 1 of 4 shots done');
    expect(farmHeadline([job('/b', 'done', [shot(1, 'done')])])).toBe('Farm: nothing is out');
    expect(shotsOut([running, job('/b', 'cancelled', [shot(1, 'waiting')])])).toBe(2);
    expect(shotsOut(null)).toBe(0);
    expect(analysedText({ ...running, invert: { done: 3, of: 40 } })).toBe('3 of 40 parts analysed');
    expect(analysedText({ ...running, invert: { done: 40, of: 40 } })).toBeNull();
    expect(analysedText({ state: 'failed', invert: { done: 3, of: 40 } })).toBeNull();
  });
});

describe('the list of the farm', () => {
  afterEach(() => {
    farmStore.setState({ jobs: null, problem: null, wishes: {}, folds: {} });
  });

  test('keeps what was said while it was asked for, which is newer', async () => {
    const answer = Promise.withResolvers<readonly FarmStatus[]>();
    const loading = loadFarm(() => answer.promise);
    changeFarm({ changed: [job('/a', 'done', [shot(1, 'done')], 1)], removed: ['/b'] });
    answer.resolve([job('/a', 'running', [], 1), job('/b', 'done', [], 2), job('/c', 'done', [], 3)]);
    await loading;
    expect(farmStore.getState().jobs?.map(({ folder, state }) => [folder, state])).toEqual([
      ['/c', 'done'],
      ['/a', 'done'],
    ]);
  });

  test('is of the engine that was asked last', async () => {
    const old = Promise.withResolvers<readonly FarmStatus[]>();
    const first = loadFarm(() => old.promise);
    await loadFarm(async () => [job('/new', 'done', [])]);
    old.reject(new Error('the engine stopped'));
    await first;
    expect(farmStore.getState()).toMatchObject({ problem: null, jobs: [{ folder: '/new' }] });
  });

  test('says why it cannot be had, until it can', async () => {
    await loadFarm(() => Promise.reject(new AppError('disk-full', 'the disk is away', { doing: '' })));
    expect(farmStore.getState().problem).toContain('The disk is away');
    await loadFarm(async () => []);
    expect(farmStore.getState()).toMatchObject({ problem: null, jobs: [] });
  });

  test('tells once what has ended by itself, and nothing of what the artist ended', () => {
    const before = [
      job('/a', 'running', []),
      job('/b', 'waiting', []),
      job('/c', 'running', []),
      job('/d', 'failed', []),
    ];
    const after = [
      job('/a', 'done', []),
      job('/b', 'failed', [shot(1, 'failed'), shot(2, 'failed'), shot(3, 'stopped')]),
      job('/c', 'cancelled', []),
      job('/d', 'failed', [shot(1, 'failed')]),
    ];
    expect(farmNews(before, after)).toEqual([
      { tone: 'info', line: '/a: the farm has made every take' },
      { tone: 'problem', line: '/b: 2 shots failed at the farm. The queue says why.' },
    ]);
  });
});
