/** Pictures as clips: what they say of their film, how they are taken where they say nothing, and what else holds pictures. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ClipInfo } from '../../src/common/media.ts';
import { decodeOwn, decodeSized } from '../../src/main/engine/media/decode.ts';
import { readPictureHeader } from '../../src/main/engine/media/picture-header.ts';
import { probeClip } from '../../src/main/engine/media/probe.ts';
import { rememberingProbe } from '../../src/main/engine/media/remembering-probe.ts';
import { ffmpegDoes, tempFolder } from '../helpers/clips.ts';
import { copyTake } from '../helpers/takes.ts';

const MOVING = (rate: string, frames: number, size = '64x32') =>
  ['-f', 'lavfi', '-i', `testsrc2=s=${size}:r=${rate}`, '-frames:v', String(frames)] as const;

/** An attribute of OpenEXR. */
function attribute(name: string, type: string, value: Buffer): Buffer {
  const size = Buffer.alloc(4);
  size.writeUInt32LE(value.length);
  return Buffer.concat([Buffer.from(`${name}\0${type}\0`), size, value]);
}

/** A header of DPX with its picture behind, as scanners write it. */
function dpx(big: boolean, { rate, timecode }: { rate: number; timecode: number }): Buffer {
  const bytes = Buffer.alloc(2048 + 64 * 32 * 4);
  const whole = (value: number, at: number) =>
    big ? bytes.writeUInt32BE(value, at) : bytes.writeUInt32LE(value, at);
  const half = (value: number, at: number) =>
    big ? bytes.writeUInt16BE(value, at) : bytes.writeUInt16LE(value, at);
  bytes.write(big ? 'SDPX' : 'XPDS', 'latin1');
  whole(2048, 4);
  bytes.write('V1.0', 8, 'latin1');
  whole(bytes.length, 16);
  half(1, 770); // one element
  whole(64, 772);
  whole(32, 776);
  bytes[800] = 50; // RGB
  bytes[801] = 2; // "linear", as most say
  bytes[803] = 10;
  half(1, 804); // filled to words
  whole(2048, 808);
  whole(0xffffffff, 1920);
  whole(timecode, 1920);
  if (big) bytes.writeFloatBE(rate, 1940);
  else bytes.writeFloatLE(rate, 1940);
  for (let at = 2048; at < bytes.length; at += 4) whole(((512 << 22) | (256 << 12) | (768 << 2)) >>> 0, at);
  return bytes;
}

async function first(clip: ClipInfo): Promise<ArrayLike<number>> {
  for await (const own of decodeOwn(clip, { range: { start: 0, end: 1 } })) return own;
  throw new Error('no picture');
}

