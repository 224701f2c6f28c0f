/** What spares calls of the network: guidance in a share of the steps, frames inverted before, looks that are kept. */
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Mask } from '../../src/common/masks/mask.ts';
import { newControl } from '../../src/common/settings/controls.ts';
import type { EditSettings } from '../../src/common/settings/settings.ts';
import type { ArtefactStore } from '../../src/main/engine/artefacts/store.ts';
import { wantsInversion } from '../../src/main/engine/methods/have.ts';
import { methods, parseParams } from '../../src/main/engine/methods/registry.ts';
import * as models from '../../src/main/engine/models/open.ts';
import { derive } from '../../src/main/engine/render/derive.ts';
import { prepareShot } from '../../src/main/engine/render/prepare.ts';
import { renderFrame } from '../../src/main/engine/render/preview.ts';
import { render } from '../../src/main/engine/render/render.ts';
import { sampleShot } from '../../src/main/engine/render/sample.ts';
import { makeWorld, movingClip, type World } from '../helpers/cli.ts';
import { ffmpegDoes } from '../helpers/clips.ts';
import { type EditWorlds, FRAMES, makeEditWorlds, STEPS, storeIn } from '../helpers/edit-worlds.ts';
import type { Short } from '../helpers/job-settings.ts';
import { contextWith } from '../helpers/prepared.ts';
import { maxDiff } from '../helpers/smooth-network.ts';
import { tempFolder } from '../helpers/temp-folder.ts';
import { writeTinyControlNet } from '../helpers/tiny-controlnet.ts';

vi.mock(import('../../src/main/engine/models/open.ts'), async (original) => {
  const real = await original();
  return { ...real, openBundle: vi.fn(real.openBundle) };
});
const opened = vi.mocked(models.openBundle);

let worlds: EditWorlds;
let plain: World;
let told: World;
let clip: string;
let store: ArtefactStore;

beforeAll(async () => {
  worlds = await makeEditWorlds();
  ({ plain, told, clip, store } = worlds);
});
afterAll(() => worlds[Symbol.dispose]());

const settingsOf = (world: World, more: Short) => worlds.settingsOf(world, { method: 'pix2video', ...more });

describe('guidance in a share of the steps', () => {
  const guided = (from: number, to: number) => ({ sampling: { guidanceRange: { from, to } } });

  /** Up to the latents, and which branches went through the network by step: what it was told of them, as it was. */
  async function rendered(settings: EditSettings) {
    const context = contextWith({ dir: tempFolder(), store });
    await using shot = await prepareShot(settings, context, false);
    const made = await derive(shot, context);
    const branches: number[][] = [];
    let before = shot.bundle.calls.unetBranches;
    const sampled = await sampleShot(shot, made, {
      ...context,
      async onGlimpse({ step }) {
        const now = shot.bundle.calls.unetBranches;
        branches[step] = [...(branches[step] ?? []), now - before];
        before = now;
      },
    });
    return { ...sampled, branches, warnings: context.warnings };
  }

  it.each(['ddim', 'euler', 'dpmpp_2m'])(
    'asks for one prompt alone in the others, with %s',
    async (solver) => {
      const { branches, unetCalls, unetBranches } = await rendered(
        settingsOf(plain, { solver, ...guided(0.25, 0.75) }),
      );
      expect(branches).toEqual([1, 2, 2, 1].map((each) => Array(FRAMES).fill(each)));
      expect([unetCalls, unetBranches]).toEqual([FRAMES * STEPS, FRAMES * 6]);
    },
  );

  it('holds for both calls of a step that asks twice', async () => {
    const { branches } = await rendered(settingsOf(plain, { solver: 'heun', ...guided(0, 0.5) }));
    // The last step ends at no noise, where the network cannot be asked.
    expect(branches).toEqual(
      [[2, 2], [2, 2], [1, 1], [1]].map((calls) => calls.flatMap((each) => Array(FRAMES).fill(each))),
    );
  });

  it('is guidance 1 where it rests, and the whole where it does not', async () => {
    const whole = await rendered(settingsOf(plain, {}));
    const off = await rendered(settingsOf(plain, { guidance: 1 }));
    const none = await rendered(settingsOf(plain, guided(0.3, 0.45)));
    expect((await rendered(settingsOf(plain, guided(0, 1)))).latents).toEqual(whole.latents);
    expect(none.latents).toEqual(off.latents);
    expect(none.unetBranches).toBe(off.unetBranches);
    expect(none.warnings).toContainEqual(
      '“Prompt strength” (guidance) acts nowhere: no whole step lies in 30 to 45 % of the steps',
    );
    const half = await rendered(settingsOf(plain, guided(0, 0.5)));
    for (const other of [whole, off])
      expect(maxDiff(half.latents[0]!, other.latents[0]!)).toBeGreaterThan(1e-3);
  });

  it('keeps both prompts where parts of the clip are kept, and says that it spares nothing', async () => {
    const kept = await rendered(settingsOf(plain, { keep: 0.4, ...guided(0, 0.5) }));
    expect(kept.unetBranches).toBe(2 * kept.unetCalls);
    expect(kept.warnings).toContainEqual(expect.stringMatching(/take as long as the others: what stays/));
    const whole = await rendered(settingsOf(plain, { keep: 0.4 }));
    expect(maxDiff(kept.latents[0]!, whole.latents[0]!)).toBeGreaterThan(1e-3);
  });

  it('is not read by a network that is told the guidance, which says so', async () => {
    const asked = { solver: 'lcm', method: 'sdedit' };
    const whole = await rendered(settingsOf(told, asked));
    const half = await rendered(settingsOf(told, { ...asked, ...guided(0, 0.5) }));
    expect(half.latents).toEqual(whole.latents);
    expect(half.warnings).toContainEqual(expect.stringMatching(/^“Prompt-led steps” .* are not read/));
    expect(whole.warnings.join()).not.toContain('Prompt-led steps');
  });
});

