/** A take with frames that its clip does not have: those of the clip stay as they are, the others are made beside them. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Cancelled } from '../../src/common/errors.ts';
import type { ClipInfo, FrameRange } from '../../src/common/media.ts';
import type { TakeReport } from '../../src/common/report.ts';
import { newControl } from '../../src/common/settings/controls.ts';
import type { EditSettings } from '../../src/common/settings/settings.ts';
import { ArtefactStore } from '../../src/main/engine/artefacts/store.ts';
import { decodeOwn } from '../../src/main/engine/media/decode.ts';
import { probeClip } from '../../src/main/engine/media/probe.ts';
import { rememberingProbe } from '../../src/main/engine/media/remembering-probe.ts';
import { rememberingFacts } from '../../src/main/engine/models/facts.ts';
import { createPlanner, type Planner } from '../../src/main/engine/queue/plan.ts';
import { derive } from '../../src/main/engine/render/derive.ts';
import { prepareShot } from '../../src/main/engine/render/prepare.ts';
import { render } from '../../src/main/engine/render/render.ts';
import { sampleShot } from '../../src/main/engine/render/sample.ts';
import { makeWorld, movingClip, type World } from '../helpers/cli.ts';

import { settingsWith } from '../helpers/job-settings.ts';
import { contextWith } from '../helpers/prepared.ts';
import { ffmpegSays } from '../helpers/takes.ts';
import { tempFolder } from '../helpers/temp-folder.ts';
import { writeTinyControlNet } from '../helpers/tiny-controlnet.ts';

const RATE = 12;
const SAMPLES = 48_000;
const FRAMES = 8;

let plain: World;
let depth: World;
let inpainting: World;
let clip: string;
let store: ArtefactStore;
let plan: Planner;

beforeAll(async () => {
  plain = await makeWorld();
  depth = await makeWorld({ kind: 'depth', depth: {} });
  inpainting = await makeWorld({ kind: 'inpainting' });
  clip = await movingClip(join(plain.dir, 'clip.mov'), { size: '100x56', rate: RATE, frames: FRAMES });
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
  for (const world of [plain, depth, inpainting]) world[Symbol.dispose]();
});

type Extend = Partial<EditSettings['extend']>;

function settingsOf(extend: Extend, { start, end }: FrameRange, world = plain): EditSettings {
  const settings = settingsWith({
    ...{ clip, bundle: world.bundle, out: join(tempFolder(), 'take.mkv'), format: 'ffv1' },
    ...{ sourcePrompt: 'a red car', prompt: 'a red car', steps: 4, size: 64, provider: 'cpu' },
    ...{ method: 'reconstruction-guidance', range: { start, end }, anchor: start },
  });
  return { ...settings, extend: { ...settings.extend, ...extend } };
}

const contextIn = (dir: string) => contextWith({ dir, store });

interface Rendered {
  readonly report: TakeReport;
  readonly take: ClipInfo;
  readonly pictures: readonly ArrayLike<number>[];
}

async function rendered(settings: EditSettings): Promise<Rendered> {
  const report = await render(settings, contextIn(tempFolder()));
  const take = await probeClip(report.take.path);
  return { report, take, pictures: await picturesOf(take, { start: 0, end: take.frames }) };
}

async function picturesOf(of: ClipInfo, range: FrameRange): Promise<ArrayLike<number>[]> {
  const list: ArrayLike<number>[] = [];
  for await (const picture of decodeOwn(of, { range })) list.push(picture);
  return list;
}

/** Samples of 16 bits. */
async function soundOf(path: string): Promise<Int16Array> {
  const bytes = await ffmpegSays('-i', path, '-map', '0:a:0', '-f', 's16le', '-');
  return new Int16Array(Uint8Array.from(bytes).buffer);
}

/** Largest difference of two pictures, of 65535. */
function furthest(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < a.length; i++) most = Math.max(most, Math.abs(a[i]! - b[i]!));
  return most;
}

/** What the take's coding changes of a picture: four of 255. */
const CODING = 4 * 257;

async function expectClipsOwn({ pictures }: Rendered, range: FrameRange, at: (i: number) => number) {
  const own = await picturesOf(await probeClip(clip), range);
  for (const [i, picture] of own.entries()) expect(furthest(picture, pictures[at(i)]!)).toBeLessThan(CODING);
  const stands = new Set(own.map((_, i) => at(i)));
  const made = [...pictures.keys()].filter((frame) => !stands.has(frame));
  for (const frame of made)
    for (const picture of own) expect(furthest(picture, pictures[frame]!)).toBeGreaterThan(8 * CODING);
  return made;
}

describe('frames beyond the ends', () => {
  it('stand before and after those of the clip, which stay as they are', async () => {
    const range = { start: 2, end: 6 };
    const take = await rendered(settingsOf({ before: 3, after: 2 }, range));
    const { report } = take;
    expect(await expectClipsOwn(take, range, (i) => 3 + i)).toEqual([0, 1, 2, 7, 8]);
    expect(report).toMatchObject({ made: [0, 1, 2, 7, 8], range, take: { frames: 9, audioStreams: 1 } });
    expect(report.take.rate).toEqual({ num: RATE, den: 1 });
    // The last four and the first four frames are looked at, which are all of them.
    expect(report.derived?.kinds.latents).toEqual({ found: 0, made: 4 });
    // Where the clip has sound it is heard, before it there is silence.
    const [heard, own] = [await soundOf(report.take.path), await soundOf(clip)];
    expect(heard).toHaveLength((9 * SAMPLES) / RATE);
    const silence = SAMPLES / RATE;
    expect(heard.slice(0, silence)).toEqual(new Int16Array(silence));
    expect(heard.slice(silence)).toEqual(own.slice(0, heard.length - silence));
  });

  it('cost nothing of what they do not stand beside', async () => {
    const settings = settingsOf({ after: 2 }, { start: 0, end: FRAMES });
    const planned = await plan({ ...settings, sampling: { ...settings.sampling, size: 72 } });
    expect(planned.frames).toBe(FRAMES + 2);
    expect(planned.derived.kinds.latents).toEqual({ found: 0, made: 2 });
    expect(planned.derived.kinds.flow).toEqual({ found: 0, made: 2 });
  });
});

