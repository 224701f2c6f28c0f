/** A take has one owner, the file of its project: whichever project is open, whoever is killed, wherever the file has gone. */
import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { extname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Events } from '../../src/common/contract/events.ts';
import type { OpenedProject } from '../../src/common/contract/projects.ts';
import type { ClipRef, ProjectDocument, Shot } from '../../src/common/project/document.ts';
import { removeTake } from '../../src/common/project/edits-takes.ts';
import { prepareDataDirectory } from '../../src/main/engine/data-paths.ts';
import { probeClip } from '../../src/main/engine/media/probe.ts';
import { PROJECT_MIGRATIONS } from '../../src/main/engine/project/database.ts';
import { ProjectSession } from '../../src/main/engine/project/session.ts';
import { openJobStore } from '../../src/main/engine/queue/store.ts';
import { reportPath } from '../../src/main/engine/report-file.ts';
import { counter, ffmpegDoes, H264, tempFolder } from '../helpers/clips.ts';
import { type Desk, isFiled, startDesk, stateOf } from '../helpers/desk.ts';
import { shotWith } from '../helpers/job-settings.ts';
import { openDatabase } from '../helpers/open-database.ts';
import { clipRefOf } from '../helpers/project.ts';
import { writeTinyBundle } from '../helpers/tiny-bundle.ts';

const folder = tempFolder();
const bundle = folder.at('tiny');
let clip: ClipRef;

beforeAll(async () => {
  await writeTinyBundle(bundle);
  const path = folder.at('clip.mp4');
  await ffmpegDoes(...counter('24', 6), ...H264, path);
  clip = await clipRefOf(path, { frames: 6, width: 160, height: 64 });
});
afterAll(() => folder[Symbol.dispose]());

function shotOf(id: string, steps: number): Shot {
  const settings = shotWith({ sourcePrompt: 'a car', prompt: 'a red car', steps });
  return {
    ...{
      kind: 'shot',
      id,
      name: `Shot ${id}`,
      clipId: clip.id,
      start: 1,
      end: 4,
      anchors: [2],
      leadAnchor: 2,
    },
    ...{ settings, takeId: null },
  } as Shot;
}

/** What a window does in a project: A and B of each test lie in folders of their own. */
interface Film {
  readonly opened: OpenedProject;
  readonly takes: string;
  document: ProjectDocument;
  save(): Promise<unknown>;
  render(shot: Shot, preview?: boolean): Promise<string>;
}

async function make(desk: Desk, path: string, ...shots: Shot[]): Promise<Film> {
  const opened = await desk.call['project.create']({ path, name: 'film' });
  const film = filmOf(desk, opened);
  film.document = { ...opened.document, clips: { [clip.id]: clip }, timeline: shots };
  await film.save();
  return film;
}

function filmOf(desk: Desk, opened: OpenedProject): Film {
  const takes = opened.path.replace(/\.retake$/, ' takes');
  return {
    opened,
    takes,
    document: opened.document,
    save() {
      return desk.call['project.save']({ project: opened.id, document: this.document });
    },
    async render(shot, preview = false) {
      const request = { project: opened.id, shots: [{ shot, clip }], bundle, takesFolder: takes, preview };
      return (await desk.call['queue.add']({ ...request, provider: 'cpu' })).ids[0]!;
    },
  };
}

const open = (desk: Desk, path: string) => desk.call['project.open']({ path });
const takeEvents = (desk: Desk) =>
  desk.events.filter((event): event is Extract<Events, { kind: 'take' }> => event.kind === 'take');
const idsIn = (opened: OpenedProject) => Object.keys(opened.document.takes);

