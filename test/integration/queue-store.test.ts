import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { JobState } from '../../src/common/contract/jobs.ts';
import { AppError, toWire } from '../../src/common/errors.ts';
import { DeskRows } from '../../src/main/engine/queue/desk.ts';
import { jobs } from '../../src/main/engine/queue/migrations/001-jobs.ts';
import { desktopQueue } from '../../src/main/engine/queue/migrations/002-desktop-queue.ts';
import { NEXT } from '../../src/main/engine/queue/state.ts';
import { JOB_MIGRATIONS, type JobStore, openJobStore } from '../../src/main/engine/queue/store.ts';
import { settings } from '../helpers/job-settings.ts';
import { openDatabase } from '../helpers/open-database.ts';
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
    writer.move(job.id, 'running');
    writer.setProgress(job.id, { phase: 'sample', done: 7, total: 400, fraction: 0.25 });
    expect(writer.move(job.id, 'failed', error)).toBe(true);
    expect(open().get(job.id)).toMatchObject({
      state: 'failed',
      error,
      phase: 'sample',
      done: 7,
      total: 400,
      fraction: 0.25,
      desk: null,
    });
    writer.move(job.id, 'running');
    expect(writer.get(job.id).error).toBeNull();
    writer.finish(job.id, { frames: 20, note: 'ü', nested: [1, null] });
    expect(open().get(job.id)).toMatchObject({
      state: 'done',
      fraction: 1,
      report: { frames: 20, note: 'ü', nested: [1, null] },
    });
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
    expect(store.move('nosuchjb', 'running')).toBe(false);
    store.setProgress('nosuchjb', { phase: 'invert', done: 1, total: 2, fraction: 0 });
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
      if (state !== 'queued') store.move(id, 'running');
      store.move(id, state);
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
    const db = openDatabase(file, { migrations: JOB_MIGRATIONS, label: 'the job list' });
    const { negative: _, ...prompts } = settings.prompts;
    const fewer = { ...settings, prompts };
    db.prepare('UPDATE jobs SET settings = ? WHERE id = ?').run(JSON.stringify(fewer), old.id);
    db.prepare('UPDATE jobs SET settings = ? WHERE id = ?').run('{"clip', broken.id);
    db.close();
    expect(store.list()).toEqual([expect.objectContaining({ id: old.id, settings })]);
    expect(() => store.get(broken.id)).toThrow(expect.objectContaining({ code: 'job-not-found' }));
  });

  it('knows which state may follow which, and changes nothing else', () => {
    const states = Object.keys(NEXT) as JobState[];
    const store = trial().open();
    for (const from of states) {
      for (const to of states) {
        const { id } = store.create(settings);
        store.attempt((db) => db.prepare('UPDATE jobs SET state = ? WHERE id = ?').run(from, id));
        const may = NEXT[from].includes(to);
        expect([from, to, store.move(id, to)]).toEqual([from, to, may]);
        expect(store.get(id).state).toBe(may ? to : from);
      }
    }
    // What is done stays done, and nothing is done without having run.
    expect(NEXT.done).toEqual([]);
    expect(states.filter((from) => NEXT[from].includes('done'))).toEqual(['running']);
  });

  it('keeps the desktop queue of an older version: order, shots, deaths', () => {
    const { file, open } = trial();
    const db = openDatabase(file, { migrations: [jobs, desktopQueue], label: 'the job list' });
    const add = db.prepare(
      `INSERT INTO jobs (id, state, settings, created_at, updated_at) VALUES (?, ?, ?, 1, 1)`,
    );
    for (const [id, state] of [
      ['cli', 'cancelled'],
      ['late', 'queued'],
      ['early', 'running'],
      ['old', 'done'],
    ]) {
      add.run(id, state, JSON.stringify(settings));
    }
    const queue = db.prepare('INSERT INTO queue VALUES (?, ?, ?, ?, ?)');
    queue.run('late', 7, 'shot-2', 'Shot 2', 0);
    queue.run('early', 3, 'shot-1', 'Shot 1', 1);
    queue.run('old', 1, 'shot-1', 'Shot 1', 0);
    db.close();
    const store = open();
    expect(store.get('cli').desk).toBeNull();
    expect(store.queue().map(({ id, kind, state, desk }) => [id, kind, state, desk])).toEqual([
      // It was told to the page when it was done, and is not filed a second time.
      ['old', 'take', 'done', expect.objectContaining({ shotId: 'shot-1', filed: true })],
      [
        'early',
        'take',
        'running',
        { ...NO_PROJECT, shotId: 'shot-1', label: 'Shot 1', position: 3, deaths: 1 },
      ],
      [
        'late',
        'take',
        'queued',
        { ...NO_PROJECT, shotId: 'shot-2', label: 'Shot 2', position: 7, deaths: 0 },
      ],
    ]);
    // The project that has the shot adopts its jobs.
    const rows = new DeskRows(store);
    const film = { id: 'film', path: '/films/film.retake' };
    rows.found(film, ['shot-2', 'shot-3']);
    expect(store.queue().map(({ id, desk }) => [id, desk?.project])).toEqual([
      ['old', null],
      ['early', null],
      ['late', film],
    ]);
  });

  it('orders by moving one row, also where there is no room left between two', () => {
    const store = trial().open();
    const project = { id: 'p', path: '/p.retake' };
    const wanted = ['a', 'b', 'c'].map((label) => ({ settings, desk: { shotId: 's', label, project } }));
    store.enqueue('take', wanted);
    const rows = new DeskRows(store);
    const order = () =>
      store
        .queue()
        .map(({ desk }) => desk!.label)
        .join('');
    const id = (label: string) => store.queue().find(({ desk }) => desk!.label === label)!.id;
    rows.move(id('c'), id('a'));
    expect(order()).toBe('cab');
    rows.move(id('c'), null);
    expect(order()).toBe('abc');
    rows.move(id('a'), id('b'));
    expect(order()).toBe('abc');
    let expected = ['a', 'b', 'c'];
    for (let i = 0; i < 120; i += 1) {
      expected = [expected[1]!, expected[0]!, expected[2]!];
      // The second to the front of the first, again and again: halves the distance each time.
      rows.move(id(expected[0]!), id(expected[1]!));
      expect(order()).toBe(expected.join(''));
      rows.move(id(expected[1]!), id('c'));
      expect(order()).toBe(expected.join(''));
    }
    store.enqueue('preview', [{ settings, desk: { shotId: 's', label: 'p', project } }]);
    expect(order()).toBe(`p${expected.join('')}`);
  });
});

const NO_PROJECT = { project: null, filed: true };
