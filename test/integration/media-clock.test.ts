/** Clocks that jump, lie or are missing: every picture that decodes is a frame, in order, and the sound stays with it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ClipInfo } from '../../src/common/media.ts';
import { decodeFrame, decodeFrames } from '../../src/main/engine/media/decode.ts';
import { openTake } from '../../src/main/engine/media/encode.ts';
import { resolveFfmpeg } from '../../src/main/engine/media/ffmpeg.ts';
import { probeClip } from '../../src/main/engine/media/probe.ts';
import { makeProxy } from '../../src/main/engine/previews/proxy.ts';
import { makeWaveform } from '../../src/main/engine/previews/waveform.ts';
import { counter, ffmpegDoes, H264, readCounter, tempFolder, wholeFit } from '../helpers/clips.ts';

beforeAll(async () => {
  await resolveFfmpeg();
});

const upTo = (start: number, end: number) => Array.from({ length: end - start }, (_, i) => start + i);

async function numbers(clip: ClipInfo, start = 0, end = clip.frames): Promise<number[]> {
  const found: number[] = [];
  for await (const { rgb } of decodeFrames(clip, { range: { start, end }, fit: wholeFit(clip) }))
    found.push(readCounter(rgb, clip.width, clip.height));
  return found;
}

/** Seconds at which sound begins after silence. */
async function onsets(clip: ClipInfo): Promise<number[]> {
  const peaks = await makeWaveform(clip);
  const loud = upTo(0, peaks.length / 2).map((i) => peaks[i * 2 + 1]! > 30);
  return loud.flatMap((is, i) => (is && !loud[i - 1] ? [i / 100] : []));
}

/** Two seconds at 25, counting from `from`, a beep 0.8 seconds in; clock and sound as asked. */
async function part(path: string, from: number, offset: number, more: readonly string[] = []): Promise<void> {
  await ffmpegDoes(
    ...counter('25', from + 50),
    ...['-f', 'lavfi', '-i', "aevalsrc='if(between(t,0.8,0.9),sin(1000*2*PI*t),0)':s=48000:d=2"],
    ...['-vf', `trim=start_frame=${from},setpts=PTS-STARTPTS`],
    ...H264,
    ...['-c:a', 'mp2', '-output_ts_offset', String(offset), ...more, '-f', 'mpegts', path],
  );
}

async function joined(folder: ReturnType<typeof tempFolder>, offsets: readonly number[]): Promise<string> {
  const parts: Buffer[] = [];
  for (const [i, offset] of offsets.entries()) {
    await part(folder.at(`${i}.ts`), i * 50, offset);
    parts.push(readFileSync(folder.at(`${i}.ts`)));
  }
  writeFileSync(folder.at('joined.ts'), Buffer.concat(parts));
  return folder.at('joined.ts');
}

describe('joined recordings', () => {
  const cases: [string, number[], RegExp[]][] = [
    ['with the same clock', [0, 0], [/at frame 50 the clock jumps back by 2\.0 seconds/]],
    ['a minute later', [0, 62], [/at frame 50 the clock jumps ahead by 59\.9 seconds/]],
    ['earlier', [60, 0], [/at frame 50 the clock jumps back by 61\.9 seconds/]],
    ['of three parts', [30, 0, 500], [/at frame 50 .* back by 31\.9/, /at frame 100 .* ahead by 497\.9/]],
  ];
  it.for(cases)('%s keep every picture and their sound', async ([, offsets, says]) => {
    using folder = tempFolder();
    const clip = await probeClip(await joined(folder, offsets));
    const frames = 50 * offsets.length;
    expect(clip).toMatchObject({ frames, rate: { num: 25, den: 1 }, variableRate: false });
    for (const words of says) expect(clip.warnings.join('\n')).toMatch(words);
    expect(await numbers(clip)).toEqual(upTo(0, frames));
    for (const [start, end] of [
      [48, 53],
      [frames - 2, frames],
    ] as const)
      expect(await numbers(clip, start, end)).toEqual(upTo(start, end));
    const heard = await onsets(clip);
    expect(heard).toHaveLength(offsets.length);
    for (const [i, at] of heard.entries()) expect(Math.abs(at - (i * 2 + 0.8))).toBeLessThan(0.045);

    await makeProxy(clip, folder.at('proxy.mp4'), {});
    const proxy = await probeClip(folder.at('proxy.mp4'));
    expect(await numbers(proxy)).toEqual(upTo(0, frames));
  });

  it('go on where the 33-bit clock of transport streams begins anew', async () => {
    using folder = tempFolder();
    await part(folder.at('wrap.ts'), 0, 2 ** 33 / 90_000 - 2.4);
    const clip = await probeClip(folder.at('wrap.ts'));
    expect(clip).toMatchObject({ frames: 50, rate: { num: 25, den: 1 }, variableRate: false });
    expect(await numbers(clip)).toEqual(upTo(0, 50));
    expect(Math.abs((await onsets(clip))[0]! - 0.8)).toBeLessThan(0.045);
  });
});

it('one time that a flipped bit made wrong costs no picture', async () => {
  using folder = tempFolder();
  await part(folder.at('a.ts'), 0, 0);
  const stream = readFileSync(folder.at('a.ts'));
  // The 20th PES header of the picture's stream: the top bits of its PTS lie in the low bits of the tenth byte.
  let at = -1;
  for (let n = 0; n < 20; n += 1) at = stream.indexOf(Buffer.from([0, 0, 1, 0xe0]), at + 1);
  stream[at + 9]! ^= 0x08;
  writeFileSync(folder.at('flipped.ts'), stream);
  const clip = await probeClip(folder.at('flipped.ts'));
  expect(clip).toMatchObject({ frames: 50, variableRate: false });
  expect(clip.warnings.join()).toMatch(/a picture has no time or a wrong one/);
  expect(await numbers(clip)).toEqual(upTo(0, 50));
});