test('another project is opened while one renders: each take is in its own, and shown there', async () => {
  const desk = startDesk(folder.at('two'));
  const [pathA, pathB] = [join(folder.at('two'), 'a.retake'), join(folder.at('two'), 'b.retake')];
  const a = await make(desk, pathA, shotOf('a1', 12), shotOf('a2', 3));
  const jobs = [
    await a.render(shotOf('a1', 12)),
    await a.render(shotOf('a2', 3)),
    await a.render(shotOf('a1', 3)),
  ];
  await desk.until((all) => stateOf(all, jobs[0]!) === 'running');
  const b = await make(desk, pathB, shotOf('b1', 3));
  const other = await b.render(shotOf('b1', 3));
  const entries = await desk.until((all) => [...jobs, other].every((id) => isFiled(all, id)));
  expect(entries.map(({ project }) => project?.name)).toEqual(['a', 'a', 'a', 'b']);
  expect(takeEvents(desk).map(({ project, take }) => [project.id, take.id])).toEqual([
    ...jobs.map((id) => [a.opened.id, id]),
    [b.opened.id, other],
  ]);

  const againB = await open(desk, pathB);
  expect(idsIn(againB)).toEqual([other]);
  const againA = await open(desk, pathA);
  expect(againA.id).toBe(a.opened.id);
  expect(idsIn(againA).sort()).toEqual([...jobs].sort());
  const { takes, timeline } = againA.document;
  expect(jobs.map((id) => takes[id]!.name)).toEqual(['Take 1', 'Take 1', 'Take 2']);
  // The newest of each shot is on the timeline.
  expect(timeline.map((item) => item.kind === 'shot' && item.takeId)).toEqual([jobs[2], jobs[1]]);
  expect(Object.values(takes).every(({ path }) => existsSync(path))).toBe(true);
  await desk.stop();
});

test('each shot is rendered into the format that it has, under the ending that the format has', async () => {
  const desk = startDesk(folder.at('formats'));
  const shots = (['h264', 'prores4444'] as const).map((format, at) => {
    const shot = shotOf(`f${at}`, 2);
    return { ...shot, settings: { ...shot.settings, output: { format, alpha: 'off' as const } } };
  });
  const film = await make(desk, join(folder.at('formats'), 'film.retake'), ...shots);
  const jobs = [await film.render(shots[0]!), await film.render(shots[1]!)];
  await desk.until((all) => jobs.every((id) => isFiled(all, id)));
  const { takes } = (await open(desk, film.opened.path)).document;
  const [small, large] = jobs.map((id) => takes[id]!);
  expect([extname(small!.path), extname(large!.path)]).toEqual(['.mp4', '.mov']);
  expect(small!.settings.output).toEqual({ format: 'h264', alpha: 'off' });
  expect((await probeClip(small!.path)).codec).toBe('h264');
  expect((await probeClip(large!.path)).codec).toBe('prores');
  await desk.stop();
});

test('a window that shows another project cannot write it over the open one, nor render into it', async () => {
  const desk = startDesk(folder.at('wrong'));
  const a = await make(desk, join(folder.at('wrong'), 'a.retake'), shotOf('a1', 3));
  const b = await make(desk, join(folder.at('wrong'), 'b.retake'), shotOf('b1', 3));
  await expect(a.save()).rejects.toMatchObject({ code: 'usage' });
  await expect(a.render(shotOf('a1', 3))).rejects.toMatchObject({ code: 'usage' });
  expect((await open(desk, b.opened.path)).document).toEqual(b.document);
  await desk.stop();
});

test('the window is loaded anew as a render ends: the take is in the answer, once', async () => {
  const desk = startDesk(folder.at('reload'));
  const a = await make(desk, join(folder.at('reload'), 'a.retake'), shotOf('a1', 3));
  const id = await a.render(shotOf('a1', 3));
  await desk.until((all) => isFiled(all, id));
  // The page that would have taken in the event is gone; a new one asks twice, as two quick reloads do.
  const [first, second] = await Promise.all([open(desk, a.opened.path), open(desk, a.opened.path)]);
  expect([idsIn(first), idsIn(second)]).toEqual([[id], [id]]);
  await desk.stop();
});

test('a take that the artist deleted does not come back; one whose deletion was undone does', async () => {
  const desk = startDesk(folder.at('deleted'));
  const path = join(folder.at('deleted'), 'a.retake');
  const a = await make(desk, path, shotOf('a1', 3));
  const [gone, kept, quick] = [
    await a.render(shotOf('a1', 3)),
    await a.render(shotOf('a1', 3)),
    await a.render(shotOf('a1', 3)),
  ];
  await desk.until((all) => isFiled(all, quick));
  const opened = await open(desk, path);
  const film = filmOf(desk, opened);
  await film.save();
  const without = (...ids: string[]) => {
    const draft = structuredClone(opened.document);
    for (const id of ids) removeTake(draft, id);
    return draft;
  };
  film.document = without(gone, kept);
  await film.save();
  // Undo of one of them.
  film.document = without(gone);
  await film.save();
  // Deleted, and the window dies before the document without it was saved.
  await desk.call['take.delete']({ path: opened.document.takes[quick]!.path });
  film.document = without(gone, quick);
  await film.save();
  expect(idsIn(await open(desk, path)).sort()).toEqual([kept]);
  await desk.stop();
  const next = startDesk(folder.at('deleted'));
  expect(idsIn(await open(next, path))).toEqual([kept]);
  await next.call['queue.clear'](null);
  expect(idsIn(await open(next, path))).toEqual([kept]);
  await next.stop();
});

