import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { beforeAll, expect, test, vi } from 'vitest';
import type { Events } from '../../src/common/contract/events.ts';
import type { ClipRef, Shot } from '../../src/common/project/document.ts';
import type { TakeReport } from '../../src/common/report.ts';
import { prepareDataDirectory } from '../../src/main/engine/data-paths.ts';
import { probeClip } from '../../src/main/engine/media/probe.ts';
import { openJobStore } from '../../src/main/engine/queue/store.ts';
import { counter, ffmpegDoes, H264, tempFolder } from '../helpers/clips.ts';
import { type Desk, isFiled, startDesk, stateOf } from '../helpers/desk.ts';
import { shotWith } from '../helpers/job-settings.ts';
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
    settings: shotWith({
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

interface Trial extends Desk {
  /** Id of the project. */
  readonly project: string;
  add(shot: Shot, preview?: boolean): Promise<string>;
}

/** With a project of its own, made in the first session. */
async function start(name: string): Promise<Trial> {
  const desk = startDesk(folder.at(name));
  const path = join(folder.at(name), 'film.retake');
  const { call, takes: takesFolder } = desk;
  const opened = existsSync(path)
    ? await call['project.open']({ path })
    : await call['project.create']({ path, name: 'film' });
  return {
    ...desk,
    project: opened.id,
    async add(shot, preview = false) {
      const request = { project: opened.id, shots: [{ shot, clip }], bundle, takesFolder, preview };
      return (await call['queue.add']({ ...request, provider: 'cpu' })).ids[0]!;
    },
  };
}

test('a shot becomes a take; the plan before and after tells what is computed and how long', async () => {
  const { call, events, store, takes, add, until, stop } = await start('take');
  const request = { shot: shotOf(), clip, bundle, provider: 'cpu' as const };
  const before = await call['render.plan'](request);
  expect(before).toMatchObject({ frames: 3, cachedFrames: 0, framesToInvert: 3, samplingCalls: 9 });
  expect(before).toMatchObject({ inversionCalls: 9 + 3 });
  // The model is small: some of its calls are timed behind the plan. Within the noise of a busy machine that is what it takes.
  await vi.waitUntil(() => events.some(({ kind }) => kind === 'speeds'), { timeout: 60_000 });
  const { speed, estimatedSeconds } = await call['render.plan'](request);
  expect(speed).toBe('known');
  expect(estimatedSeconds).toBeGreaterThan(0);
  expect(estimatedSeconds).toBeLessThan(60);
  const id = await add(shotOf());
  await until((entries) => isFiled(entries, id));
  const take = events.find((event) => event.kind === 'take')!;
  const path = join(takes, 'Car - 1 1.mov');
  expect(take).toMatchObject({
    project: { name: 'film' },
    label: 'Car / 1',
    take: {
      id,
      shotId: 'shot-1',
      path,
      start: 1,
      end: 4,
      anchor: 2,
      settings: { prompts: { target: 'a red car' } },
    },
  });
  const report = store.get(id).report as TakeReport;
  expect(report.range).toEqual({ start: 1, end: 4 });
  expect(report.inversion.unetCalls + report.inversion.checkUnetCalls).toBe(before.inversionCalls);
  expect(report.sampling.unetCalls).toBe(before.samplingCalls);
  expect(report.take.path).toBe(path);
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

  // Progress came, and not more than ten a second; the entry itself only when it changed state.
  const told = (kind: Events['kind']) => events.filter((event) => event.kind === kind);
  expect(told('progress').length).toBeGreaterThan(1);
  expect(told('progress').length).toBeLessThan(report.seconds.total * 10 + 10);
  const changes = told('queue') as Extract<Events, { kind: 'queue' }>[];
  expect(changes.every(({ changed }) => changed.length <= 1)).toBe(true);
  expect(changes.flatMap(({ changed }) => changed.map((entry) => entry.state)).at(-1)).toBe('done');
  expect(changes.length).toBeLessThan(8);
  await stop();
});

test('takes are numbered past files, deleted takes and jobs that wait', async () => {
  const { call, takes, add, until, stop } = await start('names');
  mkdirSync(join(takes, '.retake-trash', 'abc'), { recursive: true });
  writeFileSync(join(takes, 'car - 1 1.MOV'), 'mine');
  writeFileSync(join(takes, '.retake-trash', 'abc', 'Car - 1 2.mov'), 'deleted');
  await call['queue.pause']({ paused: true });
  const [a, b] = [await add(shotOf()), await add(shotOf())];
  const entries = await until((all) => all.length === 2);
  const outs = [a, b].map((id) => entries.find((entry) => entry.id === id)!.settings.output.path);
  expect(outs).toEqual([join(takes, 'Car - 1 3.mov'), join(takes, 'Car - 1 4.mov')]);
  await stop();
});

test('order, cancel, retry and clear', async () => {
  const { call, events, add, until, stop } = await start('order');
  await call['queue.pause']({ paused: true });
  const [a, b, c] = [await add(shotOf()), await add(shotOf()), await add(shotOf())];
  const told = () =>
    events.flatMap((event) => (event.kind === 'queue' ? event.changed.map(({ id }) => id) : []));
  await expect.poll(told).toEqual([a, b, c]);
  await call['queue.move']({ id: c, before: a });
  // One entry says where it stands now.
  await expect.poll(told).toEqual([a, b, c, c]);
  await call['queue.move']({ id: a, before: null });
  await call['queue.cancel']({ id: b });
  const entries = await until((all) => all.length === 3);
  expect(entries.map((entry) => [entry.id, entry.state])).toEqual([
    [c, 'queued'],
    [b, 'cancelled'],
    [a, 'queued'],
  ]);
  await call['queue.clear'](null);
  await expect(call['queue.retry']({ id: b })).rejects.toMatchObject({ code: 'job-not-found' });
  await call['queue.cancel']({ id: a });
  await call['queue.pause']({ paused: false });
  await until((all) => stateOf(all, c) === 'done');
  expect(stateOf((await call['queue.list'](null)).entries, a)).toBe('cancelled');
  await call['queue.retry']({ id: a });
  const done = await until((all) => stateOf(all, a) === 'done');
  expect(done.every(({ settings }) => existsSync(settings.output.path))).toBe(true);
  await stop();
});

test('paused, stopped and started in another session, a take is the same to the bit', async () => {
  const shot = shotOf({ start: 0, end: 6 }, { steps: 12, sourcePrompt: 'another car' });
  const whole = await start('whole');
  await whole.add(shot);
  await whole.until((all) => all[0]?.state === 'done');
  const expected = await framesOf(whole, 'Car - 1 1.mov');
  await whole.stop();

  const first = await start('pieces');
  const id = await first.add(shot);
  await first.until((all) => all[0]?.phase === 'sample' && all[0].fraction > 0.3);
  await first.call['queue.pause']({ paused: true });
  await first.until((all) => all[0]?.state === 'paused');
  await first.call['queue.pause']({ paused: false });
  await first.until((all) => all[0]?.state === 'running' && all[0].phase === 'sample');
  await first.stop();
  expect(first.events.some((event) => event.kind === 'take')).toBe(false);

  const second = await start('pieces');
  await second.until((all) => stateOf(all, id) === 'done');
  expect(await framesOf(second, 'Car - 1 1.mov')).toEqual(expected);
  await second.stop();
});

async function framesOf({ takes }: Trial, name: string): Promise<readonly string[]> {
  const lines = await ffmpegDoes('-i', join(takes, name), '-vf', 'showinfo', '-f', 'null', '-');
  return lines.flatMap((line) => / checksum:(\S+)/.exec(line)?.[1] ?? []);
}

test('a failing job says why and lets the next one run', async () => {
  const { call, add, until, stop, project, takes } = await start('failing');
  const passing = { ...clip, path: folder.at('passing.mp4') };
  copyFileSync(clip.path, passing.path);
  await call['queue.pause']({ paused: true });
  const request = { project, bundle, provider: 'cpu' as const, takesFolder: takes, preview: false };
  const [bad] = (await call['queue.add']({ ...request, shots: [{ shot: shotOf(), clip: passing }] })).ids;
  rmSync(passing.path);
  const good = await add(shotOf());
  await call['queue.pause']({ paused: false });
  const entries = await until((all) => stateOf(all, good) === 'done');
  expect(entries.find(({ id }) => id === bad)).toMatchObject({
    state: 'failed',
    error: expect.stringMatching(/passing\.mp4/),
    hint: expect.stringMatching(/\w/),
  });
  await expect(add(shotOf({}, { prompt: '' }))).rejects.toMatchObject({ code: 'usage' });
  await call['queue.clear'](null);
  await stop();
});

test('several shots are added together or not at all, and a refusal names the shot', async () => {
  const { call, takes, store, stop } = await start('together');
  const project = (await call['project.open']({ path: join(folder.at('together'), 'film.retake') })).id;
  await call['queue.pause']({ paused: true });
  const add = (...shots: Shot[]) =>
    call['queue.add']({
      project,
      shots: shots.map((shot) => ({ shot, clip })),
      bundle,
      provider: 'cpu',
      takesFolder: takes,
      preview: false,
    });
  const named = (n: number, settings: object = {}) => shotOf({ id: `s${n}`, name: `Shot ${n}` }, settings);
  const empty = add(named(1), named(2), named(3, { prompt: ' ' }), named(4));
  await expect(empty).rejects.toMatchObject({ code: 'usage', doing: 'Shot 3' });
  const unknown = add(named(1), named(2, { method: 'nosuch' }));
  await expect(unknown).rejects.toMatchObject({ code: 'usage', doing: 'Shot 2' });
  expect((await call['queue.list'](null)).entries).toEqual([]);
  expect(existsSync(takes)).toBe(false);
  // Two calls at once do not promise one name twice, whichever of them is served first.
  const [a, b] = await Promise.all([add(named(1), named(1)), add(named(1), named(2))]);
  const promised = [...a.ids, ...b.ids].map((id) => basename(store.get(id).settings.output.path));
  expect(promised.at(-1)).toBe('Shot 2 1.mov');
  expect(promised.sort()).toEqual(['Shot 1 1.mov', 'Shot 1 2.mov', 'Shot 1 3.mov', 'Shot 2 1.mov']);
  await expect(
    call['queue.add']({
      project: 'other',
      shots: [],
      bundle,
      provider: 'cpu',
      takesFolder: takes,
      preview: false,
    }),
  ).rejects.toMatchObject({ code: 'usage' });
  await stop();
});

test('what cannot become a take is refused when it is added: another film, frames it has not, a place that takes none', async () => {
  const { call, takes, project, stop } = await start('early');
  const changed = { ...clip, path: folder.at('changed.mp4') };
  copyFileSync(clip.path, changed.path);
  appendFileSync(changed.path, 'other');
  const file = folder.at('a file');
  writeFileSync(file, '');
  const add = (shot: Shot, more: { clip?: ClipRef; takesFolder?: string; preview?: boolean } = {}) =>
    call['queue.add']({
      project,
      shots: [
        { shot: shotOf({ id: 'fine', name: 'Fine' }), clip },
        { shot, clip: more.clip ?? clip },
      ],
      bundle,
      provider: 'cpu',
      takesFolder: more.takesFolder ?? takes,
      preview: more.preview ?? false,
    });
  const shot = shotOf({ name: 'Late' });
  for (const preview of [false, true])
    await expect(add(shot, { clip: changed, preview })).rejects.toMatchObject({
      code: 'clip-changed',
      doing: 'Late',
    });
  await expect(add({ ...shot, end: 99 })).rejects.toMatchObject({
    code: 'usage',
    doing: 'Late',
    hint: 'The clip has frames 0 to 5.',
  });
  expect(existsSync(takes)).toBe(false);
  await expect(add(shot, { takesFolder: join(file, 'takes') })).rejects.toMatchObject({
    code: 'output-unwritable',
  });
  expect((await call['queue.list'](null)).entries).toEqual([]);
  await call['queue.pause']({ paused: true });
  await add(shot);
  // The rehearsal leaves nothing behind.
  expect(readdirSync(takes)).toEqual([]);
  await stop();
});

test('a frame to look at goes first, leaves no file, and the interrupted job ends as it should', async () => {
  const { call, events, takes, add, until, stop } = await start('preview');
  const job = await add(shotOf({ start: 0, end: 6 }, { steps: 20 }));
  await until((all) => stateOf(all, job) === 'running' && all[0]!.fraction > 0);
  const look = await add(shotOf({ name: 'Look' }), true);
  await until((all) => stateOf(all, look) === 'done');
  expect(stateOf((await call['queue.list'](null)).entries, job)).not.toBe('done');
  const shown = events.find((event) => event.kind === 'preview-frame' && event.jobId === look);
  expect(shown).toMatchObject({ shotId: 'shot-1', frame: 2, step: 3, width: 51, height: 20 });
  const { pixels } = shown as Extract<Events, { kind: 'preview-frame' }>;
  expect(pixels.length).toBe(51 * 20 * 4);
  expect(new Set(pixels).size).toBeGreaterThan(3);
  await until((all) => stateOf(all, job) === 'done');
  expect(existsSync(join(takes, 'Look 1.mov'))).toBe(false);
  expect(existsSync(join(takes, 'Car - 1 1.mov'))).toBe(true);
  // Looked at again it is the same picture; after a take of these settings it is that of the take.
  const pictureOf = async (shot: Shot) => {
    const id = await add(shot, true);
    await until((all) => stateOf(all, id) === 'done');
    const event = events.find((one) => one.kind === 'preview-frame' && one.jobId === id);
    return (event as Extract<Events, { kind: 'preview-frame' }>).pixels;
  };
  expect(await pictureOf(shotOf({ name: 'Look' }))).toEqual(pixels);
  const joint = shotOf({ name: 'Joint', start: 0, end: 6 }, { method: 'two-stages' });
  const alone = await pictureOf(joint);
  const take = await add(joint);
  await until((all) => stateOf(all, take) === 'done');
  expect(await pictureOf(joint)).not.toEqual(alone);
  await stop();
});

test('any frames of a shot are looked at in one go, in their order, and each is kept', async () => {
  const { call, events, project, takes: takesFolder, until, stop } = await start('looks');
  const shot = shotOf({ anchors: [1, 2] });
  const look = async (frames: readonly number[]) => {
    const shots = frames.map((frame) => ({ shot, clip, look: frame }));
    const request = { project, shots, bundle, provider: 'cpu' as const, takesFolder, preview: true };
    const { ids } = await call['queue.add'](request);
    await until((all) => ids.every((id) => stateOf(all, id) === 'done'));
    return events.flatMap((event) => {
      const isOurs = event.kind === 'preview-frame' && ids.includes(event.jobId) && event.step === 3;
      return isOurs ? [event] : [];
    });
  };
  const shown = await look([1, 2, 3]);
  expect(shown.map(({ frame }) => frame)).toEqual([1, 2, 3]);
  expect(shown[0]!.pixels).not.toEqual(shown[1]!.pixels);
  const opened = () => events.filter((event) => event.kind === 'progress').length;
  const before = opened();
  expect((await look([3, 1])).map(({ pixels }) => pixels)).toEqual([shown[2]!.pixels, shown[0]!.pixels]);
  expect(opened()).toBe(before);
  await expect(look([4])).rejects.toMatchObject({ code: 'usage', hint: 'It has frames 1 to 3.' });
  await stop();
});

test('a part of a shot becomes a take that says which frames it has', async () => {
  const { call, events, project, takes: takesFolder, until, stop } = await start('part');
  const shot = shotOf({ start: 0, end: 6, anchors: [0, 4], leadAnchor: 0 });
  const shots = [{ shot, clip, part: { start: 3, end: 5 } }];
  const request = { project, shots, bundle, provider: 'cpu' as const, takesFolder, preview: false };
  const [id] = (await call['queue.add'](request)).ids;
  const [entry] = (await call['queue.list'](null)).entries;
  expect(entry).toMatchObject({ label: 'Car / 1, frames 3–4' });
  await until((all) => isFiled(all, id!));
  const take = events.find((event) => event.kind === 'take')!;
  expect(take).toMatchObject({ take: { shotId: 'shot-1', start: 3, end: 5, anchor: 4 } });
  expect((await probeClip((take as Extract<Events, { kind: 'take' }>).take.path)).frames).toBe(2);
  await stop();
});

test('a frame to look at shows where the edit is let in, where something is kept', async () => {
  const { call, events, add, until, stop } = await start('preview-keep');
  for (const [name, keep] of [
    ['Kept', 0.5],
    ['Free', 0],
  ] as const) {
    const look = await add(shotOf({ name }, { keep }), true);
    await until((all) => stateOf(all, look) === 'done');
    const shown = events.find((event) => event.kind === 'preview-frame' && event.jobId === look);
    const { edit, width, height } = shown as Extract<Events, { kind: 'preview-frame' }>;
    if (keep === 0) expect(edit).toBeNull();
    else {
      expect(edit).toHaveLength(width * height);
      expect(Math.max(...edit!)).toBeGreaterThan(Math.min(...edit!));
    }
  }
  expect((await call['queue.list'](null)).entries.length).toBeGreaterThan(0);
  await stop();
});

test('the watched frame is shown while it renders', async () => {
  const { call, events, add, until, stop } = await start('watch');
  await call['queue.pause']({ paused: true });
  const id = await add(shotOf({}, { steps: 30 }));
  await call['queue.watch']({ id, frame: 3 });
  await call['queue.pause']({ paused: false });
  await until((all) => stateOf(all, id) === 'done');
  const shown = events.filter((event) => event.kind === 'preview-frame');
  expect(shown.length).toBeGreaterThan(0);
  expect(shown.every((event) => event.jobId === id && event.frame === 3)).toBe(true);
  await stop();
});

test('closing the project stops the render, which goes on when the queue is asked for again', async () => {
  const { call, events, add, until, stop } = await start('closing');
  const id = await add(shotOf({}, { steps: 40 }));
  await until((all) => all[0]?.phase === 'sample');
  await call['project.close'](null);
  expect(events.some((event) => event.kind === 'take')).toBe(false);
  await until((all) => isFiled(all, id));
  expect(events.filter((event) => event.kind === 'take')).toHaveLength(1);
  await stop();
});

test('a job that took its process down twice is not started a third time', async () => {
  const first = await start('deadly');
  await first.call['queue.pause']({ paused: true });
  const id = await first.add(shotOf());
  await first.stop();
  const paths = prepareDataDirectory(folder.at('deadly'));
  const store = openJobStore(paths.queue, { dir: paths.jobs, onWarning: () => {} });
  store.attempt((db) => db.prepare('UPDATE jobs SET deaths = 2').run());
  store.attempt((db) => db.prepare('UPDATE queue_state SET paused = 0').run());
  store.move(id, 'running');
  store.close();
  const second = await start('deadly');
  const [entry] = await second.until((all) => all.length === 1);
  expect(entry).toMatchObject({ id, state: 'failed', error: expect.stringMatching(/stopped twice/) });
  await second.call['queue.retry']({ id });
  await second.until((all) => stateOf(all, id) === 'done');
  await second.stop();
});