it('pictures without a time at the start come first', async () => {
  using folder = tempFolder();
  await ffmpegDoes(
    ...counter('25', 75),
    ...['-f', 'lavfi', '-i', 'sine=d=3', ...H264, '-c:a', 'libopus'],
    ...['-avoid_negative_ts', 'disabled', '-output_ts_offset', '-0.2', folder.at('neg.mkv')],
  );
  const clip = await probeClip(folder.at('neg.mkv'));
  const shown = await numbers(clip);
  expect(shown).toEqual(upTo(75 - clip.frames, 75));
  expect(clip.frames).toBeGreaterThanOrEqual(71);
  expect(await numbers(clip, 60, 64)).toEqual(shown.slice(60, 64));
  expect(clip.startTime).toBeCloseTo(-0.2, 2);
});

it('a fragmented movie whose sound has a run-in has no frame more', async () => {
  using folder = tempFolder();
  await ffmpegDoes(
    ...counter('25', 75),
    ...['-f', 'lavfi', '-i', 'sine=d=3', ...H264, '-bf', '0', '-c:a', 'aac'],
    ...['-movflags', '+frag_keyframe+empty_moov', folder.at('frag.mp4')],
  );
  const clip = await probeClip(folder.at('frag.mp4'));
  expect(clip).toMatchObject({ frames: 75, variableRate: false, rate: { num: 25, den: 1 } });
  expect(await numbers(clip)).toEqual(upTo(0, 75));
  expect(await numbers(clip, 70, 75)).toEqual(upTo(70, 75));
});

describe('a phone that records unsteadily', () => {
  /** Pictures at the given ticks of a clock. */
  async function phone(path: string, scale: number, ticks: readonly number[]): Promise<void> {
    const steps = ticks.slice(1).map((tick, i) => tick - ticks[i]! - 1);
    const extra = steps.map((step, i) => (step === 0 ? '' : `+${step}*gte(N,${i + 1})`)).join('');
    await ffmpegDoes(
      ...counter('25', ticks.length),
      ...[
        '-vf',
        `settb=1/${scale},setpts='N${extra}'`,
        '-fps_mode',
        'passthrough',
        '-enc_time_base',
        `1:${scale}`,
      ],
      ...[...H264, '-bf', '0', '-video_track_timescale', String(scale * 100), path],
    );
  }

  it('at 30 is not 120, and every picture is one frame', async () => {
    using folder = tempFolder();
    const ticks = upTo(0, 53).map((i) => i * 4 + Math.max(0, i - 48));
    await phone(folder.at('pixel.mp4'), 120, ticks);
    const clip = await probeClip(folder.at('pixel.mp4'));
    expect(clip.rate).toEqual({ num: 30, den: 1 });
    expect(await numbers(clip)).toEqual(upTo(0, 53));
    expect(clip.sourceTimes!.map((time) => Math.round(time * 120))).toEqual(ticks);
    expect(await numbers(clip, 45, 53)).toEqual(upTo(45, 53));
    expect(readCounter(await decodeFrame(clip, 52, clip))).toBe(52);
    await makeProxy(clip, folder.at('proxy.mp4'), {});
    expect(await numbers(await probeClip(folder.at('proxy.mp4')))).toEqual(upTo(0, 53));
  });

  it('at 60 is not halved', async () => {
    using folder = tempFolder();
    await phone(
      folder.at('fast.mp4'),
      600,
      upTo(0, 120).map((i) => i * 10 + (i % 3)),
    );
    const clip = await probeClip(folder.at('fast.mp4'));
    expect(clip).toMatchObject({ rate: { num: 60, den: 1 }, frames: 120 });
    expect(await numbers(clip)).toEqual(upTo(0, 120));
  });
});

describe('timecode', () => {
  const cases = [
    { rate: '15', timecode: '01:00:00:13', second: '01:00:00:14' },
    { rate: '30', timecode: '16:37:59;29', second: '16:38:00;02' },
    { rate: '60', timecode: '16:37:59;59', second: '16:38:00;04' },
    { rate: '240', timecode: '01:00:00:238', second: '01:00:00:239' },
  ];
  it.for(cases)('at $rate is counted on into the take', async ({ rate, timecode, second }) => {
    using folder = tempFolder();
    const coding = ['-c:v', 'prores_ks', '-timecode', timecode];
    await ffmpegDoes(...counter(rate, 4), ...coding, folder.at('clip.mov'));
    const clip = await probeClip(folder.at('clip.mov'));
    expect(clip).toMatchObject({ timecode, rate: { num: Number(rate), den: 1 } });
    const range = { start: 1, end: 3 };
    const fit = wholeFit(clip);
    const take = await openTake({ clip, range, fit, out: folder.at('take.mov'), format: 'prores422hq' });
    for await (const { rgb } of decodeFrames(clip, { range, fit }))
      await take.write(new Float32Array(rgb).map((value) => value / 255));
    expect(await take.finish()).toMatchObject({ timecode: second, notes: [] });
    expect(await probeClip(folder.at('take.mov'))).toMatchObject({ timecode: second, rate: clip.rate });
  });
});
