/**
 * Every method on every kind of shot and with whatever may lead it: it renders in as many calls as planned, stays the clip
 * outside its mask, and stopped half way goes on to the same bits.
 */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Cancelled } from '../../src/common/errors.ts';
import type { Mask } from '../../src/common/masks/mask.ts';
import { rasterise } from '../../src/common/masks/rasterise.ts';
import { newControl } from '../../src/common/settings/controls.ts';
import type { EditSettings } from '../../src/common/settings/settings.ts';
import { ArtefactStore } from '../../src/main/engine/artefacts/store.ts';
import { isFiniteLatent } from '../../src/main/engine/diffusion/finite.ts';
import { rememberingProbe } from '../../src/main/engine/media/remembering-probe.ts';
import { methods } from '../../src/main/engine/methods/registry.ts';
import { rememberingFacts } from '../../src/main/engine/models/facts.ts';
import { createPlanner, type Planner } from '../../src/main/engine/queue/plan.ts';
import { openComposite } from '../../src/main/engine/render/composite.ts';
import { derive, type Ingredients } from '../../src/main/engine/render/derive.ts';
import { prepareShot, type Shot } from '../../src/main/engine/render/prepare.ts';
import { type Sampled, sampleShot } from '../../src/main/engine/render/sample.ts';
import { makeWorld, movingClip, type World } from '../helpers/cli.ts';
import { ffmpegDoes } from '../helpers/clips.ts';
import { settingsWith } from '../helpers/job-settings.ts';
import { contextWith } from '../helpers/prepared.ts';
import { tempFolder } from '../helpers/temp-folder.ts';
import { writeTinyControlNet } from '../helpers/tiny-controlnet.ts';

const FRAMES = 4;
const STEPS = 4;
// Neither square nor of a shape that the network's grid divides.
const [WIDTH, HEIGHT] = [100, 56];

let plain: World;
let depth: World;
let inpainting: World;
let clip: string;
let painted: string;
let net: string;
let store: ArtefactStore;
let plan: Planner;

beforeAll(async () => {
  plain = await makeWorld();
  depth = await makeWorld({ kind: 'depth', depth: {} });
  inpainting = await makeWorld({ kind: 'inpainting' });
  const size = `${WIDTH}x${HEIGHT}`;
  clip = await movingClip(join(plain.dir, 'clip.mov'), { size, frames: FRAMES, sound: false });
  painted = join(plain.dir, 'painted.png');
  await ffmpegDoes('-f', 'lavfi', '-i', `testsrc2=s=${size}`, '-frames:v', '1', painted);
  net = writeTinyControlNet(join(plain.dir, 'net'));
  store = new ArtefactStore(join(plain.dir, 'cache.sqlite'), {
    limitBytes: 1e9,
    onWarning: expect.unreachable,
  });
  plan = createPlanner({
    ...{ cache: store, store: null, dir: plain.dir, isBusy: () => false },
    ...{ probe: rememberingProbe(), facts: rememberingFacts(store.digests) },
  });
});
afterAll(() => {
  store.close();
  plain[Symbol.dispose]();
  depth[Symbol.dispose]();
  inpainting[Symbol.dispose]();
});

const MASK: Mask = {
  ...{ invert: false, grow: 0, feather: 8 },
  parts: [
    {
      ...{ id: 'box', mode: 'add', kind: 'rectangle' },
      keys: [
        { frame: 0, x: 10, y: 8, width: 40, height: 36, angle: 0 },
        { frame: FRAMES - 1, x: 40, y: 12, width: 40, height: 36, angle: 20 },
      ],
    },
  ],
};

