/** Which stream of a file is the clip, which way up it is, and what is said of one that cannot be decoded. */
import { readFileSync, writeFileSync } from 'node:fs';
import { beforeAll, expect, it } from 'vitest';
import { AppError } from '../../src/common/errors.ts';
import { decodeFrames } from '../../src/main/engine/media/decode.ts';
import { resolveFfmpeg } from '../../src/main/engine/media/ffmpeg.ts';
import { probeClip } from '../../src/main/engine/media/probe.ts';
import { makeProxy } from '../../src/main/engine/previews/proxy.ts';
import { counter, ffmpegDoes, H264, readCounter, tempFolder, wholeFit } from '../helpers/clips.ts';

beforeAll(async () => {
  await resolveFfmpeg();
});

it('a cover before the film is not the clip, marked as one or not', async () => {
  using folder = tempFolder();
  await ffmpegDoes('-f', 'lavfi', '-i', 'color=red:s=96x96', '-frames:v', '1', folder.at('cover.jpg'));
  await ffmpegDoes('-f', 'lavfi', '-i', 'color=red:s=96x96', '-frames:v', '1', folder.at('cover.png'));
  await ffmpegDoes(...counter('25', 20), ...H264, folder.at('film.mov'));
  for (const cover of ['cover.jpg', 'cover.png']) {
    for (const file of ['a.mp4', 'a.mkv', 'a.mov']) {
      for (const mark of [['-disposition:v:0', 'attached_pic'], []]) {
        if (cover === 'cover.png' && file === 'a.mov' && mark.length === 0) continue;
        const inputs = ['-i', folder.at(cover), '-i', folder.at('film.mov')];
        await ffmpegDoes(...inputs, '-map', '0', '-map', '1', '-c', 'copy', ...mark, folder.at(file));
        const clip = await probeClip(folder.at(file));
        expect([cover, file, clip]).toMatchObject([cover, file, { frames: 20, codec: 'h264', width: 160 }]);
        const last: number[] = [];
        const range = { start: 17, end: 20 };
        for await (const { rgb } of decodeFrames(clip, { range, fit: wholeFit(clip) }))
          last.push(readCounter(rgb));
        expect(last).toEqual([17, 18, 19]);
        await makeProxy(clip, folder.at('proxy.mp4'), {});
        expect(await probeClip(folder.at('proxy.mp4'))).toMatchObject({ frames: 20, width: 160 });
      }
    }
  }
});

it('a film of stills is one, also beside another', async () => {
  using folder = tempFolder();
  await ffmpegDoes(...counter('25', 20), '-c:v', 'mjpeg', '-q:v', '2', folder.at('stills.mov'));
  await ffmpegDoes(...counter('25', 10), ...H264, folder.at('film.mov'));
  const inputs = ['-i', folder.at('stills.mov'), '-i', folder.at('film.mov')];
  await ffmpegDoes(...inputs, '-map', '0', '-map', '1', '-c', 'copy', folder.at('two.mov'));
  const clip = await probeClip(folder.at('two.mov'));
  expect(clip).toMatchObject({ frames: 20, codec: 'mjpeg' });
  expect(clip.warnings.join()).toMatch(/2 video streams: the first is used/);
});

it('a codec that this ffmpeg lacks is named, not called damage', async () => {
  using folder = tempFolder();
  await ffmpegDoes(...counter('25', 5), ...H264, folder.at('a.mov'));
  const strange = Buffer.from(
    readFileSync(folder.at('a.mov')).toString('latin1').replace('avc1', 'Zq7x'),
    'latin1',
  );
  writeFileSync(folder.at('strange.mov'), strange);
  const error = await probeClip(folder.at('strange.mov')).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(AppError);
  expect((error as AppError).message).toBe('this ffmpeg has no decoder for Zq7x');
  expect((error as AppError).hint).not.toMatch(/damage/);
});

it('a picture turned by no quarter is taken as it is stored, and says so', async ({ skip }) => {
  skip((await resolveFfmpeg()).version.startsWith('5.'), 'this ffmpeg cannot write rotation');
  using folder = tempFolder();
  await ffmpegDoes(...counter('25', 10), ...H264, folder.at('a.mp4'));
  for (const turn of ['45', '-30', '135']) {
    await ffmpegDoes('-display_rotation', turn, '-i', folder.at('a.mp4'), '-c', 'copy', folder.at('r.mp4'));
    const clip = await probeClip(folder.at('r.mp4'));
    expect(clip).toMatchObject({ rotation: 0, asStored: true, width: 160, height: 64 });
    expect(clip.warnings.join()).toMatch(/turned by \d+°, which is no quarter/);
    const shown: number[] = [];
    for await (const { rgb } of decodeFrames(clip, { range: { start: 0, end: 10 }, fit: wholeFit(clip) }))
      shown.push(readCounter(rgb));
    expect(shown).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    await makeProxy(clip, folder.at('proxy.mp4'), {});
    const proxy = await probeClip(folder.at('proxy.mp4'));
    for await (const { index, rgb } of decodeFrames(proxy, {
      range: { start: 5, end: 6 },
      fit: wholeFit(proxy),
    }))
      expect(readCounter(rgb)).toBe(index);
  }
});

it('the pictures that a warning counts are those that come out', async () => {
  using folder = tempFolder();
  await ffmpegDoes('-f', 'lavfi', '-i', 'testsrc2=s=320x240:r=25:d=2', ...H264, folder.at('a.ts'));
  const damaged = readFileSync(folder.at('a.ts'));
  for (let i = 0; i < 60; i += 1) damaged[Math.floor(damaged.length * 0.3) + i * 97] = (i * 89) & 255;
  writeFileSync(folder.at('damaged.ts'), damaged);
  const clip = await probeClip(folder.at('damaged.ts'));
  const told = /the (\d+) pictures that decode/.exec(clip.warnings.join('\n'))?.[1];
  const shown = clip.sourceTimes === null ? clip.frames : new Set(clip.sourceTimes).size;
  expect(Number(told)).toBe(shown);
});
