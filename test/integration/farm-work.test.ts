/** Machines that share a folder and no scheduler: each task is one's, what is lost is another's, and what failed is told. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { RETAKE_VERSION } from '../../src/common/contract/version.ts';
import { local } from '../../src/main/engine/farm/drivers/local.ts';
import { type FarmJob, farmJob } from '../../src/main/engine/farm/job-folder.ts';
import { standingOf, take } from '../../src/main/engine/farm/work/claims.ts';
import { stopAll, tryAgain, workPaths, writeEnding } from '../../src/main/engine/farm/work/files.ts';
import { orderOf } from '../../src/main/engine/farm/work/order.ts';
import { type WorkNews, type WorkOptions, work } from '../../src/main/engine/farm/work/work.ts';
import { Worker } from '../../src/main/engine/farm/work/worker.ts';
import { thisMachine } from '../../src/main/processes.ts';

const script = join(import.meta.dirname, '../helpers/farm-task.mjs');

let folder: string;
let news: WorkNews[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'retake-test-'));
  news = [];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function writeJob(shots: number, units: readonly (readonly [shot: number, start: number])[] = []): FarmJob {
  const job = farmJob.parse({
    ...{ format: 1, id: 'abcdefgh01', name: 'A film', version: RETAKE_VERSION, createdAt: 1 },
    ...{ project: { id: 'p', path: '/films/A film.retake' }, takesFolder: '/films/takes' },
    shots: Array.from({ length: shots }, (_, i) => ({
      ...{ number: i + 1, shotId: `s${i + 1}`, name: `Shot ${i + 1}`, start: 0, end: 12 },
    })),
    units: units.map(([shot, start]) => ({ shot, start, end: start + 1 })),
    ...{ unitsPerTask: 1, sources: [] },
  });
  writeFileSync(join(folder, 'job.json'), JSON.stringify(job));
  return job;
}

/** How turns of tasks go, the first first; well where nothing is said. */
function behaves(tasks: Record<string, readonly (number | 'hangs' | 'crashes')[]>): void {
  writeFileSync(join(folder, 'behaviour.json'), JSON.stringify(tasks));
}

function works(more: Partial<WorkOptions> = {}) {
  return work(folder, {
    ...{ command: [process.execPath, script], more: [], again: false, restMs: 0, pollMs: 20 },
    ...{ signal: new AbortController().signal, onNews: (one) => news.push(one) },
    ...more,
  });
}

/** "render-3 1": what was run, with its turn, in the order in which it began. */
const ran = () =>
  readFileSync(join(folder, 'ran.txt'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.trim());

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await sleep(20);
}

test('a shot comes after its own units, and the first shots come first', async () => {
  const job = writeJob(2, [
    [1, 0],
    [1, 1],
    [2, 0],
  ]);
  expect(orderOf(job).map(({ name }) => name)).toEqual([
    ...['invert-1', 'invert-2', 'render-1', 'invert-3', 'render-2', 'assemble-1'],
  ]);
  const { done, failed, stopped } = await works();
  expect({ done, failed, stopped }).toEqual({ done: 6, failed: [], stopped: false });
  expect(ran()).toEqual(orderOf(job).map(({ name }) => `${name} 1`));
  expect(news).toContainEqual({
    kind: 'goes',
    task: 'render-1',
    heard: { fraction: 0.5, doing: 'rendering' },
  });
  expect((await works()).done).toBe(0);
});

test('several work at once, and nothing is done twice', async () => {
  writeJob(
    12,
    Array.from({ length: 12 }, (_, i) => [i + 1, 0] as const),
  );
  const done = await Promise.all([works(), works(), works()]);
  expect(done.reduce((sum, one) => sum + one.done, 0)).toBe(25);
  expect(new Set(ran()).size).toBe(25);
  expect(ran()).toHaveLength(25);
  expect(done.every((one) => one.failed.length === 0)).toBe(true);
});

