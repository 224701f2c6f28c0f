import { describe, expect, test } from 'vitest';
import type { QueueEntry } from '../../src/common/contract/queue.ts';
import { shotSettings, type Take } from '../../src/common/project/document.ts';
import type { TakeReport } from '../../src/common/report.ts';
import { parseSettings } from '../../src/common/settings.ts';
import { moveTarget, overall, stateText } from '../../src/renderer/queue/order.ts';
import { takeOf } from '../../src/renderer/store/connect.ts';
import { createTrash } from '../../src/renderer/store/trash.ts';
import { differences, settingsLine, when } from '../../src/renderer/takes/describe.ts';

const settings = parseSettings({ clip: 'a', bundle: 'b', out: 'c', sourcePrompt: 's', prompt: 'p' });

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
    error: null,
    hint: null,
    preview: false,
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
    expect(overall(entries)).toEqual({ left: 1, done: 1, fraction: 0.75, etaSeconds: 30 });
    // What waits behind it takes unknown time.
    expect(overall([...entries, entry('e', 'waiting')])).toMatchObject({
      left: 2,
      fraction: 0.5,
      etaSeconds: null,
    });
    expect(overall([])).toEqual({ left: 0, done: 0, fraction: 0, etaSeconds: null });
  });

  test('says what an entry does', () => {
    expect(
      stateText(entry('a', 'running', { phase: 'invert', fraction: 0.429, etaSeconds: 95 }), false),
    ).toBe('Inverting · 42 % · 1:35 left');
    expect(stateText(entry('a', 'waiting'), true)).toBe('Waits until the queue goes on');
  });

  test('only what waits moves, and never past the ends', () => {
    const entries = [
      entry('r', 'running'),
      entry('a', 'waiting'),
      entry('b', 'waiting'),
      entry('c', 'waiting'),
    ];
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

test('a finished render is filed with the settings that shots know, and no others', () => {
  const done = entry('job', 'done');
  const report = {
    settings: { ...settings, seed: 12, params: { weight: 80 } },
    range: { start: 3, end: 9 },
    take: { path: '/t.mov' },
    bundle: { name: 'demo' },
    seconds: { total: 4 },
    inversion: { reconstruction: { frames: 1, fromCache: 1, meanPsnr: 40, minPsnr: 40 } },
  } as unknown as TakeReport;
  const take = takeOf({ kind: 'take', entry: done, report }, 2);
  expect(take).toMatchObject({
    name: 'Take 2',
    start: 3,
    end: 9,
    path: '/t.mov',
    seconds: 4,
    reconstruction: 40,
  });
  expect(Object.keys(take.settings).sort()).toEqual(Object.keys(shotSettings.shape).sort());
  expect(take.settings).toMatchObject({ prompt: 'p', seed: 12, params: { weight: 80 } });
});

describe('takes in words', () => {
  const shot = shotSettings.parse({ prompt: 'a cat', seed: 12, params: { weight: 50 } });
  const take: Take = {
    id: 't',
    shotId: 's',
    name: 'Take 1',
    rating: 0,
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

  test('settings in one line', () => {
    expect(settingsLine(take, 'Pix2Video')).toBe('Pix2Video · 50 steps · guidance 7.5 · seed 12 · took 1:23');
    expect(settingsLine({ ...take, reconstruction: 9.4 }, 'Mix')).toContain(' · inversion 9 dB · ');
  });

  test('what differs between two takes', () => {
    expect(differences(shot, shot)).toEqual([]);
    expect(differences(shot, { ...shot, seed: 13, params: { weight: 80 } })).toEqual(['Seed', 'Weight']);
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
