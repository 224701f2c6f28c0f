/** The forecast before anything was rendered: small networks are timed, large ones and busy machines are left alone. */
import { cpSync, readdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
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

function planner(isBusy: () => boolean) {
  const dir = folder.at('.');
  const store = openJobStore(folder.at(`queue-${stores++}.sqlite`), { dir, onWarning: () => {} });
  const plan = createPlanner({
    cache: null,
    store,
    probe: rememberingProbe(),
    facts: rememberingFacts(undefined),
    dir,
    isBusy,
  });
  return { plan, close: () => store.close() };
}

test('a small network is timed once, and nothing is written', async () => {
  const before = readdirSync(folder.at('.'));
  const work = await timeCalls(settings(small), { cache: null, dir: folder.at('.') });
  for (const seconds of Object.values(work!)) expect(seconds).toBeGreaterThan(0);
  expect(readdirSync(folder.at('.'))).toEqual(before);
  const { plan, close } = planner(() => false);
  const first = await plan(settings(small));
  const again = await plan(settings(small));
  expect(first.estimatedSeconds).toBeGreaterThan(0);
  expect(again.estimatedSeconds).toBe(first.estimatedSeconds);
  // Half the frames take less, and another method has a time too.
  const half = await plan(settings(small, { range: { start: 0, end: 2 } }));
  expect(half.estimatedSeconds).toBeLessThan(first.estimatedSeconds!);
  expect((await plan(settings(small, { method: 'sdedit' }))).estimatedSeconds).toBeGreaterThan(0);
  close();
});

test('a large one is not loaded unasked, nor any beside a render', async () => {
  expect(await isSmall(small)).toBe(true);
  expect(await isSmall(large)).toBe(false);
  const idle = planner(() => false);
  expect((await idle.plan(settings(large))).estimatedSeconds).toBeNull();
  idle.close();
  const busy = planner(() => true);
  expect((await busy.plan(settings(small))).estimatedSeconds).toBeNull();
  busy.close();
});

test('a request that cannot be met is left to its render', async () => {
  const missing = settings(small, { clip: folder.at('gone.mp4') });
  expect(await timeCalls(missing, { cache: null, dir: folder.at('.') })).toBeNull();
});
