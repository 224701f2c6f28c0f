/** Long files are counted by their packets. The count must be the one that decoding gives, or the packets not be trusted. */
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { bannerArgs } from '../../src/main/engine/media/args.ts';
import { parseBanner } from '../../src/main/engine/media/banner.ts';
import { resolveFfmpeg, runFfmpeg } from '../../src/main/engine/media/ffmpeg.ts';
import { measurePictures } from '../../src/main/engine/media/pictures.ts';
import { counter, ffmpegDoes, H264, tempFolder } from '../helpers/clips.ts';
import { sharedPath } from '../helpers/shared.ts';

async function both(path: string) {
  const ffmpeg = await resolveFfmpeg();
  const lines: string[] = [];
  const run = { doing: 'reading' };
  await runFfmpeg(ffmpeg, bannerArgs({ path, sequence: null }), {
    ...run,
    onLine: (line) => lines.push(line),
  });
  const banner = parseBanner(lines)!;
  const video = banner.videos[0]!;
  return {
    decoded: await measurePictures(ffmpeg, { path, sequence: null }, banner, video, run),
    listed: await measurePictures(ffmpeg, { path, sequence: null }, banner, video, run, {
      smallBytes: 0,
      cheapPixels: 0,
    }),
  };
}

it('agrees with decoding, for every container and order of pictures', async () => {
  using folder = tempFolder();
  const cases: [string, readonly string[]][] = [
    ['a.mp4', H264],
    ['open.mkv', [...H264, '-x264-params', 'open-gop=1:keyint=24:bframes=3']],
    ['vfr.mkv', ['-vf', "select='not(eq(mod(n,5),2))'", '-fps_mode', 'passthrough', ...H264]],
    ['late.mov', [...H264, '-output_ts_offset', '5']],
    ['intra.mov', ['-c:v', 'prores_ks', '-pix_fmt', 'yuv422p10le']],
    [
      'interlaced.mov',
      [
        '-vf',
        'setfield=bff',
        '-c:v',
        'libx264',
        '-preset',
        'ultrafast',
        '-flags',
        '+ildct+ilme',
        '-x264-params',
        'bff=1',
      ],
    ],
  ];
  for (const [name, args] of cases) {
    await ffmpegDoes(...counter('30000/1001', 150), ...args, folder.at(name));
    const { decoded, listed } = await both(folder.at(name));
    expect([name, listed]).toEqual([name, { ...decoded, lastDuration: listed.lastDuration }]);
  }
});

it.skipIf(!sharedPath('data', 'odd'))(
  'is not fooled by packets that are decoded but not shown, nor by damage',
  async () => {
    for (const parts of [
      ['torchcodec', 'discard_first_keyframe.mp4'],
      ['mediabunny', 'edts.mp4'],
      ['mediabunny', 'annex-b.mp4'],
      ['mediabunny', 'transparency-faulty.webm'],
      ['pixelprobe', 'valid.mov'],
    ]) {
      const { decoded, listed } = await both(sharedPath('data', 'odd', ...parts)!);
      expect([parts, listed.times]).toEqual([parts, decoded.times]);
    }
  },
);

describe.skipIf(process.platform === 'win32')('what import costs', () => {
  /** A small file whose pictures, of which only the first is a key frame, would take long to decode. */
  async function costly(folder: ReturnType<typeof tempFolder>) {
    const path = folder.at('still.mp4');
    const one = ['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '9999', '-bf', '0'];
    await ffmpegDoes('-f', 'lavfi', '-i', 'color=gray:s=320x180:r=25:d=60', ...one, path);
    const { path: real, ...abilities } = await resolveFfmpeg();
    const wrapper = folder.at('ffmpeg');
    const log = folder.at('log');
    writeFileSync(wrapper, `#!/bin/sh\nprintf '%s ' "$@" >> ${log}; echo >> ${log}\nexec ${real} "$@"\n`, {
      mode: 0o755,
    });
    const lines: string[] = [];
    const ffmpeg = { ...abilities, path: wrapper };
    await runFfmpeg(ffmpeg, bannerArgs({ path, sequence: null }), {
      doing: 'reading',
      onLine: (line) => lines.push(line),
    });
    const banner = parseBanner(lines)!;
    return { path, ffmpeg, banner, video: banner.videos[0]!, log };
  }

  it('is bounded by pixels, not by bytes', async () => {
    using folder = tempFolder();
    const { path, ffmpeg, banner, video, log } = await costly(folder);
    const limits = { smallBytes: 16 << 20, cheapPixels: 200 * 320 * 180 };
    const found = await measurePictures(
      ffmpeg,
      { path, sequence: null },
      banner,
      video,
      { doing: 'reading' },
      limits,
    );
    expect(found.times).toHaveLength(1500);
    // Whoever decoded was told to stop early.
    const decoding = readFileSync(log, 'utf8')
      .split('\n')
      .filter((line) => line.includes('showinfo'));
    expect(decoding).toHaveLength(1);
    expect(decoding[0]).toContain('-frames:v 60');
  });

  it('is told where all of a file has to be decoded', async () => {
    using folder = tempFolder();
    const { path, ffmpeg, banner, video } = await costly(folder);
    const told: number[] = [];
    const run = { doing: 'reading', onFraction: (fraction: number) => told.push(fraction) };
    await measurePictures(ffmpeg, { path, sequence: null }, banner, video, run);
    expect(told.length).toBeGreaterThan(100);
    expect(told).toEqual([...told].sort((a, b) => a - b));
    expect(told.at(-1)).toBeGreaterThan(0.95);
  });
});
