/** What goes out shows the very pictures, for the very time, with the very sound that the timeline has. */
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Delivered, DeliveryProgress, DeliveryRequest } from '../../src/common/contract/delivery.ts';
import { Cancelled } from '../../src/common/errors.ts';
import { TIMELINE_FORMATS } from '../../src/common/interchange/formats.ts';
import { readOtio } from '../../src/common/interchange/otio/read.ts';
import type { ClipInfo } from '../../src/common/media.ts';
import type { ClipRef, ProjectDocument } from '../../src/common/project/document.ts';
import { rational } from '../../src/common/time/rational.ts';
import { parseTimecode } from '../../src/common/time/timecode.ts';
import { deliver, foresee } from '../../src/main/engine/delivery/delivery.ts';
import { decodeDeep } from '../../src/main/engine/media/decode.ts';
import { probeClip } from '../../src/main/engine/media/probe.ts';
import { rememberingProbe } from '../../src/main/engine/media/remembering-probe.ts';
import { createProject } from '../../src/main/engine/project/file.ts';
import { allGone, messages, retake, startRetake } from '../helpers/cli.ts';
import { ffmpegDoes, tempFolder } from '../helpers/clips.ts';
import { readersAt, seenIn } from '../helpers/cuts.ts';
import { clipRefOf, withClip } from '../helpers/project.ts';
import { ffmpegSays } from '../helpers/takes.ts';

const folder = tempFolder();
const probe = rememberingProbe();
const READERS = readersAt(rational(30_000, 1001));
const WIDTH = 48;
const HEIGHT = 32;

/** No two pictures alike, ten bits deep, with a sound that never repeats. */
async function film(
  name: string,
  { rate, frames, timecode, size = `${WIDTH}x${HEIGHT}`, sound = true }: FilmOptions,
): Promise<string> {
  const path = folder.at(name);
  const picture = `geq=r='mod(900*X+3571*N,65536)':g='mod(1100*Y+2111*N,65536)':b='30000+60*N'`;
  const source = `nullsrc=s=${size}:r=${rate},format=gbrp16le,${picture},trim=end_frame=${frames}`;
  const coded = 'scale=out_color_matrix=bt709:out_range=limited,format=yuv444p10le';
  const [num, den = 1] = rate.split('/').map(Number);
  const seconds = (frames * den) / num!;
  await ffmpegDoes(
    ...['-f', 'lavfi', '-i', source],
    ...(sound
      ? ['-f', 'lavfi', '-i', `aevalsrc='0.4*sin(2000*t+900*t*t)|0.3*sin(700*t)':s=48000:d=${seconds}`]
      : []),
    ...[
      '-vf',
      coded,
      '-c:v',
      'prores_ks',
      '-profile:v',
      '4',
      '-color_primaries',
      'bt709',
      '-color_trc',
      'bt709',
    ],
    ...['-colorspace', 'bt709', '-c:a', 'pcm_s24le', '-timecode', timecode, path],
  );
  return path;
}

interface FilmOptions {
  readonly rate: string;
  readonly frames: number;
  readonly timecode: string;
  readonly size?: string;
  readonly sound?: boolean;
}

let clip: string;
let other: string;
let take: string;
let document: ProjectDocument;

const refOf = (path: string, info: ClipInfo, id: string): Promise<ClipRef> => {
  const { rate, frames, width, height, timecode, audio } = info;
  return clipRefOf(path, { id, rate, frames, width, height, timecode, hasAudio: audio.length > 0 });
};