function freshStore(): ArtefactStore {
  const fresh = storeIn(tempFolder());
  onTestFinished(() => fresh.close());
  return fresh;
}

describe('a range that changes', () => {
  const ALL = 6;
  let depth: World;
  let inpainting: World;
  let film: string;
  let net: string;
  let matte: string;

  beforeAll(async () => {
    depth = await makeWorld({ kind: 'depth', depth: {} });
    inpainting = await makeWorld({ kind: 'inpainting' });
    film = await movingClip(join(plain.dir, 'film.mov'), { size: '72x56', frames: ALL, sound: false });
    net = writeTinyControlNet(join(plain.dir, 'net'));
    // Near and far lie in its first and last pictures alike, so that every range of it has the same scale.
    matte = join(plain.dir, 'near.mov');
    await ffmpegDoes(
      '-f',
      'lavfi',
      '-i',
      'testsrc2=s=72x56:r=24',
      '-frames:v',
      `${ALL}`,
      '-c:v',
      'ffv1',
      matte,
    );
  });
  afterAll(() => {
    depth[Symbol.dispose]();
    inpainting[Symbol.dispose]();
  });

  const mask: Mask = {
    ...{ invert: false, grow: 0, feather: 4 },
    parts: [
      {
        ...{ id: 'box', mode: 'add', kind: 'rectangle' },
        keys: [{ frame: 0, x: 4, y: 4, width: 20, height: 20, angle: 0 }],
      },
    ],
  };
  const masked = (settings: EditSettings): EditSettings => ({
    ...settings,
    guide: { ...settings.guide, mask },
  });
  const controlled = (settings: EditSettings): EditSettings => ({
    ...settings,
    model: { ...settings.model, controls: [newControl(net)] },
  });

  // What learns the shot inverts it with what it has learnt: another range is another network.
  const inverting = methods.list.flatMap((method) => {
    const needs = method.needs(parseParams(method, {}));
    return !method.learns && wantsInversion(needs) ? [[[...needs].sort().join(), method.id] as const] : [];
  });
  const kinds: [string, () => EditSettings][] = [
    // One of those that need the same: nothing else of a method changes what is derived.
    ...[...new Map(inverting.toReversed()).values()].map((id): [string, () => EditSettings] => [
      id,
      () => settingsOf(plain, { method: id }),
    ]),
    ...['euler', 'dpmpp_2m', 'heun'].map((solver): [string, () => EditSettings] => [
      solver,
      () => settingsOf(plain, { solver }),
    ]),
    ['refined', () => settingsOf(plain, { refinement: 2 })],
    ['lower', () => settingsOf(plain, { inversion: 'lower', refinement: 1 })],
    ['trajectories of a mask', () => masked(settingsOf(plain, {}))],
    ['ControlNets', () => controlled(settingsOf(plain, {}))],
    ['inpainting', () => masked(settingsOf(inpainting, {}))],
    [
      'guidance in some steps',
      () => settingsOf(plain, { sampling: { guidanceRange: { from: 0, to: 0.5 } } }),
    ],
  ];

  it.each(kinds)('inverts the frames that are new alone: %s', async (_, edit) => {
    const fresh = freshStore();
    const derived = async (start: number, end: number) => {
      const settings = edit();
      const context = contextWith({ dir: tempFolder(), store: fresh });
      const source = { ...settings.source, clip: film, range: { start, end } };
      const ranged = { ...settings, source, guide: { ...settings.guide, anchor: 2 } };
      await using shot = await prepareShot(ranged, context, false);
      const { counts, inversion } = await derive(shot, context);
      expect(shot.bundle.calls.unet).toBe(counts.calls.invert + counts.calls.check);
      return { ...counts, inversion, each: settings.sampling.steps * (1 + settings.inversion.refinement) };
    };
    expect((await derived(1, 4)).inversion.computed).toBe(3);
    // In goes to the left by one, Out to the right by two, both move, and the range gets shorter.
    for (const [start, end, made] of [
      [0, 4, 1],
      [0, 6, 2],
      [1, 5, 0],
      [2, 3, 0],
    ] as const) {
      const { inversion, calls, kinds, each } = await derived(start, end);
      expect(inversion).toMatchObject({ computed: made, fromCache: end - start - made });
      // What is around a mask is encoded too.
      const encode = made * (kinds.surroundings ? 2 : 1);
      expect(calls).toMatchObject({ invert: made * each, check: 0, encode });
      if (kinds.trajectory) expect(kinds.trajectory.made).toBe(made);
    }
  });

  it('inverts no more with depth either, as long as the nearest and the farthest are those they were', async () => {
    const fresh = freshStore();
    const derived = async (start: number, end: number, more: Short) => {
      const settings = settingsOf(depth, more);
      const context = contextWith({ dir: tempFolder(), store: fresh });
      const source = { ...settings.source, clip: film, range: { start, end } };
      const ranged = { ...settings, source, guide: { ...settings.guide, anchor: 2 } };
      await using shot = await prepareShot(ranged, context, false);
      return (await derive(shot, context)).inversion;
    };
    expect((await derived(1, 4, { depth: matte })).computed).toBe(3);
    expect((await derived(0, 5, { depth: matte })).computed).toBe(2);
    expect((await derived(2, 6, { depth: matte })).computed).toBe(1);
  });
});

