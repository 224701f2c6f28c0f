/** Frames are the right ones, wherever reading begins, and their colours are right. */
import { beforeAll, describe, expect, it } from 'vitest';
import { Cancelled } from '../../src/common/errors.ts';
import type { ClipInfo, FrameRange } from '../../src/common/media.ts';
import { decodeFrame, decodeFrames } from '../../src/main/engine/media/decode.ts';
import { resolveFfmpeg } from '../../src/main/engine/media/ffmpeg.ts';
import { probeClip } from '../../src/main/engine/media/probe.ts';
import { counter, ffmpegDoes, H264, psnr, readCounter, tempFolder, wholeFit } from '../helpers/clips.ts';
import { sharedPath } from '../helpers/shared.ts';

async function pictures(clip: ClipInfo, range: FrameRange): Promise<Uint8Array[]> {
  const found: Uint8Array[] = [];
  for await (const { index, rgb } of decodeFrames(clip, { range, fit: wholeFit(clip) })) {
    expect(index).toBe(range.start + found.length);
    found.push(rgb);
  }
  return found;
}

const numbers = async (clip: ClipInfo, range: FrameRange) =>
  (await pictures(clip, range)).map((rgb) => readCounter(rgb, clip.width, clip.height));
const upTo = (start: number, end: number) => Array.from({ length: end - start }, (_, i) => start + i);

beforeAll(async () => {
  await resolveFfmpeg();
});