/** Each instant between the last frame and "filed" at which a kill leaves something undone. */
const INSTANTS: readonly [string, (desk: Desk, id: string) => void][] = [
  [
    'the take has its name, its report has not',
    (desk, id) => {
      rmSync(reportPath(desk.store.get(id).settings.output.path));
      undo(desk, id, `state = 'running', report = NULL, filed = 1`);
    },
  ],
  [
    'the report is there, the job is not done',
    (desk, id) => undo(desk, id, `state = 'running', report = NULL, filed = 1`),
  ],
  ['the job is done, the take is not filed', (desk, id) => undo(desk, id, 'filed = 0')],
  ['the take is filed, the job does not know', (desk, id) => undo(desk, id, 'filed = 0', true)],
  ['all is done', () => {}],
];

/** Puts the row back; the take leaves the project's file with it unless it had got there. */
function undo(desk: Desk, id: string, change: string, isFiled = false): void {
  desk.store.attempt((db) => db.prepare(`UPDATE jobs SET ${change} WHERE id = ?`).run(id));
  if (!isFiled) unfile.add(id);
}
const unfile = new Set<string>();

test.each(INSTANTS)('killed when %s: it is filed once', async (name, goBack) => {
  const home = folder.at(`instant ${INSTANTS.findIndex(([one]) => one === name)}`);
  const path = join(home, 'a.retake');
  const first = startDesk(home);
  const a = await make(first, path, shotOf('a1', 3));
  const id = await a.render(shotOf('a1', 3));
  await first.until((all) => isFiled(all, id));
  const { path: out } = first.store.get(id).settings.output;
  const pictures = await framesOf(out);
  goBack(first, id);
  await first.stop();
  if (unfile.delete(id)) takeRowsOf(path, 'DELETE FROM takes');

  // The next session opens another project first.
  const second = startDesk(home);
  await make(second, join(home, 'b.retake'));
  await second.until((all) => isFiled(all, id));
  await second.stop();
  const third = startDesk(home);
  const opened = await open(third, path);
  expect(idsIn(opened)).toEqual([id]);
  expect(idsIn(await open(third, join(home, 'b.retake')))).toEqual([]);
  expect(takeRowsOf(path, 'SELECT job FROM takes')).toEqual([id]);
  expect(await framesOf(opened.document.takes[id]!.path)).toEqual(pictures);
  expect(readdirSync(a.takes).sort()).toEqual(['Shot a1 1.mov', 'Shot a1 1.report.json']);
  await third.stop();
});

function takeRowsOf(path: string, query: string): unknown[] {
  const db = openDatabase(path, { label: 'the project', migrations: PROJECT_MIGRATIONS, singleFile: true });
  try {
    const statement = db.prepare(query);
    return statement.reader ? statement.pluck().all() : [statement.run()];
  } finally {
    db.close();
  }
}

async function framesOf(path: string): Promise<readonly string[]> {
  const lines = await ffmpegDoes('-i', path, '-vf', 'showinfo', '-f', 'null', '-');
  return lines.flatMap((line) => / checksum:(\S+)/.exec(line)?.[1] ?? []);
}