test('what could do better gets three turns more, what could not gets none, and both are told', async () => {
  writeJob(4, [[2, 0]]);
  behaves({
    'invert-1': [65],
    'render-1': [75, 'crashes', 0],
    'render-2': [65],
    'render-3': [75, 75, 75, 1],
  });
  const { failed } = await works();
  expect(failed.map(({ task, why }) => `${task}: ${why}`)).toEqual([
    'invert-1: it ends with 65',
    'render-2: it ends with 65',
    'render-3: it ends with 1',
  ]);
  // A unit that failed keeps nothing from its shot; what wants all takes is not begun.
  expect(ran()).toEqual([
    ...['render-1 1', 'render-1 2', 'render-1 3', 'invert-1 1', 'render-2 1'],
    ...['render-3 1', 'render-3 2', 'render-3 3', 'render-3 4', 'render-4 1'],
  ]);
  expect((await works()).done).toBe(0);

  const again = await works({ again: true });
  expect(again.failed).toEqual([]);
  expect(again.done).toBe(4);
  expect(ran().slice(-4)).toEqual(['invert-1 2', 'render-2 2', 'render-3 5', 'assemble-1 1']);
});

test('a machine that has failed with a task leaves it to others for a while', async () => {
  writeJob(1);
  behaves({ 'render-1': [75] });
  const first = works({ restMs: 60_000 });
  await until(() => news.some(({ kind }) => kind === 'waits'));
  const second = await works({ restMs: 60_000, onNews: () => {} });
  // Whichever of them comes by when all takes are there.
  expect(second.done + (await first).done).toBe(2);
  expect(ran()).toEqual(['render-1 1', 'render-1 2', 'assemble-1 1']);
  expect(news.filter((one) => one.kind === 'begins' && one.task === 'render-1')).toHaveLength(1);
});

test('a machine with another Retake takes nothing, so that it fails nothing for the others', async () => {
  writeFileSync(join(folder, 'job.json'), JSON.stringify({ ...writeJob(1), version: '0.0.1' }));
  await expect(works()).rejects.toMatchObject({ code: 'version-mismatch' });
  expect(await readdir(folder)).toEqual(['job.json']);
});

test('what is stopped gives its task back, and that is no failure', async () => {
  writeJob(1);
  behaves({ 'render-1': ['hangs', 'hangs'] });
  for (const turn of [1, 2]) {
    const abort = new AbortController();
    const going = works({ signal: abort.signal });
    await until(() => news.filter(({ kind }) => kind === 'goes').length === 2 * turn);
    if (turn === 1) await stopAll(folder);
    else abort.abort();
    expect(await going).toMatchObject({ done: 0, failed: [], stopped: true });
  }
  for (const turn of [3, 4, 5]) {
    await take(folder, 'render-1', turn, 'another');
    const ending = { worker: 'another', host: 'another', how: 'stopped', why: '' } as const;
    await writeEnding(workPaths.ended(folder, 'render-1', turn), ending);
  }
  expect((await works()).done).toBe(2);
});

test('a folder that is gone for a while is waited for', async () => {
  writeJob(3);
  behaves({ 'render-1': ['hangs'] });
  const abort = new AbortController();
  const going = works();
  await until(() => news.filter(({ kind }) => kind === 'goes').length === 2);
  const elsewhere = `${folder}-gone`;
  renameSync(folder, elsewhere);
  process.kill(Number(await childOf(elsewhere)), 'SIGTERM');
  await until(() => news.some(({ kind }) => kind === 'unreachable'));
  renameSync(elsewhere, folder);
  expect(await going).toMatchObject({ done: 4, failed: [] });
  abort.abort();
});

async function childOf(at: string): Promise<number> {
  const [name] = await readdir(workPaths.workers(at));
  for (;;) {
    const { task } = JSON.parse(readFileSync(join(workPaths.workers(at), name!), 'utf8'));
    if (task) return task.program.pid;
    await sleep(20);
  }
}

test('what a worker had that was killed is free as soon as its program is gone too', async () => {
  writeJob(2);
  behaves({ 'render-1': ['hangs'] });
  const killed = startWorker();
  await until(() => killed.said().includes('goes'));
  const child = await childOf(folder);
  killed.process.kill('SIGKILL');
  await killed.ended;
  const seen = { folder, machine: thisMachine(), now: Date.now(), again: Number.NEGATIVE_INFINITY };
  expect(await standingOf('render-1', seen)).toMatchObject({ state: 'taken' });
  // Seen from elsewhere, only silence tells.
  process.kill(child, 'SIGKILL');
  await until(() => !isThere(child));
  expect(await standingOf('render-1', { ...seen, machine: 'another' })).toMatchObject({ state: 'taken' });
  expect(await standingOf('render-1', seen)).toMatchObject({ state: 'free', turn: 2 });
  expect((await works()).done).toBe(3);
});

