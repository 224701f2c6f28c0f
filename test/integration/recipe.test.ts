/** What a plan foretells a render does, and what was made once is not made again. */
import { copyFileSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { ArtefactKind } from '../../src/common/contract/cache.ts';
import type { Progress } from '../../src/common/contract/jobs.ts';
import type { Mask } from '../../src/common/masks/mask.ts';
import { BUILT_IN } from '../../src/common/plugins/built-in.ts';
import { type DerivedCounts, type TakeReport, WORKS } from '../../src/common/report.ts';
import type { EditSettings } from '../../src/common/settings/settings.ts';
import { ArtefactStore } from '../../src/main/engine/artefacts/store.ts';
import * as decoding from '../../src/main/engine/media/decode.ts';
import { rememberingProbe } from '../../src/main/engine/media/remembering-probe.ts';
import { methods } from '../../src/main/engine/methods/registry.ts';
import type { Method } from '../../src/main/engine/methods/types.ts';
import { rememberingFacts } from '../../src/main/engine/models/facts.ts';
import type { ProgressMeter } from '../../src/main/engine/progress.ts';
import { createPlanner } from '../../src/main/engine/queue/plan.ts';
import { derive } from '../../src/main/engine/render/derive.ts';
import { prepareShot } from '../../src/main/engine/render/prepare.ts';
import { renderFrame } from '../../src/main/engine/render/preview.ts';
import { sampleShot } from '../../src/main/engine/render/sample.ts';
import { makeWorld, movingClip, type World } from '../helpers/cli.ts';
import { ffmpegDoes } from '../helpers/clips.ts';
import { type Short, settingsWith } from '../helpers/job-settings.ts';
import { addNetwork, flowGraph } from '../helpers/motion-networks.ts';
import { contextWith } from '../helpers/prepared.ts';
import { processor } from '../helpers/shipped-edits.ts';
import { tempFolder } from '../helpers/temp-folder.ts';
import { wantsFlow, wantsTrajectory } from '../helpers/wanting-methods.ts';

vi.mock(import('../../src/main/engine/media/decode.ts'), async (original) => {
  const real = await original();
  return { ...real, decodeFrames: vi.fn(real.decodeFrames) };
});
const decodes = vi.mocked(decoding.decodeFrames);

let plain: World;
let depth: World;
let inpainting: World;
/** With a network that estimates motion. */
let seeing: World;
let clip: string;
let still: string;
let picture: string;
let other: string;
const FRAMES = 5;

beforeAll(async () => {
  for (const one of [wantsFlow, wantsTrajectory] as Method[]) methods.contribute(BUILT_IN.methods, one);
  plain = await makeWorld();
  depth = await makeWorld({ kind: 'depth', depth: {} });
  inpainting = await makeWorld({ kind: 'inpainting' });
  seeing = await makeWorld();
  addNetwork(seeing.bundle, 'flow_estimator', flowGraph());
  clip = await movingClip(join(plain.dir, 'clip.mov'), { frames: FRAMES, sound: false });
  still = join(plain.dir, 'still.mov');
  picture = join(plain.dir, 'painted.png');
  await ffmpegDoes('-f', 'lavfi', '-i', 'testsrc=s=128x96', '-frames:v', '1', picture);
  other = join(plain.dir, 'other.mov');
  await ffmpegDoes('-f', 'lavfi', '-i', 'testsrc2=s=64x48:r=12', '-frames:v', '4', '-c:v', 'ffv1', other);
  const grey = 'color=gray:s=64x48:r=12';
  await ffmpegDoes('-f', 'lavfi', '-i', grey, '-frames:v', `${FRAMES}`, '-c:v', 'ffv1', still);
});
afterAll(() => {
  plain[Symbol.dispose]();
  depth[Symbol.dispose]();
  inpainting[Symbol.dispose]();
  seeing[Symbol.dispose]();
});
beforeEach(() => decodes.mockClear());

function settingsOf({ bundle }: World, more: Short = {}): EditSettings {
  return settingsWith({
    ...{ clip, bundle, out: join(plain.out, 'take.mov'), sourcePrompt: 'a red car', prompt: 'a white swan' },
    ...{ steps: 3, refinement: 0, size: 64, anchor: 2, provider: 'cpu' },
    ...more,
  });
}

function storeIn(dir = tempFolder()): ArtefactStore {
  const store = new ArtefactStore(join(dir, 'cache.sqlite'), {
    limitBytes: 1e9,
    onWarning: expect.unreachable,
  });
  onTestFinished(() => store.close());
  return store;
}

/** What an engine remembers of files; stamps tell it when one has changed. */
const probe = rememberingProbe();

/** A planner that knows what the store and the files say. */
function plan(settings: EditSettings, cache: ArtefactStore | null) {
  const facts = rememberingFacts(cache?.digests);
  const parts = { cache, store: null, probe, facts, dir: plain.dir, isBusy: () => false };
  return createPlanner(parts)(settings);
}

interface Rendered {
  readonly counts: DerivedCounts;
  readonly inversion: TakeReport['inversion'];
  readonly samplingCalls: number;
  readonly latents: readonly Float32Array[];
  readonly opened: Readonly<Record<string, number>>;
  /** By phase, what was done of what was planned in the end. */
  readonly phases: ReadonlyMap<string, { done: number; total: number }>;
}

/** All of a render but its file; what was counted is what the networks were asked. */
async function render(settings: EditSettings, store: ArtefactStore | null): Promise<Rendered> {
  const phases = new Map<string, { done: number; total: number }>();
  const phaseOf = (phase: string) => {
    const now = phases.get(phase) ?? { done: 0, total: 0 };
    phases.set(phase, now);
    return now;
  };
  const onProgress = ({ phase, done }: Progress) => Object.assign(phaseOf(phase), { done });
  const bare = contextWith({ dir: tempFolder(), store, onProgress });
  const { progress: meter } = bare;
  const plan: ProgressMeter['plan'] = (phase, total, weight) => {
    phaseOf(phase).total = total;
    meter.plan(phase, total, weight);
  };
  const context = { ...bare, progress: { ...meter, plan } };
  await using shot = await prepareShot(settings, context, false);
  const { calls } = shot.bundle;
  const made = await derive(shot, context);
  const { embed, encode, invert, check } = made.counts.calls;
  expect([embed, encode, invert + check]).toEqual([calls.textEncoder, calls.vaeEncoder, calls.unet]);
  if (shot.bundle.flow) expect(made.counts.calls.flow).toBe(calls.flowEstimator);
  expect(shot.bundle.sessions.flowEstimator?.open ?? false).toBe(false);
  const sampled = await sampleShot(shot, made, context);
  const { sessions } = shot.bundle;
  const opened = Object.fromEntries(Object.entries(sessions).map(([part, { opened }]) => [part, opened]));
  const { inversion, counts } = made;
  return { counts, inversion, samplingCalls: sampled.unetCalls, latents: sampled.latents, opened, phases };
}

const LONG = 'a white swan, '.repeat(12);

const EDITS: [string, () => EditSettings][] = [
  ['pix2video', () => settingsOf(plain)],
  ['refined, another anchor', () => settingsOf(plain, { refinement: 2, anchor: 0 })],
  ['mix, euler, keep', () => settingsOf(plain, { method: 'mix', solver: 'euler', keep: 0.4, guidance: 1 })],
  ['sdedit', () => settingsOf(plain, { method: 'sdedit' })],
  ['depth, estimated', () => settingsOf(depth)],
  ['depth, given', () => settingsOf(depth, { depth: clip })],
  ['frames that are all alike', () => settingsOf(plain, { clip: still })],
  ['motion', () => settingsOf(plain, { method: 'wants-flow' })],
  ['motion of frames that are all alike', () => settingsOf(plain, { method: 'wants-flow', clip: still })],
  ['motion by a network', () => settingsOf(seeing, { method: 'mix', params: { motion: 'follow' } })],
  ['the way to noise', () => settingsOf(plain, { method: 'wants-trajectory' })],
  ['the way to noise with depth', () => settingsOf(depth, { method: 'wants-trajectory', refinement: 1 })],
  ['masked', () => masked(settingsOf(plain), box)],
  ['masked, from noise', () => masked(settingsOf(plain, { method: 'sdedit' }), box)],
  ['masked by a brush, keep', () => masked(settingsOf(plain, { keep: 0.4 }), brush)],
  ['inpainting, whole frames from noise', () => settingsOf(inpainting, { method: 'sdedit' })],
  ['inpainting, masked', () => masked(settingsOf(inpainting, { refinement: 1 }), box)],
  ['inpainting, from pure noise', () => masked(settingsOf(inpainting, { method: 'text2video-zero' }), box)],
  ['inpainting by a brush, painted', () => painted(masked(settingsOf(inpainting, { keep: 0.4 }), brush))],
  ['painted', () => painted(settingsOf(plain))],
  ['painted, from noise, masked', () => painted(masked(settingsOf(plain, { method: 'sdedit' }), box))],
  ['painted, depth', () => painted(settingsOf(depth))],
  [
    'long and weighted prompts beside a short one',
    () => settingsOf(plain, { prompt: LONG, negativePrompt: 'a (red:1.3) car', method: 'sdedit' }),
  ],
  [
    'painted, a long source prompt, keep, as ComfyUI weighs',
    () =>
      painted(settingsOf(plain, { sourcePrompt: `(${LONG})`, keep: 0.4, prompts: { weighting: 'comfy' } })),
  ],
  ['one prompt for both', () => settingsOf(plain, { prompt: 'a red car', negativePrompt: 'a red car' })],
];

const box: Mask['parts'][number] = {
  ...{ id: 'box', mode: 'add', kind: 'rectangle' },
  keys: [
    { frame: 0, x: 4, y: 4, width: 20, height: 20, angle: 0 },
    { frame: 4, x: 24, y: 10, width: 20, height: 20, angle: 30 },
  ],
};
const brush: Mask['parts'][number] = {
  ...{ id: 'brush', mode: 'add', kind: 'brush' },
  strokes: [{ frame: 2, mode: 'paint', radius: 10, points: [[30, 24]] }],
};

function masked(settings: EditSettings, ...parts: Mask['parts']): EditSettings {
  return {
    ...settings,
    guide: { ...settings.guide, mask: { invert: false, grow: 0, feather: 4, parts } },
  };
}

/** Frame 3 is a picture of the artist's, and frame 1 is one of another film. */
function painted(settings: EditSettings): EditSettings {
  const pictures = [
    { frame: 3, path: picture, at: 0 },
    { frame: 1, path: other, at: 2 },
  ];
  return { ...settings, guide: { ...settings.guide, pictures } };
}

/** What may be missing while the rest is there: as much of each as the edit has. */
const HALVES: readonly (readonly ArtefactKind[])[] = [
  ['inversion', 'text'],
  ['latents', 'digests'],
  ['depth'],
  ['flow'],
  ['trajectory'],
  ['mask'],
  ['mask', 'flow', 'trajectory'],
  ['surroundings'],
];
/** And these where the edit has all of them. */
const TOGETHER: readonly (readonly ArtefactKind[])[] = [
  ['trajectory', 'inversion'],
  ['mask', 'surroundings', 'inversion'],
];

describe.each(EDITS)('%s', (_, edit) => {
  const foretold = async (settings: EditSettings, store: ArtefactStore | null): Promise<Rendered> => {
    const planned = await plan(settings, store);
    const done = await render(settings, store);
    expect(planned.derived).toEqual(done.counts);
    expect(planned).toMatchObject({
      cachedFrames: done.inversion.fromCache,
      framesToInvert: done.inversion.computed,
      inversionCalls: done.inversion.unetCalls + done.inversion.checkUnetCalls,
      samplingCalls: done.samplingCalls,
    });
    // The bar came to its end: nothing was counted that was not done.
    for (const [phase, { done: did, total }] of done.phases) expect(did, phase).toBe(total);
    expect(done.phases.get('flow')?.done ?? 0).toBe(done.counts.calls.flow);
    return done;
  };

  it('is foretold with a cold, a warm and a half-warm store, and always comes out the same', async () => {
    const store = storeIn();
    const settings = edit();
    const cold = await foretold(settings, store);
    const warm = await foretold(settings, store);
    expect(warm.counts.calls).toEqual(Object.fromEntries(WORKS.map((work) => [work, 0])));
    expect(warm.latents).toEqual(cold.latents);
    const has = (kind: ArtefactKind) => kind === 'digests' || cold.counts.kinds[kind] !== undefined;
    const halves = [
      ...HALVES.map((kinds) => kinds.filter(has)),
      ...TOGETHER.filter((kinds) => kinds.every(has)),
    ];
    for (const missing of new Set(halves.map((kinds) => kinds.join()))) {
      const kinds = missing.split(',') as ArtefactKind[];
      if (missing === '') continue;
      for (const kind of kinds) await store.prune({ all: true, kind });
      expect((await foretold(settings, store)).latents, `without ${missing}`).toEqual(cold.latents);
    }
    // Some frames of it were made by another edit, of which this one's anchor was none.
    const part = storeIn();
    const { guide, source } = settings;
    const pictures = guide.pictures.filter(({ frame }) => frame < 2);
    const less = {
      guide: { ...guide, anchor: 1, pictures },
      source: { ...source, range: { start: 0, end: 2 } },
    };
    await render({ ...settings, ...less }, part);
    // Depth is scaled over the shot: until all of it is there nobody knows what is inverted with it.
    if (cold.counts.kinds.depth) {
      const most = (await plan(settings, part)).derived.calls;
      const { calls } = (await render(settings, part)).counts;
      for (const work of WORKS) expect(most[work], work).toBeGreaterThanOrEqual(calls[work]);
    } else await foretold(settings, part);
    expect((await foretold(settings, null)).latents).toEqual(cold.latents);
  });
});

describe('a second prompt', () => {
  it('on a depth model encodes, estimates, inverts and decodes nothing, and checks nothing again', async () => {
    const store = storeIn();
    const first = await render(settingsOf(depth), store);
    expect(first.counts.calls).toMatchObject({ encode: FRAMES, estimate: FRAMES, check: 3 });
    decodes.mockClear();
    const second = await render(settingsOf(depth, { prompt: 'a black swan', seed: 4 }), store);
    expect(second.counts.calls).toEqual({
      ...Object.fromEntries(WORKS.map((work) => [work, 0])),
      embed: 1,
    });
    expect(second.inversion).toMatchObject({
      computed: 0,
      reconstruction: first.inversion.reconstruction && {
        ...first.inversion.reconstruction,
        fromCache: 1,
      },
    });
    expect(second.latents).not.toEqual(first.latents);
    expect(decodes).not.toHaveBeenCalled();
    expect(second.opened).toMatchObject({ vaeEncoder: 0, depthEstimator: 0, unet: 1 });
  });

  it('given a depth clip decodes neither', async () => {
    const store = storeIn();
    const settings = { depth: clip };
    await render(settingsOf(depth, settings), store);
    decodes.mockClear();
    await render(settingsOf(depth, { ...settings, prompt: 'a black swan' }), store);
    expect(decodes).not.toHaveBeenCalled();
  });

  it('of a method that follows the motion estimates and decodes nothing', async () => {
    const store = storeIn();
    const first = await render(settingsOf(plain, { method: 'wants-flow' }), store);
    expect(first.counts.kinds.flow).toEqual({ found: 0, made: 2 * (FRAMES - 1) });
    expect(first.counts.calls.flow).toBe(2 * (FRAMES - 1));
    decodes.mockClear();
    const second = await render(settingsOf(plain, { method: 'wants-flow', prompt: 'a black swan' }), store);
    expect(second.counts.kinds.flow).toEqual({ found: 2 * (FRAMES - 1), made: 0 });
    expect(decodes).not.toHaveBeenCalled();
  });

  it('of a method that wants the way to noise costs no more calls, and leaves the inversion to others', async () => {
    const [one, both] = [storeIn(), storeIn()];
    const inverted = await render(settingsOf(plain), one);
    const way = await render(settingsOf(plain, { method: 'wants-trajectory' }), both);
    expect(way.counts.calls).toEqual(inverted.counts.calls);
    expect(way.inversion).toEqual(inverted.inversion);
    // To the bit: another method finds in the second store what the first one has.
    const after = await render(settingsOf(plain, { seed: 9 }), both);
    expect(after.inversion.computed).toBe(0);
    expect(after.latents).toEqual(inverted.latents);
    // And what it kept ends where it began: the method put each frame back there.
    const settings = settingsOf(plain, { method: 'sdedit' });
    await using shot = await prepareShot(settings, contextWith({ dir: tempFolder(), store: both }), false);
    const { clean } = await derive(shot, contextWith({ dir: tempFolder(), store: both }));
    expect(way.latents).toEqual(clean);
  });

  it('with a painted frame decodes no picture twice, and inverts that frame alone when it is painted again', async () => {
    const store = storeIn();
    await render(settingsOf(plain), store);
    const first = await render(painted(settingsOf(plain)), store);
    // Two frames, each with its way under the target prompt.
    expect(first.counts.calls).toMatchObject({ encode: 2, invert: 6, check: 0 });
    expect(first.counts.kinds.trajectory).toMatchObject({ made: 2 });
    decodes.mockClear();
    const again = await render(painted(settingsOf(plain, { seed: 3 })), store);
    expect(again.counts.calls).toMatchObject({ encode: 0, invert: 0 });
    expect(decodes).not.toHaveBeenCalled();
    const path = join(tempFolder(), 'repainted.png');
    await ffmpegDoes('-f', 'lavfi', '-i', 'smptebars=s=64x48', '-frames:v', '1', path);
    const settings = painted(settingsOf(plain));
    const pictures = settings.guide.pictures.map((one, i) => (i === 0 ? { ...one, path } : one));
    const repainted = await render({ ...settings, guide: { ...settings.guide, pictures } }, store);
    expect(repainted.counts.calls).toMatchObject({ encode: 1, invert: 3 });
  });

  it('known already opens no text encoder', async () => {
    const store = storeIn();
    await render(settingsOf(plain), store);
    const again = await render(settingsOf(plain, { seed: 9 }), store);
    expect(again.opened).toMatchObject({ textEncoder: 0, vaeEncoder: 0, vaeDecoder: 0 });
  });

  it('with another method encodes nothing: the latents are those that were inverted', async () => {
    const store = storeIn();
    await render(settingsOf(plain), store);
    const noised = await render(settingsOf(plain, { method: 'sdedit' }), store);
    expect(noised.counts.kinds.latents).toEqual({ found: FRAMES, made: 0 });
  });
});

it('a plan decodes a clip once, and after it the render reads only what it has to make', async () => {
  const store = storeIn();
  await plan(settingsOf(plain), store);
  expect(decodes).toHaveBeenCalledTimes(1);
  await plan(settingsOf(plain, { prompt: 'another' }), store);
  expect(decodes).toHaveBeenCalledTimes(1);
  await render(settingsOf(plain), store);
  expect(decodes).toHaveBeenCalledTimes(2);
});

it('a clip that changes is read again', async () => {
  const store = storeIn();
  const path = join(tempFolder(), 'clip.mov');
  copyFileSync(clip, path);
  await render(settingsOf(plain, { clip: path }), store);
  copyFileSync(still, path);
  const other = await render(settingsOf(plain, { clip: path }), store);
  expect(other.inversion.computed).toBe(1);
});

it('a frame to look at is the recipe of one frame, and finds what the shot left', async () => {
  const store = storeIn();
  const settings = settingsOf(plain);
  await render(settings, store);
  const look = { ...settings, source: { ...settings.source, range: { start: 2, end: 3 } } };
  expect((await plan(look, store)).derived.calls).toMatchObject({ invert: 0, encode: 0 });
  decodes.mockClear();
  const { picture } = await renderFrame(look, contextWith({ dir: tempFolder(), store }));
  expect(picture.length).toBeGreaterThan(0);
  expect(decodes).not.toHaveBeenCalled();
});

it('two renders of one shot at once share the work: no frame is made twice', async () => {
  const dir = tempFolder();
  mkdirSync(dir, { recursive: true });
  const [a, b] = [storeIn(dir), storeIn(dir)];
  const both = await Promise.all([render(settingsOf(depth), a), render(settingsOf(depth), b)]);
  for (const kind of ['depth', 'latents', 'inversion'] as const) {
    const made = both.reduce((sum, { counts }) => sum + (counts.kinds[kind]?.made ?? 0), 0);
    expect(made, kind).toBe(FRAMES);
  }
  expect(both[0].latents).toEqual(both[1].latents);
});

describe('a cache from before there were kinds', () => {
  const demo = resolve(import.meta.dirname, '../../resources/demo');
  const recorded = () => import('../golden/shipped-edits/edits.json', { with: { type: 'json' } });

  it.each(['bundle', 'depth-bundle'])('still has the inversions of %s', async (bundle) => {
    // Pictures of another processor's decoder may differ, and so their keys.
    if ((await recorded()).default.processor !== processor()) return;
    const dir = tempFolder();
    copyFileSync(
      resolve(import.meta.dirname, '../fixtures/cache-of-0.1/cache.sqlite'),
      join(dir, 'cache.sqlite'),
    );
    const store = storeIn(dir);
    const settings = settingsWith({
      ...{ clip: join(demo, 'clip.mp4'), bundle: join(demo, bundle), out: join(dir, 'take.mov') },
      ...{ range: { start: 8, end: 11 }, anchor: 8, size: 64, steps: 4, refinement: 0, provider: 'cpu' },
      sourcePrompt: 'a red matte ball rolling across a green meadow',
      prompt: 'a blue matte ball rolling across a green meadow',
    });
    const { inversion, counts } = await render(settings, store);
    expect(inversion).toMatchObject({ fromCache: 3, computed: 0, unetCalls: 0, checkUnetCalls: 0 });
    expect(counts.calls.encode).toBe(0);
  });
});