beforeAll(async () => {
  const rate = '30000/1001';
  clip = await film('clip.mov', { rate, frames: 40, timecode: '10:00:00;00' });
  other = await film('other.mov', {
    rate: '24',
    frames: 20,
    timecode: '02:00:00:00',
    size: '32x32',
    sound: false,
  });
  // A take of frames 5 to 20 of the clip, turned upside down.
  take = folder.at('Shot 1 1.mov');
  await ffmpegDoes(
    ...['-i', clip, '-vf', 'trim=start_frame=5:end_frame=20,setpts=PTS-STARTPTS,fps=30000/1001,vflip'],
    ...[
      '-af',
      `atrim=start=${(5 * 1001) / 30000}:end=${(20 * 1001) / 30000},asetpts=PTS-STARTPTS,volume=0.5`,
    ],
    ...[
      '-c:v',
      'prores_ks',
      '-profile:v',
      '4',
      '-pix_fmt',
      'yuv444p10le',
      '-c:a',
      'pcm_s24le',
      '-timecode',
      '10:00:00;05',
      take,
    ],
  );
  const bytes = statSync(take).size;
  const report = { retake: '0.1.0', job: 'job', take: { path: take, bytes, format: 'prores4444' } };
  writeFileSync(take.replace(/mov$/, 'report.json'), JSON.stringify(report));
  const first = await refOf(clip, await probe(clip), 'clip-1');
  const second = await refOf(other, await probe(other), 'clip-2');
  const base = withClip(first, take);
  const [shot] = base.timeline;
  if (shot?.kind !== 'shot') throw new Error('no shot');
  document = {
    ...base,
    name: 'Sea: 1',
    clips: { 'clip-1': first, 'clip-2': second },
    timeline: [
      // The take covers all but the first three frames, and goes on for two behind.
      { ...shot, start: 2, end: 18, anchors: [4], leadAnchor: 4 },
      { kind: 'gap', id: 'gap', frames: 4 },
      {
        ...shot,
        id: 'shot-2',
        name: 'Shot 2',
        clipId: 'clip-2',
        start: 4,
        end: 12,
        anchors: [4],
        leadAnchor: 4,
        takeId: null,
      },
      {
        ...shot,
        id: 'shot-3',
        name: 'Shot 3',
        start: 30,
        end: 36,
        anchors: [30],
        leadAnchor: 30,
        takeId: null,
      },
    ],
    takes: { 'take-1': { ...base.takes['take-1']!, start: 5, end: 20, anchor: 5 } },
    startTimecode: '01:00:59;28',
  };
});
afterAll(() => folder[Symbol.dispose]());

type Made = Extract<DeliveryRequest['media'], { as: 'made' }>;
const made = (more: Partial<Made> = {}): Made => ({
  ...{ as: 'made', format: 'png', sound: true, handles: 0, handlesFromClip: false, rate: null },
  ...more,
});

function asked(name: string, more: Partial<DeliveryRequest>): DeliveryRequest {
  return {
    ...{
      project: 'p',
      document,
      folder: folder.at(name),
      names: '{project}_{shot}_{take}',
      startTimecode: null,
    },
    ...{ what: { kind: 'timeline', range: null }, media: made(), timelines: null },
    ...{ resolve: false, credentials: 'none' },
    ...more,
  };
}

const delivered = (name: string, more: Partial<DeliveryRequest>): Promise<Delivered> =>
  deliver(asked(name, more), { probe });

/** Pictures of 16 bits a value. */
async function picturesIn(path: string, size = { width: WIDTH, height: HEIGHT }): Promise<Float32Array[]> {
  const info = await probeClip(path);
  const pictures: Float32Array[] = [];
  for await (const { rgb } of decodeDeep(info, { range: { start: 0, end: info.frames }, ...size }))
    pictures.push(rgb);
  return pictures;
}

/** Samples of 32 bits, two channels. */
async function samplesOf(path: string): Promise<Int32Array> {
  const bytes = await ffmpegSays(
    '-i',
    path,
    '-map',
    '0:a:0',
    '-ac',
    '2',
    '-c:a',
    'pcm_s32le',
    '-f',
    's32le',
    '-',
  );
  return new Int32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}

