/** A model is tried on three frames: measured, shown beside the clip, kept for its entry; refused early, given up, and in nobody's way. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import type { ClipRef, Shot } from '../../src/common/project/document.ts';
import { Trials } from '../../src/main/engine/library/trials.ts';
import { trialFrames } from '../../src/main/engine/queue/trial.ts';
import { counter, ffmpegDoes, H264, tempFolder } from '../helpers/clips.ts';
import { isFiled, startDesk, stateOf } from '../helpers/desk.ts';
import { shotWith } from '../helpers/job-settings.ts';
import { clipRefOf } from '../helpers/project.ts';
import { writeTinyBundle } from '../helpers/tiny-bundle.ts';

const folder = tempFolder();
const bundle = folder.at('tiny');
let clip: ClipRef;

beforeAll(async () => {
  await writeTinyBundle(bundle);
  await ffmpegDoes(...counter('24', 8), ...H264, folder.at('clip.mp4'));
  clip = await clipRefOf(folder.at('clip.mp4'), { frames: 8, width: 160, height: 64 });
  return () => folder[Symbol.dispose]();
});
afterEach(() => vi.unstubAllEnvs());

const shotOf = (settings: object = {}): Shot => ({
  ...{
    kind: 'shot',
    id: 'shot-1',
    name: 'Car',
    clipId: clip.id,
    start: 0,
    end: 8,
    anchors: [4],
    leadAnchor: 4,
  },
  settings: shotWith({ sourcePrompt: 'a car', prompt: 'a red car', steps: 3, refinement: 0, ...settings }),
  takeId: null,
});
const asked = (settings: object = {}) => ({ shot: shotOf(settings), clip, bundle, provider: 'cpu' as const });

async function open(name: string) {
  const desk = startDesk(folder.at(name));
  const path = join(folder.at(name), 'film.retake');
  const { id: project } = await desk.call['project.create']({ path, name: 'film' });
  await desk.call['library.add']({ path: bundle });
  return { ...desk, project };
}

test('three frames around the lead anchor', () => {
  expect(trialFrames({ start: 0, end: 8, leadAnchor: 4 })).toEqual({ start: 3, end: 6 });
  expect(trialFrames({ start: 0, end: 8, leadAnchor: 7 })).toEqual({ start: 5, end: 8 });
  expect(trialFrames({ start: 2, end: 8, leadAnchor: 2 })).toEqual({ start: 2, end: 5 });
  expect(trialFrames({ start: 2, end: 4, leadAnchor: 3 })).toEqual({ start: 2, end: 4 });
});

test('it is measured, kept for its entry, and a render that waited goes on to the same end', async () => {
  const { call, events, project, takes, until, stop } = await open('tried');
  const request = { project, bundle, provider: 'cpu' as const, takesFolder: takes, preview: false };
  const [job] = (await call['queue.add']({ ...request, shots: [{ shot: shotOf({ steps: 30 }), clip }] })).ids;
  await until((all) => stateOf(all, job!) === 'running');
  expect((await call['render.plan'](asked())).speed).toBe('later');
  const { trial, pictures } = await call['model.try'](asked());
  expect(stateOf((await call['queue.list'](null)).entries, job!)).not.toBe('done');
  expect(trial).toMatchObject({ frames: 3, steps: 3, width: 56, provider: 'cpu' });
  expect(trial.secondsPerFrame).toBeGreaterThan(0);
  expect(trial.openSeconds).toBeGreaterThan(0);
  // Of this whole process: where the system tells, it is more than the engine alone.
  if (trial.peakBytes !== null) expect(trial.peakBytes).toBeGreaterThan(50e6);
  expect(trial.foretoldBytes).toBeGreaterThan(50e6);
  expect(pictures.map(({ frame }) => frame)).toEqual([3, 4, 5]);
  for (const { clip: before, made } of pictures) {
    expect(before.pixels).toHaveLength(before.width * before.height * 4);
    expect(made.pixels).toHaveLength(made.width * made.height * 4);
    expect(new Set(made.pixels).size).toBeGreaterThan(3);
  }
  expect(events.filter(({ kind }) => kind === 'trial').length).toBeGreaterThan(3);
  const entry = (await call['library.list']({ kind: 'model', settled: false })).find(
    ({ path }) => path === bundle,
  );
  expect(entry?.trial).toEqual(trial);
  // What it took is what is foretold from now on; nothing of it lies about.
  expect(await call['render.plan'](asked())).toMatchObject({ speed: 'known' });
  await until((all) => isFiled(all, job!));
  expect(readdirSync(takes).filter((name) => name.endsWith('.mov'))).toEqual(['Car 1.mov']);
  expect(existsSync(folder.at('tried/jobs/trial.checkpoint'))).toBe(false);
  await stop();
  const trials = new Trials(folder.at('tried/trials.json'));
  expect(await trials.of(bundle, entry!.bytes)).toEqual(trial);
  // Another model at the same place was not tried.
  expect(await trials.of(bundle, entry!.bytes! + 1)).toBeNull();
});

test('what cannot fit is refused before anything is opened, and a trial is given up between two calls', async () => {
  const { call, events, stop } = await open('refused');
  vi.stubEnv('RETAKE_MEMORY_MB', '100');
  await expect(call['model.try'](asked())).rejects.toMatchObject({
    code: 'usage',
    doing: 'planning the memory',
  });
  expect(events.some(({ kind }) => kind === 'trial')).toBe(false);
  vi.unstubAllEnvs();
  const giveUp = new AbortController();
  const trying = call['model.try'](asked({ steps: 500 }), giveUp.signal);
  const ended = expect(trying).rejects.toMatchObject({ name: 'Cancelled' });
  await vi.waitUntil(() => events.some(({ kind }) => kind === 'trial'), { timeout: 60_000 });
  giveUp.abort();
  await ended;
  // The next one begins at once.
  expect((await call['model.try'](asked())).pictures).toHaveLength(3);
  await stop();
});
