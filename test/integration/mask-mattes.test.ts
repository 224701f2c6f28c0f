/** Mattes of every sort become the mask of the very frame, and what does not fit its clip is refused beforehand. */
import { mkdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Mask, mask as maskSchema } from '../../src/common/masks/mask.ts';
import type { ClipInfo } from '../../src/common/media.ts';
import { ArtefactStore } from '../../src/main/engine/artefacts/store.ts';
import { resolveFfmpeg } from '../../src/main/engine/media/ffmpeg.ts';
import { probeClip } from '../../src/main/engine/media/probe.ts';
import { rememberingProbe } from '../../src/main/engine/media/remembering-probe.ts';
import { maskPicture } from '../../src/main/engine/queue/mask-picture.ts';
import { mattesOf } from '../../src/main/engine/recipe/mattes.ts';
import { ffmpegDoes, tempFolder } from '../helpers/clips.ts';
import { writeTinySegmenter } from '../helpers/tiny-segmenter.ts';

const folder = tempFolder();
const [width, height] = [128, 96];
let clip: ClipInfo;
let cache: ArtefactStore;

/** A column that is opaque and white from 20 + 8·n on, n the frame. */
const walking = (size: string, frames: number) =>
  `nullsrc=s=${size}:r=24:d=${frames / 24},format=rgba,geq=r='255*gte(X/W*128,20+8*N)':g='255*gte(X/W*128,20+8*N)':b='255*gte(X/W*128,20+8*N)':a='255*gte(X/W*128,20+8*N)'`;

beforeAll(async () => {
  await resolveFfmpeg();
  cache = new ArtefactStore(folder.at('cache.sqlite'), { limitBytes: 1e9, onWarning: () => {} });
  const source = `testsrc2=s=${width}x${height}:r=24:d=${6 / 24}`;
  await ffmpegDoes(
    '-f',
    'lavfi',
    '-i',
    source,
    '-c:v',
    'libx264',
    '-pix_fmt',
    'yuv420p',
    folder.at('clip.mp4'),
  );
  clip = await probeClip(folder.at('clip.mp4'));
  const lavfi = (size: string, frames: number) => ['-f', 'lavfi', '-i', walking(size, frames)];
  await ffmpegDoes(...lavfi('128x96', 6), '-c:v', 'qtrle', '-pix_fmt', 'argb', folder.at('alpha.mov'));
  await ffmpegDoes(...lavfi('256x192', 6), '-c:v', 'ffv1', '-pix_fmt', 'bgr0', folder.at('luma.mkv'));
  await ffmpegDoes(
    ...lavfi('128x96', 6),
    ...[
      '-c:v',
      'libvpx-vp9',
      '-pix_fmt',
      'yuva420p',
      '-crf',
      '4',
      '-b:v',
      '0',
      '-cpu-used',
      '8',
      '-auto-alt-ref',
      '0',
    ],
    folder.at('alpha.webm'),
  );
  mkdirSync(folder.at('run'));
  await ffmpegDoes(
    ...lavfi('128x96', 9),
    '-pix_fmt',
    'rgb24',
    '-start_number',
    '1001',
    folder.at('run/m.%04d.png'),
  );
  await ffmpegDoes(...lavfi('128x96', 1), '-frames:v', '1', '-pix_fmt', 'rgb24', folder.at('still.png'));
  await ffmpegDoes(...lavfi('96x96', 6), '-c:v', 'ffv1', '-pix_fmt', 'bgr0', folder.at('square.mkv'));
});
afterAll(() => {
  cache.close();
  folder[Symbol.dispose]();
});

const matte = (name: string, more: object = {}): Mask =>
  maskSchema.parse({ parts: [{ id: 'm', kind: 'matte', path: folder.at(name), ...more }] });

async function edgeOf(mask: Mask, frame: number, path = clip.path): Promise<number> {
  const parts = {
    cache,
    probe: rememberingProbe(),
    facts: () => Promise.reject(new Error('no model is asked')),
  };
  const signal = new AbortController().signal;
  const of = { clip: path, mask, frame, bundle: null, size: 128, flow: null };
  const seen = await maskPicture(of, parts, signal);
  expect(seen.confidence).toBeNull();
  const row = Math.floor(seen.height / 2) * seen.width;
  const first = seen.coverage.subarray(row, row + seen.width).findIndex((value) => value > 127);
  return (first * width) / seen.width;
}

