/** A frame as a PNG: the very picture, a name of its own, nothing left where it fails. */
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { decodeFrame } from '../../src/main/engine/media/decode.ts';
import { probeClip } from '../../src/main/engine/media/probe.ts';
import { saveStill } from '../../src/main/engine/media/still.ts';
import { counter, ffmpegDoes, H264, readCounter } from '../helpers/clips.ts';
import { tempFolder } from '../helpers/temp-folder.ts';

test('the frame that was asked for is saved as Retake reads it, beside what has its name', async () => {
  const folder = tempFolder();
  const path = join(folder, 'clip 🚙 100%d.mp4');
  await ffmpegDoes(...counter('24', 9), ...H264, path);
  const clip = await probeClip(path);
  const out = tempFolder();
  writeFileSync(join(out, 'A frame.PNG'), 'mine');
  const of = { clip, frame: 7, folder: out, stem: 'a frame' };
  expect(await saveStill(of)).toBe(join(out, 'a frame 2.png'));
  expect(await saveStill({ ...of, frame: 2 })).toBe(join(out, 'a frame 3.png'));
  expect(readdirSync(out).sort()).toEqual(['A frame.PNG', 'a frame 2.png', 'a frame 3.png']);
  const { width, height } = clip;
  for (const [name, frame] of [
    ['a frame 2.png', 7],
    ['a frame 3.png', 2],
  ] as const) {
    const still = await probeClip(join(out, name));
    expect(still).toMatchObject({ width, height, frames: 1 });
    const read = await decodeFrame(still, 0, { width, height });
    expect(readCounter(read)).toBe(frame);
    expect(read).toEqual(await decodeFrame(clip, frame, { width, height }));
  }
});

test('a folder that takes no file is named, and none is left', async () => {
  const folder = tempFolder();
  const path = join(folder, 'clip.mp4');
  await ffmpegDoes(...counter('24', 2), ...H264, path);
  const clip = await probeClip(path);
  const missing = join(folder, 'not', 'there');
  await expect(saveStill({ clip, frame: 0, folder: missing, stem: 'x' })).rejects.toMatchObject({
    code: 'output-unwritable',
  });
  expect(readdirSync(folder)).toEqual(['clip.mp4']);
});