describe('a frame to look at', () => {
  /** The picture, and what the networks were asked for it. */
  async function looked(settings: EditSettings, fresh: ArtefactStore) {
    opened.mockClear();
    const context = contextWith({ dir: tempFolder(), store: fresh });
    const { picture, edit } = await renderFrame(settings, context);
    const bundle = await opened.mock.results[0]!.value;
    const opens = Object.values<{ opened: number }>(bundle.sessions).reduce(
      (sum, one) => sum + one.opened,
      0,
    );
    return { picture, edit, calls: { ...bundle.calls }, opens };
  }
  const none = expect.objectContaining({
    unet: 0,
    vaeEncoder: 0,
    vaeDecoder: 0,
    textEncoder: 0,
    controlNet: 0,
  });
  const shown = (more: Short = {}) => settingsOf(plain, { anchor: 1, ...more });

  it('costs the calls of sampling it once it is inverted, and none when it is looked at again', async () => {
    const fresh = freshStore();
    const first = await looked(shown(), fresh);
    expect(first.calls).toMatchObject({ unet: 2 * STEPS + STEPS, unetBranches: 2 * STEPS + 2 * STEPS });
    const other = await looked(shown({ prompt: 'a black swan' }), fresh);
    expect(other.calls).toMatchObject({ unet: STEPS, unetBranches: 2 * STEPS, vaeEncoder: 0, vaeDecoder: 1 });
    for (const [before, more] of [
      [first, {}],
      [other, { prompt: 'a black swan' }],
    ] as const) {
      const again = await looked(shown(more), fresh);
      expect([again.calls, again.opens]).toEqual([none, 0]);
      expect(again.picture).toEqual(before.picture);
    }
    // What it is not the same for is rendered.
    for (const more of [{ seed: 3 }, { steps: 3 }, { params: { weight: 1 } }, { anchor: 0 }, { guidance: 2 }])
      expect((await looked(shown(more), fresh)).calls.unet).toBeGreaterThan(0);
  });

  it('owes no check of an inversion that another edit has kept', async () => {
    const fresh = freshStore();
    const context = contextWith({ dir: tempFolder(), store: fresh });
    await using shot = await prepareShot(shown(), context, false);
    await derive(shot, context);
    expect((await looked(shown({ anchor: 2 }), fresh)).calls.unet).toBe(STEPS);
  });

  it.each([
    ['pix2video', {}],
    ['sdedit', {}],
    ['two-stages', {}],
    ['mix, keep', { method: 'mix', keep: 0.4 }],
  ])('is that of a take with the same settings, at no call: %s', async (method, more) => {
    const fresh = freshStore();
    const settings = shown({ method: method.split(',')[0]!, ...more });
    await render(settings, contextWith({ dir: tempFolder(), store: fresh }));
    const own = { ...settings, output: { ...settings.output, path: join(plain.out, 'other.mov') } };
    const look = await looked(own, fresh);
    expect([look.calls, look.opens]).toEqual([none, 0]);
    expect(new Set(look.picture).size).toBeGreaterThan(10);
    expect(look.edit === null).toBe(settings.guide.keep === 0);
  });

  it('by a method that leads it by itself is the same picture before a take as after it', async () => {
    const [before, after] = [freshStore(), freshStore()];
    await render(shown(), contextWith({ dir: tempFolder(), store: after }));
    expect((await looked(shown(), before)).picture).toEqual((await looked(shown(), after)).picture);
  });

  it('is rendered anew when its clip is another film', async () => {
    const fresh = freshStore();
    const path = join(tempFolder(), 'clip.mov');
    copyFileSync(clip, path);
    const first = await looked(shown({ clip: path }), fresh);
    // The same film elsewhere is the same.
    expect((await looked(shown(), fresh)).calls).toEqual(none);
    const another = `testsrc2=s=72x56:r=12`;
    await ffmpegDoes('-f', 'lavfi', '-i', another, '-frames:v', `${FRAMES}`, '-c:v', 'libx264', path);
    const changed = await looked(shown({ clip: path }), fresh);
    expect(changed.calls.unet).toBeGreaterThan(0);
    expect(changed.picture).not.toEqual(first.picture);
  });
});
