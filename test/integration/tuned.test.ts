/** What a network learns on a shot: kept, gone on with, ended early, and saved as a LoRA that says the same. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Progress } from '../../src/common/contract/jobs.ts';
import { Cancelled } from '../../src/common/errors.ts';
import { kinds } from '../../src/main/engine/artefacts/kinds.ts';
import { ArtefactStore } from '../../src/main/engine/artefacts/store.ts';
import { prepareDataDirectory } from '../../src/main/engine/data-paths.ts';
import { noiseFor } from '../../src/main/engine/diffusion/noise.ts';
import { tunedIn } from '../../src/main/engine/make/tuned.ts';
import { openBundle } from '../../src/main/engine/models/open.ts';
import type { Bundle } from '../../src/main/engine/models/types.ts';
import { CheckpointFile } from '../../src/main/engine/render/checkpoint-file.ts';
import { derive } from '../../src/main/engine/render/derive.ts';
import { prepareShot } from '../../src/main/engine/render/prepare.ts';
import { renderFrame } from '../../src/main/engine/render/preview.ts';
import { render } from '../../src/main/engine/render/render.ts';
import { saveTakeLora } from '../../src/main/engine/render/take-lora.ts';
import { writeReport } from '../../src/main/engine/report-file.ts';
import { makeWorld, movingClip, type World } from '../helpers/cli.ts';
import { startDesk } from '../helpers/desk.ts';
import { settingsWith } from '../helpers/job-settings.ts';
import { largestDifference } from '../helpers/onnx.ts';
import { contextWith } from '../helpers/prepared.ts';
import { tempFolder } from '../helpers/temp-folder.ts';

let world: World;
let clip: string;

beforeAll(async () => {
  world = await makeWorld();
  clip = await movingClip(join(world.dir, 'clip.mov'), { size: '64x64', frames: 3, sound: false });
});
afterAll(() => world[Symbol.dispose]());

function settingsOf(params: object, more: object = {}) {
  return settingsWith({
    ...{ clip, bundle: world.bundle, out: join(tempFolder(), 'take.mov'), provider: 'cpu', size: 64 },
    ...{ sourcePrompt: 'a red car', prompt: 'a white swan', steps: 2, refinement: 0, anchor: 1 },
    ...{ method: 'tune-a-video', params: { learnSteps: 6, learnRate: 0.01, ...params }, ...more },
  });
}

const openStore = () =>
  new ArtefactStore(join(tempFolder(), 'cache.sqlite'), { limitBytes: 1e9, onWarning: expect.unreachable });

/** Up to what is sampled. @param stopAfter step of learning after which it is given up */
async function derived(
  settings: ReturnType<typeof settingsOf>,
  store: ArtefactStore,
  { stopAfter = 0, enoughAfter = 0 } = {},
) {
  const abort = new AbortController();
  const heard: Progress[] = [];
  const steps = () => heard.filter(({ loss }) => loss !== undefined).length;
  const context = {
    ...contextWith({
      ...{ dir: tempFolder(), store, signal: abort.signal },
      onProgress(progress) {
        heard.push(progress);
        if (steps() === stopAfter) abort.abort();
      },
    }),
    isEnough: () => steps() === enoughAfter,
  };
  await using shot = await prepareShot(settings, context, false);
  return { ...(await derive(shot, context)), heard, warnings: context.warnings };
}

describe('what is learnt', () => {
  it('is told step by step, kept, and found again whatever the prompt; another source prompt learns anew', async () => {
    using store = disposable(openStore());
    const first = await derived(settingsOf({}), store.of);
    const losses = first.heard.flatMap(({ loss, phase }) => (phase === 'learn' ? (loss ?? []) : []));
    expect(first.tuned).toMatchObject({ made: true, losses: losses.map(Math.fround) });
    expect(losses).toHaveLength(6);
    expect(first.counts).toMatchObject({ calls: { learn: 6 }, kinds: { tuned: { made: 1, found: 0 } } });
    const again = await derived(settingsOf({}, { prompt: 'a blue car', seed: 7 }), store.of);
    expect(again.tuned).toEqual({ ...first.tuned, made: false });
    expect(again.counts).toMatchObject({ calls: { learn: 0, invert: 0 } });
    const other = await derived(settingsOf({}, { sourcePrompt: 'a green car' }), store.of);
    expect(other.tuned).toMatchObject({ made: true });
    expect(other.tuned!.key).not.toBe(first.tuned!.key);
  });

  it('goes on to the same bits where it was given up', async () => {
    const settings = settingsOf({ rank: 0 });
    using whole = disposable(openStore());
    using stopped = disposable(openStore());
    const { tuned, inverted } = await derived(settings, whole.of);
    await expect(derived(settings, stopped.of, { stopAfter: 3 })).rejects.toBeInstanceOf(Cancelled);
    const resumed = await derived(settings, stopped.of);
    expect(resumed.counts.calls.learn).toBe(3);
    expect(resumed.tuned).toEqual(tuned);
    // Its curve begins with what was learnt before.
    const curves = resumed.heard.flatMap(({ learning }) => learning ?? []);
    expect(curves.map(({ taken, steps }) => `${taken}/${steps}`)).toEqual(['4/6', '5/6', '6/6']);
    expect(curves.at(-1)!.points.map(Math.fround)).toEqual(tuned!.losses);
    expect(resumed.inverted).toEqual(inverted);
    const kept = (store: ArtefactStore) => store.get(kinds.tuned, tuned!.key)!.value;
    expect(kept(stopped.of)).toEqual(kept(whole.of));
  });

  it('is taken as it is where the artist has enough, which another render finds as well', async () => {
    using store = disposable(openStore());
    const { tuned, warnings } = await derived(settingsOf({}), store.of, { enoughAfter: 2 });
    expect(tuned!.losses).toHaveLength(2);
    expect(warnings).toContain('learning was stopped after 2 of 6 steps; what was learnt by then is kept');
    expect((await derived(settingsOf({}), store.of)).tuned).toEqual({ ...tuned, made: false });
  });

  it('is that of the whole shot for one frame that is looked at', async () => {
    using store = disposable(openStore());
    await derived(settingsOf({}), store.of);
    const heard: Progress[] = [];
    const onProgress = (progress: Progress) => heard.push(progress);
    await renderFrame(settingsOf({}), contextWith({ dir: tempFolder(), store: store.of, onProgress }));
    expect(heard.length).toBeGreaterThan(0);
    expect(heard.filter(({ loss }) => loss !== undefined)).toEqual([]);
  });

  it('is told from what was learnt for longer where a frame is looked at again', async () => {
    using store = disposable(openStore());
    const look = async () => {
      const heard: Progress[] = [];
      const onProgress = (progress: Progress) => heard.push(progress);
      const seen = await renderFrame(
        settingsOf({}),
        contextWith({ dir: tempFolder(), store: store.of, onProgress }),
      );
      return { seen, isSampled: heard.some(({ phase, done }) => phase === 'sample' && done > 0) };
    };
    const { tuned } = await derived(settingsOf({}), store.of, { enoughAfter: 2 });
    const early = await look();
    expect(await look()).toEqual({ ...early, isSampled: false });
    store.of.drop(tuned!.key);
    const whole = await look();
    expect(whole.isSampled).toBe(true);
    expect(largestDifference(whole.seen.picture, early.seen.picture)).toBeGreaterThan(0.01);
  });

  it('is whole where an attempt before was told that it is enough, and was cancelled before it heard', async () => {
    const dir = tempFolder();
    const desk = startDesk(dir);
    try {
      const job = desk.store.create(settingsOf({}));
      await new CheckpointFile(prepareDataDirectory(dir).jobs, job.id).sayEnough();
      const outcome = await desk.supervisor.start(job);
      expect(outcome).toMatchObject({ kind: 'take', report: { tuned: { losses: { length: 6 } } } });
    } finally {
      await desk.stop();
    }
  });
});

