/** Every take format, as the list has them: what was written is what is read back, with its clip's clock, reel, colours, transparency and sound. */
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isPictures, pictureEnding } from '../../src/common/formats/format.ts';
import { FORMATS, TAKE_FORMATS, type TakeFormat } from '../../src/common/formats/registry.ts';
import type { ClipInfo } from '../../src/common/media.ts';
import type { TakeFile } from '../../src/common/report.ts';
import { decodeDeep, decodeOwn, decodeSized } from '../../src/main/engine/media/decode.ts';
import { openTake, rehearseTake } from '../../src/main/engine/media/encode.ts';
import { hasReel } from '../../src/main/engine/media/encode-args.ts';
import { resolveFfmpeg } from '../../src/main/engine/media/ffmpeg.ts';
import { fitCanvas } from '../../src/main/engine/media/fit.ts';
import { probeClip } from '../../src/main/engine/media/probe.ts';
import { makeProxy } from '../../src/main/engine/previews/proxy.ts';
import { ffmpegDoes, tempFolder, wholeFit } from '../helpers/clips.ts';
import { ffmpegSays } from '../helpers/takes.ts';

const [WIDTH, HEIGHT] = [256, 128];
const RANGE = { start: 3, end: 8 };
const FRAMES = RANGE.end - RANGE.start;
/** Of patches of 64×64 in two rows: the signals R, G, B. The first grows with the frame. */
const PATCHES: readonly (readonly [number, number, number])[] = [
  [0.2, 0.2, 0.2],
  [0.5, 0.5, 0.5],
  [0, 0, 0],
  [1, 1, 1],
  [0.75, 0.25, 0.25],
  [0.25, 0.7, 0.25],
  [0.25, 0.25, 0.75],
  [0.123, 0.456, 0.789],
];
const patch = (k: number, frame: number) =>
  k === 0 ? PATCHES[0]!.map((value) => value + 0.1 * frame) : PATCHES[k]!;

function picture(frame: number): Float32Array {
  const rgb = new Float32Array(WIDTH * HEIGHT * 3);
  for (let y = 0; y < HEIGHT; y += 1) {
    for (let x = 0; x < WIDTH; x += 1)
      rgb.set(patch(Math.floor(x / 64) + 4 * Math.floor(y / 64), frame), 3 * (y * WIDTH + x));
  }
  return rgb;
}

/** Means of the middles of the patches, of values at such a scale. */
function patchesOf(rgb: ArrayLike<number>, white: number): number[][] {
  return PATCHES.map((_, k) => {
    const sums = [0, 0, 0];
    for (let y = 24; y < 40; y += 1) {
      for (let x = 24; x < 40; x += 1) {
        const at = 3 * ((y + 64 * Math.floor(k / 4)) * WIDTH + x + 64 * (k % 4));
        for (const c of [0, 1, 2]) sums[c]! += rgb[at + c]! / white / 256;
      }
    }
    return sums;
  });
}

/** How far a value may be off, of 1: what 8 and 10 bits of YUV and their compression leave. */
function tolerance({ lossless, pixelFormat }: (typeof FORMATS)[TakeFormat]): number {
  if (lossless) return pixelFormat.startsWith('gbrpf') ? 1e-3 : 1.5 / 65535;
  return pixelFormat.includes('10') ? 0.004 : 0.008;
}

/** Shown to a display; the last is brighter than its white. */
const SIGNALS = [0.02, 0.1, 0.18, 0.5, 0.7501, 1, 1.7];

async function all<T>(made: AsyncGenerator<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const one of made) found.push(one);
  return found;
}

const folder = tempFolder();
afterAll(() => folder[Symbol.dispose]());
let clip: ClipInfo;

/** Opaque on the left, clear on the right, between them a step of half. */
const VEIL =
  "geq=lum_expr='lum(X,Y)':cb_expr=512:cr_expr=512:alpha_expr='if(lt(X,64),1023,if(lt(X,192),512,0))'";

beforeAll(async () => {
  await ffmpegDoes(
    ...[
      '-f',
      'lavfi',
      '-i',
      `color=gray:s=${WIDTH}x${HEIGHT}:r=24000/1001:d=0.5,format=yuva444p10le,${VEIL}`,
    ],
    ...['-f', 'lavfi', '-i', 'aevalsrc=0.5*sin(2*PI*440*t)|0.25:s=44100:d=1'],
    ...['-c:v', 'prores_ks', '-profile:v', '4', '-alpha_bits', '16', '-c:a', 'pcm_s16le', '-shortest'],
    ...['-colorspace', 'bt709', '-color_primaries', 'bt709', '-color_trc', 'bt709', '-color_range', 'tv'],
    ...['-timecode', '01:02:03:20', '-metadata:s:v:0', 'reel_name=A001C003', folder.at('clip.mov')],
  );
  clip = await probeClip(folder.at('clip.mov'));
  expect(clip).toMatchObject({ alpha: true, timecode: '01:02:03:20', reel: 'A001C003', frames: 12 });
});