describe('the timeline as one file', () => {
  it.each([
    ['png', '/flat-png/Sea- 1/Sea- 1.####.png', 'Sea- 1.wav'],
    ['ffv1', '/flat-ffv1/Sea- 1.mkv', 'Sea- 1.mkv'],
  ] as const)(
    'as %s is every frame that the window shows, to the bit, and its sound to the sample',
    async (format, name, heardIn) => {
      const { files, notes } = await delivered(`flat-${format}`, { media: made({ format }) });
      expect(files.map(({ path, frames }) => [path.slice(folder.path.length), frames])).toEqual([[name, 36]]);
      const seen = await picturesIn(files[0]!.path);
      const [ofClip, ofTake] = [await picturesIn(clip), await picturesIn(take)];
      const small = await picturesIn(other, { width: 32, height: 32 });
      const black = new Float32Array(WIDTH * HEIGHT * 3);
      // 24 frames a second among 29.97: the frame that has begun by then.
      const wanted = [
        ...ofClip.slice(2, 5),
        ...ofTake.slice(0, 13),
        ...[black, black, black, black],
        ...Array.from({ length: 10 }, (_, i) => pillared(small[4 + Math.floor((i * 24 * 1001) / 30000)]!)),
        ...ofClip.slice(30, 36),
      ];
      expect(seen.length).toBe(wanted.length);
      for (const [i, picture] of seen.entries())
        expect(Buffer.from(picture.buffer).equals(Buffer.from(wanted[i]!.buffer)), `frame ${i}`).toBe(true);

      const sound = await samplesOf(join(dirname(files[0]!.path), heardIn));
      const at = (frame: number) => Math.round((frame * 1001 * 48000) / 30000);
      expect(sound.length / 2).toBe(at(36));
      const [heard, taken] = [await samplesOf(clip), await samplesOf(take)];
      expect(sound.subarray(0, 2 * at(3))).toEqual(heard.subarray(2 * at(2), 2 * at(2) + 2 * at(3)));
      expect(sound.subarray(2 * at(3), 2 * at(16))).toEqual(taken.subarray(0, 2 * (at(16) - at(3))));
      expect(sound.subarray(2 * at(16), 2 * at(30)).every((value) => value === 0)).toBe(true);
      expect(sound.subarray(2 * at(30))).toEqual(
        heard.subarray(2 * at(30), 2 * at(30) + 2 * (at(36) - at(30))),
      );
      expect(notes.join('\n')).toMatch(
        /other\.mov has 32×32 pixels: it is fitted into 48×32, with black beside it/,
      );
      expect(notes.join('\n')).toMatch(/other\.mov has 24 frames a second/);
    },
    60_000,
  );
});

describe('rates and labels', () => {
  it.each([
    ['24000/1001', 29, '01:00:59:22'],
    ['25/1', 30, '01:00:59:23'],
    ['30000/1001', 36, '01:00:59;28'],
  ] as const)('at %s the timeline has %i frames, from %s on', async (rate, frames, timecode) => {
    const [num, den] = rate.split('/').map(Number) as [number, number];
    const media = made({ format: 'prores4444', rate: { num, den } });
    const { files } = await delivered(`at-${num}`, { media });
    const info = await probeClip(files[0]!.path);
    expect([info.rate, info.frames, info.timecode]).toEqual([{ num, den }, frames, timecode]);
    expect((await samplesOf(files[0]!.path)).length / 2).toBe(Math.round((frames * den * 48000) / num));
  });

  it('are those of the part that goes out: drop frame passes over two labels at the full minute', async () => {
    const what = { kind: 'timeline' as const, range: { from: 2, to: 10 } };
    const { files } = await delivered('part', { what, media: made({ format: 'prores422hq' }) });
    const { timecode, frames } = await probeClip(files[0]!.path);
    expect([timecode, frames]).toEqual(['01:01:00;02', 8]);
    const said = asked('said', { what, startTimecode: '10:00:00:00', names: 'cut {timecode}' });
    expect((await foresee(said, { probe })).files[0]!.name).toBe('cut 10-00-00-02');
    await expect(foresee({ ...said, startTimecode: '25 o clock' }, { probe })).rejects.toThrow(/no timecode/);
  });
});

