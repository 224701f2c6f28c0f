import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import type { DesktopEvent } from '../../src/common/contract/events.ts';
import type { QueueEntry } from '../../src/common/contract/queue.ts';
import type { ClipRef, Shot } from '../../src/common/project/document.ts';
import { shotSettings } from '../../src/common/project/document.ts';
import { openLatentCache } from '../../src/main/engine/cache/latents.ts';
import { prepareDataDirectory } from '../../src/main/engine/cache/location.ts';
import { createDesktop, type Desktop } from '../../src/main/engine/desktop/handlers.ts';
import { createJobRunner } from '../../src/main/engine/jobs.ts';
import { probeClip } from '../../src/main/engine/media/probe.ts';
import { openJobStore } from '../../src/main/engine/queue/store.ts';
import { counter, ffmpegDoes, H264, tempFolder } from '../helpers/clips.ts';
import { clipRefOf } from '../helpers/project.ts';
import { writeTinyBundle } from '../helpers/tiny-bundle.ts';

const folder = tempFolder();
let clip: ClipRef;
const bundle = folder.at('tiny');

beforeAll(async () => {
  await writeTinyBundle(bundle);
  const path = folder.at('clip.mp4');
  await ffmpegDoes(...counter('24', 6), ...H264, path);
  clip = await clipRefOf(path, { frames: 6, width: 160, height: 64 });
  return () => folder[Symbol.dispose]();
});

function shotOf(change: Partial<Shot> = {}, settings: object = {}): Shot {
  return {
    kind: 'shot',
    id: 'shot-1',
    name: 'Car / 1',
    clipId: clip.id,
    start: 1,
    end: 4,
    anchors: [2],
    leadAnchor: 2,
    settings: shotSettings.parse({
      sourcePrompt: 'a car',
      prompt: 'a red car',
      steps: 3,
      refinement: 0,
      ...settings,
    }),
    takeId: null,
    ...change,
  };
}

interface Trial {
  readonly desktop: Desktop;
  readonly events: DesktopEvent[];
  readonly takes: string;
  add(shot: Shot, preview?: boolean): Promise<string>;
  until(check: (entries: readonly QueueEntry[], paused: boolean) => unknown): Promise<readonly QueueEntry[]>;
  stop(): Promise<void>;
}

