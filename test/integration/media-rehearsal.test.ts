/** What a take's format, place or name cannot hold is refused before the first frame, and what is rehearsed can be written. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FORMATS, TAKE_FORMATS, type TakeFormat } from '../../src/common/formats/registry.ts';
import type { ClipInfo } from '../../src/common/media.ts';
import { rehearseTake } from '../../src/main/engine/media/encode.ts';
import { resolveFfmpeg } from '../../src/main/engine/media/ffmpeg.ts';
import { probeClip } from '../../src/main/engine/media/probe.ts';
import { forecastOf, judgeRoom } from '../../src/main/engine/media/room.ts';
import { checkTarget } from '../../src/main/engine/media/target.ts';
import { fileName } from '../../src/main/engine/queue/take-name.ts';
import { reportPath } from '../../src/main/engine/report-file.ts';
import { ffmpegDoes, tempFolder, wholeFit } from '../helpers/clips.ts';
import { copyTake } from '../helpers/takes.ts';

const ENDING = Object.fromEntries(
  TAKE_FORMATS.map((format) => [format, FORMATS[format].extensions[0]!]),
) as Readonly<Record<TakeFormat, string>>;

/** One of each way to code and to store. */
const WAYS = TAKE_FORMATS.filter((format, at) => {
  const way = (one: TakeFormat) => `${FORMATS[one].encoder} ${FORMATS[one].muxer}`;
  return TAKE_FORMATS.findIndex((one) => way(one) === way(format)) === at;
});

async function clipOf(
  folder: { at(name: string): string },
  size: string,
  rate = '25',
  frames = 2,
): Promise<ClipInfo> {
  const [width, height] = size.split('x').map(Number);
  const source = `testsrc2=s=${Math.max(16, width!)}x${Math.max(16, height!)}:r=${rate},format=yuv444p,crop=${width}:${height}`;
  const sound = ['-f', 'lavfi', '-i', 'sine=d=1'];
  const path = folder.at(`${size}-${rate.replace('/', '_')}.mkv`);
  await ffmpegDoes(
    '-f',
    'lavfi',
    '-i',
    source,
    ...sound,
    '-frames:v',
    String(frames),
    '-c:v',
    'ffv1',
    '-c:a',
    'pcm_s16le',
    path,
  );
  return probeClip(path);
}

const wish = (clip: ClipInfo, out: string, format: TakeFormat) => ({
  ...{ clip, out, format },
  ...{ range: { start: 0, end: clip.frames }, fit: wholeFit(clip) },
});

