/** What goes wrong with a task: whether another attempt is asked for, and that nothing wrong is brought. */
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { readState } from '../../src/main/engine/farm/attempt.ts';
import { farmPaths } from '../../src/main/engine/farm/job-folder.ts';
import { makeWorld, movingClip, type World } from '../helpers/cli.ts';
import { requestOf, runHere, writeJob } from '../helpers/farm.ts';

let world: World;
let clip: string;

beforeAll(async () => {
  world = await makeWorld();
  clip = await movingClip(join(world.dir, 'clip.mov'), { frames: 2 });
  return () => world[Symbol.dispose]();
});

/** A job of one shot with a clip of its own. */
async function job(name: string) {
  const folder = join(world.dir, name, 'job');
  const own = join(world.dir, name, 'clip.mov');
  mkdirSync(folder, { recursive: true });
  cpSync(clip, own);
  const request = requestOf({
    clip: own,
    bundle: world.bundle,
    out: join(world.dir, name, 'takes', 'Shot 1.mov'),
  });
  await writeJob(folder, [request]);
  return { folder, clip: own };
}

async function lastState(folder: string) {
  const task = farmPaths.attempts(folder, 'render', { first: 1, last: 1 });
  return readState(join(task, readdirSync(task).at(-1)!));
}

test('whoever cannot be helped says so: 65; where another machine may do better: 75', async () => {
  const { folder, clip: own } = await job('refused');
  const render = (more = {}) => runHere(folder, { step: 'render', ...more });

  expect(await render({ first: 2 })).toMatchObject({
    exit: 65,
    line: expect.stringContaining('has no render-2'),
  });
  expect(await render({ attempt: '../x' })).toMatchObject({
    exit: 65,
    line: expect.stringContaining('no name'),
  });
  expect(await runHere(join(world.dir, 'nowhere'), { step: 'render' })).toMatchObject({ exit: 75 });

  renameSync(own, `${own}.away`);
  expect(await render()).toMatchObject({ exit: 75, line: expect.stringContaining('no such file') });
  expect(await lastState(folder)).toMatchObject({ state: 'failed', error: { again: true } });
  cpSync(`${own}.away`, own);
  appendFileSync(own, 'x');
  expect(await render({ attempt: 'z1' })).toMatchObject({
    exit: 65,
    line: expect.stringContaining('another film'),
  });
  expect(await lastState(folder)).toMatchObject({ state: 'failed', error: { again: false } });

  const packed = JSON.parse(readFileSync(farmPaths.job(folder), 'utf8'));
  writeFileSync(farmPaths.job(folder), JSON.stringify({ ...packed, version: '0.0.1' }));
  expect(await render()).toMatchObject({ exit: 65, line: expect.stringContaining('0.0.1') });
  writeFileSync(farmPaths.job(folder), '{"format":');
  expect(await render()).toMatchObject({ exit: 65 });
  expect(existsSync(farmPaths.take(folder, 1))).toBe(false);
});

test('a model is found by its digests wherever it lies, and no other is taken for it', async () => {
  const { folder } = await job('model');
  const elsewhere = join(world.dir, 'model', 'models');
  cpSync(world.bundle, join(elsewhere, 'under', 'another name'), { recursive: true });
  // Another model of the same form, which comes first.
  cpSync(world.bundle, join(elsewhere, 'a model'), { recursive: true });
  appendFileSync(join(elsewhere, 'a model', 'scheduler', 'scheduler_config.json'), ' ');
  const map = [`${world.bundle}=${join(world.dir, 'model', 'none')}`];
  const render = (more = {}) => runHere(folder, { step: 'render', map, ...more });
  expect(await render()).toMatchObject({ exit: 75, line: expect.stringContaining('no such model') });
  const wrong = await render({ models: [join(elsewhere, 'a model')] });
  expect(wrong).toMatchObject({ exit: 65, line: expect.stringContaining('scheduler_config.json') });
  expect(await render({ models: [elsewhere] })).toMatchObject({ exit: 0 });
  const report = JSON.parse(readFileSync(join(farmPaths.take(folder, 1), 'Shot 1.report.json'), 'utf8'));
  // What is told is told with the desk's paths.
  expect(report.settings.model.bundle).toBe(world.bundle);
});

test('what is damaged on its way is told and made again; a take that is not whole is put aside', async () => {
  const { folder } = await job('damaged');
  expect(await runHere(folder, { step: 'invert', first: 1, last: 2 })).toMatchObject({ exit: 0 });
  expect(await runHere(folder, { step: 'render' })).toMatchObject({ exit: 0 });
  const take = join(farmPaths.take(folder, 1), 'Shot 1.mov');
  const whole = readFileSync(take);
  // Begun again it lets go at once.
  expect((await runHere(folder, { step: 'render' })).lines).toEqual(['the take of shot 1 is there already']);

  const artefacts = farmPaths.artefacts(folder, 1);
  rmSync(join(artefacts, 'render'), { recursive: true });
  const contents = readFileSync(join(artefacts, '1-2', 'contents'));
  contents[100]! ^= 1;
  writeFileSync(join(artefacts, '1-2', 'contents'), contents);
  appendFileSync(take, 'x');
  const lost = join(farmPaths.attempts(folder, 'render', { first: 1, last: 1 }), 'lost');
  mkdirSync(lost);
  writeFileSync(join(lost, 'shot-1.checkpoint'), 'RETAKE-CHECKPOINT-');
  const { exit, lines } = await runHere(folder, { step: 'render' });
  expect(exit).toBe(0);
  expect(lines).toEqual(
    expect.arrayContaining([
      expect.stringContaining('the take that was brought is damaged (Shot 1.mov)'),
      expect.stringContaining('was damaged on its way'),
      expect.stringContaining('the checkpoint of this edit is damaged'),
    ]),
  );
  expect(readFileSync(take)).toEqual(whole);

  // A byte that keeps the size is found when all is read.
  const bytes = Buffer.from(whole);
  bytes[bytes.length >> 1]! ^= 1;
  writeFileSync(take, bytes);
  const assembled = await runHere(folder, { step: 'assemble' });
  expect(assembled).toMatchObject({ exit: 65, line: expect.stringContaining('Shot 1') });
  expect(existsSync(farmPaths.take(folder, 1))).toBe(false);
  expect(await runHere(folder, { step: 'assemble' })).toMatchObject({
    exit: 75,
    line: expect.stringContaining('no take yet'),
  });
});

test('stopped, it hands on what it has made, and asks for another attempt', async () => {
  const { folder } = await job('stopped');
  const stop = new AbortController();
  const begun = runHere(folder, { step: 'render', attempt: 'a' }, stop.signal, (doing) => {
    if (/rendering/.test(doing)) stop.abort();
  });
  expect(await begun).toMatchObject({ exit: 75 });
  expect(await lastState(folder)).toMatchObject({ state: 'stopped', error: null });
  const kept = join(farmPaths.attempts(folder, 'render', { first: 1, last: 1 }), 'a', 'kept-1');
  expect(readdirSync(kept)).toEqual(['0']);
  expect(await runHere(folder, { step: 'render', attempt: 'b' })).toMatchObject({ exit: 0 });
  const report = JSON.parse(readFileSync(join(farmPaths.take(folder, 1), 'Shot 1.report.json'), 'utf8'));
  expect(report.inversion).toMatchObject({ frames: 2, computed: 0 });
});