describe('frame exactness', () => {
  // 145 pictures at g=24 with B-frames; the formats differ in clock, in start time, and in how they seek.
  const cases = [
    { name: 'mp4.mp4', args: H264 },
    { name: 'open group.mkv', args: [...H264, '-x264-params', 'open-gop=1:keyint=24:bframes=3'] },
    { name: 'transport.ts', args: H264 },
    { name: 'mpeg4.avi', args: ['-c:v', 'mpeg4', '-q:v', '2', '-bf', '2', '-g', '30'] },
    { name: 'intra.mov', args: ['-c:v', 'prores_ks', '-pix_fmt', 'yuv422p10le'] },
    {
      name: 'vp9.webm',
      args: ['-c:v', 'libvpx-vp9', '-crf', '20', '-deadline', 'realtime', '-cpu-used', '8'],
    },
    { name: 'elementary.h264', args: H264 },
    { name: 'late.mp4', args: [...H264, '-output_ts_offset', '8.3'] },
    { name: 'program.mpg', args: ['-c:v', 'mpeg2video', '-q:v', '2', '-g', '12', '-bf', '2', '-f', 'vob'] },
  ];
  it.for(cases)('any range of $name', async ({ name, args }) => {
    using folder = tempFolder();
    await ffmpegDoes(...counter('30000/1001', 145), ...args, folder.at(name));
    const clip = await probeClip(folder.at(name));
    expect(clip).toMatchObject({ frames: 145, rate: { num: 30000, den: 1001 }, variableRate: false });
    const all = await pictures(clip, { start: 0, end: 145 });
    expect(all.map((rgb) => readCounter(rgb))).toEqual(upTo(0, 145));
    for (const [start, end] of [
      [1, 4],
      [23, 27],
      [71, 74],
      [96, 99],
      [143, 145],
    ] as const) {
      const part = await pictures(clip, { start, end });
      expect(part.map((rgb) => readCounter(rgb))).toEqual(upTo(start, end));
      for (const [i, rgb] of part.entries()) expect(Buffer.compare(rgb, all[start + i]!)).toBe(0);
    }
  });

  it('holds for interlaced material, whose fields need their neighbours', async () => {
    using folder = tempFolder();
    const interlaced = ['-vf', 'tinterlace=interleave_top,setfield=tff', '-flags', '+ildct+ilme'];
    await ffmpegDoes(
      '-f',
      'lavfi',
      '-i',
      'testsrc2=s=320x240:r=50:d=6',
      ...interlaced,
      '-c:v',
      'mpeg2video',
      '-q:v',
      '3',
      folder.at('i.mov'),
    );
    const clip = await probeClip(folder.at('i.mov'));
    expect(clip).toMatchObject({ fieldOrder: 'tff', frames: 150, rate: { num: 25, den: 1 } });
    const all = await pictures(clip, { start: 0, end: 150 });
    for (const start of [40, 77, 130]) {
      for (const [i, rgb] of (await pictures(clip, { start, end: start + 3 })).entries()) {
        expect(psnr(rgb, all[start + i]!)).toBe(Number.POSITIVE_INFINITY);
      }
    }
    // Combing gives every other line a different picture; after deinterlacing neighbouring lines agree far better.
    const raw = { ...clip, fieldOrder: 'progressive' as const };
    const combed = (await pictures(raw, { start: 60, end: 61 }))[0]!;
    expect(combing(all[60]!, 320)).toBeLessThan(0.7 * combing(combed, 320));
  });

  it('conforms a variable rate as it said it would', async () => {
    using folder = tempFolder();
    // Pictures left out irregularly, times kept.
    const leave = "select='not(eq(mod(n,7),3))*not(between(n,40,55))*not(eq(mod(n,11),5))'";
    await ffmpegDoes(
      ...counter('30', 120),
      '-vf',
      leave,
      '-fps_mode',
      'passthrough',
      ...H264,
      folder.at('vfr.mkv'),
    );
    const clip = await probeClip(folder.at('vfr.mkv'));
    expect(clip).toMatchObject({ variableRate: true, rate: { num: 30, den: 1 } });
    expect(clip.warnings.join()).toMatch(/variable frame rate/);
    expect(clip.frames).toBe(120);
    const kept = upTo(0, 120).filter((n) => n % 7 !== 3 && !(n >= 40 && n <= 55) && n % 11 !== 5);
    const expected = upTo(0, 120).map((frame) => kept.findLast((n) => n <= frame)!);
    expect(clip.sourceTimes!.map((time) => Math.round((time - clip.startTime) * 30))).toEqual(expected);
    expect(await numbers(clip, { start: 0, end: 120 })).toEqual(expected);
    for (const [start, end] of [
      [45, 60],
      [90, 93],
      [118, 120],
    ] as const) {
      expect(await numbers(clip, { start, end })).toEqual(expected.slice(start, end));
    }
  });

  it.skipIf(!sharedPath('data', 'odd'))(
    'conforms the worst variable rate known, the same from anywhere',
    async () => {
      const clip = await probeClip(sharedPath('data', 'odd', 'torchcodec', 'nasa_13013_vfr.mp4')!);
      const all = await pictures(clip, { start: 0, end: clip.frames });
      for (const [frame, time] of clip.sourceTimes!.entries()) {
        if (frame === 0) continue;
        const held = time === clip.sourceTimes![frame - 1];
        expect(Buffer.compare(all[frame]!, all[frame - 1]!) === 0, `frame ${frame}`).toBe(held);
      }
      for (const start of [33, 70, clip.frames - 2]) {
        for (const [i, rgb] of (await pictures(clip, { start, end: start + 2 })).entries()) {
          expect(Buffer.compare(rgb, all[start + i]!)).toBe(0);
        }
      }
    },
  );

  it('turns rotated clips upright', async ({ skip }) => {
    skip((await resolveFfmpeg()).version.startsWith('5.'), 'this ffmpeg cannot write rotation');
    using folder = tempFolder();
    await ffmpegDoes(...counter('25', 10), ...H264, folder.at('a.mp4'));
    for (const [turn, rotation] of [
      ['90', 270],
      ['-90', 90],
      ['180', 180],
    ] as const) {
      await ffmpegDoes('-display_rotation', turn, '-i', folder.at('a.mp4'), '-c', 'copy', folder.at('r.mp4'));
      const clip = await probeClip(folder.at('r.mp4'));
      expect(clip.rotation).toBe(rotation);
      expect([clip.width, clip.height]).toEqual(rotation === 180 ? [160, 64] : [64, 160]);
      const [fifth] = await pictures(clip, { start: 5, end: 6 });
      // The lowest bit (set in 5) is at the left of the stored picture.
      const at = (x: number, y: number) => fifth![(y * clip.width + x) * 3]!;
      const lowest = rotation === 90 ? at(32, 8) : rotation === 270 ? at(32, 151) : at(151, 32);
      const highest = rotation === 90 ? at(32, 151) : rotation === 270 ? at(32, 8) : at(8, 32);
      expect(lowest).toBeGreaterThan(200);
      expect(highest).toBeLessThan(50);
    }
  });
});