describe('frames between', () => {
  const range = { start: 1, end: 4 };
  it('make the take slower, without its sound', async () => {
    const take = await rendered(settingsOf({ between: 3 }, range));
    const { report } = take;
    expect(await expectClipsOwn(take, range, (i) => 4 * i)).toEqual([1, 2, 3, 5, 6, 7]);
    expect(report.take).toMatchObject({ frames: 9, audioStreams: 0, rate: { num: RATE, den: 1 } });
    expect(report.take.notes).toContain('sound is left out: the take runs 4 times as long as its clip');
  });

  it('or its rate higher, with its sound', async () => {
    const take = await rendered(settingsOf({ between: 1, pace: 'rate', after: 1 }, range));
    const { report } = take;
    expect(await expectClipsOwn(take, range, (i) => 2 * i)).toEqual([1, 3, 5]);
    expect(report.take).toMatchObject({ frames: 6, audioStreams: 1, rate: { num: 2 * RATE, den: 1 } });
    const [heard, own] = [await soundOf(report.take.path), await soundOf(clip)];
    expect(heard).toEqual(own.slice(SAMPLES / RATE, (4 * SAMPLES) / RATE));
  });
});

it.each(['plain', 'depth', 'led by gradients'])(
  'is planned as it is made, and resumed to the same bits: %s',
  async (kind) => {
    const asked = settingsOf(
      { before: 1, after: 3, between: 1 },
      { start: 2, end: 5 },
      kind === 'depth' ? depth : plain,
    );
    const params = { weight: kind === 'led by gradients' ? 1 : 0 };
    const settings = { ...asked, method: { ...asked.method, params } };
    const planned = await plan(settings);
    await using shot = await prepareShot(settings, contextIn(tempFolder()), false);
    const made = await derive(shot, contextIn(tempFolder()));
    expect(planned.derived).toEqual(made.counts);
    const sampled = async (dir: string, stopAfter = Number.POSITIVE_INFINITY) => {
      const abort = new AbortController();
      const context = contextWith({ dir, store, signal: abort.signal });
      let visits = 0;
      const { advance } = context.progress;
      context.progress.advance = (count) => {
        advance(count);
        if (++visits === stopAfter) abort.abort();
      };
      return { ...(await sampleShot(shot, made, context)), visits: () => visits };
    };
    const whole = await sampled(tempFolder());
    expect(whole.visits()).toBe(planned.samplingCalls);
    expect(whole.unetBranches).toBe(planned.samplingBranches);
    expect(whole.latents).toHaveLength(planned.frames - 3);
    const dir = tempFolder();
    await expect(sampled(dir, Math.ceil(whole.visits() / 2))).rejects.toBeInstanceOf(Cancelled);
    const resumed = await sampled(dir);
    expect(resumed.resumedFrom).not.toBeNull();
    expect(resumed.latents).toEqual(whole.latents);
  },
);

describe('what does not go with it is refused by its name before anything is computed', () => {
  const range = { start: 0, end: 4 };
  const longer = () => settingsOf({ after: 1 }, range);
  const cases: readonly (readonly [string, () => EditSettings, RegExp])[] = [
    ['no frames to make', () => settingsOf({}, range), /none are asked for/],
    [
      'a method that makes none',
      () => ({ ...longer(), method: { id: 'pix2video', params: {} } }),
      /Pix2Video makes no frames|makes no frames that the clip does not have/,
    ],
    [
      'a mask',
      () => ({
        ...longer(),
        guide: {
          ...longer().guide,
          mask: {
            ...{ invert: false, grow: 0, feather: 0 },
            parts: [
              {
                ...{ id: 'a', mode: 'add' as const, kind: 'rectangle' as const },
                keys: [{ frame: 0, x: 0, y: 0, width: 9, height: 9, angle: 0 }],
              },
            ],
          },
        },
      }),
      /a mask says where/,
    ],
    [
      'a painted frame',
      () => ({ ...longer(), guide: { ...longer().guide, pictures: [{ frame: 0, path: clip, at: 0 }] } }),
      /pictures stand for frames/,
    ],
    ['keep', () => ({ ...longer(), guide: { ...longer().guide, keep: 0.3 } }), /keeps the clip/],
    ['reuse', () => ({ ...longer(), sampling: { ...longer().sampling, reuse: 2 } }), /leaves out the depth/],
    [
      'a ControlNet',
      () => ({
        ...longer(),
        model: { ...longer().model, controls: [newControl(writeTinyControlNet(join(tempFolder(), 'net')))] },
      }),
      /ControlNet net follows/,
    ],
    ['an inpainting model', () => settingsOf({ after: 1 }, range, inpainting), /around a mask/],
    [
      'a sampler that adds noise',
      () => ({ ...longer(), sampling: { ...longer().sampling, solver: 'euler_a' } }),
      /does not run with the solver/,
    ],
  ];
  it.each(cases)('%s', async (_, settings, message) => {
    const refusal = { code: 'usage', message: expect.stringMatching(message), hint: expect.any(String) };
    await expect(plan(settings())).rejects.toMatchObject(refusal);
    await expect(prepareShot(settings(), contextIn(tempFolder()), false)).rejects.toMatchObject(refusal);
  });
});
