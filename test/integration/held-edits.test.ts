/** Edits that stop at a mask: outside it a take is its clip, to the bit at 8 bit, however it was made and however often it was stopped. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Mask, Part } from '../../src/common/masks/mask.ts';
import { rasterise } from '../../src/common/masks/rasterise.ts';
import { BUILT_IN } from '../../src/common/plugins/built-in.ts';
import type { EditSettings } from '../../src/common/settings/settings.ts';
import { ArtefactStore } from '../../src/main/engine/artefacts/store.ts';
import { decodeFrames, decodeSized } from '../../src/main/engine/media/decode.ts';
import { resolveFfmpeg } from '../../src/main/engine/media/ffmpeg.ts';
import { fitCanvas } from '../../src/main/engine/media/fit.ts';
import { probeClip } from '../../src/main/engine/media/probe.ts';
import { methods } from '../../src/main/engine/methods/registry.ts';
import type { Method } from '../../src/main/engine/methods/types.ts';
import { layOver } from '../../src/main/engine/render/composite.ts';
import { derive } from '../../src/main/engine/render/derive.ts';
import { prepareShot } from '../../src/main/engine/render/prepare.ts';
import { renderFrame } from '../../src/main/engine/render/preview.ts';
import { render } from '../../src/main/engine/render/render.ts';
import { sampleShot } from '../../src/main/engine/render/sample.ts';
import { makeWorld, movingClip, type World } from '../helpers/cli.ts';
import { ffmpegDoes } from '../helpers/clips.ts';
import { type Short, settingsWith } from '../helpers/job-settings.ts';
import { contextWith } from '../helpers/prepared.ts';
import { tempFolder } from '../helpers/temp-folder.ts';
import { writeTinyBundle } from '../helpers/tiny-bundle.ts';
import { writeTinySegmenter } from '../helpers/tiny-segmenter.ts';
import { wantsFlow } from '../helpers/wanting-methods.ts';

const SIDE = 64;
const FRAMES = 4;
let world: World;
let clip: string;
/** Of all methods: what one of them has derived from the clip, the others find. */
let shared: ArtefactStore;

beforeAll(async () => {
  for (const one of [wantsFlow] as Method[]) methods.contribute(BUILT_IN.methods, one);
  world = await makeWorld();
  // As large as the canvas, so that nothing is scaled on its way to the take.
  clip = await movingClip(join(world.dir, 'clip.mov'), {
    size: `${SIDE}x${SIDE}`,
    frames: FRAMES,
    sound: false,
  });
  shared = openStore(world.dir);
});
afterAll(() => {
  shared.close();
  world[Symbol.dispose]();
});

const mask: Mask = {
  ...{ invert: false, grow: 0, feather: 6 },
  parts: [
    {
      ...{ id: 'box', mode: 'add', kind: 'rectangle' },
      keys: [
        { frame: 0, x: 8, y: 10, width: 24, height: 30, angle: 0 },
        { frame: 3, x: 26, y: 20, width: 24, height: 30, angle: 15 },
      ],
    },
  ],
};

function settingsOf(
  out: string,
  more: Short = {},
  guide: Partial<EditSettings['guide']> = { mask },
): EditSettings {
  const settings = settingsWith({
    ...{ clip, bundle: world.bundle, out, format: 'png', sourcePrompt: 'a red car', prompt: 'a white swan' },
    ...{ steps: 4, refinement: 0, size: SIDE, anchor: 1, provider: 'cpu' },
    ...more,
  });
  return { ...settings, guide: { ...settings.guide, ...guide } };
}

async function stillIn(dir: string): Promise<string> {
  const path = join(dir, 'still.png');
  await ffmpegDoes('-y', '-f', 'lavfi', '-i', `testsrc2=s=${SIDE}x${SIDE}`, '-frames:v', '1', path);
  return path;
}

const openStore = (dir: string) =>
  new ArtefactStore(join(dir, 'cache.sqlite'), { limitBytes: 1e9, onWarning: expect.unreachable });

function storeIn(dir: string): ArtefactStore {
  const store = openStore(dir);
  onTestFinished(() => store.close());
  return store;
}

async function framesOf(path: string): Promise<Uint8Array[]> {
  const info = await probeClip(path);
  const fit = fitCanvas(info.width, info.height, { size: SIDE, grid: 8 });
  const frames: Uint8Array[] = [];
  for await (const { rgb } of decodeFrames(info, { range: { start: 0, end: info.frames }, fit }))
    frames.push(rgb);
  return frames;
}