describe('colour', () => {
  // Patches as RGB; flat, so that chroma subsampling costs nothing.
  const patches = [
    [191, 0, 0],
    [0, 191, 0],
    [0, 0, 191],
    [191, 191, 0],
    [128, 128, 128],
    [255, 255, 255],
    [0, 0, 0],
    [40, 90, 200],
  ] as const;
  const source = patches
    .map(
      ([r, g, b], i) =>
        `drawbox=x=${i * 40}:y=0:w=40:h=64:t=fill:c=0x${[r, g, b].map((v) => v.toString(16).padStart(2, '0')).join('')}`,
    )
    .join(',');
  const cases = [
    { name: '601 limited', matrix: 'smpte170m', range: 'tv', pixel: 'yuv420p' },
    { name: '601 full', matrix: 'bt470bg', range: 'pc', pixel: 'yuv420p' },
    { name: '709 limited', matrix: 'bt709', range: 'tv', pixel: 'yuv420p' },
    { name: '709 full', matrix: 'bt709', range: 'pc', pixel: 'yuv444p' },
    { name: '2020 10 bit', matrix: 'bt2020nc', range: 'tv', pixel: 'yuv420p10le' },
    { name: '709 10 bit 4:2:2', matrix: 'bt709', range: 'tv', pixel: 'yuv422p10le' },
  ];
  it.for(cases)('$name comes back as the RGB it was', async ({ matrix, range, pixel }) => {
    using folder = tempFolder();
    const names: Record<string, string> = { bt470bg: 'bt601', smpte170m: 'bt601', bt2020nc: 'bt2020' };
    const coded = `scale=in_range=full:out_range=${range}:out_color_matrix=${names[matrix] ?? matrix}:flags=accurate_rnd+full_chroma_int,format=${pixel}`;
    const tags = [
      '-colorspace',
      matrix,
      '-color_primaries',
      'bt709',
      '-color_trc',
      'bt709',
      '-color_range',
      range,
    ];
    const lossless = ['-c:v', 'libx264', '-qp', '0', '-preset', 'ultrafast'];
    await ffmpegDoes(
      '-f',
      'lavfi',
      '-i',
      'color=black:s=320x64:r=25:d=0.12,format=gbrp',
      '-vf',
      `${source},${coded},setparams=colorspace=${matrix}:range=${range}`,
      ...lossless,
      ...tags,
      folder.at('c.mov'),
    );
    const clip = await probeClip(folder.at('c.mov'));
    expect(clip.colour).toMatchObject({ matrix, range });
    const rgb = await decodeFrame(clip, 0, { width: 320, height: 64 });
    for (const [i, patch] of patches.entries()) {
      for (let c = 0; c < 3; c += 1) {
        expect(
          Math.abs(rgb[(32 * 320 + i * 40 + 20) * 3 + c]! - patch[c]!),
          `patch ${i}, ${c}`,
        ).toBeLessThanOrEqual(2);
      }
    }
  });
});

describe('streaming', () => {
  it('stops at once when cancelled, and leaves no process', async () => {
    using folder = tempFolder();
    await ffmpegDoes('-f', 'lavfi', '-i', 'testsrc2=s=640x360:r=25:d=8', ...H264, folder.at('long.mp4'));
    const clip = await probeClip(folder.at('long.mp4'));
    const controller = new AbortController();
    const read = async () => {
      for await (const { index } of decodeFrames(clip, {
        range: { start: 0, end: 200 },
        fit: wholeFit(clip),
        signal: controller.signal,
      })) {
        if (index === 5) controller.abort();
      }
    };
    const begun = performance.now();
    await expect(read()).rejects.toBeInstanceOf(Cancelled);
    expect(performance.now() - begun).toBeLessThan(5000);
  });

  it('says clearly which frame a clip that shrank can no longer give', async () => {
    using folder = tempFolder();
    await ffmpegDoes(...counter('25', 30), ...H264, folder.at('a.mp4'));
    const clip = { ...(await probeClip(folder.at('a.mp4'))), frames: 60 };
    await expect(numbers(clip, { start: 20, end: 60 })).rejects.toMatchObject({
      code: 'clip-unreadable',
      message: expect.stringMatching(/^frame 3[01] can no longer be read/),
    });
    await expect(numbers(clip, { start: 20, end: 61 })).rejects.toMatchObject({ code: 'usage' });
  });

  it('keeps memory level, whatever the length', async () => {
    using folder = tempFolder();
    await ffmpegDoes('-f', 'lavfi', '-i', 'testsrc2=s=640x360:r=25:d=24', ...H264, folder.at('long.mp4'));
    const clip = await probeClip(folder.at('long.mp4'));
    const buffersAfter: number[] = [];
    for await (const { index } of decodeFrames(clip, {
      range: { start: 0, end: 600 },
      fit: wholeFit(clip),
    })) {
      if (index % 100 === 99) {
        globalThis.gc?.();
        buffersAfter.push(process.memoryUsage().arrayBuffers / 2 ** 20);
      }
    }
    // 600 frames are 400 MB; what is alive at any time is a few frames and what the collector has not met yet.
    expect(Math.max(...buffersAfter)).toBeLessThan(150);
  });
});

/** Mean difference of lines two apart minus... how much more a line differs from its neighbour than from the next but one. */
function combing(rgb: Uint8Array, width: number): number {
  let sum = 0;
  const line = width * 3;
  for (let i = line; i + line < rgb.length; i += 1) {
    const own = rgb[i]!;
    const above = rgb[i - line]!;
    const below = rgb[i + line]!;
    sum += Math.max(0, Math.min(Math.abs(own - above), Math.abs(own - below)) - Math.abs(above - below));
  }
  return sum / rgb.length;
}
