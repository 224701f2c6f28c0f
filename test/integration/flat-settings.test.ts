/** What a Retake of before, whose settings were one flat list, has left behind: all of it is read, and its jobs go on. */
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TakeReport } from '../../src/common/report.ts';
import { SETTINGS } from '../../src/common/settings/settings.ts';
import { JOB_MIGRATIONS } from '../../src/main/engine/queue/store.ts';
import { finishedReport } from '../../src/main/engine/report-file.ts';
import { readPresets } from '../../src/renderer/store/presets.ts';
import { tempFolder } from '../helpers/clips.ts';
import { type Desk, isFiled, startDesk, stateOf } from '../helpers/desk.ts';
import { openDatabase } from '../helpers/open-database.ts';
import { writeTinyBundle } from '../helpers/tiny-bundle.ts';

const kept = join(import.meta.dirname, '../fixtures/flat-settings');
const WHERE = '/films';
const folder = tempFolder();
const films = folder.at('films');

const UNFILED = '869ky931';
const IN_DOCUMENT = 'rmx5dk8a';
const IN_TABLE = 'dqfhk8a2';
const WAITING = '0p6nsh3h';
const CANCELLED = '51a3jr57';
const KILLED = '4crybzdr';

/** What has come since is what says nothing: the default of its setting. But how words are weighed is read off what they say. */
const READ = { weighting: 'a1111' };
const shotOf = (said: object) => SETTINGS.shot.parse(said);

const mixed = shotOf({
  prompts: { source: 'a red car 🚗', target: 'a white swan\nin the snow', negative: 'blur, "text"', ...READ },
  method: { id: 'mix', params: { w: '0.8,0.4' } },
  sampling: { steps: 7, guidance: 3.5, solver: 'k_euler', schedule: 'karras', seed: 4242, size: 48 },
  inversion: { mode: 'lower', refinement: 2 },
  guide: { keep: 0.25 },
  // Shots had none of their own yet.
  output: { format: 'prores422hq', alpha: 'auto' },
});
const plain = shotOf({
  prompts: { source: 'a car', target: 'a red car', negative: '', ...READ },
  method: { id: 'pix2video', params: { attention: 'anchor' } },
  sampling: { steps: 3, guidance: 1, solver: 'ddim', schedule: 'exponential', seed: 7, size: 64 },
  inversion: { mode: 'lower', refinement: 0 },
  guide: { keep: 0 },
  output: { format: 'prores422hq', alpha: 'auto' },
});
/** Of a job of the desktop: what its shot had, and where. */
const jobOf = (shot: typeof mixed, name: string, start: number) =>
  SETTINGS.edit.parse({
    ...shot,
    source: { clip: join(films, 'clip.mp4'), rate: null, range: { start, end: start + 3 } },
    model: { bundle: join(films, 'bundle'), provider: 'cpu' },
    guide: { ...shot.guide, anchor: start + 2, anchors: [], depth: null },
    output: { ...shot.output, path: join(films, 'takes', `${name}.mov`), imageText: null },
    origins: {},
  });

let desk: Desk;

/** The folder was another one: every path in it is told anew, as it was written. */
beforeAll(async () => {
  cpSync(kept, films, { recursive: true });
  await writeTinyBundle(join(films, 'bundle'));
  const moved = (text: string) => text.replaceAll(WHERE, films);
  for (const file of readdirSync(films, { recursive: true, encoding: 'utf8' })) {
    const path = join(films, file);
    if (/\.json$/.test(file)) writeFileSync(path, moved(readFileSync(path, 'utf8')));
  }
  const db = openDatabase(join(films, 'home/queue.sqlite'), { label: 'jobs', migrations: JOB_MIGRATIONS });
  for (const column of ['settings', 'report', 'project_path'])
    db.prepare(`UPDATE jobs SET ${column} = replace(${column}, ?, ?)`).run(WHERE, films);
  db.close();
  desk = startDesk(join(films, 'home'));
});

afterAll(async () => {
  await desk.stop();
  folder[Symbol.dispose]();
});

