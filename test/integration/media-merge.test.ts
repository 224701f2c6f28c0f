/** A take that is merged with its clip at its own size: what the mask leaves alone is the clip's, to the bit. */
import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Cancelled } from '../../src/common/errors.ts';
import { isPictures } from '../../src/common/formats/format.ts';
import { FORMATS, TAKE_FORMATS, type TakeFormat } from '../../src/common/formats/registry.ts';
import type { ClipInfo } from '../../src/common/media.ts';
import { decodeOwn, decodeSized } from '../../src/main/engine/media/decode.ts';
import { openTake, rehearseTake, type TakeOptions } from '../../src/main/engine/media/encode.ts';
import { fitCanvas } from '../../src/main/engine/media/fit.ts';
import { probeClip } from '../../src/main/engine/media/probe.ts';
import { ffmpegDoes, H264, psnr, tempFolder } from '../helpers/clips.ts';
import { ffmpegSays } from '../helpers/takes.ts';

const RANGE = { start: 2, end: 5 };
const PRORES = ['-c:v', 'prores_ks', '-profile:v', 'hq', '-pix_fmt', 'yuv422p10le'];
const PQ = 'setparams=color_primaries=bt2020:color_trc=smpte2084:colorspace=bt2020nc:range=tv';
const moving = (size: string, more = 'null') => [
  ...['-f', 'lavfi', '-i', `testsrc=s=${size}:r=25`, '-vf', more, '-frames:v', '8'],
];

/** Kinds of clips: name, file, arguments, whether they have more than 8 bits, and transparency. */
const CLIPS: readonly [string, string, readonly string[], boolean, boolean][] = [
  ['of 8 bits, odd', 'c.mov', [...moving('197x113'), ...H264.with(-1, 'yuv444p')], false, false],
  ['of 8 bits, halved colours', 'c.mp4', [...moving('196x112'), ...H264], false, false],
  ['of 10 bits, odd', 'c.mov', [...moving('197x113'), ...PRORES], true, false],
  ['in HDR', 'c.mov', [...moving('196x112', `format=yuv422p10le,${PQ}`), ...PRORES], true, false],
  ['of fields', 'c.mov', [...moving('196x112', 'setfield=tff'), ...PRORES, '-flags', '+ildct'], true, false],
  [
    'with transparency',
    'c.mov',
    [
      ...moving('197x113', "format=rgba,geq=r='r(X,Y)':g='g(X,Y)':b='b(X,Y)':a='if(lt(X,60+N),128,255)'"),
      ...['-c:v', 'png', '-pix_fmt', 'rgba'],
    ],
    false,
    true,
  ],
  ['smaller than the canvas', 'c.mov', [...moving('31x17'), ...PRORES], true, false],
];

/** 0 on the left third, 1 on the right third, between them a ramp. */
function rampOf({ width, height }: ClipInfo): Float32Array {
  return new Float32Array(width * height).map((_, at) =>
    Math.min(1, Math.max(0, (3 * (at % width)) / (width - 1) - 1)),
  );
}

const EDIT = [0.9, 0.2, 0.4] as const;

async function merge(clip: ClipInfo, wish: Pick<TakeOptions, 'out' | 'format'>) {
  const fit = fitCanvas(clip.width, clip.height, { size: 64, grid: 16 });
  const edit = new Float32Array(fit.width * fit.height * 3).map((_, at) => EDIT[at % 3]!);
  const take = await openTake({ clip, range: RANGE, fit, merged: true, ...wish });
  const mask = rampOf(clip);
  for await (const rgb of decodeOwn(clip, { range: RANGE })) await take.write(edit, { rgb, mask });
  return take.finish();
}

describe.each(CLIPS)('of a clip %s', (_, file, args, deep, transparent) => {
  it('keeps the clip outside the mask and shows the canvas inside', async () => {
    using folder = tempFolder();
    await ffmpegDoes(...args, folder.at(file));
    const clip = await probeClip(folder.at(file));
    expect(args.join()).toContain(`s=${clip.width}x${clip.height}:`);
    const out = folder.at('take');
    const info = await merge(clip, { out, format: 'png' });
    expect(info).toMatchObject({ frames: 3, width: clip.width, height: clip.height, alpha: transparent });
    const names = readdirSync(out)
      .filter((name) => name.endsWith('.png'))
      .sort();
    const share = rampOf(clip);
    const { width, height } = clip;
    let k = 0;
    for await (const { rgb } of decodeSized(clip, { range: RANGE, width, height, exact: deep })) {
      const raw = await ffmpegSays(
        ...[
          '-i',
          `${out}/${names[k++]}`,
          '-f',
          'rawvideo',
          '-pix_fmt',
          transparent ? 'rgba64le' : 'rgb48le',
          '-',
        ],
      );
      const channels = transparent ? 4 : 3;
      const far = { outside: 0, between: 0, inside: 0 };
      for (const [at, own] of rgb.entries()) {
        const pixel = Math.floor(at / 3);
        const taken = raw.readUInt16LE(2 * (channels * pixel + (at % 3))) / 257;
        const mix = own + share[pixel]! * (255 * EDIT[at % 3]! - own);
        const place = share[pixel] === 0 ? 'outside' : share[pixel] === 1 ? 'inside' : 'between';
        const apart = Math.abs((place === 'outside' ? Math.round(taken) : taken) - mix);
        far[place] = Math.max(far[place], apart);
      }
      expect(far.outside).toBe(0);
      // A picture of more than 8 bits is compared with its 8 bits.
      expect(far.between).toBeLessThan(deep ? 0.6 : 0.1);
      expect(far.inside).toBeLessThan(0.1);
      if (transparent) {
        expect(raw.readUInt16LE(6)).toBe(128 * 257);
        expect(raw.readUInt16LE(8 * (width - 1) + 6)).toBe(65535);
      }
    }
    expect(k).toBe(3);
  });
});