describe('a rehearsed take', () => {
  it.for(['1x1', '2x3', '255x119', '256x120', '17x4099', '4097x33', '300x200'])(
    'of %s ends as its rehearsal did, in every format',
    async (size) => {
      using folder = tempFolder();
      const clip = await clipOf(folder, size);
      const before = readdirSync(folder.path);
      const outcomes: string[] = [];
      for (const format of WAYS) {
        const one = wish(clip, folder.at(`take${ENDING[format]}`), format);
        const rehearsed = await rehearseTake(one).then(
          () => true,
          (error) => {
            expect(error).toMatchObject({ code: 'usage', hint: expect.stringMatching(/Choose/) });
            return false;
          },
        );
        expect(readdirSync(folder.path)).toEqual(before);
        // Whoever starts it all the same fails at once, or writes it whole.
        const written = await copyTake(clip, { ...one, out: folder.at(`real${ENDING[format]}`) }).then(
          () => true,
          () => false,
        );
        expect([format, written]).toEqual([format, rehearsed]);
        outcomes.push(`${format} ${written}`);
        const { rm } = await import('node:fs/promises');
        await rm(folder.at(`real${ENDING[format]}`), { recursive: true, force: true });
      }
      expect(outcomes).toContain('prores422hq true');
      expect(outcomes).toContain(`dnxhr-hqx ${/^(256x120|300x200)$/.test(size)}`);
    },
  );

  it.for(['1/1', '15/1', '24000/1001', '119/2', '240/1', '1000/1'])(
    'at %s is written as rehearsed',
    async (rate) => {
      using folder = tempFolder();
      const clip = await clipOf(folder, '64x48', rate, 5);
      for (const format of ['prores422hq', 'h264', 'png'] as const) {
        const one = wish(clip, folder.at(`take${ENDING[format]}`), format);
        await rehearseTake(one);
        expect((await copyTake(clip, one)).frames).toBe(clip.frames);
      }
    },
  );

  it('without its encoder is refused by the encoder’s name', async () => {
    using folder = tempFolder();
    const clip = await clipOf(folder, '300x200');
    const real = await resolveFfmpeg();
    for (const format of TAKE_FORMATS) {
      for (const missing of [FORMATS[format].encoder, FORMATS[format].sound.encoder]) {
        const encoders = new Set([...real.encoders].filter((name) => name !== missing));
        const one = {
          ...wish(clip, folder.at(`take${ENDING[format]}`), format),
          ffmpeg: { ...real, encoders },
        };
        await expect(rehearseTake(one)).rejects.toMatchObject({
          code: 'encoder-missing',
          message: expect.stringContaining(missing),
        });
      }
    }
  });

  it('whose encoder is listed but does not open is refused, not half written', async () => {
    using folder = tempFolder();
    const clip = await clipOf(folder, '300x200');
    const real = await resolveFfmpeg();
    writeFileSync(
      folder.at('broken'),
      '#!/bin/sh\necho "[libx264 @ 0x1] [error] Error while opening encoder" >&2\nexit 1\n',
      { mode: 0o755 },
    );
    const one = { ...wish(clip, folder.at('t.mp4'), 'h264'), ffmpeg: { ...real, path: folder.at('broken') } };
    await expect(rehearseTake(one)).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringMatching(/H\.264 cannot hold this take.*opening encoder/),
    });
    expect(readdirSync(folder.path).filter((name) => name.includes('partial'))).toEqual([]);
  });
});

describe('a name', () => {
  const kanji = (count: number) => '映'.repeat(count);

  it('may be as long as the disk allows, and no temporary one is longer', async () => {
    using folder = tempFolder();
    const clip = await clipOf(folder, '64x48');
    // 255 bytes are the limit of most disks, 243 leave room for the report's ".report.json".
    for (const stem of [kanji(78), kanji(81), 'x'.repeat(243), `${'x'.repeat(239)}🎬`]) {
      for (const format of ['prores422hq', 'h264'] as const) {
        const out = folder.at(`${stem}${ENDING[format]}`);
        await checkTarget(out, clip.path, format, [basename(reportPath(out))]);
        await rehearseTake(wish(clip, out, format));
        expect((await copyTake(clip, wish(clip, out, format))).path).toBe(out);
        writeFileSync(reportPath(out), '');
      }
    }
  });

  it('that is too long, for the take or for what lies beside, is refused at once', async () => {
    using folder = tempFolder();
    const clip = await clipOf(folder, '64x48');
    const before = readdirSync(folder.path);
    for (const stem of [kanji(90), 'x'.repeat(244), `${'x'.repeat(240)}🎬`]) {
      const out = folder.at(`${stem}.mov`);
      await expect(
        checkTarget(out, clip.path, 'prores422hq', [basename(reportPath(out))]),
      ).rejects.toMatchObject({
        code: 'output-unwritable',
        message: expect.stringMatching(/name is too long/),
        hint: expect.stringMatching(/shorter/),
      });
    }
    // A sequence's last frame and its second sound have the longest names.
    const two = { ...clip, audio: [clip.audio[0]!, clip.audio[0]!] };
    mkdirSync(folder.at('seq'));
    const long = { ...wish(two, folder.at(`seq/${'x'.repeat(246)}.####.png`), 'png') };
    await rehearseTake(long);
    const longer = { ...long, range: { start: 0, end: 9000 } }; // ends with picture 10000
    for (const one of [longer, { ...long, out: folder.at(`seq/${'x'.repeat(247)}.####.png`) }]) {
      await expect(rehearseTake(one)).rejects.toMatchObject({
        code: expect.stringMatching(/usage|output-unwritable/),
      });
    }
    expect(readdirSync(folder.path).filter((name) => name !== 'seq')).toEqual(before);
    expect(readdirSync(folder.at('seq'))).toEqual([]);
  });

  it('that the desktop makes of any shot’s name fits every disk', () => {
    const bytes = (text: string) => Buffer.byteLength(text);
    for (const text of [
      kanji(300),
      '🎬'.repeat(300),
      'é'.repeat(300),
      'x'.repeat(300),
      '👩‍👩‍👧‍👦'.repeat(60),
    ]) {
      const name = `${fileName(text)} 10000.mov`;
      expect(bytes(reportPath(name))).toBeLessThanOrEqual(255);
      expect(fileName(text)).not.toMatch(/\uFFFD|\u200D$/);
      expect(text.startsWith(fileName(text))).toBe(true);
    }
  });
});

