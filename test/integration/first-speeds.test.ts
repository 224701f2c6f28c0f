/** The forecast before anything was rendered: small networks are timed behind a plan, large ones when asked, none beside a render. */
import { cpSync, readdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test, vi } from 'vitest';
import { AppError, Cancelled } from '../../src/common/errors.ts';
import { rememberingProbe } from '../../src/main/engine/media/remembering-probe.ts';
import { rememberingFacts } from '../../src/main/engine/models/facts.ts';
import { isSmall, timeCalls } from '../../src/main/engine/queue/first-speeds.ts';
import { createPlanner } from '../../src/main/engine/queue/plan.ts';
import { openJobStore } from '../../src/main/engine/queue/store.ts';
import { counter, ffmpegDoes, H264, tempFolder } from '../helpers/clips.ts';
import { settingsWith } from '../helpers/job-settings.ts';
import { writeTinyBundle } from '../helpers/tiny-bundle.ts';

const folder = tempFolder();
const small = folder.at('small');
const large = folder.at('large');
const clip = folder.at('clip.mp4');
let stores = 0;

beforeAll(async () => {
  await writeTinyBundle(small);
  cpSync(small, large, { recursive: true });
  writeFileSync(join(large, 'unet', 'more.onnx_data'), '');
  truncateSync(join(large, 'unet', 'more.onnx_data'), 300 * 2 ** 20);
  await ffmpegDoes(...counter('24', 4), ...H264, clip);
  return () => folder[Symbol.dispose]();
});

const probe = rememberingProbe();

const settings = (bundle: string, more: object = {}) =>
  settingsWith({
    clip,
    bundle,
    out: folder.at('take.mov'),
    sourcePrompt: 'a car',
    prompt: 'a red car',
    steps: 3,
    provider: 'cpu',
    ...more,
  });

function planner(isBusy: () => boolean, onMeasured?: () => void) {
  const dir = folder.at('.');
  const store = openJobStore(folder.at(`queue-${stores++}.sqlite`), { dir, onWarning: () => {} });
  const plan = createPlanner({
    cache: null,
    store,
    probe,
    facts: rememberingFacts(undefined),
    dir,
    isBusy,
    ...(onMeasured && { onMeasured }),
  });
  return { plan, close: () => store.close() };
}

test('a small network is timed behind its first plan, once, and nothing is written', async () => {
  const before = readdirSync(folder.at('.'));
  const work = await timeCalls(settings(small), { cache: null, probe, dir: folder.at('.') });
  for (const seconds of Object.values(work)) expect(seconds).toBeGreaterThan(0);
  expect(readdirSync(folder.at('.'))).toEqual(before);
  const measured = Promise.withResolvers<void>();
  let times = 0;
  const { plan, close } = planner(
    () => false,
    () => {
      times += 1;
      measured.resolve();
    },
  );
  // Nobody waits for it.
  expect(await plan(settings(small))).toMatchObject({ speed: 'coming', estimatedSeconds: null });
  await measured.promise;
  const first = await plan(settings(small));
  const again = await plan(settings(small));
  expect(first).toMatchObject({ speed: 'known' });
  expect(first.estimatedSeconds).toBeGreaterThan(0);
  expect(again.estimatedSeconds).toBe(first.estimatedSeconds);
  // Half the frames take less, and another method has a time too.
  const half = await plan(settings(small, { range: { start: 0, end: 2 } }));
  expect(half.estimatedSeconds).toBeLessThan(first.estimatedSeconds!);
  expect((await plan(settings(small, { method: 'sdedit' }))).estimatedSeconds).toBeGreaterThan(0);
  expect(times).toBe(1);
  close();
});

test('a render that begins meanwhile is not measured beside, and the next plan tries again', async () => {
  let busy = false;
  const measured = Promise.withResolvers<void>();
  const { plan, close } = planner(() => busy, measured.resolve);
  expect(await plan(settings(small))).toMatchObject({ speed: 'coming' });
  busy = true;
  expect(await plan(settings(small))).toMatchObject({ speed: 'later', estimatedSeconds: null });
  await expect(plan(settings(small), new AbortController().signal)).rejects.toMatchObject({
    message: 'something renders just now',
  });
  // The first one has given up by the time that its networks are open.
  await expect(
    timeCalls(settings(small), { cache: null, probe, dir: folder.at('.'), isBusy: () => busy }),
  ).rejects.toThrow(Cancelled);
  busy = false;
  await vi.waitUntil(async () => (await plan(settings(small))).speed === 'known', {
    timeout: 60_000,
    interval: 50,
  });
  await measured.promise;
  close();
});

test('a large one is measured when it is asked for, none beside a render', async () => {
  expect(await isSmall(small)).toBe(true);
  expect(await isSmall(large)).toBe(false);
  const idle = planner(() => false);
  expect(await idle.plan(settings(large))).toMatchObject({ speed: 'on-asking', estimatedSeconds: null });
  // The artist asks, and gives up; then asks again.
  const giveUp = new AbortController();
  giveUp.abort();
  await expect(idle.plan(settings(large), giveUp.signal)).rejects.toThrow(Cancelled);
  const asked = await idle.plan(settings(large), new AbortController().signal);
  expect(asked).toMatchObject({ speed: 'known' });
  expect(asked.estimatedSeconds).toBeGreaterThan(0);
  // At another size it is told from this one until it is measured there: more pixels, more time.
  const larger = await idle.plan(settings(large, { size: 128 }));
  expect(larger.speed).toBe('on-asking');
  expect(larger.estimatedSeconds).toBeGreaterThan(asked.estimatedSeconds!);
  idle.close();
  const busy = planner(() => true);
  expect((await busy.plan(settings(small))).estimatedSeconds).toBeNull();
  busy.close();
});

test('a request that cannot be met is left to its render', async () => {
  const missing = settings(small, { clip: folder.at('gone.mp4') });
  await expect(timeCalls(missing, { cache: null, probe, dir: folder.at('.') })).rejects.toThrow(AppError);
});