describe('numbered pictures', () => {
  it('of OpenEXR say their rate, and their timecode and reel where they have them', async () => {
    using folder = tempFolder();
    await ffmpegDoes(...MOVING('24000/1001', 3), '-pix_fmt', 'gbrpf32le', folder.at('a.%04d.exr'));
    const clip = await probeClip(folder.at('a.####.exr'));
    expect(clip).toMatchObject({ rate: { num: 24000, den: 1001 }, frames: 3, timecode: null, reel: null });
    expect(clip.warnings.join()).not.toMatch(/do not say/);
    const asked = await probeClip(folder.at('a.####.exr'), { rate: { num: 25, den: 1 } });
    expect(asked.rate).toEqual({ num: 25, den: 1 });

    // 01:02:03;04, as television packs it, and a reel, put in front of what is there.
    const packed = Buffer.alloc(8);
    packed.writeUInt32LE(((0x01 << 24) | (0x02 << 16) | (0x03 << 8) | 0x44) >>> 0);
    const bytes = readFileSync(folder.at('a.0001.exr'));
    const more = [
      attribute('reelName', 'string', Buffer.from('A001C003')),
      attribute('timeCode', 'timecode', packed),
    ];
    writeFileSync(folder.at('head.exr'), Buffer.concat([bytes.subarray(0, 8), ...more, bytes.subarray(8)]));
    expect(readPictureHeader(folder.at('head.exr'))).toEqual({
      rate: { num: 24000, den: 1001 },
      timecode: '01:02:03;04',
      reel: 'A001C003',
    });
    // Cut off anywhere, it says what it can, or nothing.
    for (const length of [0, 3, 8, 20, 60]) {
      writeFileSync(folder.at('cut.exr'), bytes.subarray(0, length));
      expect(readPictureHeader(folder.at('cut.exr'))).toEqual({ rate: null, timecode: null, reel: null });
    }
  });

  it.each([true, false])('of DPX too, big-endian %s, and are for a display', async (big) => {
    using folder = tempFolder();
    for (const n of [1, 2])
      writeFileSync(folder.at(`s.${n}.dpx`), dpx(big, { rate: 25, timecode: 0x10203004 + n }));
    const clip = await probeClip(folder.at('s.#.dpx'));
    expect(clip).toMatchObject({
      ...{ rate: { num: 25, den: 1 }, timecode: '10:20:30:05', bitDepth: 10, frames: 2 },
      colour: { transfer: null },
    });
    const own = await first(clip);
    const expected = [512, 256, 768].map((value) => expect.closeTo(value / 1023, 2));
    expect([0, 1, 2].map((c) => own[c]! / 65535)).toEqual(expected);
    writeFileSync(folder.at('bare.dpx'), dpx(big, { rate: 0, timecode: 0xffffffff }));
    expect(readPictureHeader(folder.at('bare.dpx'))).toEqual({ rate: null, timecode: null, reel: null });
  });

  it('that say nothing run at the rate of the timeline, and later at that of their project', async () => {
    using folder = tempFolder();
    mkdirSync(folder.at('p'));
    await ffmpegDoes(...MOVING('25', 3), folder.at('p/s.%04d.png'));
    const [pal, ntsc] = [
      { num: 25, den: 1 },
      { num: 30000, den: 1001 },
    ];
    const probe = rememberingProbe();
    const imported = await probe(folder.at('p'), undefined, { usualRate: pal });
    expect(imported.rate).toEqual(pal);
    expect(imported.warnings.join()).toMatch(/do not say their rate and are taken as 25 frames per second/);
    expect((await probe(imported.path)).rate).toEqual(pal);
    // In the project once, it keeps its rate whatever the timeline has when its folder comes again.
    expect((await probe(folder.at('p'), undefined, { usualRate: ntsc })).rate).toEqual(pal);
    const other = rememberingProbe();
    expect((await other(imported.path)).rate).toEqual({ num: 24, den: 1 });
    other.runAt([{ path: imported.path, rate: ntsc }]);
    expect((await other(imported.path)).rate).toEqual(ntsc);
    expect((await other(folder.at('p/s.0001.png'))).frames).toBe(1);
  });

  it('keep 16 bits and transparency, from PNG and TIFF to PNG', async () => {
    using folder = tempFolder();
    const source = "nullsrc=s=64x32:r=24,format=gbrap16le,geq=r='30000+X':g='65535-Y':b='257*X':a='1024*X'";
    for (const ending of ['png', 'tif']) {
      const [at, out] = [folder.at(ending), folder.at(`take-${ending}`)];
      mkdirSync(at);
      const form = ending === 'png' ? 'rgba64be' : 'rgba64le';
      await ffmpegDoes(
        '-f',
        'lavfi',
        '-i',
        source,
        '-frames:v',
        '3',
        '-pix_fmt',
        form,
        join(at, `s.%04d.${ending}`),
      );
      const clip = await probeClip(at);
      expect(clip).toMatchObject({ alpha: true, bitDepth: 16, frames: 3 });
      const own = await first(clip);
      expect([own[3 * 70], own[3 * 70 + 1]]).toEqual([30006, 65534]);
      const take = await copyTake(clip, { out, format: 'png', range: { start: 1, end: 3 } });
      expect(take.alpha).toBe(true);
      const read = await probeClip(out);
      const [range, size] = [
        { start: 0, end: 1 },
        { width: 64, height: 32 },
      ];
      for await (const { rgb: veil } of decodeSized(read, { range, ...size, alpha: true }))
        expect([0, 20, 40, 63].map((x) => veil[x])).toEqual(
          [0, 20, 40, 63].map((x) => expect.closeTo(4 * x, -0.5)),
        );
    }
  });
});

describe('what holds pictures', () => {
  it('animations run as their pictures last, stills are one frame', async () => {
    using folder = tempFolder();
    // Ten pictures that stay three times as long, then fifteen.
    const uneven = ['-vf', "setpts='if(lt(N,10),N*3,30+(N-10))*0.04/TB'", '-fps_mode', 'passthrough'];
    await ffmpegDoes(...MOVING('25', 25), ...uneven, folder.at('a.gif'));
    expect(await probeClip(folder.at('a.gif'))).toMatchObject({ frames: 45, rate: { num: 25, den: 1 } });
    await ffmpegDoes(...MOVING('25', 5), '-f', 'apng', folder.at('a.png'));
    expect(await probeClip(folder.at('a.png'))).toMatchObject({ frames: 5, rate: { num: 25, den: 1 } });
    for (const name of ['s.jpg', 's.webp', 's.tif', 's.bmp', 's.exr']) {
      const form = name === 's.exr' ? ['-pix_fmt', 'gbrpf32le'] : [];
      await ffmpegDoes(...MOVING('25', 1), ...form, folder.at(name));
      expect(await probeClip(folder.at(name))).toMatchObject({ frames: 1, sequence: null });
    }
  });

  it('an animated WebP is told as such where it cannot be read', async () => {
    using folder = tempFolder();
    const source = 'testsrc2=s=64x48:r=10:d=0.5';
    await ffmpegDoes('-f', 'lavfi', '-i', source, '-c:v', 'libwebp_anim', folder.at('a.webp'));
    await expect(probeClip(folder.at('a.webp'))).rejects.toMatchObject({
      message: expect.stringMatching(/animated WebP/),
      hint: expect.stringMatching(/GIF/),
    });
  });

  it.each(['mjpeg', 'libx264'])(
    'of several tracks the film is taken, not a picture in %s before it',
    async (codec) => {
      using folder = tempFolder();
      await ffmpegDoes(
        ...[
          '-f',
          'lavfi',
          '-i',
          'color=red:s=320x240:r=25:d=0.04',
          '-f',
          'lavfi',
          '-i',
          'testsrc2=s=64x32:r=25:d=1',
        ],
        ...['-map', '0:v', '-map', '1:v', '-c:v:0', codec, '-c:v:1', 'libx264', folder.at('t.mkv')],
      );
      const clip = await probeClip(folder.at('t.mkv'));
      expect(clip).toMatchObject({ stream: 1, frames: 25, width: 64 });
      expect(clip.warnings.join()).toMatch(/2 video streams: number 2 is used/);
    },
  );
});