interface Kind {
  readonly kind: string;
  readonly frames?: number;
  readonly depth?: true;
  readonly inpainting?: true;
  readonly keep?: true;
  /** In the middle half of the steps. */
  readonly guided?: true;
  readonly mask?: true;
  readonly painted?: true;
  /** Every so many steps go through the whole network. */
  readonly reuse?: number;
  /** Two ControlNets, for edges and for depth. */
  readonly controls?: true;
  readonly params?: object;
  readonly solver?: string;
  /** The last frame is an anchor too. */
  readonly anchors?: true;
  readonly nullText?: 'frame' | 'shared';
  /** It is stopped and gone on with where the rest is with it. */
  readonly alone?: true;
}

/** One thing alone where it takes a way of its own, the rest together. */
const KINDS: readonly Kind[] = [
  { kind: 'four frames, oblong' },
  { kind: 'guidance in some steps', alone: true, guided: true },
  { kind: 'mask', alone: true, mask: true },
  { kind: 'keep and mask', alone: true, keep: true, mask: true },
  { kind: 'a painted frame', alone: true, painted: true },
  {
    kind: 'inpainting and all that goes with it',
    ...{ inpainting: true, keep: true, mask: true, painted: true, controls: true },
  },
  { kind: 'ControlNets', alone: true, controls: true },
  {
    kind: 'every other step whole, and all of it',
    ...{ reuse: 2, depth: true, keep: true, mask: true, painted: true, controls: true },
  },
  { kind: 'all of it', depth: true, keep: true, mask: true, painted: true, controls: true },
  {
    ...{ kind: 'all of it on one frame', frames: 1, depth: true, keep: true, mask: true, painted: true },
    ...{ controls: true, guided: true },
  },
];

/** Which frame is the painted one: not the anchor, where there is another. */
const paintedOf = (frames: number) => Math.min(2, frames - 1);

function settingsOf(id: string, of: Kind): EditSettings {
  const { bundle, out } = of.depth ? depth : of.inpainting ? inpainting : plain;
  const { frames = FRAMES } = of;
  const settings = settingsWith({
    ...{ clip, bundle, out: join(out, 'take.mov'), sourcePrompt: 'a red car', prompt: 'a white swan' },
    ...{
      steps: STEPS * (of.reuse ?? 1),
      refinement: 0,
      size: 64,
      provider: 'cpu',
      method: id,
      // Learning for long is no other way.
      params: id === 'tune-a-video' ? { learnSteps: 2 } : (of.params ?? {}),
      keep: of.keep ? 0.3 : 0,
      ...(of.solver && { solver: of.solver }),
      ...(of.nullText && { inversion: { nullText: of.nullText, nullTextSteps: 2 } }),
    },
    ...{ range: { start: 0, end: frames }, anchor: Math.min(1, frames - 1) },
  });
  const pictures = of.painted ? [{ frame: paintedOf(frames), path: painted, at: 0 }] : [];
  const followed = [
    newControl(net),
    { ...newControl(net), condition: 'depth', estimator: join(depth.bundle, 'depth_estimator'), end: 0.6 },
  ] as const;
  const controls = of.controls ? [...followed] : [];
  return {
    ...settings,
    ...(of.guided && { sampling: { ...settings.sampling, guidanceRange: { from: 0.25, to: 0.75 } } }),
    model: { ...settings.model, controls },
    sampling: { ...settings.sampling, reuse: of.reuse ?? 1 },
    guide: {
      ...{ ...settings.guide, mask: of.mask ? MASK : null, pictures },
      anchors: of.anchors ? [frames - 1] : [],
    },
  };
}

/** Up to the latents before decoding. @param stopAfter frames that were visited; null to the end */
async function sample(shot: Shot, made: Ingredients, dir: string, stopAfter: number | null = null) {
  const abort = new AbortController();
  let visits = 0;
  const context = {
    ...contextWith({ dir, store, signal: abort.signal }),
    async onGlimpse() {
      if (++visits === stopAfter) abort.abort();
    },
  };
  return { ...(await sampleShot(shot, made, context)), visits: () => visits };
}