it('keeps what a clip has beyond 8 bits', async () => {
  using folder = tempFolder();
  const grey = "nullsrc=s=256x64:r=25,format=gray10le,geq=lum='300+X/4+N'";
  await ffmpegDoes('-f', 'lavfi', '-i', grey, '-frames:v', '5', '-c:v', 'ffv1', folder.at('c.mkv'));
  const clip = await probeClip(folder.at('c.mkv'));
  const out = folder.at('take');
  await merge(clip, { out, format: 'png' });
  const name = readdirSync(out).find((one) => one.endsWith('.png'));
  const raw = await ffmpegSays('-i', `${out}/${name}`, '-f', 'rawvideo', '-pix_fmt', 'rgb48le', '-');
  const left = Array.from({ length: 84 }, (_, x) => raw.readUInt16LE(6 * x));
  // 21 greys of 10 bits are 6 of 8.
  expect(new Set(left).size).toBe(21);
});

/** One of each way to code and to store. */
const MOVIES = TAKE_FORMATS.filter(
  (format, at) =>
    !isPictures(FORMATS[format]) && TAKE_FORMATS.findIndex((one) => sameWay(one, format)) === at,
);

function sameWay(a: TakeFormat, b: TakeFormat): boolean {
  const [one, other] = [FORMATS[a], FORMATS[b]];
  return one.encoder === other.encoder && one.muxer === other.muxer && one.pixelFormat === other.pixelFormat;
}

it.each(MOVIES)('is written as %s, with its rate and every frame', async (format) => {
  using folder = tempFolder();
  await ffmpegDoes(...moving(FORMATS[format].steps ? '320x184' : '321x181'), ...PRORES, folder.at('c.mov'));
  const clip = await probeClip(folder.at('c.mov'));
  const out = folder.at(`take${FORMATS[format].extensions[0]}`);
  const fit = fitCanvas(clip.width, clip.height, { size: 64, grid: 16 });
  await rehearseTake({ clip, range: RANGE, fit, merged: true, out, format });
  await merge(clip, { out, format });
  const take = await probeClip(out);
  expect(take).toMatchObject({ frames: 3, rate: clip.rate });
  // A hundred columns that the mask leaves alone; of sharp bars H.264 halves the colours, which is 29 dB.
  const part = { width: 100, height: clip.height };
  const own = decodeSized(clip, { range: RANGE, ...part, part });
  for await (const { rgb } of decodeSized(take, { range: { start: 0, end: 3 }, ...part, part })) {
    expect(psnr(rgb, (await own.next()).value!.rgb)).toBeGreaterThan(25);
  }
  await own.return(undefined);
});

it('leaves nothing when it is cancelled or given up', async () => {
  using folder = tempFolder();
  await ffmpegDoes(...moving('197x113'), ...PRORES, folder.at('c.mov'));
  const clip = await probeClip(folder.at('c.mov'));
  const fit = fitCanvas(clip.width, clip.height, { size: 64, grid: 16 });
  const edit = new Float32Array(fit.width * fit.height * 3);
  const own = { rgb: new Uint16Array(clip.width * clip.height * 3), mask: rampOf(clip) };
  const options = {
    clip,
    range: RANGE,
    fit,
    merged: true,
    out: folder.at('take.mov'),
    format: 'prores422hq',
  } as const;
  const stop = new AbortController();
  const cancelled = await openTake(options, stop.signal);
  await cancelled.write(edit, own);
  stop.abort();
  await expect(cancelled.write(edit, own).then(() => cancelled.finish())).rejects.toBeInstanceOf(Cancelled);
  const given = await openTake(options);
  await given.write(edit, own);
  await given.abort();
  const forgotten = await openTake(options);
  await expect(forgotten.write(edit)).rejects.toThrow(/laid over comes with each frame/);
  expect(readdirSync(folder.path)).toEqual(['c.mov']);
});
