/** A clip's transparency is laid over its takes, frame for frame, where the format has a place for it. */
import { describe, expect, it } from 'vitest';
import type { ClipInfo } from '../../src/common/media.ts';
import { resolveFfmpeg } from '../../src/main/engine/media/ffmpeg.ts';
import { probeClip } from '../../src/main/engine/media/probe.ts';
import { ffmpegDoes, psnr, tempFolder } from '../helpers/clips.ts';
import { copyTake, ffmpegSays } from '../helpers/takes.ts';

/** A picture whose transparency is a step that walks a column a frame, half transparent before it. */
const WALKING =
  "testsrc2=s=128x64:r=25:d=1,format=rgba,geq=r='r(X,Y)':g='g(X,Y)':b='b(X,Y)':a='if(lt(X,20+4*N),128,255)*gt(Y,9)'";

const SOURCES: readonly { name: string; file: string; codec: readonly string[]; exact: boolean }[] = [
  {
    name: 'ProRes 4444',
    file: 'c.mov',
    codec: ['-c:v', 'prores_ks', '-profile:v', '4444', '-pix_fmt', 'yuva444p10le', '-alpha_bits', '16'],
    exact: true,
  },
  { name: 'QuickTime Animation', file: 'c.mov', codec: ['-c:v', 'qtrle', '-pix_fmt', 'argb'], exact: true },
  { name: 'PNG in QuickTime', file: 'c.mov', codec: ['-c:v', 'png', '-pix_fmt', 'rgba'], exact: true },
  {
    name: 'VP9',
    file: 'c.webm',
    codec: [
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
    exact: false,
  },
  {
    name: 'VP8',
    file: 'c.webm',
    codec: [
      '-c:v',
      'libvpx',
      '-pix_fmt',
      'yuva420p',
      '-crf',
      '4',
      '-b:v',
      '20M',
      '-cpu-used',
      '8',
      '-auto-alt-ref',
      '0',
    ],
    exact: false,
  },
  { name: 'FFV1', file: 'c.mkv', codec: ['-c:v', 'ffv1', '-pix_fmt', 'yuva444p'], exact: true },
];

/** Transparency of each frame, 8 bit. */
async function alphas(
  path: string,
  size: number,
  input: readonly string[] = [],
  via = 'rgba64le',
): Promise<Uint8Array[]> {
  const all = await ffmpegSays(
    ...input,
    '-i',
    path,
    '-vf',
    `format=${via},extractplanes=a,format=gray`,
    '-f',
    'rawvideo',
    '-',
  );
  return Array.from({ length: all.length / size }, (_, i) => all.subarray(i * size, (i + 1) * size));
}

async function made(
  folder: { at(name: string): string },
  source: (typeof SOURCES)[number],
): Promise<ClipInfo> {
  await ffmpegDoes('-f', 'lavfi', '-i', WALKING, ...source.codec, folder.at(source.file));
  return probeClip(folder.at(source.file));
}

describe('transparency', () => {
  it.for(SOURCES)('of $name stays in ProRes 4444 and PNG, and is told of elsewhere', async (source) => {
    using folder = tempFolder();
    const clip = await made(folder, source);
    expect(clip).toMatchObject({ alpha: true, frames: 25 });
    expect(clip.warnings).toEqual([
      expect.stringMatching(/transparent: takes in ProRes 4444.* PNG sequence/),
    ]);
    const decoder = source.name.startsWith('VP') ? ['-c:v', source.codec[1]!] : [];
    const truth = await alphas(
      clip.path,
      128 * 64,
      decoder,
      /^(VP|FF)/.test(source.name) ? 'yuva444p' : 'rgba64le',
    );
    const range = { start: 7, end: 15 };
    const movie = await copyTake(clip, { out: folder.at('t.mov'), format: 'prores4444', range });
    expect(movie).toMatchObject({ alpha: true, notes: [] });
    expect(await probeClip(movie.path)).toMatchObject({
      alpha: true,
      pixelFormat: expect.stringMatching(/^yuva444p1/),
    });
    const sequence = await copyTake(clip, { out: folder.at('seq'), format: 'png', range });
    expect(sequence).toMatchObject({ alpha: true, notes: [] });
    for (const found of [
      await alphas(movie.path, 128 * 64),
      await alphas(`${folder.at('seq')}/seq.%04d.png`, 128 * 64, ['-start_number', '1001']),
    ]) {
      expect(found).toHaveLength(8);
      for (const [i, frame] of found.entries()) {
        const near = psnr(frame, truth[7 + i]!);
        expect(near, `frame ${i}`).toBeGreaterThan(source.exact ? 55 : 50);
        if (source.exact) expect(psnr(frame, truth[8 + i]!)).toBeLessThan(near);
      }
    }
    const opaque = await copyTake(clip, { out: folder.at('hq.mov'), format: 'prores422hq', range });
    expect(opaque).toMatchObject({
      alpha: false,
      notes: [expect.stringMatching(/transparency is left out: ProRes 422 HQ holds none/)],
    });
    const off = await copyTake(clip, {
      out: folder.at('off.mov'),
      format: 'prores4444',
      range,
      alpha: 'off',
    });
    expect(off).toMatchObject({ alpha: false, notes: [] });
    expect((await probeClip(off.path)).alpha).toBe(false);
  });

  it('leaves the colours as they are without it, and is straight', async () => {
    using folder = tempFolder();
    const clip = await made(folder, SOURCES[5]!);
    const colours = async (alpha: 'auto' | 'off', out: string) => {
      await copyTake(clip, { out: folder.at(out), format: 'png', alpha });
      return ffmpegSays(
        '-start_number',
        '1001',
        '-i',
        folder.at(`${out}/${out}.%04d.png`),
        '-vf',
        'format=rgb48le',
        '-f',
        'rawvideo',
        '-',
      );
    };
    expect((await colours('auto', 'with')).equals(await colours('off', 'without'))).toBe(true);
  });

  it('of a turned clip with oblong pixels lies where its picture does', async () => {
    using folder = tempFolder();
    await ffmpegDoes(
      '-f',
      'lavfi',
      '-i',
      `${WALKING},setsar=2`,
      '-c:v',
      'qtrle',
      '-pix_fmt',
      'argb',
      folder.at('flat.mov'),
    );
    await ffmpegDoes(
      '-display_rotation',
      '90',
      '-i',
      folder.at('flat.mov'),
      '-c',
      'copy',
      folder.at('c.mov'),
    );
    const clip = await probeClip(folder.at('c.mov'));
    expect(clip).toMatchObject({
      alpha: true,
      rotation: expect.toSatisfy((turn: number) => turn % 180 === 90),
    });
    const take = await copyTake(clip, {
      out: folder.at('t.mov'),
      format: 'prores4444',
      range: { start: 3, end: 6 },
    });
    const [found] = await alphas(take.path, clip.width * clip.height);
    const truth = await ffmpegSays(
      '-i',
      clip.path,
      '-vf',
      `select=eq(n\\,3),scale=${clip.width}:${clip.height}:flags=bilinear,format=rgba64le,extractplanes=a,format=gray`,
      '-frames:v',
      '1',
      '-f',
      'rawvideo',
      '-pix_fmt',
      'gray',
      '-',
    );
    expect(psnr(found!, truth)).toBeGreaterThan(35);
  });

  it('that this ffmpeg cannot read is told of, not dropped in silence', async () => {
    using folder = tempFolder();
    const clip = await made(folder, SOURCES[3]!);
    const real = await resolveFfmpeg();
    const ffmpeg = {
      ...real,
      decoders: new Set([...real.decoders].filter((name) => !name.startsWith('libvpx'))),
    };
    const take = await copyTake(clip, {
      out: folder.at('t.mov'),
      format: 'prores4444',
      ffmpeg,
      range: { start: 0, end: 2 },
    });
    expect(take).toMatchObject({
      alpha: false,
      notes: [expect.stringMatching(/no libvpx-vp9 to read it with/)],
    });
  });
});
