/** A take handed back in place: the clip's length, label and sound, the take's pictures where it is, and the clip untouched. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { InPlaceRequest } from '../../src/common/contract/delivery.ts';
import { Cancelled } from '../../src/common/errors.ts';
import { rational } from '../../src/common/time/rational.ts';
import { replaceSource } from '../../src/main/engine/delivery/in-place.ts';
import { decodeFrames } from '../../src/main/engine/media/decode.ts';
import { probeClip } from '../../src/main/engine/media/probe.ts';
import { rememberingProbe } from '../../src/main/engine/media/remembering-probe.ts';
import { counter, ffmpegDoes, readCounter, tempFolder, wholeFit } from '../helpers/clips.ts';
import { clipRefOf, withClip } from '../helpers/project.ts';

const folder = tempFolder();
const probe = rememberingProbe();
const FRAMES = 24;
const TAKE_FROM = 500;
let request: InPlaceRequest;

beforeAll(async () => {
  const prores = ['-c:v', 'prores_ks', '-profile:v', '3', '-pix_fmt', 'yuv422p10le'];
  await ffmpegDoes(
    ...counter('25', FRAMES),
    ...['-f', 'lavfi', '-i', 'sine=440:r=48000:d=0.96', '-f', 'lavfi', '-i', 'sine=220:r=48000:d=0.96'],
    ...['-map', '0:v', '-map', '1:a', '-map', '2:a', ...prores, '-c:a', 'pcm_s24le'],
    ...['-timecode', '10:00:00:00', '-metadata:s:v:0', 'reel_name=A001', folder.at('A001_C002.mov')],
  );
  await ffmpegDoes(...counter('25', 6, TAKE_FROM), ...prores, folder.at('take.mov'));
  const clip = await clipRefOf(folder.at('A001_C002.mov'), {
    ...{ frames: FRAMES, rate: rational(25), width: 160, height: 90, hasAudio: true },
  });
  const document = withClip(clip, folder.at('take.mov'));
  const take = { ...document.takes['take-1']!, start: 8, end: 14 };
  request = {
    ...{ project: 'p', take: take.id, format: 'prores422hq' },
    document: { ...document, takes: { [take.id]: take } },
  };
});
afterAll(() => folder[Symbol.dispose]());

const digest = () =>
  createHash('sha256')
    .update(readFileSync(folder.at('A001_C002.mov')))
    .digest('hex');

it('is the whole clip under its own name, with the take where it belongs; the clip stays to the byte', async () => {
  const before = digest();
  const { files, folder: made } = await replaceSource(request, { probe });
  expect(files).toMatchObject([{ path: join(made, 'A001_C002.mov'), frames: FRAMES }]);
  const written = await probeClip(files[0]!.path);
  const source = await probeClip(folder.at('A001_C002.mov'));
  for (const key of ['frames', 'rate', 'timecode', 'reel', 'width', 'height'] as const)
    expect(written[key], key).toEqual(source[key]);
  expect(written.audio.map(({ channels, sampleRate }) => [channels, sampleRate])).toEqual(
    source.audio.map(({ channels, sampleRate }) => [channels, sampleRate]),
  );
  const seen: number[] = [];
  const all = { range: { start: 0, end: FRAMES }, fit: wholeFit(written) };
  for await (const { rgb } of decodeFrames(written, all))
    seen.push(readCounter(rgb, written.width, written.height));
  expect(seen).toEqual(Array.from({ length: FRAMES }, (_, n) => (n >= 8 && n < 14 ? TAKE_FROM + n - 8 : n)));
  expect(digest()).toBe(before);
});

it('writes over nothing, and leaves nothing when it is stopped', async () => {
  const names = readdirSync(folder.path).toSorted();
  const abort = new AbortController();
  const stopped = replaceSource(request, { probe, signal: abort.signal, onProgress: () => abort.abort() });
  await expect(stopped).rejects.toThrow(Cancelled);
  expect(readdirSync(folder.path).toSorted()).toEqual(names);
  const again = await replaceSource(request, { probe });
  expect(names).not.toContain(again.folder.slice(folder.path.length + 1));
  expect(existsSync(again.folder)).toBe(true);
});