/** Every frame is a picture, and outside the mask it is the clip, before and after decoding. */
async function look(shot: Shot, { masks }: Ingredients, { latents }: Sampled): Promise<void> {
  const { bundle, fit, shape } = shot;
  const grid = {
    ...{ width: fit.contentWidth, height: fit.contentHeight },
    picture: { width: WIDTH, height: HEIGHT },
  };
  await using composite = openComposite(shot, { cache: store, signal: new AbortController().signal });
  expect(composite === null).toBe(shot.settings.guide.mask === null);
  const isPainted = (frame: number) => shot.settings.guide.pictures.some((one) => one.frame === frame);
  let frame = 0;
  for await (const own of shot.recipe.originals()) {
    const latent = latents[frame]!;
    expect(isFiniteLatent(latent)).toBe(true);
    const picture = await bundle.decode(latent, shape);
    expect(isFiniteLatent(picture)).toBe(true);
    await (await composite?.next())?.lay(picture);
    if (masks && !isPainted(frame)) {
      const clean = await bundle.encode(own, fit.width, fit.height);
      const edited = masks[frame]!;
      const strayed = latent.some((value, i) => edited[i % edited.length] === 0 && value !== clean[i]);
      expect(strayed, `latent of frame ${frame}`).toBe(false);
    }
    if (masks) {
      const share = rasterise(MASK, frame, grid, () => undefined);
      const values = { outside: 0, strayed: 0, edited: 0 };
      for (const [at, value] of share.entries()) {
        const [x, y] = [at % grid.width, Math.floor(at / grid.width)];
        const place = 3 * ((y + fit.top) * fit.width + x + fit.left);
        const same = [0, 1, 2].every((c) => Math.fround(own[place + c]! / 255) === picture[place + c]);
        if (value === 0) values.outside++;
        if (value === 0 && !same) values.strayed++;
        if (value === 1 && !same) values.edited++;
      }
      expect(values).toEqual({ outside: expect.any(Number), strayed: 0, edited: expect.any(Number) });
      expect(Math.min(values.outside, values.edited)).toBeGreaterThan(0);
    }
    frame++;
  }
  expect(latents).toHaveLength(frame);
}

/** In as many calls as planned, the clip outside its mask, and to the same bits where it was stopped half way. */
async function expectWhole(id: string, kind: Kind) {
  const settings = settingsOf(id, kind);
  const planned = await plan(settings);
  await using shot = await prepareShot(settings, contextWith({ dir: tempFolder(), store }), false);
  const made = await derive(shot, contextWith({ dir: tempFolder(), store }));
  // An empty prompt that is near enough is tuned no further.
  if (kind.nullText) expect(made.counts.kinds).toEqual(planned.derived.kinds);
  else expect(planned.derived).toEqual(made.counts);
  const whole = await sample(shot, made, tempFolder());
  expect(planned.samplingCalls).toBe(whole.visits());
  expect(planned.samplingBranches).toBe(whole.unetBranches);
  expect(planned.controlCalls).toBe(whole.controlCalls);
  expect(planned.shallowCalls).toBe(whole.unetShallow);
  expect(planned.recordedCalls).toBe(whole.unetRecorded);
  expect(whole.unetShallow > 0).toBe(kind.reuse !== undefined);
  await look(shot, made, whole);
  if (!kind.alone) await expectResumed(shot, made, whole);
  return { unetRecorded: whole.unetRecorded, derived: planned.derived };
}

async function expectResumed(shot: Shot, made: Ingredients, whole: Awaited<ReturnType<typeof sample>>) {
  const dir = tempFolder();
  const stopped = sample(shot, made, dir, Math.ceil(whole.visits() / 2));
  await expect(stopped).rejects.toBeInstanceOf(Cancelled);
  const resumed = await sample(shot, made, dir);
  expect(resumed.resumedFrom).not.toBeNull();
  expect(resumed.visits()).toBeLessThan(whole.visits());
  expect(resumed.latents).toEqual(whole.latents);
}

// What makes frames that the clip does not have is asked for those: test/integration/extend.test.ts.
const editing = methods.list.filter(({ makesFrames }) => !makesFrames);