test('the project is moved with its takes while it is closed: what is to come is found by its id', async () => {
  const home = folder.at('moved');
  const desk = startDesk(home);
  const old = join(home, 'desk', 'a.retake');
  const a = await make(desk, old, shotOf('a1', 3));
  await desk.call['queue.pause']({ paused: true });
  const [waits, filed] = [await a.render(shotOf('a1', 3)), await a.render(shotOf('a1', 4))];
  await make(desk, join(home, 'b.retake'));
  // One is done while the project is nowhere to be found …
  await desk.call['queue.cancel']({ id: waits });
  renameSync(join(home, 'desk'), join(home, 'archive'));
  await desk.call['queue.pause']({ paused: false });
  await desk.until((all) => stateOf(all, filed) === 'done');
  const [entry] = (await desk.call['queue.list'](null)).entries.filter(({ id }) => id === filed);
  expect(entry).toMatchObject({ state: 'done', filed: false, project: { name: 'a' } });
  const told = () =>
    desk.events.filter(
      (event) => event.kind === 'warning' && /Shot a1 is rendered.*waits for a/.test(event.message),
    );
  await expect.poll(() => told().length).toBe(1);
  // … and is kept when the queue is cleared; another takes the place of the file without getting the take.
  await make(desk, old, shotOf('x', 3));
  await desk.call['queue.clear'](null);
  expect((await desk.call['queue.list'](null)).entries.map(({ id }) => id)).toEqual([filed]);
  expect(idsIn(await open(desk, old))).toEqual([]);

  const moved = join(home, 'archive', 'A film of another name.retake');
  renameSync(join(home, 'archive', 'a.retake'), moved);
  const opened = await open(desk, moved);
  expect(opened.id).toBe(a.opened.id);
  expect(idsIn(opened)).toEqual([filed]);
  expect(existsSync(opened.document.takes[filed]!.path)).toBe(true);
  await desk.until((all) => isFiled(all, filed));
  await desk.stop();
});

test('the wait for a project that never comes back can be ended; the file stays', async () => {
  const home = folder.at('lost');
  const desk = startDesk(home);
  const a = await make(desk, join(home, 'a.retake'), shotOf('a1', 3));
  await desk.call['queue.pause']({ paused: true });
  const id = await a.render(shotOf('a1', 3));
  await make(desk, join(home, 'b.retake'));
  rmSync(a.opened.path);
  await desk.call['queue.pause']({ paused: false });
  await desk.until((all) => stateOf(all, id) === 'done');
  await desk.call['queue.clear'](null);
  await desk.call['queue.cancel']({ id });
  const { path: out } = desk.store.get(id).settings.output;
  await desk.call['queue.clear'](null);
  expect((await desk.call['queue.list'](null)).entries).toEqual([]);
  expect(existsSync(out)).toBe(true);
  await desk.stop();
});

test('a job whose project moved together with the folder of its takes renders into the new place', async () => {
  const home = folder.at('carried');
  const first = startDesk(home);
  const a = await make(first, join(home, 'desk', 'a.retake'), shotOf('a1', 3));
  await first.call['queue.pause']({ paused: true });
  const id = await a.render(shotOf('a1', 3));
  await first.stop();
  renameSync(join(home, 'desk'), join(home, 'archive'));
  const second = startDesk(home);
  await open(second, join(home, 'archive', 'a.retake'));
  await second.call['queue.pause']({ paused: false });
  await second.until((all) => isFiled(all, id));
  const opened = await open(second, join(home, 'archive', 'a.retake'));
  expect(opened.document.takes[id]!.path).toBe(join(home, 'archive', 'a takes', 'Shot a1 1.mov'));
  expect(existsSync(join(home, 'desk'))).toBe(false);
  await second.stop();
});

test('a project that is open in another Retake as its take comes gets it as soon as it can', async () => {
  const home = folder.at('busy');
  const desk = startDesk(home);
  const a = await make(desk, join(home, 'a.retake'), shotOf('a1', 12));
  const id = await a.render(shotOf('a1', 12));
  await make(desk, join(home, 'b.retake'));
  const elsewhere = new ProjectSession();
  await elsewhere.open(a.opened.path);
  await desk.until((all) => stateOf(all, id) === 'done');
  await expect
    .poll(() => desk.events.some((event) => event.kind === 'warning' && /waits for a/.test(event.message)))
    .toBe(true);
  expect(isFiled((await desk.call['queue.list'](null)).entries, id)).toBe(false);
  await elsewhere.close();
  expect(idsIn(await open(desk, a.opened.path))).toEqual([id]);
  await desk.stop();
});