/** An engine's insides on a data folder; called again on the same one it is the next session. */
function start(name: string): Trial {
  const paths = prepareDataDirectory(folder.at(name));
  const events: DesktopEvent[] = [];
  const onWarning = () => {};
  const cache = openLatentCache(paths.cache, { limitBytes: 1e8, onWarning });
  const store = openJobStore(paths.queue, { dir: paths.jobs, onWarning });
  const runner = createJobRunner({
    store,
    cache,
    dir: paths.jobs,
    emit: (event) => desktop.observe(event),
    onGlimpse: (job, glimpse) => desktop.glimpse(job, glimpse),
  });
  const desktop = createDesktop({ paths, cache, store, runner, emit: (event) => events.push(event) });
  const takes = join(paths.dir, 'takes');
  const call = desktop.handlers;
  return {
    desktop,
    events,
    takes,
    add: async (shot, preview = false) =>
      (await call['queue.add']({ shot, clip, bundle, provider: 'cpu', takesFolder: takes, preview })).id,
    async until(check) {
      for (let tries = 0; tries < 2000; tries += 1) {
        const { entries, paused } = await call['queue.list'](null);
        if (check(entries, paused)) return entries;
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      throw new Error(JSON.stringify(await call['queue.list'](null)));
    },
    async stop() {
      await desktop.stop();
      cache.close();
      store.close();
    },
  };
}

const state = (entries: readonly QueueEntry[], id: string) => entries.find((entry) => entry.id === id)?.state;

test('a shot becomes a take; the plan before and after tells what is computed and how long', async () => {
  const { desktop, events, takes, add, until, stop } = start('take');
  const call = desktop.handlers;
  const request = { shot: shotOf(), clip, bundle, provider: 'cpu' as const };
  const before = await call['render.plan'](request);
  expect(before).toMatchObject({ frames: 3, cachedFrames: 0, framesToInvert: 3, samplingCalls: 9 });
  expect(before).toMatchObject({ inversionCalls: 9 + 3, estimatedSeconds: null });
  const id = await add(shotOf());
  await until((entries) => state(entries, id) === 'done');
  const take = events.find((event) => event.kind === 'take')!;
  expect(take).toMatchObject({ entry: { id, shotId: 'shot-1', state: 'done', fraction: 1, preview: false } });
  const { report } = take as Extract<DesktopEvent, { kind: 'take' }>;
  expect(report.range).toEqual({ start: 1, end: 4 });
  expect(report.inversion.unetCalls + report.inversion.checkUnetCalls).toBe(before.inversionCalls);
  expect(report.sampling.unetCalls).toBe(before.samplingCalls);
  expect(report.take.path).toBe(join(takes, 'Car - 1 1.mov'));
  expect((await probeClip(report.take.path)).frames).toBe(3);

  const after = await call['render.plan'](request);
  expect(after).toMatchObject({ cachedFrames: 3, framesToInvert: 0, inversionCalls: 0 });
  expect(after.reconstruction).toBeCloseTo(report.inversion.reconstruction!.minPsnr, 6);
  expect(before.reconstruction).toBeNull();
  expect(after.estimatedSeconds).toBeGreaterThan(0);
  expect(after.estimatedSeconds).toBeLessThan(report.seconds.total * 2 + 1);
  // Another prompt reuses all of it, another source prompt none.
  const other = { ...request, shot: shotOf({}, { prompt: 'a blue car' }) };
  expect((await call['render.plan'](other)).cachedFrames).toBe(3);
  const foreign = { ...request, shot: shotOf({}, { sourcePrompt: 'a tree' }) };
  expect((await call['render.plan'](foreign)).cachedFrames).toBe(0);
  const noise = { ...request, shot: shotOf({}, { method: 'sdedit' }) };
  expect(await call['render.plan'](noise)).toMatchObject({
    framesToInvert: 0,
    inversionCalls: 0,
    cachedFrames: 0,
  });
  const empty = { ...request, shot: shotOf({}, { prompt: ' ' }) };
  await expect(call['render.plan'](empty)).rejects.toMatchObject({ code: 'usage' });

  // Events came, and not more than ten a second.
  const told = events.filter((event) => event.kind === 'queue').length;
  expect(told).toBeGreaterThan(1);
  expect(told).toBeLessThan(report.seconds.total * 10 + 10);
  await stop();
});

test('takes are numbered past files, deleted takes and jobs that wait', async () => {
  const { desktop, takes, add, until, stop } = start('names');
  const call = desktop.handlers;
  mkdirSync(join(takes, '.retake-trash', 'abc'), { recursive: true });
  writeFileSync(join(takes, 'car - 1 1.MOV'), 'mine');
  writeFileSync(join(takes, '.retake-trash', 'abc', 'Car - 1 2.mov'), 'deleted');
  await call['queue.pause']({ paused: true });
  const [a, b] = [await add(shotOf()), await add(shotOf())];
  const entries = await until((all) => all.length === 2);
  const outs = [a, b].map((id) => entries.find((entry) => entry.id === id)!.settings.out);
  expect(outs).toEqual([join(takes, 'Car - 1 3.mov'), join(takes, 'Car - 1 4.mov')]);
  await stop();
});

test('order, cancel, retry and clear', async () => {
  const { desktop, add, until, stop } = start('order');
  const call = desktop.handlers;
  await call['queue.pause']({ paused: true });
  const [a, b, c] = [await add(shotOf()), await add(shotOf()), await add(shotOf())];
  await call['queue.move']({ id: c, before: a });
  await call['queue.move']({ id: a, before: null });
  await call['queue.cancel']({ id: b });
  const entries = await until((all) => all.length === 3);
  expect(entries.map((entry) => [entry.id, entry.state])).toEqual([
    [c, 'waiting'],
    [b, 'cancelled'],
    [a, 'waiting'],
  ]);
  await call['queue.clear'](null);
  await expect(call['queue.retry']({ id: b })).rejects.toMatchObject({ code: 'job-not-found' });
  await call['queue.cancel']({ id: a });
  await call['queue.pause']({ paused: false });
  await until((all) => state(all, c) === 'done');
  expect(state((await call['queue.list'](null)).entries, a)).toBe('cancelled');
  await call['queue.retry']({ id: a });
  const done = await until((all) => state(all, a) === 'done');
  expect(done.every(({ settings }) => existsSync(settings.out))).toBe(true);
  await stop();
});

test('paused, stopped and started in another session, a take is the same to the bit', async () => {
  const shot = shotOf({ start: 0, end: 6 }, { steps: 12, sourcePrompt: 'another car' });
  const whole = start('whole');
  await whole.add(shot);
  await whole.until((all) => all[0]?.state === 'done');
  const expected = await framesOf(whole, 'Car - 1 1.mov');
  await whole.stop();

  const first = start('pieces');
  const id = await first.add(shot);
  await first.until((all) => all[0]?.phase === 'sample' && all[0].fraction > 0.3);
  await first.desktop.handlers['queue.pause']({ paused: true });
  await first.until((all) => all[0]?.state === 'paused');
  await first.desktop.handlers['queue.pause']({ paused: false });
  await first.until((all) => all[0]?.state === 'running' && all[0].phase === 'sample');
  await first.stop();
  expect(first.events.some((event) => event.kind === 'take')).toBe(false);

  const second = start('pieces');
  await second.until((all) => state(all, id) === 'done');
  expect(await framesOf(second, 'Car - 1 1.mov')).toEqual(expected);
  await second.stop();
});

async function framesOf({ takes }: Trial, name: string): Promise<readonly string[]> {
  const lines = await ffmpegDoes('-i', join(takes, name), '-vf', 'showinfo', '-f', 'null', '-');
  return lines.flatMap((line) => / checksum:(\S+)/.exec(line)?.[1] ?? []);
}

test('a failing job says why and lets the next one run', async () => {
  const { desktop, add, until, stop } = start('failing');
  const bad = await add(shotOf({ end: 99 }));
  const good = await add(shotOf());
  const entries = await until((all) => state(all, good) === 'done');
  expect(entries.find(({ id }) => id === bad)).toMatchObject({
    state: 'failed',
    error: expect.stringMatching(/not in the clip/),
    hint: 'The clip has frames 0 to 5.',
  });
  await expect(add(shotOf({}, { prompt: '' }))).rejects.toMatchObject({ code: 'usage' });
  await desktop.handlers['queue.clear'](null);
  await stop();
});

test('a frame to look at goes first, leaves no file, and the interrupted job ends as it should', async () => {
  const { desktop, events, takes, add, until, stop } = start('preview');
  const job = await add(shotOf({ start: 0, end: 6 }, { steps: 20 }));
  await until((all) => state(all, job) === 'running' && all[0]!.fraction > 0);
  const look = await add(shotOf({ name: 'Look' }), true);
  await until((all) => state(all, look) === 'done');
  expect(state((await desktop.handlers['queue.list'](null)).entries, job)).not.toBe('done');
  const shown = events.find((event) => event.kind === 'preview-frame' && event.jobId === look);
  expect(shown).toMatchObject({ shotId: 'shot-1', frame: 2, step: 3, width: 51, height: 20 });
  const { pixels } = shown as Extract<DesktopEvent, { kind: 'preview-frame' }>;
  expect(pixels.length).toBe(51 * 20 * 4);
  expect(new Set(pixels).size).toBeGreaterThan(3);
  await until((all) => state(all, job) === 'done');
  expect(existsSync(join(takes, 'Look 1.mov'))).toBe(false);
  expect(existsSync(join(takes, 'Car - 1 1.mov'))).toBe(true);
  await stop();
});

test('the watched frame is shown while it renders', async () => {
  const { desktop, events, add, until, stop } = start('watch');
  await desktop.handlers['queue.pause']({ paused: true });
  const id = await add(shotOf({}, { steps: 30 }));
  await desktop.handlers['queue.watch']({ id, frame: 3 });
  await desktop.handlers['queue.pause']({ paused: false });
  await until((all) => state(all, id) === 'done');
  const shown = events.filter((event) => event.kind === 'preview-frame');
  expect(shown.length).toBeGreaterThan(0);
  expect(shown.every((event) => event.jobId === id && event.frame === 3)).toBe(true);
  await stop();
});

test('closing the project stops the render, which goes on when the queue is asked for again', async () => {
  const { desktop, events, add, until, stop } = start('closing');
  const id = await add(shotOf({}, { steps: 40 }));
  await until((all) => all[0]?.phase === 'sample');
  await desktop.handlers['project.close'](null);
  expect(events.some((event) => event.kind === 'take')).toBe(false);
  await until((all) => state(all, id) === 'done');
  expect(events.filter((event) => event.kind === 'take')).toHaveLength(1);
  await stop();
});

test('a job that took its process down twice is not started a third time', async () => {
  const first = start('deadly');
  await first.desktop.handlers['queue.pause']({ paused: true });
  const id = await first.add(shotOf());
  await first.stop();
  const paths = prepareDataDirectory(folder.at('deadly'));
  const store = openJobStore(paths.queue, { dir: paths.jobs, onWarning: () => {} });
  store.attempt((db) => db.prepare('UPDATE queue SET deaths = 2').run());
  store.attempt((db) => db.prepare('UPDATE queue_state SET paused = 0').run());
  store.setState(id, 'running');
  store.close();
  const second = start('deadly');
  const [entry] = await second.until((all) => all.length === 1);
  expect(entry).toMatchObject({ id, state: 'failed', error: expect.stringMatching(/stopped twice/) });
  await second.desktop.handlers['queue.retry']({ id });
  await second.until((all) => state(all, id) === 'done');
  await second.stop();
});