const takeIn = (out: string) =>
  readdirSync(out)
    .filter((name) => name.endsWith('.png'))
    .sort();
const bytesOf = (out: string) => takeIn(out).map((name) => readFileSync(join(out, name)));
/** A take's pictures in 16 bit, told in 8: what is none of 8 bit stays a fraction. */
async function takenFrom(out: string): Promise<Float64Array[]> {
  const { path } = await resolveFfmpeg();
  return takeIn(out).map((name) => {
    const input = ['-v', 'error', '-i', join(out, name), '-f', 'rawvideo', '-pix_fmt', 'rgb48le', '-'];
    const raw = execFileSync(path, input);
    return Float64Array.from({ length: raw.length / 2 }, (_, at) => raw.readUInt16LE(2 * at) / 257);
  });
}

const grid = { width: SIDE, height: SIDE, picture: { width: SIDE, height: SIDE } };

/** How far a take is from its clip, outside the feather and where all is edited. */
async function strays(out: string): Promise<{ outside: number; inside: number }[]> {
  const [own, made] = [await framesOf(clip), await takenFrom(out)];
  return own.map((rgb, frame) => {
    const share = rasterise(mask, frame, grid, () => undefined);
    const far = { outside: 0, inside: 0 };
    for (const [at, value] of rgb.entries()) {
      const difference = Math.abs(value - made[frame]![at]!);
      const edit = share[Math.floor(at / 3)]!;
      if (edit === 0) far.outside = Math.max(far.outside, difference);
      if (edit === 1) far.inside = Math.max(far.inside, difference);
    }
    return far;
  });
}

const METHODS: [string, Short][] = [
  ['pix2video', {}],
  [
    'pix2video with a multistep solver, keep and refinement',
    { solver: 'dpmpp_2m', keep: 0.3, refinement: 1 },
  ],
  ['mix', { method: 'mix' }],
  ['sdedit', { method: 'sdedit' }],
  ['key frames first', { method: 'two-stages' }],
  ['controlvideo', { method: 'controlvideo' }],
  ['vidrd', { method: 'vidrd', params: { clip: 2, promptFrames: 1 } }],
  ['text2video-zero', { method: 'text2video-zero' }],
  ['image to image', { method: 'img2img' }],
];

describe.each(METHODS)('%s', (_, more) => {
  it('leaves the clip as it is outside the mask, to the bit, and edits inside', async () => {
    const dir = tempFolder();
    const out = join(dir, 'take');
    await render(settingsOf(out, more), contextWith({ dir, store: shared }));
    for (const { outside, inside } of await strays(out)) {
      expect(outside).toBe(0);
      expect(inside).toBeGreaterThan(0);
    }
  });
});

it('a method that makes the outside too is not kept to the clip', async () => {
  const dir = tempFolder();
  const out = join(dir, 'take');
  const steady = { method: 'text2video-zero', params: { outside: 'steady' } };
  await render(settingsOf(out, steady), contextWith({ dir, store: storeIn(dir) }));
  for (const { outside } of await strays(out)) expect(outside).toBeGreaterThan(0);
});

const STOPPED: [string, Short, () => Promise<Partial<EditSettings['guide']>>][] = [
  ['masked', {}, async () => ({ mask })],
  [
    'led by a painted frame',
    {},
    async () => ({ pictures: [{ frame: 2, path: await stillIn(world.dir), at: 0 }] }),
  ],
  ['that follows the motion', { method: 'wants-flow' }, async () => ({})],
];

it.each(STOPPED)(
  'a render %s that is stopped again and again ends with the same bytes',
  async (_, more, guideOf) => {
    const guide = await guideOf();
    const dir = tempFolder();
    const store = storeIn(dir);
    const whole = join(dir, 'whole');
    await render(settingsOf(whole, more, guide), contextWith({ dir: tempFolder(), store }));
    const out = join(dir, 'take');
    const at: unknown[] = [];
    for (let stops = 0; ; stops++) {
      const stop = new AbortController();
      let visits = 0;
      const onProgress = ({ phase }: { phase: string }) => {
        if (phase === 'sample' && ++visits === 4) stop.abort();
      };
      const context = contextWith({ dir, store, signal: stop.signal, onProgress });
      try {
        at.push((await render(settingsOf(out, more, guide), context)).sampling.resumedFrom);
        expect(stops).toBeGreaterThan(2);
        break;
      } catch (error) {
        expect(error).toMatchObject({ name: 'Cancelled' });
      }
    }
    expect(at).toEqual([expect.objectContaining({ step: expect.any(Number) })]);
    expect(bytesOf(out)).toEqual(bytesOf(whole));
  },
);

