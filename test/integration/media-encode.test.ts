/** A take plays like its clip: count, rate, size, colours, sound, timecode; and nothing is left behind when it fails. */

import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TakeFormat } from '../../src/common/formats/registry.ts';
import type { ClipInfo, FrameRange } from '../../src/common/media.ts';
import type { TakeFile } from '../../src/common/report.ts';
import { decodeFrames } from '../../src/main/engine/media/decode.ts';
import { openTake } from '../../src/main/engine/media/encode.ts';
import { resolveFfmpeg, runFfmpeg } from '../../src/main/engine/media/ffmpeg.ts';
import { fitCanvas } from '../../src/main/engine/media/fit.ts';
import { probeClip } from '../../src/main/engine/media/probe.ts';
import { counter, ffmpegDoes, H264, psnr, readCounter, tempFolder, wholeFit } from '../helpers/clips.ts';

/** Decodes a range and writes it again unchanged. */
async function copyTake(
  clip: ClipInfo,
  out: string,
  format: TakeFormat,
  range: FrameRange,
  size?: number,
): Promise<TakeFile> {
  const fit = size ? fitCanvas(clip.width, clip.height, { size, grid: 8 }) : wholeFit(clip);
  const take = await openTake({ clip, range, fit, out, format });
  try {
    for await (const { rgb } of decodeFrames(clip, { range, fit }))
      await take.write(new Float32Array(rgb).map((v) => v / 255));
    return await take.finish();
  } catch (error) {
    await take.abort();
    throw error;
  }
}

async function all(
  clip: ClipInfo,
  range: FrameRange = { start: 0, end: clip.frames },
): Promise<Uint8Array[]> {
  const found: Uint8Array[] = [];
  for await (const { rgb } of decodeFrames(clip, { range, fit: wholeFit(clip) })) found.push(rgb);
  return found;
}

/** First channel of a sound track as numbers in -1..1. */
async function samples(path: string, track = 0): Promise<Float32Array> {
  const chunks: Buffer[] = [];
  const onOutput = (chunk: Buffer) => chunks.push(chunk);
  const args = [
    '-v',
    'error',
    '-i',
    path,
    '-map',
    `0:a:${track}`,
    '-af',
    'pan=mono|c0=c0',
    '-f',
    'f32le',
    '-',
  ];
  const { code } = await runFfmpeg(await resolveFfmpeg(), args, { doing: 'reading sound', onOutput });
  expect(code).toBe(0);
  const bytes = Buffer.concat(chunks);
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}

/** Seconds at which beeps begin. */
function onsets(sound: Float32Array, rate: number): number[] {
  const found: number[] = [];
  let quietSince = Number.NEGATIVE_INFINITY;
  for (const [i, value] of sound.entries()) {
    if (Math.abs(value) < 0.2) continue;
    if (i - quietSince > rate * 0.3) found.push(i / rate);
    quietSince = i;
  }
  return found;
}

/** A beep of 0.1 s at each full second. */
const BEEPS = [
  '-f',
  'lavfi',
  '-i',
  "aevalsrc='0.8*sin(2*PI*997*t)*lt(mod(t,1),0.1)|0.5*sin(2*PI*997*t)*lt(mod(t,1),0.1)':s=48000:d=5",
];

beforeAll(async () => {
  await resolveFfmpeg();
});

const FORMATS: readonly {
  format: TakeFormat;
  file: string;
  codec: string;
  pixel: RegExp;
  decibel: number;
}[] = [
  { format: 'prores422hq', file: 'take.mov', codec: 'prores', pixel: /^yuv422p10le$/, decibel: 36 },
  { format: 'prores4444', file: 'take.mov', codec: 'prores', pixel: /^yuv444p1[02]le$/, decibel: 38 },
  { format: 'dnxhr-hqx', file: 'take.mov', codec: 'dnxhd', pixel: /^yuv422p10le$/, decibel: 34 },
  { format: 'h264', file: 'take.mp4', codec: 'h264', pixel: /^yuv420p$/, decibel: 34 },
  { format: 'h264', file: 'take.mov', codec: 'h264', pixel: /^yuv420p$/, decibel: 34 },
];