describe('a matte', () => {
  it.each([
    ['a movie with transparency', 'alpha.mov', { channel: 'alpha' }, [0, 3, 5], 0],
    ['a movie of the web with transparency', 'alpha.webm', { channel: 'alpha' }, [0, 4], 0],
    ['a larger movie, by its brightness', 'luma.mkv', {}, [0, 2, 5], 0],
    ['numbered pictures', 'run/m.####.png', {}, [0, 5], 0],
    ['numbered pictures that begin earlier', 'run/m.####.png', { offset: 3 }, [0, 5], 3],
  ])('is %s, frame for frame', async (_, name, more, frames, offset) => {
    for (const frame of frames) {
      const edge = await edgeOf(matte(name, more), frame);
      expect(Math.abs(edge - (20 + 8 * (frame + offset)))).toBeLessThan(1.5);
    }
  });

  it('is a still for every frame', async () => {
    for (const frame of [0, 5])
      expect(Math.abs((await edgeOf(matte('still.png'), frame)) - 20)).toBeLessThan(1.5);
  });

  it('is refused where it does not fit the clip, before anything is made', async () => {
    const range = { start: 0, end: 6 };
    const refused = (mask: Mask, frames = range) =>
      expect(mattesOf({ mask, clip, range: frames }, probeClip)).rejects;
    await refused(matte('run/m.####.png', { offset: 4 })).toThrow(
      'the edit needs frames 4 to 9 of the matte m.####.png, which has 0 to 8',
    );
    await refused(matte('alpha.mov', { offset: -1 })).toThrow('the edit needs frames -1 to 4 of the matte');
    await refused(matte('square.mkv')).toThrow(
      "the matte square.mkv is 96×96, another shape than the clip's 128×96",
    );
    await refused(matte('luma.mkv', { channel: 'alpha' })).toThrow('the matte luma.mkv has no transparency');
    await refused(matte('none.mov')).toThrow('there is no such file');
    const stroke = { frame: 6, mode: 'paint', radius: 3, points: [[1, 1]] };
    await refused(maskSchema.parse({ parts: [{ id: 'b', kind: 'brush', strokes: [stroke] }] })).toThrow(
      'the brush was painted on frame 6, and the clip has 6',
    );
  });
});

describe('a brush', () => {
  it('is seen on every frame with how far it can be relied on, and its motion is kept', async () => {
    const stroke = { frame: 1, mode: 'paint', radius: 20, points: [[64, 48]] };
    const mask = maskSchema.parse({ parts: [{ id: 'b', kind: 'brush', strokes: [stroke] }] });
    const parts = { cache, probe: rememberingProbe(), facts: () => Promise.reject(new Error('no model')) };
    const seen = (frame: number) =>
      maskPicture(
        { clip: clip.path, mask, frame, bundle: null, size: 128, flow: null },
        parts,
        new AbortController().signal,
      );
    const painted = await seen(1);
    expect(painted.confidence).toBe(1);
    const carried = await seen(4);
    expect(carried.confidence).toBeGreaterThan(0);
    expect(carried.confidence).toBeLessThan(1);
    expect(carried.coverage.filter((value) => value > 127).length).toBeGreaterThan(100);
    expect(cache.ls().find(({ kind }) => kind === 'flow')?.items).toBe(6);
    expect((await seen(4)).coverage).toEqual(carried.coverage);
  });

  it('stops when it is given up', async () => {
    const stroke = { frame: 0, mode: 'paint', radius: 12, points: [[64, 48]] };
    const mask = maskSchema.parse({ parts: [{ id: 'b', kind: 'brush', strokes: [stroke] }] });
    const abort = new AbortController();
    abort.abort();
    const parts = { cache, probe: rememberingProbe(), facts: () => Promise.reject(new Error('no model')) };
    const of = { clip: clip.path, mask, frame: 5, bundle: null, size: 64, flow: null };
    await expect(maskPicture(of, parts, abort.signal)).rejects.toMatchObject({ name: 'Cancelled' });
  });
});

describe('a segmenter', () => {
  const object = (model: string | null) =>
    maskSchema.parse({ parts: [{ id: 's', kind: 'segmenter', model }] });

  it('is the mask of the very frame, here of what is bright', async () => {
    const model = writeTinySegmenter(folder.at('segmenter'));
    for (const frame of [3, 0, 5]) {
      expect(
        Math.abs((await edgeOf(object(model), frame, folder.at('luma.mkv'))) - (20 + 8 * frame)),
      ).toBeLessThan(2);
    }
  });

  it('is refused by name where there is none', async () => {
    await expect(edgeOf(object(null), 0)).rejects.toMatchObject({
      code: 'usage',
      message: /no network that finds objects/,
      hint: /Name the folder/,
    });
    await expect(edgeOf(object(folder.at('nowhere')), 0)).rejects.toMatchObject({ code: 'bundle-invalid' });
  });
});
