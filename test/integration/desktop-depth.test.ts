/** Depth models on the desktop, which has no depth clips: they estimate, or they are refused before anything is queued. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import type { ClipRef, Shot } from '../../src/common/project/document.ts';
import { Library } from '../../src/main/engine/library/library.ts';
import { counter, ffmpegDoes, H264, tempFolder } from '../helpers/clips.ts';
import { startDesk } from '../helpers/desk.ts';
import { shotWith } from '../helpers/job-settings.ts';
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
  settings: shotWith({ sourcePrompt: 'a car', prompt: 'a red car', steps: 2 }),
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
  const desk = startDesk(folder.at('data'));
  const { call, events } = desk;
  const { id: project } = await call['project.create']({ path: folder.at('film.retake'), name: 'film' });
  const request = { shot, clip, bundle, provider: 'cpu' as const };
  try {
    expect(await call['render.plan'](request)).toMatchObject({ cachedFrames: 0, framesToInvert: 3 });
    const shots = [{ shot, clip }];
    const more = { bundle, provider: 'cpu' as const, takesFolder: desk.takes, preview: false };
    const { ids } = await call['queue.add']({ project, shots, ...more });
    await desk.until(() => events.some(({ kind }) => kind === 'take'));
    expect(desk.store.get(ids[0]!)).toMatchObject({
      state: 'done',
      report: { structure: { source: 'estimator' }, inversion: { computed: 3 } },
    });
    expect(await call['render.plan'](request)).toMatchObject({ cachedFrames: 3, framesToInvert: 0 });

    await writeTinyDepth(bundle, { graph: negativeDepthGraph() });
    expect(await call['render.plan'](request)).toMatchObject({ cachedFrames: 0, framesToInvert: 3 });

    rmSync(join(bundle, 'depth_estimator'), { recursive: true });
    const refusal = { code: 'usage', message: /cannot estimate it/, hint: /depth_estimator\/model\.onnx/ };
    await expect(call['render.plan'](request)).rejects.toMatchObject(refusal);
    const noised = { ...shot, settings: { ...shot.settings, method: { id: 'sdedit', params: {} } } };
    await expect(call['render.plan']({ ...request, shot: noised })).rejects.toMatchObject(refusal);
  } finally {
    await desk.stop();
  }
});

test('the list of models names the problem, and no longer once the estimator is there', async () => {
  const dir = await writeTinyBundle(folder.at('bare'), { kind: 'depth' });
  const library = new Library({ file: folder.at('bundles.json'), builtIn: [] });
  const [bare] = await library.add(dir);
  expect(bare).toMatchObject({ what: 'Stable Diffusion with depth', isDefault: false });
  expect(bare!.problems).toEqual([expect.stringContaining('no estimator')]);
  await writeTinyDepth(dir);
  expect(await library.list()).toMatchObject([{ problems: [], isDefault: true }]);
});
