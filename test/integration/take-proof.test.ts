/** A take of pictures is known by its report like one in a file, wherever its folder lies. */
import { appendFileSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { deliver } from '../../src/main/engine/delivery/delivery.ts';
import { openTake } from '../../src/main/engine/media/encode.ts';
import { probeClip } from '../../src/main/engine/media/probe.ts';
import { rememberingProbe } from '../../src/main/engine/media/remembering-probe.ts';
import { formatOfTake, isReported } from '../../src/main/engine/project/take-proof.ts';
import { ffmpegDoes, tempFolder, wholeFit } from '../helpers/clips.ts';
import { clipRefOf, withClip } from '../helpers/project.ts';

const folder = tempFolder();
let clip: string;
beforeAll(async () => {
  clip = folder.at('clip.mov');
  await ffmpegDoes(
    ...['-f', 'lavfi', '-i', 'testsrc2=s=32x24:r=25:d=0.2', '-f', 'lavfi', '-i', 'sine=d=0.2'],
    ...['-c:v', 'prores_ks', '-c:a', 'pcm_s16le', clip],
  );
});
afterAll(() => folder[Symbol.dispose]());

async function pictures(name: string, frames: number): Promise<string> {
  const info = await probeClip(clip);
  const out = folder.at(name);
  const range = { start: 0, end: frames };
  const writer = await openTake({ clip: info, range, fit: wholeFit(info), out, format: 'png' });
  for (let k = 0; k < frames; k += 1) await writer.write(new Float32Array(32 * 24 * 3).fill(k / 8));
  const take = await writer.finish();
  writeFileSync(`${out}.report.json`, JSON.stringify({ retake: '0.1.0', job: 'job', take }));
  return out;
}

it.each([1, 3])('of %i frames, with its sound, and not when it was changed since', async (frames) => {
  const take = await pictures(`take ${frames}`, frames);
  const inside = readdirSync(take);
  expect(inside.length).toBe(frames + 1);
  expect(await isReported(take)).toBe(true);
  expect(await isReported(join(take, `take ${frames}.####.png`))).toBe(true);
  expect(await formatOfTake(take)).toBe('png');
  // What somebody else put there is nothing of it.
  writeFileSync(join(take, 'notes.txt'), 'mine');
  expect(await isReported(take)).toBe(true);
  const last = join(take, inside.filter((name) => name.endsWith('.png')).at(-1)!);
  renameSync(last, `${last}.gone`);
  expect(await isReported(take)).toBe(false);
  renameSync(`${last}.gone`, last);
  expect(await isReported(take)).toBe(true);
  appendFileSync(last, 'more');
  expect(await isReported(take)).toBe(false);
  expect(await isReported(folder.at('nothing'))).toBe(false);
});

it('goes out as it is where it is what is asked for', async () => {
  const take = await pictures('Shot 1 1', 4);
  const probe = rememberingProbe();
  const { rate, frames, width, height, timecode } = await probe(clip);
  const ref = await clipRefOf(clip, { id: 'clip', rate, frames, width, height, timecode, hasAudio: true });
  const base = withClip(ref, take);
  const [known] = Object.values(base.takes);
  const document = { ...base, takes: { [known!.id]: { ...known!, start: 0, end: 4 } } };
  const { files, notes } = await deliver(
    {
      ...{ project: 'p', document, folder: folder.at('out'), names: '{take}', startTimecode: null },
      what: { kind: 'takes', takes: [known!.id] },
      media: {
        ...{ as: 'made', format: 'png', sound: false, handles: 0, handlesFromClip: false, rate: null },
      },
      ...{ timelines: null, resolve: false, credentials: 'none' },
    },
    { probe },
  );
  expect(notes.join('\n')).toMatch(/already goes out as it is, without another generation/);
  const bytesIn = (of: string) =>
    readdirSync(of)
      .filter((name) => name.endsWith('.png'))
      .sort()
      .map((name) => readFileSync(join(of, name)).toString('base64'));
  expect(bytesIn(join(files[0]!.path, '..'))).toEqual(bytesIn(take));
});