describe.each(editing.map(({ id }) => id))('%s', (id) => {
  it.each(KINDS)('$kind', async (kind) => {
    await expectWhole(id, kind);
  });

  it.each([
    { kind: 'plain' },
    { kind: 'mask', mask: true },
    { kind: 'a painted frame', painted: true },
  ] as const)(
    'another seed is another take where its plan says so, and inverts nothing again: $kind',
    async (kind) => {
      const settings = settingsOf(id, kind);
      const latents = async (seed: number) => {
        const seeded = { ...settings, sampling: { ...settings.sampling, seed, guidance: 2 + seed } };
        // Only the seed may tell the two apart once they are sampled.
        const asked = { ...seeded, sampling: { ...seeded.sampling, guidance: settings.sampling.guidance } };
        const planned = await plan(seeded);
        await using shot = await prepareShot(asked, contextWith({ dir: tempFolder(), store }), false);
        const made = await derive(shot, contextWith({ dir: tempFolder(), store }));
        return { planned, ...(await sample(shot, made, tempFolder())) };
      };
      const first = await latents(1);
      const second = await latents(2);
      expect(second.planned).toMatchObject({ framesToInvert: 0, inversionCalls: 0 });
      expect(first.planned.seeded).toBe(second.planned.seeded);
      const differ = first.latents.some((one, i) =>
        one.some((value, at) => value !== second.latents[i]![at]),
      );
      expect(differ).toBe(first.planned.seeded);
    },
  );

  it('follows further anchors, or refuses them by its name before anything is computed', async () => {
    const settings = settingsOf(id, { kind: 'anchors' });
    const led = { ...settings, guide: { ...settings.guide, anchors: [FRAMES - 1] } };
    const { label, severalAnchors } = methods.list.find((method) => method.id === id)!;
    const context = contextWith({ dir: tempFolder(), store });
    const asked = () =>
      Promise.allSettled([
        plan(led),
        prepareShot(led, context, false).then((shot) => shot[Symbol.asyncDispose]()),
      ]);
    for (const answer of await asked()) {
      expect(answer.status).toBe(severalAnchors ? 'fulfilled' : 'rejected');
      if (answer.status === 'fulfilled') continue;
      expect(answer.reason).toMatchObject({ code: 'usage', hint: expect.stringMatching(/pix2video/) });
      expect(answer.reason.message).toMatch(new RegExp(`^${label} follows one anchor.*$`));
    }
  });
});

const EXACT = { params: { update: 'exact' } };

describe('followed back through the network,', () => {
  it.each<Kind>([
    { ...EXACT, kind: 'with a mask', frames: 2, mask: true },
    {
      ...EXACT,
      kind: 'with several anchors, each with the others, by Euler',
      frames: 3,
      anchors: true,
      solver: 'euler',
    },
    { ...EXACT, kind: 'with ControlNets, where other steps reuse', frames: 2, controls: true, reuse: 2 },
    {
      ...EXACT,
      kind: 'with all of it',
      frames: 3,
      depth: true,
      keep: true,
      mask: true,
      painted: true,
      controls: true,
    },
  ])('Pix2Video pulls $kind', async (kind) => {
    const { unetRecorded } = await expectWhole('pix2video', kind);
    expect(unetRecorded).toBeGreaterThan(0);
  });

  it.each<Kind & { id: string; texts: number }>([
    { id: 'img2img', kind: 'each frame', nullText: 'frame', texts: 2, frames: 2, mask: true, controls: true },
    { id: 'mix', kind: 'the shot', nullText: 'shared', texts: 1, frames: 2, depth: true, mask: true },
  ])('the empty prompt is tuned for $kind, for $id', async ({ id, texts, ...kind }) => {
    const { derived } = await expectWhole(id, kind);
    // And once the number that tuning is compared with.
    expect(derived.kinds['null-text']).toEqual({ found: 0, made: texts + 1 });
  });
});