describe('a take', () => {
  const made = tempFolder();
  afterAll(() => made[Symbol.dispose]());
  const range = { start: 20, end: 80 };
  let clip: ClipInfo;
  let source: Uint8Array[];

  beforeAll(async () => {
    const tags = [
      '-colorspace',
      'bt709',
      '-color_primaries',
      'bt709',
      '-color_trc',
      'bt709',
      '-color_range',
      'tv',
    ];
    await ffmpegDoes(
      ...['-f', 'lavfi', '-i', 'testsrc2=s=256x144:r=30000/1001:d=3,gblur=1', ...BEEPS, '-shortest'],
      ...['-vf', 'scale=out_color_matrix=bt709:out_range=tv', ...H264, ...tags, '-c:a', 'aac'],
      ...['-timecode', '00:00:59;20', '-metadata:s:v:0', 'reel_name=A001C003', made.at('clip.mov')],
    );
    clip = await probeClip(made.at('clip.mov'));
    source = await all(clip, range);
  });

  it.for(FORMATS)(
    'in $format as $file has its clip’s everything',
    async ({ format, file, codec, pixel, decibel }) => {
      using folder = tempFolder();
      expect(clip).toMatchObject({
        timecode: '00:00:59;20',
        reel: 'A001C003',
        audio: [{ channels: 2, sampleRate: 48000 }],
      });
      const reel = file.endsWith('.mp4') ? null : 'A001C003'; // MP4 has no place for it
      const written = await copyTake(clip, folder.at(file), format, range);
      expect(written).toMatchObject({ frames: 60, rate: { num: 30000, den: 1001 }, width: 256, height: 144 });
      expect(written).toMatchObject({
        timecode: '00:01:00;12',
        reel,
        audioStreams: 1,
        notes: [],
      });
      expect(written.bytes).toBe(statSync(folder.at(file)).size);

      const take = await probeClip(folder.at(file));
      expect(take).toMatchObject({
        codec,
        frames: 60,
        rate: clip.rate,
        width: 256,
        height: 144,
        variableRate: false,
      });
      expect(take.pixelFormat).toMatch(pixel);
      expect(take).toMatchObject({ timecode: '00:01:00;12', reel, startTime: 0 });
      expect(take.colour).toMatchObject({ matrix: 'bt709', primaries: 'bt709', transfer: 'bt709' });
      const bytes = readFileSync(folder.at(file));
      expect(bytes.includes(file.endsWith('.mp4') ? 'colrnclx' : 'colrnclc')).toBe(true);

      const sound = await samples(folder.at(file));
      const seconds = (60 * 1001) / 30000;
      expect(Math.abs(sound.length / 48000 - seconds)).toBeLessThan(format === 'h264' ? 0.022 : 1 / 48000);
      const begin = (20 * 1001) / 30000;
      const [first, second] = onsets(sound, 48000);
      expect(first! - (1 - begin)).toBeCloseTo(0, 2);
      expect(second! - (2 - begin)).toBeCloseTo(0, 2);

      const copied = await all(take);
      for (const i of [0, 29, 59]) expect(psnr(source[i]!, copied[i]!)).toBeGreaterThan(decibel);
      expect(readdirSync(folder.path).sort()).toEqual([file]);
    },
  );

  it('as PNG sequence has sixteen bits, numbers from 1001 and its sound beside', async () => {
    using folder = tempFolder();
    await ffmpegDoes(
      '-f',
      'lavfi',
      '-i',
      'testsrc2=s=170x100:r=24:d=3,format=yuv444p,crop=161:91',
      ...BEEPS,
      '-shortest',
      '-c:v',
      'ffv1',
      '-pix_fmt',
      'yuv444p',
      '-c:a',
      'pcm_s16le',
      folder.at('clip 100%.mkv'),
    );
    const clip = await probeClip(folder.at('clip 100%.mkv'));
    const written = await copyTake(clip, folder.at('seq 50%'), 'png', { start: 12, end: 36 });
    expect(written).toMatchObject({
      frames: 24,
      width: 161,
      height: 91,
      audioStreams: 1,
      path: folder.at('seq 50%'),
    });
    const names = readdirSync(folder.at('seq 50%')).sort();
    expect(names).toEqual([
      ...Array.from({ length: 24 }, (_, i) => `seq 50%.${1001 + i}.png`),
      'seq 50%.wav',
    ]);
    const png = readFileSync(join(folder.at('seq 50%'), names[0]!));
    expect([png.readUInt32BE(16), png.readUInt32BE(20), png[24], png[25]]).toEqual([161, 91, 16, 2]); // IHDR: size, depth, RGB
    const still = await probeClip(join(folder.at('seq 50%'), names[5]!));
    expect(psnr((await all(still))[0]!, (await all(clip, { start: 17, end: 18 }))[0]!)).toBeGreaterThan(50);
    const sound = await samples(join(folder.at('seq 50%'), 'seq 50%.wav'));
    expect(sound.length).toBe(48000);
    expect(onsets(sound, 48000)[0]).toBeCloseTo(0.5, 3);

    // A second, shorter take under the same name replaces the first whole.
    writeFileSync(join(folder.at('seq 50%'), 'notes.txt'), 'mine');
    await copyTake(clip, folder.at('seq 50%'), 'png', { start: 0, end: 2 });
    expect(readdirSync(folder.at('seq 50%')).sort()).toEqual([
      'notes.txt',
      'seq 50%.1001.png',
      'seq 50%.1002.png',
      'seq 50%.wav',
    ]);
    const patterned = await copyTake({ ...clip, audio: [] }, join(folder.path, 'shot.#####.png'), 'png', {
      start: 0,
      end: 1,
    });
    expect(patterned.path).toBe(folder.path);
    expect(existsSync(folder.at('shot.01001.png'))).toBe(true);
  });

  it('keeps odd sizes where the codec can, and says where it cannot', async () => {
    using folder = tempFolder();
    await ffmpegDoes(
      '-f',
      'lavfi',
      '-i',
      'testsrc2=s=330x250:r=25:d=0.4,format=yuv444p,gblur=3,crop=321:241',
      '-c:v',
      'ffv1',
      '-pix_fmt',
      'yuv444p',
      folder.at('odd.mkv'),
    );
    const clip = await probeClip(folder.at('odd.mkv'));
    const range = { start: 2, end: 6 };
    for (const format of ['prores422hq', 'prores4444', 'dnxhr-hqx'] as const) {
      const take = await copyTake(clip, folder.at(`${format}.mov`), format, range);
      expect(await probeClip(take.path)).toMatchObject({ width: 321, height: 241, frames: 4 });
      expect(take).toMatchObject({ width: 321, height: 241, notes: [] });
    }
    const take = await copyTake(clip, folder.at('h.mp4'), 'h264', range);
    expect(take).toMatchObject({
      width: 322,
      height: 242,
      notes: [expect.stringMatching(/padded to 322×242/)],
    });
    const probed = await probeClip(take.path);
    expect(probed).toMatchObject({ width: 322, height: 242 });
    const [padded] = await all(probed, { start: 0, end: 1 });
    const [source] = await all(clip, { start: 2, end: 3 });
    const cropped = Uint8Array.from({ length: 321 * 241 * 3 }, (_, i) => {
      const [y, x] = [Math.floor(i / (321 * 3)), i % (321 * 3)];
      return padded![y * 322 * 3 + x]!;
    });
    expect(psnr(cropped, source!)).toBeGreaterThan(35);
  });

  it('of a canvas with other sides crops and scales back exactly onto the source', async () => {
    using folder = tempFolder();
    await ffmpegDoes(
      '-f',
      'lavfi',
      '-i',
      'testsrc2=s=426x240:r=25:d=0.4',
      '-vf',
      'gblur=2',
      '-c:v',
      'ffv1',
      '-pix_fmt',
      'yuv444p',
      folder.at('c.mkv'),
    );
    const clip = await probeClip(folder.at('c.mkv'));
    for (const size of [512, 333]) {
      const take = await copyTake(clip, folder.at(`t${size}.mov`), 'prores4444', { start: 0, end: 3 }, size);
      const [a] = await all(await probeClip(take.path), { start: 1, end: 2 });
      const [b] = await all(clip, { start: 1, end: 2 });
      expect(psnr(a!, b!), `size ${size}`).toBeGreaterThan(38);
    }
  });

  it.for([
    { matrix: 'smpte170m', range: 'tv' },
    { matrix: 'bt470bg', range: 'pc' },
    { matrix: 'bt2020nc', range: 'tv' },
    { matrix: null, range: null },
  ])('of a clip in $matrix/$range has tags that match its pixels', async ({ matrix, range }) => {
    using folder = tempFolder();
    const swscale = matrix === 'bt2020nc' ? 'bt2020' : 'bt601';
    const coded = `scale=out_color_matrix=${swscale}:out_range=${range ?? 'tv'},format=yuv444p`;
    const tags = matrix
      ? ['-colorspace', matrix, '-color_range', range!, '-color_primaries', 'bt709', '-color_trc', 'bt709']
      : [];
    const set = `,setparams=colorspace=${matrix ?? 'unknown'}:range=${range ?? 'unknown'}`;
    await ffmpegDoes(
      '-f',
      'lavfi',
      '-i',
      'smptebars=s=320x192:r=25:d=0.2',
      '-vf',
      `format=gbrp,${coded}${set}`,
      '-c:v',
      'libx264',
      '-qp',
      '0',
      ...tags,
      folder.at('c.mov'),
    );
    const clip = await probeClip(folder.at('c.mov'));
    expect(clip.colour.matrix).toBe(matrix);
    const take = await copyTake(clip, folder.at('t.mov'), 'prores4444', { start: 0, end: 2 });
    const probed = await probeClip(take.path);
    expect(probed.colour.matrix).toBe(matrix ?? 'bt709');
    const [a] = await all(probed, { start: 0, end: 1 });
    const [b] = await all(clip, { start: 0, end: 1 });
    expect(psnr(a!, b!)).toBeGreaterThan(42);
  });

  it('keeps sound in place when it begins late, ends early, or comes in several tracks', async () => {
    using folder = tempFolder();
    await ffmpegDoes(
      ...counter('25', 125),
      '-itsoffset',
      '1.5',
      ...BEEPS,
      ...BEEPS,
      '-map',
      '0',
      '-map',
      '1',
      '-map',
      '2',
      ...H264,
      ...['-c:a:0', 'pcm_s16le', '-c:a:1', 'flac', '-t', '4', folder.at('c.mkv')],
    );
    const clip = await probeClip(folder.at('c.mkv'));
    expect(clip.audio).toHaveLength(2);
    const take = await copyTake(clip, folder.at('t.mov'), 'prores422hq', { start: 25, end: 75 });
    expect(take.audioStreams).toBe(2);
    const [late, plain] = [await samples(take.path, 0), await samples(take.path, 1)];
    expect([late.length, plain.length]).toEqual([96_000, 96_000]);
    expect(onsets(late, 48000)).toEqual([expect.closeTo(0.5, 2), expect.closeTo(1.5, 2)]);
    expect(onsets(plain, 48000)).toEqual([expect.closeTo(0, 2), expect.closeTo(1, 2)]);
    // The picture outlasts the sound: silence fills the rest.
    await ffmpegDoes(
      ...counter('25', 50),
      '-f',
      'lavfi',
      '-i',
      'sine=d=1',
      ...H264,
      '-c:a',
      'aac',
      folder.at('short.mp4'),
    );
    const short = await copyTake(await probeClip(folder.at('short.mp4')), folder.at('s.mov'), 'prores422hq', {
      start: 0,
      end: 50,
    });
    expect((await samples(short.path)).length).toBe(88_200);
  });

  it('of a variable-rate clip is even, frame by frame', async () => {
    using folder = tempFolder();
    await ffmpegDoes(
      ...counter('30', 60),
      '-vf',
      "select='not(between(n,10,19))*not(eq(mod(n,7),3))'",
      '-fps_mode',
      'passthrough',
      ...H264,
      folder.at('v.mkv'),
    );
    const clip = await probeClip(folder.at('v.mkv'));
    const take = await copyTake(clip, folder.at('t.mov'), 'prores422hq', { start: 5, end: 40 });
    const probed = await probeClip(take.path);
    expect(probed).toMatchObject({ variableRate: false, frames: 35, rate: { num: 30, den: 1 } });
    const read = async (c: ClipInfo, r: FrameRange) => (await all(c, r)).map((rgb) => readCounter(rgb));
    expect(await read(probed, { start: 0, end: 35 })).toEqual(await read(clip, { start: 5, end: 40 }));
  });

  it('takes the smallest and oddest names and sizes', async () => {
    using folder = tempFolder();
    const name = `it's a "clip" — 50% #1; ünïcødé 影片 $HOME.mov`;
    await ffmpegDoes(
      '-f',
      'lavfi',
      '-i',
      'color=red:s=16x16:r=25:d=0.04',
      '-vf',
      'format=yuv444p,crop=1:1',
      '-c:v',
      'ffv1',
      '-pix_fmt',
      'yuv444p',
      '-f',
      'matroska',
      `file:${folder.at(name)}`,
    );
    const clip = await probeClip(folder.at(name));
    expect(clip).toMatchObject({ width: 1, height: 1, frames: 1 });
    const take = await copyTake(clip, folder.at(`-take ${name}`), 'prores422hq', { start: 0, end: 1 }, 64);
    expect(await probeClip(take.path)).toMatchObject({ width: 1, height: 1, frames: 1 });
    await expect(copyTake(clip, folder.at('d.mov'), 'dnxhr-hqx', { start: 0, end: 1 })).rejects.toMatchObject(
      { code: 'usage', message: expect.stringMatching(/256×120/) },
    );
  });
});