it('a frame to look at is cut out alike', async () => {
  const dir = tempFolder();
  const settings = settingsOf(join(dir, 'take'), { range: { start: 2, end: 3 }, anchor: 2 });
  const { picture } = await renderFrame(settings, contextWith({ dir, store: storeIn(dir) }));
  const own = (await framesOf(clip))[2]!;
  const share = rasterise(mask, 2, grid, () => undefined);
  let outside = 0;
  for (const [at, value] of own.entries()) {
    if (share[Math.floor(at / 3)] !== 0) continue;
    outside++;
    expect(Math.round(picture[at]! * 255)).toBe(value);
  }
  expect(outside).toBeGreaterThan(SIDE);
});

it('another mask makes another edit: a checkpoint of the first is told to be foreign', async () => {
  const dir = tempFolder();
  const store = storeIn(dir);
  const stop = new AbortController();
  const onProgress = ({ phase, done }: { phase: string; done: number }) => {
    if (phase === 'sample' && done === 6) stop.abort();
  };
  const out = join(dir, 'take');
  const stopped = render(settingsOf(out), contextWith({ dir, store, signal: stop.signal, onProgress }));
  await expect(stopped).rejects.toMatchObject({ name: 'Cancelled' });
  const context = contextWith({ dir, store });
  await render(settingsOf(out, {}, { mask: { ...mask, feather: 0 } }), context);
  expect(context.warnings).toContainEqual(expect.stringMatching(/left by other settings/));
});