async function write(format: TakeFormat, out: string): Promise<TakeFile> {
  const options = { clip, range: RANGE, fit: wholeFit(clip), out, format };
  const notes = await rehearseTake(options);
  const take = await openTake(options);
  for (let frame = 0; frame < FRAMES; frame += 1) await take.write(picture(frame));
  const file = await take.finish();
  expect(file.notes).toEqual(notes);
  return file;
}

const ONES = TAKE_FORMATS.flatMap((format) => {
  const spec = FORMATS[format];
  return isPictures(spec)
    ? [{ format, ending: pictureEnding(spec) }]
    : spec.extensions.map((ending) => ({ format, ending }));
});

describe('a take', () => {
  it.for(ONES)('in $format, $ending', async ({ format, ending }) => {
    const spec = FORMATS[format];
    const pictures = isPictures(spec);
    const out = folder.at(pictures ? `${format}/shot.####${ending}` : `take-${format}${ending}`);
    if (pictures) rmSync(folder.at(format), { recursive: true, force: true });
    const file = await write(format, pictures ? folder.at(format) : out);
    const path = pictures ? join(file.path, `${format}.####${ending}`) : file.path;
    const rate = { num: 24000, den: 1001 };
    const read = await probeClip(path, pictures ? { rate } : {});
    expect(read).toMatchObject({ frames: FRAMES, rate, width: WIDTH, height: HEIGHT, variableRate: false });

    // The clock and the reel.
    const reel = hasReel({ muxer: ending === '.mov' ? 'mov' : spec.muxer }) ? 'A001C003' : null;
    const timecode = pictures ? null : '01:02:03:23';
    expect([file.timecode, file.reel]).toEqual([timecode, reel]);
    expect([read.timecode, read.reel]).toEqual([timecode, reel]);

    // What says of it which colours it has.
    const bytes = pictures ? null : readFileSync(path);
    if (spec.muxer === 'mov' || ending === '.mov') expect(bytes!.includes('colrnclc')).toBe(true);
    else if (spec.muxer === 'mp4') expect(bytes!.includes('colrnclx')).toBe(true);
    if (spec.encoder === 'libx265') expect(bytes!.includes('hvc1') && !bytes!.includes('hev1')).toBe(true);
    if (spec.muxer === 'mxf') {
      // The header partition: operational pattern 1a.
      expect(bytes!.subarray(0, 4).toString('hex')).toBe('060e2b34');
      expect(bytes!.subarray(0, 256).toString('hex')).toContain('060e2b34040101010d010201010109');
    }
    if (!pictures) {
      const matrix = /^gbr/.test(read.pixelFormat) ? 'gbr' : 'bt709';
      expect(read.colour).toMatchObject({ matrix, primaries: 'bt709', transfer: 'bt709' });
    }
    expect(spec.pixelFormat.includes('p10') ? read.bitDepth >= 10 : true).toBe(true);

    // The sound, as long as the picture.
    const sound = pictures ? join(file.path, `${format}.wav`) : path;
    const samples = await ffmpegSays('-i', sound, '-map', '0:a:0', '-f', 's16le', '-');
    const rateOf = spec.muxer === 'mxf' ? 48_000 : 44_100;
    const wanted = (FRAMES * 1001 * rateOf) / 24000;
    expect(Math.abs(samples.length / 4 - wanted)).toBeLessThan(spec.sound.bitRate === null ? 2 : 1100);

    // Transparency.
    expect([file.alpha, read.alpha]).toEqual([spec.alpha !== null, spec.alpha !== null]);
    if (spec.alpha) {
      const range = { start: 0, end: 1 };
      for await (const { rgb: veil } of decodeSized(read, {
        range,
        width: WIDTH,
        height: HEIGHT,
        alpha: true,
      })) {
        const at = (x: number) => veil[40 * WIDTH + x]!;
        expect([at(2), at(100), at(250)]).toEqual([255, expect.closeTo(128, -0.7), 0]);
      }
    }

    // The values, to what the codec keeps.
    let frame = 0;
    for await (const own of decodeOwn(read, { range: { start: 0, end: FRAMES } })) {
      const found = patchesOf(own, own instanceof Float32Array ? 1 : 65535);
      for (const [k, values] of found.entries()) {
        // Multiplied by nothing, in light, a colour is gone.
        if (spec.alpha && own instanceof Float32Array && k % 4 === 3) continue;
        const off = Math.max(...values.map((value, c) => Math.abs(value - patch(k, frame)[c]!)));
        expect([frame, k, off < tolerance(spec) ? 'close' : off]).toEqual([frame, k, 'close']);
      }
      frame += 1;
    }
    expect(frame).toBe(FRAMES);
    expect(readdirSync(folder.path).filter((name) => name.includes('partial'))).toEqual([]);
  });
});

