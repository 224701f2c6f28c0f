import { mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { DesktopEvent } from '../../src/common/contract/events.ts';
import { decodeFrame, decodeFrames } from '../../src/main/engine/media/decode.ts';
import { probeClip } from '../../src/main/engine/media/probe.ts';
import { Previews } from '../../src/main/engine/previews/previews.ts';
import { counter, ffmpegDoes, H264, psnr, readCounter, wholeFit } from '../helpers/clips.ts';
import { tempFolder } from '../helpers/temp-folder.ts';

function previewsIn(dir: string, limitBytes?: number) {
  const events: DesktopEvent[] = [];
  const decodes = { count: 0 };
  const previews = new Previews({
    dir,
    emit: (event) => events.push(event),
    probe: (path, signal) => {
      decodes.count += 1;
      return probeClip(path, { signal });
    },
    ...(limitBytes !== undefined && { limitBytes }),
  });
  return { previews, events, decodes };
}

test('a proxy has exactly the frames of its clip, each a key frame, with its sound', async () => {
  const folder = tempFolder();
  const path = join(folder, 'a 100%d clip.mp4');
  const tone = ['-f', 'lavfi', '-i', 'sine=f=440:r=44100:d=2'];
  await ffmpegDoes(...counter('30000/1001', 61), ...tone, ...H264, '-c:a', 'aac', path);
  const clip = await probeClip(path);
  const { previews, events } = previewsIn(join(folder, 'previews'));
  const [made, same] = await Promise.all([previews.preview(path), previews.preview(path)]);
  expect(same).toBe(made);
  const proxyPath = join(folder, 'previews', made.proxy);
  const proxy = await probeClip(proxyPath);
  expect(proxy).toMatchObject({ frames: clip.frames, rate: clip.rate, startTime: 0, variableRate: false });
  expect(proxy).toMatchObject({ pixelFormat: 'yuv420p', width: made.width, height: made.height });
  const numbers: number[] = [];
  const range = { start: 0, end: proxy.frames };
  for await (const { rgb } of decodeFrames(proxy, { range, fit: wholeFit(proxy) }))
    numbers.push(readCounter(rgb));
  expect(numbers).toEqual(Array.from({ length: clip.frames }, (_, i) => i));
  const shown = await ffmpegDoes('-i', proxyPath, '-vf', 'showinfo=checksum=0', '-f', 'null', '-');
  const keys = shown.filter((line) => /Parsed_showinfo.* n: .*type:I/.test(line) && /iskey:1/.test(line));
  expect(keys).toHaveLength(clip.frames);

  const peaks = new Int8Array(readFileSync(join(folder, 'previews', made.waveform!.file)).buffer.slice(0));
  expect(made.waveform!.bucketsPerSecond).toBe(100);
  const fractions = events.flatMap((event) =>
    event.kind === 'import-progress' && event.what === 'proxy' ? [event.fraction] : [],
  );
  expect(fractions.at(-1)).toBe(1);
  expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
  expect(peaks.length).toBeGreaterThan(0);
});

test.each([
  ['turned', ['-display_rotation', '90', '-i', 'PLAIN', '-c', 'copy']],
  ['with oblong pixels', ['-i', 'PLAIN', '-vf', 'setsar=2', ...H264]],
  [
    'of variable rate',
    ['-i', 'PLAIN', '-vf', "select='not(eq(mod(n,7),3))'", '-fps_mode', 'passthrough', ...H264],
  ],
  ['interlaced', ['-i', 'PLAIN', '-vf', 'interlace', '-flags', '+ildct+ilme', ...H264]],
])('the proxy of a clip %s shows what the engine decodes, frame for frame', async (_name, args) => {
  const folder = tempFolder();
  const plain = join(folder, 'plain.mp4');
  await ffmpegDoes('-f', 'lavfi', '-i', 'testsrc2=s=192x96:r=25', '-frames:v', '40', ...H264, plain);
  const path = join(folder, 'a.mp4');
  await ffmpegDoes(...args.map((arg) => (arg === 'PLAIN' ? plain : arg)), path);
  const clip = await probeClip(path);
  const { previews } = previewsIn(join(folder, 'previews'));
  const made = await previews.preview(path);
  const proxy = await probeClip(join(folder, 'previews', made.proxy));
  expect(proxy).toMatchObject({
    frames: clip.frames,
    rate: clip.rate,
    width: clip.width,
    height: clip.height,
  });
  const size = { width: clip.width, height: clip.height };
  for (const frame of [0, 1, 11, clip.frames - 1]) {
    const wanted = await decodeFrame(clip, frame, size);
    expect(psnr(await decodeFrame(proxy, frame, size), wanted)).toBeGreaterThan(26);
  }
});

test('the waveform tells loud from silent, at the right time', async () => {
  const folder = tempFolder();
  const path = join(folder, 'a.mov');
  const sound = ['-f', 'lavfi', '-i', "aevalsrc='if(between(t,0.5,1),0.5*sin(880*PI*t),0)':s=48000:d=2"];
  await ffmpegDoes(...counter('24', 48), ...sound, ...H264, '-c:a', 'pcm_s16le', path);
  const { previews } = previewsIn(join(folder, 'previews'));
  const { waveform } = await previews.preview(path);
  const bytes = readFileSync(join(folder, 'previews', waveform!.file));
  const peaks = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  expect(peaks.length).toBe(2 * 200);
  for (let bucket = 0; bucket < 200; bucket += 1) {
    const loud = bucket >= 50 && bucket < 100;
    expect(peaks[bucket * 2]!).toBe(loud ? peaks[bucket * 2]! : 0);
    if (loud) {
      expect(Math.abs(peaks[bucket * 2]! + 63)).toBeLessThan(3);
      expect(Math.abs(peaks[bucket * 2 + 1]! - 63)).toBeLessThan(3);
    }
  }
});

test('thumbnail k shows frame k·every, also of a take in ProRes', async () => {
  const folder = tempFolder();
  const path = join(folder, 'take.mov');
  await ffmpegDoes(...counter('25', 450), '-c:v', 'prores_ks', '-profile:v', '0', path);
  const { previews } = previewsIn(join(folder, 'previews'));
  const { thumbnails, waveform } = await previews.preview(path);
  expect(waveform).toBeNull();
  expect(thumbnails).toMatchObject({ every: 3, count: 150, columns: 20, width: 160, height: 64 });
  const sheet = await probeClip(join(folder, 'previews', thumbnails.sheet));
  expect(sheet).toMatchObject({ width: 20 * 160, height: 8 * 64 });
  const rgb = await decodeFrame(sheet, 0, { width: sheet.width, height: sheet.height });
  for (const k of [0, 1, 19, 20, 87, 149]) {
    const [column, row] = [k % 20, Math.floor(k / 20)];
    const tile = new Uint8Array(160 * 64 * 3);
    for (let y = 0; y < 64; y += 1) {
      const from = ((row * 64 + y) * sheet.width + column * 160) * 3;
      tile.set(rgb.subarray(from, from + 160 * 3), y * 160 * 3);
    }
    expect(readCounter(tile)).toBe(k * 3);
  }
});

/** Shots of flat colours with a moving box, so that neighbouring frames differ without being cuts. */
function shot(colour: string, frames: number): string {
  const box = "[back][box]overlay=x='n*3':y=20";
  return `color=c=${colour}:s=160x90:r=24[back];color=c=white:s=20x40:r=24[box];${box},trim=end_frame=${frames}`;
}

test('hard cuts are found to the frame; a fade is one cut; a clip without cuts has none', async () => {
  const folder = tempFolder();
  const cutsPath = join(folder, 'cuts.mp4');
  const parts = [shot('0x203060', 20), shot('0x903020', 31), shot('0x30a040', 45)];
  const inputs = parts.flatMap((part) => ['-f', 'lavfi', '-i', part]);
  await ffmpegDoes(...inputs, '-filter_complex', '[0][1][2]concat=n=3', ...H264, cutsPath);
  const plain = join(folder, 'plain.mp4');
  await ffmpegDoes('-f', 'lavfi', '-i', 'testsrc2=s=160x90:r=24:d=3', ...H264, plain);
  const faded = join(folder, 'fade.mp4');
  const fade = '[0]fade=t=out:s=20:n=10[a];[1]fade=t=in:s=6:n=10[b];[a][b]concat=n=2';
  const two = [shot('0x8090a0', 36), shot('0xa06040', 40)].flatMap((part) => ['-f', 'lavfi', '-i', part]);
  await ffmpegDoes(...two, '-filter_complex', fade, ...H264, faded);

  const dir = join(folder, 'previews');
  const { previews } = previewsIn(dir);
  expect(await previews.cuts(cutsPath, 0.5)).toEqual([20, 51]);
  expect(await previews.cuts(plain, 1)).toEqual([]);
  expect(await previews.cuts(plain, 0.5)).toEqual([]);
  const [cut, ...more] = await previews.cuts(faded, 0.5);
  expect(more).toEqual([]);
  expect(Math.abs(cut! - 36)).toBeLessThanOrEqual(5);

  // Kept on disk: another session decodes nothing, which a file that is no film any more proves.
  const again = previewsIn(dir);
  const files = readdirSync(dir).map((id) => join(dir, id, 'features.f32'));
  expect(files).toHaveLength(3);
  const before = files.map((file) => statSync(file).mtimeMs);
  expect(await again.previews.cuts(cutsPath, 0.5)).toEqual([20, 51]);
  expect(files.map((file) => statSync(file).mtimeMs)).toEqual(before);
});

test('the folder keeps to its limit, what is on show stays, leftovers of a crash are no preview', async () => {
  const folder = tempFolder();
  const dir = join(folder, 'previews');
  for (const name of ['old', 'older']) {
    mkdirSync(join(dir, name), { recursive: true });
    writeFileSync(join(dir, name, 'proxy.mp4'), Buffer.alloc(100_000));
  }
  utimesSync(join(dir, 'older'), 1, 1);
  utimesSync(join(dir, 'old'), 2, 2);
  const path = join(folder, 'a.mp4');
  await ffmpegDoes(...counter('24', 10), ...H264, path);
  const { previews } = previewsIn(dir, 150_000);
  const made = await previews.preview(path);
  const id = made.proxy.split('/')[0]!;
  expect(readdirSync(dir).sort()).toEqual([id, 'old'].sort());

  writeFileSync(join(dir, id, 'preview.json'), '{"proxy":');
  expect(await previewsIn(dir).previews.preview(path)).toEqual(made);
});

test('stopping ends the work without leaving half a film', async () => {
  const folder = tempFolder();
  const path = join(folder, 'a.mp4');
  await ffmpegDoes('-f', 'lavfi', '-i', 'testsrc2=s=640x360:r=24:d=20', ...H264, path);
  const dir = join(folder, 'previews');
  const { previews, events } = previewsIn(dir);
  const making = previews.preview(path);
  making.catch(() => {});
  while (!events.some((event) => event.kind === 'import-progress'))
    await new Promise((r) => setTimeout(r, 20));
  await previews.stop();
  await expect(making).rejects.toMatchObject({ name: 'Cancelled' });
  expect(readdirSync(dir).flatMap((id) => readdirSync(join(dir, id)))).toEqual([]);
});

test('what is no film is refused in plain words', async () => {
  const folder = tempFolder();
  const path = join(folder, 'a.mp4');
  writeFileSync(path, 'rubbish');
  const { previews } = previewsIn(join(folder, 'previews'));
  await expect(previews.preview(path)).rejects.toMatchObject({ code: 'clip-unreadable' });
  await expect(previews.cuts(join(folder, 'gone.mp4'), 0.5)).rejects.toMatchObject({
    code: 'clip-unreadable',
  });
});