test('jobs are read with every setting, and none is lost', () => {
  const settings = new Map(desk.store.list().map((job) => [job.id, job.settings]));
  expect(Object.fromEntries(settings)).toEqual({
    [UNFILED]: jobOf(plain, 'Plain 1', 3),
    [IN_DOCUMENT]: jobOf(plain, 'Plain 2', 3),
    [IN_TABLE]: jobOf(mixed, 'Mixed 1', 0),
    [WAITING]: jobOf(mixed, 'Mixed 2', 0),
    [CANCELLED]: jobOf(plain, 'Plain 3', 3),
    [KILLED]: {
      ...SETTINGS.edit.parse({
        source: { clip: join(films, 'clip.mp4'), rate: null, range: { start: 1, end: 5 } },
        model: { bundle: join(films, 'bundle'), provider: 'cpu' },
        prompts: { source: 'a red car', target: 'a white swan', negative: 'blur', ...READ },
        method: { id: 'pix2video', params: { weight: 80 } },
        sampling: { steps: 9, guidance: 2.5, solver: 'ddim', schedule: 'karras', seed: 99, size: 64 },
        inversion: { mode: 'lower', refinement: 0 },
        guide: { anchor: 2, anchors: [], keep: 0.5, depth: null },
        output: { path: join(films, 'killed.mov'), format: 'prores4444', alpha: 'off', imageText: null },
      }),
      origins: expect.objectContaining({ 'sampling.steps': 'asked', 'inversion.mode': 'asked' }),
    },
  });
});

test('a project has every setting of its shots and takes, those that its document lacks too', async () => {
  const { document } = await desk.call['project.open']({ path: join(films, 'film.retake') });
  const shots = document.timeline.map((item) => item.kind === 'shot' && item.settings);
  expect(shots).toEqual([mixed, plain]);
  expect(Object.keys(document.takes).sort()).toEqual([IN_TABLE, IN_DOCUMENT]);
  expect(document.takes[IN_DOCUMENT]!.settings).toEqual(plain);
  expect(document.takes[IN_TABLE]!.settings).toEqual(mixed);
});

test('a take that still waits is filed when its project is there, with its settings', async () => {
  const { document } = await desk.call['project.open']({ path: join(films, 'away.retake') });
  await desk.until((all) => isFiled(all, UNFILED));
  const again = await desk.call['project.open']({ path: join(films, 'away.retake') });
  const takes = { ...document.takes, ...again.document.takes };
  expect(takes[UNFILED]).toMatchObject({ settings: plain, path: join(films, 'takes/Plain 1.mov') });
});

test('the report beside a finished take proves it, with its settings in groups', async () => {
  const { settings } = desk.store.get(IN_TABLE);
  const report = await finishedReport(IN_TABLE, settings.output);
  expect(report?.settings).toEqual(settings);
});

test('presets keep every setting', () => {
  const [night, quick, ...others] = readPresets(readFileSync(join(films, 'presets.json'), 'utf8'));
  expect(night).toEqual({ name: 'Night', settings: SETTINGS.preset.parse(SETTINGS.pick(mixed, 'preset')) });
  expect(quick).toMatchObject({ name: 'Quick', settings: { method: plain.method, guide: { keep: 0 } } });
  expect(others).toEqual([]);
});

test('the render that waits goes on, and its take has the settings it waited with', async () => {
  await desk.call['project.open']({ path: join(films, 'film.retake') });
  await desk.call['queue.pause']({ paused: false });
  const entries = await desk.until((all) => ['done', 'failed'].includes(stateOf(all, WAITING)!));
  expect(entries.find(({ id }) => id === WAITING)).toMatchObject({ state: 'done', error: null });
  const { document } = await desk.call['project.open']({ path: join(films, 'film.retake') });
  expect(document.takes[WAITING]!.settings).toEqual(mixed);
});

test('the killed one of the command line goes on, and makes its take', async () => {
  const { settings } = desk.store.get(KILLED);
  const report: TakeReport = await desk.supervisor.resume(KILLED);
  expect(report.settings).toEqual(settings);
  expect(report.take.path).toBe(join(films, 'killed.mov'));
});