describe('OpenEXR', () => {
  const half = (value: number) => 2 ** (Math.floor(Math.log2(value)) - 10); // what a half float can tell apart there

  /** The first value of red, green and blue of each picture, as the file has them. */
  async function lights(place: string, name: string): Promise<number[]> {
    const raw = await ffmpegSays('-i', join(place, name), '-f', 'rawvideo', '-pix_fmt', 'gbrpf32le', '-');
    const plane = raw.length / 12;
    return [2 * plane, 0, plane].map((at) => raw.readFloatLE(4 * at));
  }

  it('holds light: BT.1886 of what is shown, to the half float', async () => {
    const opaque = { ...clip, alpha: false, audio: [] };
    const take = await openTake({
      ...{ clip: opaque, range: { start: 0, end: SIGNALS.length }, fit: wholeFit(clip) },
      ...{ out: folder.at('light'), format: 'exr' },
    });
    for (const signal of SIGNALS) await take.write(new Float32Array(WIDTH * HEIGHT * 3).fill(signal));
    const { path } = await take.finish();
    for (const [i, signal] of SIGNALS.entries()) {
      const found = await lights(path, `light.${1001 + i}.exr`);
      const light = signal ** 2.4;
      for (const value of found) expect(Math.abs(value - light)).toBeLessThanOrEqual(1.01 * half(light));
    }
    const [grey] = await lights(path, `light.${1001 + SIGNALS.indexOf(0.5)}.exr`);
    expect(grey).toBeCloseTo(0.1895, 4);

    // And back: what is read is what was shown, also what is brighter than white.
    const read = await probeClip(path);
    let i = 0;
    for await (const own of decodeOwn(read, { range: { start: 0, end: SIGNALS.length } })) {
      expect(own).toBeInstanceOf(Float32Array);
      expect(Math.abs(own[0]! / SIGNALS[i]! - 1)).toBeLessThan(0.0005);
      i += 1;
    }
    // At another size, in bytes, it is what a display shows.
    i = 0;
    const whole = { start: 0, end: SIGNALS.length };
    for await (const { rgb } of decodeSized(read, { range: whole, width: 96, height: 48, exact: true })) {
      expect(Math.abs(rgb[3 * (48 * 20 + 40)]! - Math.min(255, 255 * SIGNALS[i]!))).toBeLessThanOrEqual(0.75);
      i += 1;
    }
    // And of floats, whole or a part.
    for (const part of [undefined, { width: 100, height: 50 }]) {
      i = 0;
      for await (const { rgb } of decodeDeep(read, { range: whole, width: 96, height: 48, part })) {
        expect(rgb.length).toBe(96 * 48 * 3);
        for (const at of [0, rgb.length >> 1, rgb.length - 1])
          expect(Math.abs(rgb[at]! / SIGNALS[i]! - 1)).toBeLessThan(0.001);
        i += 1;
      }
      expect(i).toBe(SIGNALS.length);
    }
    const proxy = folder.at('proxy.mp4');
    await makeProxy(read, proxy, {});
    const [shown] = await all(
      decodeSized(await probeClip(proxy), { range: { start: 1, end: 2 }, width: 16, height: 8 }),
    );
    expect(shown!.rgb[0]).toBeCloseTo(255 * SIGNALS[1]!, -1);
  });

  it('of a clip tagged sRGB has the light of its curve', async () => {
    const colour = { matrix: 'gbr', primaries: 'bt709', transfer: 'iec61966-2-1', range: 'pc' as const };
    const tagged = { ...clip, alpha: false, audio: [], colour };
    const one = { clip: tagged, range: { start: 0, end: 1 }, fit: wholeFit(clip) };
    const take = await openTake({ ...one, out: folder.at('srgb'), format: 'exr' });
    await take.write(new Float32Array(WIDTH * HEIGHT * 3).fill(0.5));
    const [grey] = await lights((await take.finish()).path, 'srgb.1001.exr');
    expect(grey).toBeCloseTo(0.214, 3);
  });

  it('tells apart what 16 bits do not, and keeps the clip where a mask does', async () => {
    const { width, height } = { width: 64, height: 32 };
    await ffmpegDoes(
      ...['-f', 'lavfi', '-i', `color=black:s=${width}x${height}:r=24:d=0.1,format=gbrpf32le`],
      ...['-vf', "geq=r='3':g='0.5+X/1000000':b='0.25'"],
      ...['-c:v', 'exr', '-format', 'float', folder.at('own.%04d.exr')],
    );
    const bright = await probeClip(folder.at('own.####.exr'));
    expect(bright.warnings.join()).toMatch(/linear light/);
    const range = { start: 0, end: 1 };
    const [own] = await all(decodeOwn(bright, { range }));
    // The left half is the clip's, the right half the edit's, of another size.
    const fit = fitCanvas(width, height, { size: 24, grid: 8 });
    const mask = Float32Array.from({ length: width * height }, (_, at) => (at % width < width / 2 ? 0 : 1));
    const options = {
      clip: bright,
      range,
      fit,
      merged: true,
      out: folder.at('merged'),
      format: 'exr',
    } as const;
    await rehearseTake(options);
    const take = await openTake(options);
    await take.write(new Float32Array(fit.width * fit.height * 3).fill(0.5), { rgb: own!, mask });
    const { path } = await take.finish();
    const raw = await ffmpegSays(
      ...['-i', join(path, 'merged.1001.exr'), '-f', 'rawvideo', '-pix_fmt', 'gbrpf32le', '-'],
    );
    const at = (plane: number, x: number) => raw.readFloatLE(4 * (plane * width * height + 16 * width + x));
    // G, B, R.
    expect([at(0, 4), at(1, 4), at(2, 4)]).toEqual([0.5, 0.25, 3].map((v) => expect.closeTo(v, 2.5)));
    expect(Math.abs(at(2, 4) / 3 - 1)).toBeLessThan(0.001);
    expect(Math.abs(at(0, 4) / 0.5 - 1)).toBeLessThan(0.001);
    for (const plane of [0, 1, 2]) expect(at(plane, 60)).toBeCloseTo(0.5 ** 2.4, 3);
  });

  it('is multiplied by its transparency, and parted from it when it is read', async () => {
    await ffmpegDoes(
      ...['-f', 'lavfi', '-i', 'color=black:s=64x32:r=24:d=0.1,format=gbrapf32le'],
      ...['-vf', "geq=r='0.25':g='0.1':b='0.05':a='0.5'", '-c:v', 'exr', folder.at('veil.%04d.exr')],
    );
    const veiled = await probeClip(folder.at('veil.####.exr'));
    expect(veiled.alpha).toBe(true);
    const range = { start: 0, end: 1 };
    const [own] = await all(decodeOwn(veiled, { range }));
    for (const [c, light] of [0.5, 0.2, 0.1].entries()) expect(own![c]).toBeCloseTo(light ** (1 / 2.4), 4);
    const take = await openTake({
      clip: veiled,
      range,
      fit: wholeFit(veiled),
      out: folder.at('veiled'),
      format: 'exr',
    });
    await take.write(own as Float32Array);
    const raw = await ffmpegSays(
      ...[
        '-i',
        join((await take.finish()).path, 'veiled.1001.exr'),
        '-f',
        'rawvideo',
        '-pix_fmt',
        'gbrapf32le',
        '-',
      ],
    );
    const back = [2, 0, 1, 3].map((plane) => raw.readFloatLE(4 * plane * 64 * 32));
    expect(back).toEqual([0.25, 0.1, 0.05, 0.5].map((value) => expect.closeTo(value, 3)));
  });

  it('without the filter that knows light is refused by name', async () => {
    const real = await resolveFfmpeg();
    const filters = new Set([...real.filters].filter((name) => name !== 'zscale'));
    const options = {
      clip,
      range: RANGE,
      fit: wholeFit(clip),
      out: folder.at('none'),
      format: 'exr',
    } as const;
    await expect(rehearseTake({ ...options, ffmpeg: { ...real, filters } })).rejects.toMatchObject({
      code: 'encoder-missing',
      message: expect.stringMatching(/zscale.*OpenEXR/),
    });
  });
});

it('CineForm and MXF refuse what they cannot hold in words', async () => {
  const narrow = { ...clip, width: 250, audio: [] };
  const wish = { range: RANGE, fit: wholeFit(narrow) };
  await expect(
    rehearseTake({ ...wish, clip: narrow, out: folder.at('n.mov'), format: 'cineform' }),
  ).rejects.toThrow(/widths in steps of 32/);
  const odd = { ...clip, rate: { num: 119, den: 8 }, timecode: null };
  const fit = wholeFit(odd);
  await expect(
    rehearseTake({ clip: odd, range: RANGE, fit, out: folder.at('o.mxf'), format: 'dnxhr-sq-mxf' }),
  ).rejects.toThrow(/DNxHR SQ \(MXF\) has no place for 14.875 frames per second/);
});