test('saved under another name while it renders: the take is where the artist goes on', async () => {
  const home = folder.at('save as');
  const desk = startDesk(home);
  const a = await make(desk, join(home, 'a.retake'), shotOf('a1', 12));
  const first = await a.render(shotOf('a1', 3));
  await desk.until((all) => isFiled(all, first));
  const { document } = await open(desk, a.opened.path);
  const second = await a.render(shotOf('a1', 12));
  await desk.until((all) => stateOf(all, second) === 'running');
  const saved = await desk.call['project.saveAs']({ path: join(home, 'copy.retake'), document });
  expect(saved.id).not.toBe(a.opened.id);
  expect(idsIn(saved)).toEqual([first]);
  await desk.until((all) => isFiled(all, second));
  expect(takeEvents(desk).at(-1)).toMatchObject({ project: { id: saved.id, name: 'copy' } });
  expect(idsIn(await open(desk, join(home, 'copy.retake'))).sort()).toEqual([first, second].sort());
  expect(idsIn(await open(desk, join(home, 'a.retake')))).toEqual([first]);
  await desk.stop();
});

test('a frame to look at that was on its way when the engine died is looked at again, and no longer after quitting', async () => {
  const home = folder.at('looking');
  const first = startDesk(home);
  const a = await make(first, join(home, 'a.retake'), shotOf('a1', 3));
  await first.call['queue.pause']({ paused: true });
  const job = await a.render(shotOf('a1', 3));
  const look = await a.render(shotOf('a1', 3), true);
  await first.until((all) => stateOf(all, look) === 'done');
  await first.stop();
  // As it stands when the engine is killed.
  const paths = prepareDataDirectory(home);
  const store = openJobStore(paths.queue, { dir: paths.jobs, onWarning: () => {} });
  store.attempt((db) => db.prepare(`UPDATE jobs SET state = 'running' WHERE id = ?`).run(look));
  store.close();
  const second = startDesk(home);
  await second.until((all) => stateOf(all, look) === 'done');
  const shown = () => second.events.filter(({ kind }) => kind === 'preview-frame');
  await expect.poll(() => shown().length).toBe(1);
  await second.stop();
  const third = startDesk(home);
  expect((await third.call['queue.list'](null)).entries.map(({ id }) => id)).toEqual([job]);
  await third.stop();
});

test('two Retakes share one queue: each job is rendered by one of them, once', async () => {
  const home = folder.at('shared');
  const [one, other] = [startDesk(home), startDesk(home)];
  const a = await make(one, join(home, 'a.retake'), shotOf('a1', 4));
  const b = await make(other, join(home, 'b.retake'), shotOf('b1', 4));
  await one.call['queue.pause']({ paused: true });
  const ids: string[] = [];
  for (let i = 0; i < 3; i += 1) ids.push(await a.render(shotOf('a1', 4)), await b.render(shotOf('b1', 4)));
  await Promise.all([one, other].map((desk) => desk.call['queue.pause']({ paused: false })));
  await one.until((all) => ids.every((id) => stateOf(all, id) === 'done'));
  const started = [one, other].flatMap((desk) =>
    desk.events.flatMap((event) => (event.kind === 'started' ? [event.job] : [])),
  );
  expect(started.sort()).toEqual([...ids].sort());
  // A stop of one leaves alone what the other has.
  const look = await a.render(shotOf('a1', 12), true);
  await one.until((all) => stateOf(all, look) === 'running');
  await other.stop();
  await one.until((all) => stateOf(all, look) === 'done');
  const opened = await open(one, b.opened.path);
  expect(idsIn(await open(one, a.opened.path)).length + idsIn(opened).length).toBe(6);
  await one.stop();
});

test('the command line lists the jobs of the desktop, and goes on with none of them', async () => {
  const home = folder.at('cli');
  const desk = startDesk(home);
  const a = await make(desk, join(home, 'a.retake'), shotOf('a1', 3));
  await desk.call['queue.pause']({ paused: true });
  const id = await a.render(shotOf('a1', 3));
  expect(desk.supervisor.list()).toEqual([
    expect.objectContaining({ id, resumable: false, desktop: { label: 'Shot a1', project: 'a' } }),
  ]);
  await expect(desk.supervisor.resume(null)).rejects.toMatchObject({ code: 'job-not-found' });
  for (const work of [desk.supervisor.resume(id), desk.supervisor.remove(id)]) {
    await expect(work).rejects.toMatchObject({ code: 'usage', hint: expect.stringMatching(/Open Retake/) });
  }
  expect(stateOf((await desk.call['queue.list'](null)).entries, id)).toBe('queued');
  await desk.stop();
});
