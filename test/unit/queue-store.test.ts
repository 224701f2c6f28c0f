import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { AppError, toWire } from '../../src/common/errors.ts';
import { jobs } from '../../src/main/engine/queue/migrations/001-jobs.ts';
import { desktopQueue } from '../../src/main/engine/queue/migrations/002-desktop-queue.ts';
import { type JobStore, openJobStore } from '../../src/main/engine/queue/store.ts';
import { openDatabase } from '../../src/main/engine/storage/db.ts';
import { settings } from '../helpers/job-settings.ts';
import { tempFolder } from '../helpers/temp-folder.ts';

function trial(): { dir: string; file: string; open: () => JobStore } {
  const dir = tempFolder();
  const file = join(dir, 'queue.sqlite');
  const open = () => {
    const store = openJobStore(file, { dir: join(dir, 'jobs'), onWarning: expect.unreachable });
    onTestFinished(() => store.close());
    return store;
  };
  return { dir, file, open };
}

describe('job store', () => {
  it('keeps everything about a job until another process asks', () => {
    const { open } = trial();
    const writer = open();
    const job = writer.create(settings);
    expect(job.id).toMatch(/^[0-9a-hjkmnp-tv-z]{8}$/);
    expect(job).toMatchObject({ state: 'queued', settings, error: null, phase: null, done: 0, report: null });
    const error = toWire(
      new AppError('disk-full', 'the disk is full', { doing: 'writing', hint: 'Free some.' }),
    );
    writer.setProgress(job.id, 'sample', 7, 400);
    writer.setReport(job.id, { frames: 20, note: 'ü', nested: [1, null] });
    writer.setState(job.id, 'failed', error);
    expect(open().get(job.id)).toMatchObject({
      state: 'failed',
      error,
      phase: 'sample',
      done: 7,
      total: 400,
      report: { frames: 20, note: 'ü', nested: [1, null] },
    });
    writer.setState(job.id, 'running');
    expect(writer.get(job.id).error).toBeNull();
  });

  it('lists the oldest first, and gives no id twice', () => {
    const store = trial().open();
    const ids = Array.from({ length: 50 }, () => store.create(settings).id);
    expect(store.list().map(({ id }) => id)).toEqual(ids);
    expect(new Set(ids).size).toBe(50);
  });

  it('names a job that does not exist', () => {
    const store = trial().open();
    for (const ask of [store.get, store.claim, store.remove]) {
      expect(() => ask.call(store, 'nosuchjb')).toThrow(expect.objectContaining({ code: 'job-not-found' }));
    }
    store.setState('nosuchjb', 'done');
    store.setProgress('nosuchjb', 'invert', 1, 2);
    expect(store.list()).toEqual([]);
  });

  it('lets one claim a job at a time', () => {
    const { open } = trial();
    const [a, b] = [open(), open()];
    const { id } = a.create(settings);
    expect(a.claim(id)).toBe(true);
    expect(a.claim(id)).toBe(false);
    expect(b.claim(id)).toBe(false);
    expect(b.get(id).pid).toBe(process.pid);
    expect(() => b.remove(id)).toThrow(expect.objectContaining({ code: 'job-busy' }));
    expect(b.findResumable()).toEqual([]);
    expect(a.findResumable()).toEqual([]);
    b.release(id);
    expect(b.claim(id)).toBe(false);
    a.release(id);
    expect(a.get(id).pid).toBeNull();
    expect(b.claim(id)).toBe(true);
    b.close();
    expect(a.claim(id)).toBe(true);
  });

  it('finds unfinished jobs that nobody runs', () => {
    const store = trial().open();
    const states = ['queued', 'running', 'paused', 'done', 'failed', 'cancelled'] as const;
    const made = states.map((state) => {
      const { id } = store.create(settings);
      store.setState(id, state);
      return id;
    });
    expect(store.findResumable().map(({ id }) => id)).toEqual(made.slice(0, 3));
    store.claim(made[1]!);
    expect(store.findResumable().map(({ id }) => id)).toEqual([made[0], made[2]]);
  });

  it('removes a job and its lock', () => {
    const { dir, open } = trial();
    const store = open();
    const { id } = store.create(settings);
    store.claim(id);
    store.release(id);
    expect(existsSync(join(dir, 'jobs', `${id}.lock`))).toBe(true);
    store.remove(id);
    expect(store.list()).toEqual([]);
    expect(readdirSync(join(dir, 'jobs'))).toEqual([]);
  });

  it('completes settings that an older version wrote, and leaves out what it cannot read', () => {
    const { file, open } = trial();
    const store = open();
    const [old, broken] = [store.create(settings), store.create(settings)];
    const db = openDatabase(file, { migrations: [jobs, desktopQueue], label: 'the job list' });
    const { negativePrompt: _, ...fewer } = settings;
    db.prepare('UPDATE jobs SET settings = ? WHERE id = ?').run(JSON.stringify(fewer), old.id);
    db.prepare('UPDATE jobs SET settings = ? WHERE id = ?').run('{"clip', broken.id);
    db.close();
    expect(store.list()).toEqual([expect.objectContaining({ id: old.id, settings })]);
    expect(() => store.get(broken.id)).toThrow(expect.objectContaining({ code: 'job-not-found' }));
  });
});
