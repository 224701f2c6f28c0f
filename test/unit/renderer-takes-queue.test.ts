import { describe, expect, test } from 'vitest';
import type { QueueEntry } from '../../src/common/contract/queue.ts';
import type { Take } from '../../src/common/project/document.ts';
import { promptsUsed } from '../../src/renderer/inspector/prompt-history.ts';
import {
  exportLine,
  headline,
  moveTarget,
  overall,
  shownOrder,
  stateText,
} from '../../src/renderer/queue/order.ts';
import type { ExportRun } from '../../src/renderer/store/exporting.ts';
import { changeQueue, jobsStore, onProgress, setQueue } from '../../src/renderer/store/jobs.ts';
import type { TakeFilter, TakeOrder } from '../../src/renderer/store/takes.ts';
import { createTrash } from '../../src/renderer/store/trash.ts';
import { listedTakes } from '../../src/renderer/takes/choice.ts';
import { differences, facts, when } from '../../src/renderer/takes/describe.ts';
import { promptSaid, saidOf } from '../../src/renderer/takes/differ.ts';
import { settingsWith, shotWith } from '../helpers/job-settings.ts';

const settings = settingsWith({ clip: 'a', bundle: 'b', out: 'c', sourcePrompt: 's', prompt: 'p' });

function entry(id: string, state: QueueEntry['state'], more: Partial<QueueEntry> = {}): QueueEntry {
  return {
    id,
    shotId: 's',
    label: id,
    state,
    settings,
    fraction: 0,
    etaSeconds: null,
    phase: null,
    learning: null,
    error: null,
    hint: null,
    preview: false,
    project: { id: 'here', name: 'Here' },
    position: 0,
    filed: true,
    ...more,
  };
}

describe('the queue', () => {
  test('sums up what is left and how far it is', () => {
    const entries = [
      entry('a', 'done', { fraction: 1 }),
      entry('b', 'running', { fraction: 0.5, etaSeconds: 30 }),
      entry('c', 'failed'),
      entry('d', 'cancelled', { fraction: 0.9 }),
    ];
    expect(overall(entries)).toEqual({ left: 1, done: 1, failed: 1, fraction: 0.75, etaSeconds: 30 });
    // What waits behind it takes unknown time.
    expect(overall([...entries, entry('e', 'queued')])).toMatchObject({
      left: 2,
      fraction: 0.5,
      etaSeconds: null,
    });
    expect(overall([])).toEqual({ left: 0, done: 0, failed: 0, fraction: 0, etaSeconds: null });
  });

  test('never says that all is done over something that failed', () => {
    const line = (...states: QueueEntry['state'][]) =>
      headline(overall(states.map((state, i) => entry(`${i}`, state))), false);
    expect(line('done', 'done')).toBe('All done');
    expect(line('done', 'failed')).toBe('1 render failed, 1 done');
    expect(line('failed', 'failed')).toBe('2 renders failed');
    expect(line('failed', 'queued', 'done')).toBe('1 render to go · 1 render failed');
    expect(line('cancelled')).toBe('Nothing to do');
  });

  test('shows those of the open project first, and names what waits for another', () => {
    const other = { id: 'other', name: 'Other film' };
    const entries = [
      entry('a', 'running', { project: other, position: 1 }),
      entry('b', 'queued', { position: 2 }),
      entry('c', 'queued', { project: other, position: 3 }),
      entry('d', 'queued', { project: null, position: 4 }),
    ];
    expect(shownOrder(entries, 'here').map(({ id }) => id)).toEqual(['b', 'd', 'a', 'c']);
    // A move stays within its part of the list.
    expect(moveTarget(entries, 'c', 1)).toBeUndefined();
    expect(stateText(entry('a', 'done', { filed: false, project: other }), false)).toBe(
      'Done. The take waits until Other film can be written',
    );
  });

  test('is kept up by what changes', () => {
    setQueue([entry('a', 'running', { position: 2 }), entry('b', 'queued', { position: 3 })], false);
    onProgress('a', {
      phase: 'sample',
      done: 1,
      total: 2,
      fraction: 0.5,
      etaSeconds: 9,
    });
    const kept = jobsStore.getState().entries[1];
    expect(jobsStore.getState().entries[0]).toMatchObject({ id: 'a', phase: 'sample', fraction: 0.5 });
    changeQueue({
      kind: 'queue',
      changed: [entry('c', 'queued', { position: 1 }), entry('a', 'done', { position: 2 })],
      removed: [],
      paused: true,
    });
    const { entries, paused } = jobsStore.getState();
    expect(entries.map(({ id, state }) => `${id} ${state}`)).toEqual(['c queued', 'a done', 'b queued']);
    expect([paused, entries[2] === kept]).toEqual([true, true]);
    changeQueue({ kind: 'queue', changed: [], removed: ['a', 'c'], paused: false });
    expect(jobsStore.getState().entries.map(({ id }) => id)).toEqual(['b']);
  });

  test('says what an entry does', () => {
    expect(
      stateText(entry('a', 'running', { phase: 'invert', fraction: 0.429, etaSeconds: 95 }), false),
    ).toBe('Analysing the clip · 42 % · 1:35 left');
    expect(stateText(entry('a', 'queued'), true)).toBe('Waits until the queue goes on');
  });

  test('only what waits moves, and never past the ends', () => {
    const entries = [entry('r', 'running'), entry('a', 'queued'), entry('b', 'queued'), entry('c', 'queued')];
    expect(moveTarget(entries, 'a', -1)).toBeUndefined();
    expect(moveTarget(entries, 'b', -1)).toBe('a');
    expect(moveTarget(entries, 'a', 1)).toBe('c');
    expect(moveTarget(entries, 'b', 1)).toBeNull();
    expect(moveTarget(entries, 'c', 1)).toBeUndefined();
    expect(moveTarget(entries, 'r', 1)).toBeUndefined();
  });
});