describe('a painted frame', () => {
  const pictureIn = async (
    dir: string,
    source = 'testsrc',
    size = `${SIDE}x${SIDE}`,
    frames = 1,
  ): Promise<string> => {
    const path = join(dir, frames === 1 ? 'painted.png' : 'painted.mov');
    const codec = frames === 1 ? [] : ['-c:v', 'ffv1'];
    await ffmpegDoes(
      '-f',
      'lavfi',
      '-i',
      `${source}=s=${size}:r=12`,
      '-frames:v',
      `${frames}`,
      ...codec,
      path,
    );
    return path;
  };
  const led = (out: string, pictures: EditSettings['guide']['pictures'], more: Short = {}) =>
    settingsOf(out, more, { pictures });

  it.each(METHODS)(
    'comes out as it was painted, as far as the model keeps a picture: %s',
    async (_, more) => {
      const dir = tempFolder();
      const path = await pictureIn(dir);
      const settings = led(join(dir, 'take'), [{ frame: 2, path, at: 0 }], more);
      const context = contextWith({ dir, store: shared });
      await using shot = await prepareShot(settings, context, false);
      const made = await derive(shot, context);
      const { latents } = await sampleShot(shot, made, context);
      const [rgb] = await framesOf(path);
      expect(latents[2]).toEqual(await shot.bundle.encode(rgb!, SIDE, SIDE));
      const free = { ...settings, guide: { ...settings.guide, pictures: [] } };
      const other = contextWith({ dir: tempFolder(), store: shared });
      await using bare = await prepareShot(free, other, false);
      const without = await sampleShot(bare, await derive(bare, other), other);
      expect(latents[2]).not.toEqual(without.latents[2]);
    },
  );

  it('may be a frame of a movie', async () => {
    const dir = tempFolder();
    const path = await pictureIn(dir, 'testsrc2', `${SIDE}x${SIDE}`, 4);
    const settings = led(join(dir, 'take'), [{ frame: 1, path, at: 3 }]);
    const context = contextWith({ dir, store: storeIn(dir) });
    await using shot = await prepareShot(settings, context, false);
    const { latents } = await sampleShot(shot, await derive(shot, context), context);
    expect(latents[1]).toEqual(await shot.bundle.encode((await framesOf(path))[3]!, SIDE, SIDE));
  });

  it('is refused before anything is computed where it cannot stand for its frame', async () => {
    const dir = tempFolder();
    const [path, wide] = [await pictureIn(dir), await pictureIn(tempFolder(), 'testsrc', '96x64')];
    const text = join(dir, 'notes.txt');
    writeFileSync(text, 'no picture');
    const refused = (picture: EditSettings['guide']['pictures'][number], more: Short = {}) => {
      const context = contextWith({ dir, store: storeIn(tempFolder()) });
      return expect(render(led(join(dir, 'take'), [picture], more), context)).rejects;
    };
    await refused({ frame: 4, path, at: 0 }).toThrow(/painted\.png stands for frame 4, which is outside/);
    await refused({ frame: 0, path, at: 0 }, { range: { start: 1, end: 3 } }).toThrow(
      /outside the frames to edit/,
    );
    await refused({ frame: 1, path, at: 2 }).toThrow(/painted\.png has one frame, and frame 2 is asked for/);
    await refused({ frame: 1, path: wide, at: 0 }).toThrow(/96×64, another shape than the clip's 64×64/);
    await refused({ frame: 1, path: join(dir, 'gone.png'), at: 0 }).toMatchObject({
      code: 'clip-unreadable',
    });
    await refused({ frame: 1, path: text, at: 0 }).toMatchObject({ code: expect.stringMatching(/^clip-/) });
  });

  it('that is painted over while the edit stands still is told, not mixed in', async () => {
    const dir = tempFolder();
    const path = await pictureIn(dir);
    const store = storeIn(dir);
    const stop = new AbortController();
    const onProgress = ({ phase, done }: { phase: string; done: number }) => {
      if (phase === 'sample' && done === 6) stop.abort();
    };
    const settings = led(join(dir, 'take'), [{ frame: 2, path, at: 0 }]);
    const stopped = render(settings, contextWith({ dir, store, signal: stop.signal, onProgress }));
    await expect(stopped).rejects.toMatchObject({ name: 'Cancelled' });
    await ffmpegDoes('-y', '-f', 'lavfi', '-i', `smptebars=s=${SIDE}x${SIDE}`, '-frames:v', '1', path);
    await expect(render(settings, contextWith({ dir, store }))).rejects.toMatchObject({
      code: 'clip-changed',
    });
  });
});

describe('laying the clip over a picture', () => {
  const fit = fitCanvas(30, 20, { size: 16, grid: 8 });
  const content = fit.contentWidth * fit.contentHeight;
  const values = fit.width * fit.height * 3;

  it('takes it where nothing is edited, mixes through the feather, and leaves the padding alone', () => {
    expect(fit.left + fit.top).toBeGreaterThan(0);
    const picture = new Float32Array(values).fill(0.25);
    const original = Uint8Array.from({ length: values }, (_, at) => at % 256);
    const share = Float32Array.from(
      { length: content },
      (_, at) => (at % fit.contentWidth) / (fit.contentWidth - 1),
    );
    layOver(picture, original, { data: share }, fit);
    const at = (x: number, y: number) => 3 * ((y + fit.top) * fit.width + x + fit.left);
    expect(picture[at(0, 2)]).toBe(Math.fround(original[at(0, 2)]! / 255));
    expect(picture[at(fit.contentWidth - 1, 2)]).toBe(0.25);
    const own = original[at(5, 3)]! / 255;
    expect(picture[at(5, 3)]).toBeCloseTo(own + (5 / (fit.contentWidth - 1)) * (0.25 - own), 6);
    expect(picture[0]).toBe(0.25);
  });
});

describe('a brush', () => {
  const stroke = { frame: 1, mode: 'paint', radius: 14, points: [[24, 26]] } as const;
  const painted = (frame: number): Mask => ({
    ...mask,
    parts: [{ id: 'b', mode: 'add', kind: 'brush', strokes: [{ ...stroke, frame, points: [[24, 26]] }] }],
  });

  it('edits what was painted on one frame on all of them, and says how sure it is', async () => {
    const dir = tempFolder();
    const out = join(dir, 'take');
    const store = storeIn(dir);
    const report = await render(settingsOf(out, {}, { mask: painted(1) }), contextWith({ dir, store }));
    expect(report.brushConfidence).toHaveLength(FRAMES);
    expect(report.brushConfidence![1]).toBe(1);
    for (const one of report.brushConfidence!) expect(one).toBeGreaterThan(0);
    // A mask and a brush for each frame, along the motion between neighbours.
    expect(report.derived?.kinds.mask).toEqual({ found: 0, made: 2 * FRAMES });
    expect(report.derived?.kinds.flow).toEqual({ found: 0, made: 2 * (FRAMES - 1) });
    const [own, made] = [await framesOf(clip), await takenFrom(out)];
    for (const [frame, rgb] of own.entries()) {
      expect(made[frame]![0]).toBe(rgb[0]);
      expect([...rgb].some((value, at) => Math.abs(value - made[frame]![at]!) > 1)).toBe(true);
    }
    const again = await render(
      settingsOf(join(dir, 'again'), {}, { mask: painted(1) }),
      contextWith({ dir, store }),
    );
    expect(again.derived?.kinds.mask).toEqual({ found: FRAMES, made: 0 });
    expect(bytesOf(join(dir, 'again'))).toEqual(bytesOf(out));
  });

  it('reaches a shot of one frame from a frame beside it', async () => {
    const dir = tempFolder();
    const out = join(dir, 'take');
    const report = await render(
      settingsOf(out, { range: { start: 3, end: 4 }, anchor: 3 }, { mask: painted(0) }),
      contextWith({ dir, store: storeIn(dir) }),
    );
    expect(report.brushConfidence).toHaveLength(1);
    expect(report.derived?.kinds.flow).toEqual({ found: 0, made: 6 });
    const [made, own] = [(await takenFrom(out))[0]!, (await framesOf(clip))[3]!];
    expect(made[0]).toBe(own[0]);
    expect(made.some((value, at) => Math.abs(value - own[at]!) > 1)).toBe(true);
  });
});

it('a network finds the object once a frame, and its answer is kept until the network is another one', async () => {
  const dir = tempFolder();
  const store = storeIn(dir);
  const model = writeTinySegmenter(join(dir, 'segmenter'));
  const found: Mask = { ...mask, feather: 0, parts: [{ id: 's', mode: 'add', kind: 'segmenter', model }] };
  const made = async (name: string) => {
    const report = await render(
      settingsOf(join(dir, name), {}, { mask: found }),
      contextWith({ dir, store }),
    );
    return { calls: report.derived?.calls.segment, masks: report.derived?.kinds.mask };
  };
  expect(await made('first')).toEqual({ calls: FRAMES, masks: { found: 0, made: 2 * FRAMES } });
  expect(await made('second')).toEqual({ calls: 0, masks: { found: FRAMES, made: 0 } });
  expect(bytesOf(join(dir, 'second'))).toEqual(bytesOf(join(dir, 'first')));
  writeFileSync(join(model, 'preprocessor_config.json'), JSON.stringify({ ensure_multiple_of: 16 }));
  expect(await made('third')).toMatchObject({ calls: FRAMES });
});

describe('a mask with depth and keep together', () => {
  it.each([
    ['a shot', { start: 0, end: FRAMES }],
    ['a shot of one frame', { start: 1, end: 2 }],
  ])('leaves the clip as it is outside, in %s', async (_, range) => {
    const dir = tempFolder();
    const out = join(dir, 'take');
    const bundle = await writeTinyBundle(join(dir, 'bundle'), { kind: 'depth', depth: {} });
    const settings = settingsOf(out, { bundle, keep: 0.3, range });
    const report = await render(settings, contextWith({ dir, store: storeIn(dir) }));
    expect(report.structure).toEqual({ source: 'estimator' });
    expect(report.take.frames).toBe(range.end - range.start);
    const [own, made] = [await framesOf(clip), await takenFrom(out)];
    for (const [place, picture] of made.entries()) {
      const frame = range.start + place;
      const share = rasterise(mask, frame, grid, () => undefined);
      const apart = (where: number) =>
        Math.max(
          ...picture.map((value, at) =>
            share[Math.floor(at / 3)] === where ? Math.abs(value - own[frame]![at]!) : 0,
          ),
        );
      expect(apart(0)).toBe(0);
      expect(apart(1)).toBeGreaterThan(0);
    }
  });
});

describe('a take larger than the canvas', () => {
  const size = { width: 197, height: 143 };
  const film = { ...size, picture: size };
  const edge = { invert: false, grow: 0, feather: 9 };
  const box = { frame: 0, x: 30, y: 40, width: 90, height: 60, angle: 20 };
  const shape: Part = { id: 's', mode: 'add', kind: 'ellipse', keys: [box] };
  const brushOn = (frame: number): Part => ({
    ...{ id: 'b', mode: 'add', kind: 'brush' },
    strokes: [{ frame, mode: 'paint', radius: 30, points: [[80, 70]] }],
  });
  let dir: string;
  let large: string;

  beforeAll(async () => {
    dir = world.dir;
    large = join(dir, 'large.mov');
    const source = `testsrc=s=${size.width}x${size.height}:r=12`;
    const codec = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv444p'];
    await ffmpegDoes('-f', 'lavfi', '-i', source, '-frames:v', `${FRAMES}`, ...codec, large);
    const matte = `color=black:s=${size.width}x${size.height},format=rgb24,drawbox=x=51:y=33:w=70:h=60:color=white:t=fill`;
    await ffmpegDoes('-f', 'lavfi', '-i', matte, '-frames:v', '1', join(dir, 'matte.png'));
  });

  const matte = (): Part => ({
    id: 'm',
    mode: 'add',
    kind: 'matte',
    path: join(dir, 'matte.png'),
    channel: 'luma',
    offset: 0,
  });
  const inMatte = new Float32Array(size.width * size.height).map((_, at) => {
    const [x, y] = [at % size.width, Math.floor(at / size.width)];
    return x >= 51 && x < 121 && y >= 33 && y < 93 ? 1 : 0;
  });
  /** Name, mask, and coverage where it is known for sure: 0 is outside the feather. */
  const MASKS: [string, () => Mask, (mask: Mask) => Float32Array][] = [
    ['a shape', () => ({ ...edge, parts: [shape] }), (mask) => rasterise(mask, 0, film)],
    [
      'a shape turned inside out',
      () => ({ ...edge, invert: true, parts: [shape] }),
      (mask) => rasterise(mask, 0, film),
    ],
    ['a sharp matte', () => ({ ...edge, feather: 0, parts: [matte()] }), () => inMatte],
    [
      // Scaled up from the canvas: a pixel of the canvas is three of the clip.
      'a feathered matte',
      () => ({ ...edge, parts: [matte()] }),
      (mask) => rasterise({ ...mask, grow: 6 }, 0, film, () => inMatte),
    ],
    [
      'a shape and a brush',
      () => ({ ...edge, parts: [shape, brushOn(1)] }),
      // However the brush is carried, it does not come as far as this.
      () => rasterise({ ...edge, grow: 30, parts: [shape, brushOn(0)] }, 0, film),
    ],
  ];

  it.each(MASKS)('is the clip itself outside %s, at its own size', async (_, maskOf, coverage) => {
    const masked = maskOf();
    const out = join(tempFolder(), 'take');
    const context = contextWith({ dir: tempFolder(), store: storeIn(tempFolder()) });
    const report = await render(settingsOf(out, { clip: large }, { mask: masked }), context);
    expect(report.take).toMatchObject({ ...size, frames: FRAMES });
    const made = await takenFrom(out);
    const share = coverage(masked);
    const info = await probeClip(large);
    const far = { outside: 0, inside: 0 };
    const pixels = { outside: 0, inside: 0 };
    for await (const { index, rgb } of decodeSized(info, { range: { start: 0, end: FRAMES }, ...size })) {
      for (const [at, own] of rgb.entries()) {
        const edit = share[Math.floor(at / 3)]!;
        if (edit > 0 && edit < 1) continue;
        const place = edit === 0 ? 'outside' : 'inside';
        far[place] = Math.max(far[place], Math.abs(made[index]![at]! - own));
        pixels[place]++;
      }
    }
    expect(pixels.outside).toBeGreaterThan(1000);
    expect(pixels.inside).toBeGreaterThan(1000);
    expect(far.outside).toBe(0);
    expect(far.inside).toBeGreaterThan(20);
  });

  it('that is stopped while it is written leaves nothing', async () => {
    const folder = tempFolder();
    const out = join(folder, 'take');
    const stop = new AbortController();
    const onProgress = ({ phase, done }: { phase: string; done: number }) => {
      if (phase === 'encode' && done === 2) stop.abort();
    };
    const stopped = render(
      settingsOf(out, { clip: large }, { mask: { ...edge, parts: [shape] } }),
      contextWith({ dir: tempFolder(), store: storeIn(tempFolder()), signal: stop.signal, onProgress }),
    );
    await expect(stopped).rejects.toMatchObject({ name: 'Cancelled' });
    expect(readdirSync(folder)).toEqual([]);
  });
});