describe('what was learnt, saved as a LoRA', () => {
  it.each([{ rank: 2 }, { rank: 0 }])('says the same when it is loaded: %o', async ({ rank }) => {
    using store = disposable(openStore());
    const report = await render(settingsOf({ rank }), contextWith({ dir: tempFolder(), store: store.of }));
    await writeReport(report);
    const out = join(tempFolder(), 'car.safetensors');
    const take = report.take.path;
    const saved = await saveTakeLora({ take, out }, store.of);
    const { weights } = tunedIn(store.of.get(kinds.tuned, report.tuned!.key)!.value);
    expect(saved).toMatchObject({
      path: out,
      layers: weights.size / (rank === 0 ? 1 : 2),
      whole: rank === 0,
    });
    await expect(saveTakeLora({ take, out }, store.of)).rejects.toMatchObject({ code: 'output-unwritable' });
    expect(await saveTakeLora({ take, out, replace: true }, store.of)).toEqual(saved);
    const common = { sites: 'all', provider: 'cpu' } as const;
    await using plain = await openBundle(world.bundle, common).then(closing);
    await using tuned = await openBundle(world.bundle, { ...common, learnt: { rank } }).then(closing);
    await using loaded = await openBundle(world.bundle, {
      ...{ ...common, loras: [{ path: out, strength: 1 }] },
    }).then(closing);
    expect(loaded.of.loras).toMatchObject([{ layers: { unet: saved.layers, text: 0 }, unmatched: [] }]);
    tuned.of.learnt!.use(weights);
    const [before, one, other] = [await ask(plain.of), await ask(tuned.of), await ask(loaded.of)];
    expect(largestDifference(one, before)).toBeGreaterThan(1e-3);
    expect(largestDifference(one, other)).toBeLessThan(2e-5);
  });

  it('is refused in words for a take that learnt nothing, and for one whose learning is gone', async () => {
    using store = disposable(openStore());
    const out = join(tempFolder(), 'car.safetensors');
    const img2img = settingsOf({}, { method: 'img2img', params: {} });
    const refused = async (settings: typeof img2img, kept: ArtefactStore | null) => {
      const report = await render(settings, contextWith({ dir: tempFolder(), store: store.of }));
      await writeReport(report);
      return saveTakeLora({ take: report.take.path, out }, kept);
    };
    await expect(refused(img2img, store.of)).rejects.toMatchObject({
      message: 'nothing was learnt for take.mov',
    });
    await expect(refused(settingsOf({}), null)).rejects.toMatchObject({
      message: 'what was learnt for take.mov is no longer in the cache',
    });
    await expect(saveTakeLora({ take: clip, out }, store.of)).rejects.toMatchObject({ code: 'usage' });
    await expect(saveTakeLora({ take: clip, out: `${out}.bin` }, store.of)).rejects.toMatchObject({
      message: 'car.safetensors.bin does not end in .safetensors',
    });
    expect(existsSync(out)).toBe(false);
  });
});

async function ask(bundle: Bundle): Promise<Float32Array> {
  const shape = { channels: bundle.latentChannels, height: 8, width: 8 };
  const text = await bundle.embed('a red car', { width: 64, height: 64 });
  const latent = noiseFor(1, 0, shape.channels * 64);
  const [made] = await bundle.predict(shape)([{ latent, timestep: 401, branches: [text] }]);
  return made!.outputs[0]!;
}

function disposable(of: ArtefactStore) {
  return { of, [Symbol.dispose]: () => of.close() };
}

function closing(of: Bundle) {
  return { of, [Symbol.asyncDispose]: () => of.close() };
}