describe('files of deleted takes', () => {
  function fakeDisk() {
    const log: string[] = [];
    const errors: unknown[] = [];
    const trash = createTrash(
      {
        async remove(path) {
          log.push(`remove ${path}`);
          if (path === '/locked.mov') throw new Error('locked');
          return { undo: `token of ${path}` };
        },
        async restore(undo) {
          log.push(`restore ${undo}`);
        },
      },
      (error) => errors.push(error),
    );
    return { trash, log, errors };
  }
  const shows = (...paths: string[]) => {
    const set = new Set(paths);
    return (path: string) => set.has(path);
  };

  test('go with the last entry, come back with undo, go again with redo', async () => {
    const { trash, log } = fakeDisk();
    trash.giveUp('/t.mov');
    // The other half of a split shot still shows the file.
    trash.sync(shows('/t.mov'));
    await trash.idle();
    expect(log).toEqual([]);
    trash.sync(shows());
    trash.sync(shows('/t.mov'));
    trash.sync(shows());
    await trash.idle();
    expect(log.at(-1)).toBe('remove /t.mov');
    trash.sync(shows('/t.mov'));
    await trash.idle();
    expect(log.at(-1)).toBe('restore token of /t.mov');
  });

  test('entries removed by other means keep their file', async () => {
    const { trash, log } = fakeDisk();
    trash.sync(shows());
    await trash.idle();
    expect(log).toEqual([]);
  });

  test('a file that cannot be moved is told and not restored', async () => {
    const { trash, log, errors } = fakeDisk();
    trash.giveUp('/locked.mov');
    trash.sync(shows());
    await trash.idle();
    expect(errors).toHaveLength(1);
    trash.sync(shows('/locked.mov'));
    await trash.idle();
    expect(log.filter((line) => line.startsWith('restore'))).toEqual([]);
  });
});