describe('shots', () => {
  const shots = (media: Made, more: Partial<DeliveryRequest> = {}) => ({
    ...{ what: { kind: 'shots' as const, shots: ['shot-1', 'shot-3'] }, media, ...more },
  });

  it('have handles of their take as far as it goes, or of the clip where that is asked for', async () => {
    const { files, notes } = await delivered('handles', shots(made({ handles: 4 })));
    expect(files.map(({ path, frames }) => [path.split('/').at(-1), frames])).toEqual([
      ['Sea- 1_Shot 1_Take 1.####.png', 20],
      ['Sea- 1_Shot 3.####.png', 14],
    ]);
    expect(notes).toContain('Shot 1 has handles of 2 and 2 frames: what is shown there has no more');
    const [ofClip, ofTake] = [await picturesIn(clip), await picturesIn(take)];
    expect(await picturesIn(files[0]!.path)).toEqual([...ofClip.slice(0, 5), ...ofTake.slice(0, 15)]);
    expect(await picturesIn(files[1]!.path)).toEqual(ofClip.slice(26, 40));
    const filled = await foresee(asked('filled', shots(made({ handles: 3, handlesFromClip: true }))), {
      probe,
    });
    expect(filled.files.map(({ frames }) => frames)).toEqual([21, 12]);
  });

  it('are what every timeline beside them shows, at the right frames', async () => {
    const timelines = { formats: [...TIMELINE_FORMATS], takes: 'all' as const, fcpxml: '1.10' as const };
    const request = shots(made({ format: 'prores422hq', handles: 2 }), {
      timelines,
      what: { kind: 'shots', shots: ['shot-1', 'shot-3'] },
    });
    const out = await delivered('cut', request);
    const [first, third] = out.files.map(({ path }) => path);
    expect(first).toBe(folder.at('cut/media/Sea- 1_Shot 1_Take 1.mov'));
    for (const { format, path } of out.timelines) {
      const { cut } = READERS[format]!(readFileSync(path, 'utf8'));
      const seen = seenIn(cut).map(({ name: _, ...one }) => one);
      expect(seen, format).toEqual([
        { at: 0, frames: 16, path: first, from: 2 },
        expect.objectContaining({ at: 20, frames: 10, path: other }),
        { at: 30, frames: 6, path: third, from: 2 },
      ]);
      // Shotcut and Kdenlive count from nought.
      if (!/kdenlive|shotcut/.test(format))
        expect(cut.start, format).toEqual(parseTimecode('01:00:59;28', rational(30000, 1001)));
    }
    // The label of a file is its clip's at its first frame.
    expect([(await probeClip(first!)).timecode, (await probeClip(third!)).timecode]).toEqual([
      '10:00:00;00',
      '10:00:00;28',
    ]);
  });

  it('and the timeline in one file is cut where the shots are', async () => {
    const timelines = { formats: ['otio' as const], takes: 'shown' as const, fcpxml: '1.10' as const };
    const out = await delivered('flat-cut', { timelines, media: made({ format: 'prores422hq' }) });
    const { cut } = readOtio(readFileSync(out.timelines[0]!.path, 'utf8'));
    const path = folder.at('flat-cut/media/Sea- 1.mov');
    expect(seenIn(cut).map(({ at, frames, path, from }) => [at, frames, path, from])).toEqual([
      [0, 16, path, 0],
      [20, 10, path, 20],
      [30, 6, path, 30],
    ]);
  });
});

describe('takes', () => {
  it('go out as they are where they are what is asked for; else they are made anew', async () => {
    const what = { kind: 'takes' as const, takes: ['take-1'] };
    const same = await delivered('same', { what, media: made({ format: 'prores4444' }) });
    expect(readFileSync(same.files[0]!.path).equals(readFileSync(take))).toBe(true);
    expect(same.notes).toEqual(['what is ProRes 4444 already goes out as it is, without another generation']);
    const silent = await delivered('silent', { what, media: made({ format: 'prores4444', sound: false }) });
    const info = await probeClip(silent.files[0]!.path);
    expect([info.audio, info.frames, info.timecode]).toEqual([[], 15, '10:00:00;05']);
  });

  it('of another rate than their clip are refused: each frame would stand for another', async () => {
    const path = await film('faster.mov', { rate: '50', frames: 15, timecode: '10:00:00:05' });
    const takes = { 'take-1': { ...document.takes['take-1']!, path } };
    const odd = { ...asked('odd', { media: { as: 'copy' } }), document: { ...document, takes } };
    await expect(foresee(odd, { probe })).rejects.toThrow(
      'Take 1 of Shot 1 was rendered at 50 fps, its clip now runs at 29.97 fps',
    );
  });

  it('have names that say what they are, and never the same twice', async () => {
    const twice = { ...document.takes['take-1']!, id: 'take-2', path: take };
    const both = { ...document, takes: { ...document.takes, 'take-2': twice } };
    const what = { kind: 'takes' as const, takes: ['take-1', 'take-2'] };
    const names = async (pattern: string) =>
      (await foresee(asked('named', { document: both, what, names: pattern }), { probe })).files.map(
        ({ name }) => name,
      );
    expect(await names('{shot}_{take}')).toEqual(['Shot 1_Take 1', 'Shot 1_Take 1 2']);
    expect(await names('{n} {clip}/{timecode}')).toEqual([
      '001 a clip-10-00-00-05',
      '002 a clip-10-00-00-05',
    ]);
    await expect(names('{reel}')).rejects.toThrow(/\{reel\} stands for nothing/);
  });
});