describe('room', () => {
  it('is foretold close to what takes need', async () => {
    using folder = tempFolder();
    // A size that every format takes.
    const noisy = `testsrc2=s=320x184:r=25,noise=alls=12:allf=t`;
    await ffmpegDoes(
      '-f',
      'lavfi',
      '-i',
      noisy,
      '-f',
      'lavfi',
      '-i',
      'sine',
      '-t',
      '0.4',
      '-c:v',
      'ffv1',
      '-c:a',
      'pcm_s16le',
      folder.at('c.mkv'),
    );
    await ffmpegDoes(
      '-f',
      'lavfi',
      '-i',
      'color=gray:s=320x184:r=25',
      '-t',
      '0.4',
      '-c:v',
      'ffv1',
      folder.at('plain.mkv'),
    );
    for (const format of TAKE_FORMATS) {
      const [busy, plain] = [await probeClip(folder.at('c.mkv')), await probeClip(folder.at('plain.mkv'))];
      const all = { start: 0, end: 10 };
      const { bytes } = await copyTake(busy, { out: folder.at(`busy take${ENDING[format]}`), format });
      const { usual } = forecastOf(busy, all, FORMATS[format]);
      expect([format, bytes / usual > 0.2 && bytes / usual < 8]).toEqual([format, true]);
      const small = await copyTake(plain, { out: folder.at(`plain take${ENDING[format]}`), format });
      // Nothing is refused that would have fitted.
      expect([format, small.bytes >= forecastOf(plain, all, FORMATS[format]).least * 0.99]).toEqual([
        format,
        true,
      ]);
    }
  });

  it('that is too small is told or refused, FAT32’s too', () => {
    const place = { doing: 'writing t.mov', oneFile: true };
    const [MB, GB] = [1e6, 1e9];
    const ext4 = (free: number) => ({ free, type: 0xef53 });
    const fat = (free: number) => ({ free, type: 0x4d44 });
    expect(judgeRoom(ext4(10 * GB), { usual: 2 * GB, least: GB }, place)).toBeNull();
    expect(judgeRoom(ext4(1.5 * GB), { usual: 2 * GB, least: GB }, place)).toBe(
      'the take will need about 2 GB, 1.5 GB are free',
    );
    expect(() => judgeRoom(ext4(800 * MB), { usual: 2 * GB, least: GB }, place)).toThrow(
      /about 2 GB, 800 MB are free/,
    );
    expect(judgeRoom(fat(100 * GB), { usual: 5 * GB, least: GB }, place)).toMatch(
      /FAT32.*no file over 4\.29 GB/,
    );
    expect(() => judgeRoom(fat(100 * GB), { usual: 9 * GB, least: 5 * GB }, place)).toThrow(/FAT32/);
    expect(
      judgeRoom(fat(100 * GB), { usual: 9 * GB, least: 5 * GB }, { ...place, oneFile: false }),
    ).toBeNull();
  });
});
