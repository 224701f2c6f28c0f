/** Depth models on the desktop, which has no depth clips: they estimate, or they are refused before anything is queued. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import type { DesktopEvent } from '../../src/common/contract/events.ts';
import { type ClipRef, type Shot, shotSettings } from '../../src/common/project/document.ts';
import { BundleManager } from '../../src/main/engine/bundles/manager.ts';
import { openLatentCache } from '../../src/main/engine/cache/latents.ts';
import { prepareDataDirectory } from '../../src/main/engine/cache/location.ts';
import { createDesktop } from '../../src/main/engine/desktop/handlers.ts';
import { createJobRunner } from '../../src/main/engine/jobs.ts';
import { openJobStore } from '../../src/main/engine/queue/store.ts';
import { counter, ffmpegDoes, H264, tempFolder } from '../helpers/clips.ts';
import { clipRefOf } from '../helpers/project.ts';
import { writeTinyBundle } from '../helpers/tiny-bundle.ts';
import { negativeDepthGraph, writeTinyDepth } from '../helpers/tiny-depth.ts';

const folder = tempFolder();
const bundle = folder.at('tiny');
let clip: ClipRef;
const shot: Shot = {
  kind: 'shot',
  id: 'shot-1',
  name: 'Car',
  clipId: 'clip-1',
  start: 1,
  end: 4,
  anchors: [2],
  leadAnchor: 2,
  settings: shotSettings.parse({ sourcePrompt: 'a car', prompt: 'a red car', steps: 2 }),
  takeId: null,
};

beforeAll(async () => {
  await writeTinyBundle(bundle, { kind: 'depth', depth: {} });
  const path = folder.at('clip.mp4');
  await ffmpegDoes(...counter('24', 6), ...H264, path);
  clip = await clipRefOf(path, { frames: 6, width: 160, height: 64 });
  return () => folder[Symbol.dispose]();
});

test('a depth model renders; the plan then knows what is inverted, until the estimator changes', async () => {
  const paths = prepareDataDirectory(folder.at('data'));
  const onWarning = () => {};
  const cache = openLatentCache(paths.cache, { limitBytes: 1e8, onWarning });
  const store = openJobStore(paths.queue, { dir: paths.jobs, onWarning });
  const takes: DesktopEvent[] = [];
  const runner = createJobRunner({ store, cache, dir: paths.jobs, emit: (event) => desktop.observe(event) });
  let ended = () => {};
  const rendered = new Promise<void>((resolve) => {
    ended = resolve;
  });
  const desktop = createDesktop({
    paths,
    cache,
    store,
    runner,
    emit(event) {
      if (event.kind !== 'take') return;
      takes.push(event);
      ended();
    },
  });
  const call = desktop.handlers;
  const request = { shot, clip, bundle, provider: 'cpu' as const };
  try {
    expect(await call['render.plan'](request)).toMatchObject({ cachedFrames: 0, framesToInvert: 3 });
    await call['queue.add']({ ...request, takesFolder: join(paths.dir, 'takes'), preview: false });
    await rendered;
    expect(takes[0]).toMatchObject({
      entry: { state: 'done' },
      report: { structure: { source: 'estimator' }, inversion: { computed: 3 } },
    });
    expect(await call['render.plan'](request)).toMatchObject({ cachedFrames: 3, framesToInvert: 0 });

    await writeTinyDepth(bundle, { graph: negativeDepthGraph() });
    expect(await call['render.plan'](request)).toMatchObject({ cachedFrames: 0, framesToInvert: 3 });

    rmSync(join(bundle, 'depth_estimator'), { recursive: true });
    const refusal = { code: 'usage', message: /cannot estimate it/, hint: /depth_estimator\/model\.onnx/ };
    await expect(call['render.plan'](request)).rejects.toMatchObject(refusal);
    const noised = { ...shot, settings: { ...shot.settings, method: 'sdedit' } };
    await expect(call['render.plan']({ ...request, shot: noised })).rejects.toMatchObject(refusal);
  } finally {
    await desktop.stop();
    cache.close();
    store.close();
  }
});

test('the list of models names the problem, and no longer once the estimator is there', async () => {
  const dir = await writeTinyBundle(folder.at('bare'), { kind: 'depth' });
  const bundles = new BundleManager(folder.at('bundles.json'), []);
  const [bare] = await bundles.add(dir);
  expect(bare).toMatchObject({ kind: 'sd-depth', isDefault: false });
  expect(bare!.problems).toEqual([expect.stringContaining('no estimator')]);
  await writeTinyDepth(dir);
  expect(await bundles.list()).toMatchObject([{ problems: [], isDefault: true }]);
});