describe('on the command line', () => {
  it('names are those of the window, and what makes no sense is one line', async () => {
    const project = folder.at('said.retake');
    createProject(project, document).close();
    const home = folder.at('home-said');
    const said = async (...more: string[]) => {
      const { code, stdout, stderr } = await retake(
        ['export', project, '--out', folder.at('none'), ...more],
        { home },
      );
      return [code, code === 0 ? stdout.split('\n')[0] : messages(stderr).join('\n')];
    };
    const nothing = expect.stringMatching(/^retake: .*there is nothing to write.*--media prores422hq/);
    expect(await said()).toEqual([2, nothing]);
    const none = expect.stringMatching(/^retake: .*there is no take Take 9/);
    expect(await said('--take', 'Take 9', '--media', 'png')).toEqual([2, none]);
    for (const one of [['--handles', '4'], ['--rate', '25'], ['--no-sound']]) {
      const idle = expect.stringContaining(`${one[0]} is of files that are made`);
      expect(await said('--copy', ...one)).toEqual([2, idle]);
    }
    const plan = ['--take', 'Shot 1/Take 1', '--media', 'h264', '--rate', '23.976', '--plan'];
    expect(await said(...plan)).toEqual([
      0,
      expect.stringMatching(/^Sea- 1_Shot 1_Take 1\.mp4: 12 frames, about /),
    ]);
    expect(existsSync(folder.at('none'))).toBe(false);
  });
});

describe('cut off', () => {
  it('it goes on where it was; another request touches nothing of it; then nothing hidden is left', async () => {
    const what = { kind: 'shots' as const, shots: ['shot-1', 'shot-2', 'shot-3'] };
    const request = asked('resumed', { what });
    const abort = new AbortController();
    const onProgress = ({ file, frame }: DeliveryProgress) => {
      if (file === 2 && frame === 2) abort.abort();
    };
    await expect(deliver(request, { probe, signal: abort.signal, onProgress })).rejects.toThrow(Cancelled);
    const hidden = () => readdirSync(folder.path).filter((name) => name.startsWith('.retake-partial'));
    expect(hidden().length).toBe(1);
    expect(existsSync(request.folder)).toBe(false);
    const other = await deliver(
      { ...request, folder: folder.at('elsewhere'), what: { kind: 'shots', shots: ['shot-3'] } },
      { probe },
    );
    expect(other.files.length).toBe(1);
    expect(hidden().length).toBe(1);
    expect((await foresee(request, { probe })).done).toBe(1);
    const told: DeliveryProgress[] = [];
    const { files } = await deliver(request, { probe, onProgress: (progress) => told.push(progress) });
    expect(told.filter(({ file }) => file === 1).map(({ frame, frames }) => [frame, frames])).toEqual([
      [16, 16],
    ]);
    expect(told.filter(({ file }) => file === 3).map(({ frame }) => frame)).toEqual([1, 2, 3, 4, 5, 6, 6]);
    const fractions = told.map(({ fraction }) => fraction);
    expect([fractions.at(-1), fractions]).toEqual([1, fractions.toSorted((a, b) => a - b)]);
    const whole = await deliver({ ...request, folder: folder.at('at-once') }, { probe });
    for (const [i, { path }] of files.entries())
      expect(await picturesIn(path)).toEqual(await picturesIn(whole.files[i]!.path));
    expect(hidden()).toEqual([]);
  });

  it('by a kill, the same command goes on', async () => {
    const project = folder.at('film.retake');
    createProject(project, document).close();
    const home = folder.at('home');
    const args = ['export', project, '--out', folder.at('killed'), '--what', 'shots', '--media', 'png'];
    const running = startRetake(args, { home });
    await running.says(/file 2\/3/);
    process.kill(running.enginePid(), 'SIGKILL');
    running.child.kill('SIGKILL');
    await running.ended;
    await allGone(home);
    const again = await retake([...args, '--plan'], { home });
    expect(again.stdout).toMatch(/1 of 3 files are there/);
    const done = await retake([...args, '--json'], { home });
    expect([done.code, messages(done.stderr)]).toEqual([0, []]);
    expect(JSON.parse(done.stdout).media.length).toBe(3);
    expect(readdirSync(folder.at('killed')).sort()).toEqual([
      'Sea- 1_Shot 1_Take 1',
      'Sea- 1_Shot 2',
      'Sea- 1_Shot 3',
    ]);
    expect(readdirSync(folder.path).filter((name) => name.startsWith('.retake-partial'))).toEqual([]);
  });
});

/** 32×32 in the middle of 48×32. */
function pillared(picture: Float32Array): Float32Array {
  const out = new Float32Array(WIDTH * HEIGHT * 3);
  for (let y = 0; y < HEIGHT; y += 1)
    out.set(picture.subarray(3 * 32 * y, 3 * 32 * (y + 1)), 3 * (WIDTH * y + 8));
  return out;
}