describe('takes in words', () => {
  const shot = shotWith({ prompt: 'a cat', seed: 12, params: { weight: 50 } });
  const take: Take = {
    id: 't',
    shotId: 's',
    name: 'Take 1',
    rating: 0,
    note: '',
    path: '/t.mov',
    createdAt: 0,
    start: 0,
    end: 10,
    anchor: 0,
    settings: shot,
    bundle: 'demo',
    seconds: 83,
    reconstruction: null,
  };

  const text = (said: readonly { text: string }[]) => said.map((one) => one.text).join(' · ');
  const standsOut = (said: readonly { text: string; differs: boolean }[]) =>
    said.filter(({ differs }) => differs).map((one) => one.text);

  test('settings in one line, and how it came out', () => {
    const said = saidOf(take, null, { label: 'Pix2Video', params: {} });
    expect(text(said)).toBe('Pix2Video · 50 steps · prompt strength 7.5 · seed 12');
    expect(standsOut(said)).toEqual([]);
    expect(facts(take)).toEqual(['took 1:23']);
    expect(facts({ ...take, reconstruction: 9.4 })).toEqual(['analysis 9 dB', 'took 1:23']);
  });

  const mix = { label: 'Mix', params: { properties: { weight: { title: 'Steadiness' } } } };

  test('what is not as in the take before stands out, said also where it is off or has no few words', () => {
    const was = shotWith({ prompt: 'a cat', negativePrompt: 'fog', seed: 12, params: { weight: 80 } });
    const before = { ...take, settings: was, anchor: 4 };
    const reused = { ...shot, sampling: { ...shot.sampling, guidance: 5 } };
    const said = saidOf({ ...take, settings: reused }, before, mix);
    expect(text(said)).toContain('50 steps');
    expect(standsOut(said)).toEqual([
      'what to avoid: none',
      'steadiness 50',
      'prompt strength 5',
      'anchor 0',
    ]);
    const back = saidOf(
      before,
      { ...before, settings: { ...was, sampling: { ...was.sampling, reuse: 3 } } },
      mix,
    );
    expect(standsOut(back)).toEqual(['full step every 1']);
  });

  test('of a prompt the new words stand out, and all of it where words were only taken away', () => {
    expect(promptSaid('a red cat in snow', 'a cat in rain')).toEqual([
      { text: 'a', differs: false },
      { text: ' red', differs: true },
      { text: ' cat in', differs: false },
      { text: ' snow', differs: true },
    ]);
    expect(standsOut(promptSaid('a cat', 'a red cat'))).toEqual(['a cat']);
    expect(promptSaid('a cat', null)).toEqual([{ text: 'a cat', differs: false }]);
    expect(promptSaid('', 'a cat')).toEqual([]);
  });

  test('prompts used before come from the takes, newest first, each once', () => {
    const prompts = ['a cat', 'a dog ', 'a cat', ''];
    const takes = Object.fromEntries(
      prompts.map((prompt, at) => [
        String(at),
        { ...take, id: String(at), createdAt: at, settings: shotWith({ prompt, sourcePrompt: 'a street' }) },
      ]),
    );
    expect(promptsUsed(takes, 'target', '')).toEqual(['a cat', 'a dog']);
    expect(promptsUsed(takes, 'target', 'a cat')).toEqual(['a dog']);
    expect(promptsUsed(takes, 'source', '')).toEqual(['a street']);
    expect(promptsUsed(takes, 'negative', '')).toEqual([]);
  });

  test('takes by rating, shown, not rated, and in three orders', () => {
    const takes = [3, 0, 5, 3].map((rating, i) => ({ ...take, id: String(i), rating }));
    const ids = (filter: TakeFilter, order: TakeOrder = 'newest') =>
      listedTakes(takes, { filter, order, shown: '1' }).map(({ id }) => id);
    expect(ids('all')).toEqual(['0', '1', '2', '3']);
    expect(ids('all', 'oldest')).toEqual(['3', '2', '1', '0']);
    expect(ids('all', 'best')).toEqual(['2', '0', '3', '1']);
    expect(ids(3)).toEqual(['0', '2', '3']);
    expect(ids('unrated')).toEqual(['1']);
    expect(ids('shown')).toEqual(['1']);
  });

  test('what differs between two takes', () => {
    expect(differences(shot, shot)).toEqual([]);
    expect(differences(shot, shotWith({ prompt: 'a cat', seed: 13, params: { weight: 80 } }))).toEqual([
      'Weight',
      'Seed',
    ]);
  });

  test('times of day', () => {
    const now = new Date(2026, 4, 9, 14, 30).getTime();
    const at = (...parts: [number, number, number, number, number]) =>
      when(new Date(...parts).getTime(), now);
    expect(at(2026, 4, 9, 14, 30)).toBe('just now');
    expect(at(2026, 4, 9, 14, 26)).toBe('4 min ago');
    expect(at(2026, 4, 9, 9, 5)).toBe('09:05');
    expect(at(2026, 4, 8, 23, 59)).toBe('yesterday 23:59');
    expect(at(2026, 4, 3, 8, 0)).toBe('3 May 08:00');
    expect(at(2025, 4, 3, 8, 0)).toBe('3 May 2025');
  });
});

test('an export stands in the queue while it runs, and only then', () => {
  const progress = { folder: '/out', file: 2, files: 3, name: 'a.mov', frame: 1, frames: 9, fraction: 0.426 };
  const run = (state: ExportRun['state'], told = true) =>
    exportLine({ state, progress: told ? progress : null });
  expect(run('running')).toEqual({ text: 'Export · 42 % · file 2 of 3', percent: 42 });
  expect(run('running', false)).toEqual({ text: 'Export · 0 %', percent: 0 });
  for (const state of ['done', 'failed', 'cancelled'] as const) expect(run(state)).toBeNull();
  expect(exportLine(null)).toBeNull();
});