test('a worker that has not been heard for a quarter of an hour has lost what it had', async () => {
  writeJob(1);
  await using silent = await Worker.begin(folder);
  expect(await take(folder, 'render-1', 1, silent.id)).toBe(true);
  expect(await take(folder, 'render-1', 1, 'another')).toBe(false);
  const seen = { folder, machine: 'another', now: silent.now, again: Number.NEGATIVE_INFINITY };
  expect(await standingOf('render-1', seen)).toMatchObject({ state: 'taken' });
  const long = Date.now() / 1000 - 16 * 60;
  utimesSync(workPaths.worker(folder, silent.id), long, long);
  expect(await standingOf('render-1', seen)).toMatchObject({ state: 'free', turn: 2 });
});

test('who is asked for more while its last look is taken looks once more', async () => {
  writeJob(1);
  behaves({ 'render-1': [65] });
  const going = works({
    onNews: (one) => {
      if (one.kind === 'ended' && one.how === 'never') setTimeout(() => void tryAgain(folder), 0);
    },
  });
  const { failed } = await going;
  // Either it saw the request, or the request came after it had ended and was seen by nobody.
  if (failed.length > 0) expect((await works()).failed).toEqual([]);
  expect(ran().slice(-2)).toEqual(['render-1 2', 'assemble-1 1']);
});

test('the driver starts one worker, says where tasks are, and stops it', async () => {
  const job = writeJob(2);
  behaves({ 'render-2': ['hangs', 'hangs'] });
  const at = { folder, job };
  const never = new AbortController().signal;
  const wrapper = join(folder, 'stand-in.mjs');
  writeFileSync(wrapper, standIn);
  const settings = { command: `'${process.execPath}' '${wrapper}'`, arguments: "--map '/a b=/c'" };
  const first = await local.submit(at, settings, never);
  const second = await local.submit(at, settings, never);
  expect(second.ids).toEqual(first.ids);
  const state = async () => (await local.status(first, at, never)).tasks.map((one) => one.state).join();
  while ((await state()) !== 'done,running,waiting') await sleep(50);
  expect(await local.status(first, at, never)).toMatchObject({ state: 'running', words: /^Works on it: / });
  expect(ran()).toContain('render-1 1 /a b=/c');
  await local.cancel(first, at, never);
  while ((await local.status(first, at, never)).state !== 'ended') await sleep(50);
  expect(await state()).toBe('done,waiting,waiting');

  behaves({});
  await local.submit(at, settings, never);
  while ((await state()) !== 'done,done,done') await sleep(50);
  expect((await local.submit(at, settings, never)).ids).toEqual({});
});

test('a worker that does not start is told with what it said', async () => {
  const at = { folder, job: writeJob(1) };
  const settings = { command: `sh -c 'echo no such licence >&2; exit 3'`, arguments: '' };
  await expect(local.submit(at, settings, new AbortController().signal)).rejects.toThrow('no such licence');
});

/** `farm work` with the stand-in for its tasks: `node FILE farm work FOLDER --map X=Y`. */
const standIn = `
import { work } from ${JSON.stringify(join(import.meta.dirname, '../../src/main/engine/farm/work/work.ts'))};
const [, , , , folder, ...more] = process.argv;
const abort = new AbortController();
process.on('SIGTERM', () => abort.abort());
await work(folder, {
  command: [process.execPath, ${JSON.stringify(script)}],
  more, again: false, signal: abort.signal, restMs: 0, pollMs: 20,
  onNews: ({ kind }) => console.log(kind),
});
`;

function startWorker(): { process: ChildProcess; said: () => string; ended: Promise<unknown> } {
  const file = join(folder, 'stand-in.mjs');
  writeFileSync(file, standIn);
  const child = spawn(process.execPath, [file, 'farm', 'work', folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    said += text;
  });
  return { process: child, said: () => said, ended: new Promise((resolve) => child.once('exit', resolve)) };
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
