/** Numbered pictures are a clip: by pattern or folder, to the frame, with a fingerprint of all of them. */
import { copyFileSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { AppError } from '../../src/common/errors.ts';
import type { ClipInfo } from '../../src/common/media.ts';
import { emptyProject } from '../../src/common/project/document.ts';
import { decodeFrames } from '../../src/main/engine/media/decode.ts';
import { openTake } from '../../src/main/engine/media/encode.ts';
import { resolveFfmpeg } from '../../src/main/engine/media/ffmpeg.ts';
import { fingerprintOf } from '../../src/main/engine/media/fingerprint.ts';
import { probeClip } from '../../src/main/engine/media/probe.ts';
import { rememberingProbe } from '../../src/main/engine/media/remembering-probe.ts';
import { isClipThere } from '../../src/main/engine/media/sequence.ts';
import { checkTarget } from '../../src/main/engine/media/target.ts';
import { makeProxy } from '../../src/main/engine/previews/proxy.ts';
import { collect } from '../../src/main/engine/project/collect.ts';
import { findClip } from '../../src/main/engine/project/relink.ts';
import { counter, ffmpegDoes, readCounter, tempFolder, wholeFit } from '../helpers/clips.ts';

beforeAll(async () => {
  await resolveFfmpeg();
});

const upTo = (start: number, end: number) => Array.from({ length: end - start }, (_, i) => start + i);

async function numbers(clip: ClipInfo, start = 0, end = clip.frames): Promise<number[]> {
  const found: number[] = [];
  for await (const { index, rgb } of decodeFrames(clip, { range: { start, end }, fit: wholeFit(clip) })) {
    expect(index).toBe(start + found.length);
    found.push(readCounter(rgb, clip.width, clip.height));
  }
  return found;
}

/** Twelve numbered pictures, the n-th showing n. */
async function pictures(folder: string, name = 'shot.%04d.png', first = 1001, count = 12): Promise<void> {
  mkdirSync(folder, { recursive: true });
  await ffmpegDoes(
    ...counter('25', count),
    '-start_number',
    String(first),
    '-f',
    'image2',
    join(folder, name),
  );
}

describe('a picture sequence', () => {
  it('is a clip by pattern and by folder, wherever reading begins', async () => {
    using folder = tempFolder();
    const place = folder.at('100% shots %d');
    await pictures(folder.at('plain'));
    renameSync(folder.at('plain'), place);
    writeFileSync(join(place, 'notes.txt'), 'ready');
    for (const path of [place, join(place, 'shot.####.png'), join(place, 'shot.%04d.png')]) {
      const clip = await probeClip(path);
      expect(clip).toMatchObject({
        path: join(place, 'shot.####.png'),
        frames: 12,
        rate: { num: 24, den: 1 },
        sequence: { first: 1001, count: 12 },
        variableRate: false,
      });
      expect(clip.warnings.join()).toMatch(/12 numbered pictures: .* taken as 24 frames per second/);
      expect(await numbers(clip)).toEqual(upTo(0, 12));
      expect(await numbers(clip, 7, 12)).toEqual(upTo(7, 12));
    }
    const ntsc = await probeClip(place, { rate: { num: 30000, den: 1001 } });
    expect(ntsc).toMatchObject({ rate: { num: 30000, den: 1001 }, frames: 12, warnings: [] });
    await makeProxy(ntsc, folder.at('proxy.mp4'), {});
    const proxy = await probeClip(folder.at('proxy.mp4'));
    expect(proxy.rate).toEqual(ntsc.rate);
    expect(await numbers(proxy)).toEqual(upTo(0, 12));
  });

  it('alone takes a rate', async () => {
    using folder = tempFolder();
    await ffmpegDoes(...counter('25', 3), folder.at('film.mp4'));
    const refused = probeClip(folder.at('film.mp4'), { rate: { num: 24, den: 1 } });
    await expect(refused).rejects.toThrow(/a movie has a rate of its own/);
  });

  it('counts numbers that are not padded, and other formats', async () => {
    using folder = tempFolder();
    await pictures(folder.at('a'), 'f%d.png', 8, 5);
    expect(await numbers(await probeClip(folder.at('a')))).toEqual(upTo(0, 5));
    for (const ending of ['jpg', 'tif', 'exr', 'dpx', 'bmp']) {
      await pictures(folder.at(ending), `f_%03d.${ending}`, 1, 4);
      const clip = await probeClip(folder.at(ending));
      expect([ending, await numbers(clip)]).toEqual([ending, upTo(0, 4)]);
    }
  });

  it('with holes, or one of several, is refused by name', async () => {
    using folder = tempFolder();
    await pictures(folder.path);
    for (const number of [1004, 1007, 1008]) rmSync(folder.at(`shot.${number}.png`));
    const says = (path: string) =>
      probeClip(path).catch((error: AppError) => `${error.code} ${error.message}`);
    expect(await says(folder.path)).toMatch(/^clip-unreadable .*numbers are missing: 1004, 1007–1008/);
    expect(await says(folder.at('none.####.png'))).toMatch(/no pictures of that name/);
    await pictures(folder.path);
    await pictures(folder.path, 'other.%04d.png');
    expect(await says(folder.path)).toMatch(/2 picture sequences \(.*other\.####\.png/);
    writeFileSync(folder.at('other.1003.png'), '');
    expect(await says(folder.at('other.####.png'))).toMatch(/the file is empty/);
  });

  it('is pointed to by a single picture of it', async () => {
    using folder = tempFolder();
    await pictures(folder.path);
    const still = await probeClip(folder.at('shot.1003.png'));
    expect(still).toMatchObject({ frames: 1, sequence: null });
    expect(still.warnings.join()).toMatch(/one of 12 numbered pictures: .*shot\.####\.png/);
  });

  it('has a fingerprint of all its pictures, and is found again', async () => {
    using folder = tempFolder();
    await pictures(folder.at('old'));
    const path = folder.at('old/shot.####.png');
    const fingerprint = await fingerprintOf(path);
    mkdirSync(folder.at('new/place'), { recursive: true });
    renameSync(folder.at('old'), folder.at('new/place/shots'));
    expect(isClipThere(path)).toBe(false);
    const found = await findClip({ path, fingerprint }, folder.path);
    expect(found).toBe(folder.at('new/place/shots/shot.####.png'));
    expect(isClipThere(found!)).toBe(true);
    const probe = rememberingProbe();
    const before = await probe(found!);
    expect(await probe(found!)).toBe(before);
    copyFileSync(folder.at('new/place/shots/shot.1001.png'), folder.at('new/place/shots/shot.1006.png'));
    expect(await fingerprintOf(found!)).not.toEqual(fingerprint);
    expect(await probe(found!)).not.toBe(before);
    expect(await findClip({ path, fingerprint }, folder.path)).toBe(null);
  });

  it('is collected with its project, whole', async () => {
    using folder = tempFolder();
    await pictures(folder.at('old'));
    const path = folder.at('old/shot.####.png');
    const ref = {
      id: 'c',
      path,
      name: 'shot',
      fingerprint: await fingerprintOf(path),
      frames: 12,
      rate: { num: 24, den: 1 },
      width: 160,
      height: 64,
      timecode: null,
    };
    const document = { ...emptyProject('film'), clips: { c: ref as never } };
    mkdirSync(folder.at('handed on'));
    const bytes = (
      await collect({ document, path: folder.at('film.retake'), folder: folder.at('handed on') })
    ).bytes;
    expect(bytes).toBe(ref.fingerprint.bytes);
    const [own] = readdirSync(folder.at('handed on/clips'));
    const clip = await probeClip(folder.at(`handed on/clips/${own}`));
    expect(await numbers(clip)).toEqual(upTo(0, 12));
  });

  it('is not overwritten by its own take', async () => {
    using folder = tempFolder();
    await pictures(folder.at('shots'));
    const clip = await probeClip(folder.at('shots'));
    for (const out of [folder.at('shots'), folder.at('shots/shot.####.png')])
      await expect(checkTarget(out, clip.path, 'png')).rejects.toThrow(/pictures of its own clip/);
    const range = { start: 2, end: 5 };
    const fit = wholeFit(clip);
    const take = await openTake({ clip, range, fit, out: folder.at('take.mov'), format: 'prores422hq' });
    for await (const { rgb } of decodeFrames(clip, { range, fit }))
      await take.write(new Float32Array(rgb).map((value) => value / 255));
    await take.finish();
    expect(await numbers(await probeClip(folder.at('take.mov')))).toEqual([2, 3, 4]);
    expect(readdirSync(folder.at('shots'))).toHaveLength(12);
  });
});
