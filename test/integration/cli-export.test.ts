/** `retake export`: a folder that other programs open, and that says in every format the same frames of the same files. */
import { execFile } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DeliveryRequest, WrittenTimeline } from '../../src/common/contract/delivery.ts';
import { Cancelled } from '../../src/common/errors.ts';
import { readFcpxml } from '../../src/common/interchange/fcpxml/read.ts';
import { TIMELINE_FORMATS } from '../../src/common/interchange/formats.ts';
import type { ProjectDocument } from '../../src/common/project/document.ts';
import { rational } from '../../src/common/time/rational.ts';
import { deliver } from '../../src/main/engine/delivery/delivery.ts';
import { fingerprintOf } from '../../src/main/engine/media/fingerprint.ts';
import { rememberingProbe } from '../../src/main/engine/media/remembering-probe.ts';
import { createProject } from '../../src/main/engine/project/file.ts';
import { makeWorld, messages, movingClip, retake, type World } from '../helpers/cli.ts';
import { ffmpegDoes } from '../helpers/clips.ts';
import { marksIn, readersAt, seenIn, startOf } from '../helpers/cuts.ts';
import { clipRefOf, withClip } from '../helpers/project.ts';

const RATE = rational(12);
const READERS = readersAt(RATE);

/** What `--json` prints. */
interface Exported {
  readonly folder: string;
  readonly files: readonly WrittenTimeline[];
  readonly copied: number;
}

let world: World;
let clip: string;
let take: string;
let project: string;
let document: ProjectDocument;

beforeAll(async () => {
  world = await makeWorld();
  const footage = join(world.dir, 'day 1 #2');
  mkdirSync(footage);
  clip = await movingClip(join(footage, 'clip 100%.mov'), { frames: 24 });
  // A take covers frames 4 to 16 of the clip, mirrored, so that what is seen can be told.
  take = join(world.dir, 'Shot 1 1.mov');
  const part = 'trim=start_frame=4:end_frame=16,setpts=PTS-STARTPTS,fps=12,hflip';
  await ffmpegDoes('-i', clip, '-vf', part, '-af', 'atrim=0:1', '-c:v', 'ffv1', '-c:a', 'pcm_s16le', take);
  const report = {
    ...{ retake: '0.1.0', job: 'job', take: { path: take, bytes: readFileSync(take).length } },
    ...{ method: { id: 'pix2video' }, structure: null },
    bundle: { name: 'painter', digests: { unet: 'abc123' } },
    loras: [{ name: '/loras/ink.safetensors', digest: 'def456' }],
  };
  writeFileSync(take.replace(/mov$/, 'report.json'), JSON.stringify(report));
  const ref = await clipRefOf(clip, { rate: RATE, frames: 24, width: 64, height: 48, hasAudio: true });
  const base = withClip(ref, take);
  const [shot] = base.timeline;
  if (shot?.kind !== 'shot') throw new Error('no shot');
  const taken = base.takes['take-1']!;
  document = {
    ...base,
    name: 'Sea & "sky"',
    timeline: [
      { ...shot, start: 0, end: 20, anchors: [4], leadAnchor: 4 },
      { kind: 'gap', id: 'gap', frames: 3 },
      {
        ...shot,
        id: 'shot-2',
        name: 'Shot 2',
        start: 20,
        end: 24,
        anchors: [20],
        leadAnchor: 20,
        takeId: null,
      },
    ],
    takes: {
      'take-1': {
        ...{ ...taken, start: 4, end: 16 },
        settings: {
          ...taken.settings,
          prompts: { ...taken.settings.prompts, source: 'Shows a calm', target: 'a storm at sea' },
        },
      },
    },
    markers: [
      { id: 'm1', frame: 6, name: 'wave', note: '', colour: 'green' },
      { id: 'm2', frame: 21, name: 'nothing', note: '', colour: 'orange' },
    ],
    startTimecode: '10:00:00:00',
  };
  project = join(world.dir, 'film.retake');
  createProject(project, document).close();
});
afterAll(() => world[Symbol.dispose]());

async function exported(name: string, ...more: string[]): Promise<Exported> {
  const args = ['export', project, '--timeline', '--out', join(world.out, name), '--json', ...more];
  const { code, stdout, stderr } = await retake(args, world);
  expect([code, messages(stderr)]).toEqual([0, []]);
  return JSON.parse(stdout) as Exported;
}

const shownOf = (files: { clip: string; take: string }) => [
  { at: 0, frames: 4, path: files.clip, from: 0 },
  { at: 4, frames: 12, path: files.take, from: 0 },
  { at: 16, frames: 4, path: files.clip, from: 16 },
  { at: 23, frames: 4, path: files.clip, from: 20 },
];

describe('the folder', () => {
  it('holds a file for every program, which all show the same frames of the same files', async () => {
    const { folder, files } = await exported('all');
    expect(files.map(({ format }) => format)).toEqual(TIMELINE_FORMATS);
    expect(readdirSync(folder)).toContain('README.txt');
    for (const { format, path } of files) {
      const { cut } = READERS[format]!(readFileSync(path, 'utf8'));
      const seen = seenIn(cut).map(({ name: _, ...one }) => one);
      expect(seen, format).toEqual(shownOf({ clip, take }));
      expect(marksIn(cut, { colours: false }), format).toEqual([
        { at: 6, name: 'wave', note: '' },
        { at: 21, name: 'nothing', note: '' },
      ]);
      if (!['kdenlive', 'shotcut'].includes(format)) expect(startOf(cut), format).toBe('10:00:00:00');
    }
    const { cut } = READERS.otio!(readFileSync(files.find(({ format }) => format === 'otio')!.path, 'utf8'));
    expect(cut.items.map((item) => (item.kind === 'clip' ? item.sources.length : 0))).toEqual([
      1, 2, 1, 0, 1,
    ]);
    const readme = readFileSync(join(folder, 'README.txt'), 'utf8');
    for (const { path } of files) expect(readme).toContain(path.slice(folder.length + 1));
    expect(readme).toContain(take);
  });

  it('has a script for Resolve where that is asked for, which names its timeline and all takes', async () => {
    const { folder } = await exported('resolve', '--format', 'resolve', '--resolve');
    const name = 'Sea & -sky- (Resolve takes)';
    const script = readFileSync(join(folder, `${name}.lua`), 'utf8');
    for (const path of [clip, take, join(folder, `${name}.fcpxml`)]) expect(script).toContain(`"${path}"`);
    const { cut } = readFcpxml(readFileSync(join(folder, `${name}.fcpxml`), 'utf8'));
    expect(seenIn(cut).map(({ name: _, ...one }) => one)).toEqual(shownOf({ clip, take }));
    expect(readFileSync(join(folder, 'README.txt'), 'utf8')).toContain(
      `dofile([[${join(folder, name)}.lua]])`,
    );
  });

  it('has copies of what is seen where that is asked for, and they are what is named', async () => {
    const { folder, files, copied } = await exported('copied', '--copy', '--format', 'otio', 'xmeml');
    const own = { clip: join(folder, 'media/clip 100%.mov'), take: join(folder, 'media/Shot 1 1.mov') };
    expect(copied).toBe(readFileSync(clip).length + readFileSync(take).length);
    expect(readFileSync(own.take).equals(readFileSync(take))).toBe(true);
    for (const { format, path } of files) {
      const { cut } = READERS[format]!(readFileSync(path, 'utf8'));
      expect(seenIn(cut).map(({ name: _, ...one }) => one)).toEqual(shownOf(own));
    }
  });

  it('says beside each take that a model made it, and the prompts only where that is asked for', async () => {
    const { folder } = await exported('credentials', '--copy', '--format', 'edl', '--credentials', 'model');
    expect(readdirSync(join(folder, 'media')).sort()).toEqual([
      'Shot 1 1.c2pa.json',
      'Shot 1 1.mov',
      'Shot 1 1.xmp',
      'clip 100%.mov',
    ]);
    const told = (name: string) => readFileSync(join(folder, name), 'utf8');
    const both = [told('media/Shot 1 1.xmp'), told('media/Shot 1 1.c2pa.json')];
    const { digest } = document.clips['clip-1']!.fingerprint;
    for (const text of both) {
      for (const word of ['painter', 'abc123', 'ink.safetensors', 'def456', digest, 'clip 100%.mov'])
        expect(text).toContain(word);
      expect(text).toContain('digitalsourcetype/compositeWithTrainedAlgorithmicMedia');
      expect(text).not.toContain(world.dir);
      expect(text).not.toMatch(/storm|Shows|prompt/i);
    }
    expect(told('README.txt')).toContain('They are not signed.');
    const { folder: linked } = await exported('linked', '--format', 'edl', '--credentials', 'prompts');
    for (const name of ['Shot 1 1.xmp', 'Shot 1 1.c2pa.json'])
      expect(readFileSync(join(linked, 'credentials', name), 'utf8')).toContain('a storm');
    const made = ['--media', 'ffv1', '--credentials', 'model', '--format', 'edl'];
    const { folder: flat } = await exported('made', ...made);
    const names = readdirSync(join(flat, 'media'));
    const [movie] = names.filter((name) => name.endsWith('.mkv'));
    const beside = join(flat, 'media', movie!.replace(/mkv$/, 'c2pa.json'));
    const own = await fingerprintOf(join(flat, 'media', movie!));
    expect(readFileSync(beside, 'utf8')).toContain(own.digest);
    const { folder: plain } = await exported('plain', '--copy', '--format', 'edl');
    expect(readdirSync(join(plain, 'media'))).toEqual(['Shot 1 1.mov', 'clip 100%.mov']);
  });

  it('holds a part of the timeline', async () => {
    const { files } = await exported('part', '--range', '2-18', '--format', 'resolve');
    const { cut } = readFcpxml(readFileSync(files[0]!.path, 'utf8'));
    expect(seenIn(cut).map(({ at, frames, from }) => [at, frames, from])).toEqual([
      [0, 2, 2],
      [2, 12, 0],
      [14, 2, 16],
    ]);
  });

  it('is given up in order: nothing of it is left, and nobody hears of a disk', async () => {
    const signal = AbortSignal.abort();
    const request: DeliveryRequest = {
      ...{ project: 'p', document, folder: join(world.out, 'given-up'), names: null, startTimecode: null },
      ...{ what: { kind: 'timeline', range: null }, media: { as: 'copy' } },
      timelines: { formats: ['edl'], takes: 'all', fcpxml: '1.10' },
      ...{ resolve: false, credentials: 'none' },
    };
    const probe = rememberingProbe();
    await expect(deliver(request, { probe: (path) => probe(path), signal })).rejects.toThrow(Cancelled);
    expect(readdirSync(world.out).filter((name) => name.includes('given-up'))).toEqual([]);
  });

  it('is never mixed with what is there, and nothing is left of one that fails', async () => {
    const empty = join(world.out, 'empty');
    mkdirSync(empty, { recursive: true });
    await exported('empty', '--format', 'edl');
    expect(readdirSync(empty).sort()).toEqual(['README.txt', 'Sea & -sky-.edl']);
    const there = join(world.out, 'there');
    mkdirSync(there, { recursive: true });
    writeFileSync(join(there, 'mine.txt'), 'mine');
    const refused = await retake(['export', project, '--timeline', '--out', there], world);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/^retake: .*is there already and holds something.*\n$/);
    expect(readdirSync(there)).toEqual(['mine.txt']);
    const gone = join(world.dir, 'gone.retake');
    const lost = join(world.dir, 'lost.mov');
    copyFileSync(clip, lost);
    const without = { ...document.clips['clip-1']!, path: join(world.dir, 'nowhere.mov') };
    createProject(gone, { ...document, clips: { 'clip-1': without } }).close();
    const failed = await retake(['export', gone, '--timeline', '--out', join(world.out, 'none')], world);
    expect(failed.code).toBe(1);
    expect(failed.stderr).toMatch(/nowhere\.mov/);
    expect(existsSync(join(world.out, 'none'))).toBe(false);
    expect(readdirSync(world.out).filter((name) => name.includes('none'))).toEqual([]);
  });
});

const melt = await promisify(execFile)('melt', ['-version']).then(
  () => true,
  () => false,
);

describe.skipIf(!melt)('played by melt', () => {
  const PLAYED = ['shotcut', 'kdenlive'] as const;
  const MADE = [
    ['shots with handles', ['--what', 'shots', '--media', 'prores422hq', '--handles', '2']],
    ['the timeline in one file', ['--what', 'timeline', '--media', 'prores422hq']],
  ] as const;
  let wanted: number[][];

  beforeAll(async () => {
    const out = join(world.dir, 'wanted.nut');
    const [c, t] = ['[0:v]trim=start_frame=', '[1:v]'];
    const same = 'setpts=PTS-STARTPTS,format=yuv420p';
    const graph = [
      `${c}0:end_frame=4,${same}[a]`,
      `${t}${same}[b]`,
      `${c}16:end_frame=20,${same}[c]`,
      `color=black:s=64x48:r=12:d=0.25,${same}[d]`,
      `${c}20:end_frame=24,${same}[e]`,
      '[a][b][c][d][e]concat=n=5,fps=12[v]',
    ].join(';');
    await ffmpegDoes('-i', clip, '-i', take, '-filter_complex', graph, '-map', '[v]', '-c:v', 'ffv1', out);
    wanted = await lumaOf(out);
    // No picture but the three of the gap is like another.
    const twins = wanted.filter((one, i) => wanted.some((other, k) => k !== i && isLike(one, other)));
    expect(twins).toEqual(Array(3).fill([0, 0, 0, 0]));
  });

  async function played(name: string, ...how: string[]): Promise<number[][]> {
    const { files } = await exported(name, ...how);
    const out = join(world.dir, `${name}.nut`);
    const consumer = [`avformat:${out}`, 'vcodec=ffv1', 'an=1', 'pix_fmt=yuv420p', 'real_time=-1'];
    await promisify(execFile)('melt', [files[0]!.path, '-consumer', ...consumer]);
    return lumaOf(out);
  }

  it.each(PLAYED)('%s shows the cut, picture by picture', async (format) => {
    expect(await played(`melt-${format}`, '--format', format)).toEqual(wanted);
  });

  describe.each(MADE)('of made media, %s', (what, how) => {
    it.each(PLAYED)('%s shows it too', async (format) => {
      const seen = await played(`melt-${format}-${what}`, '--format', format, ...how);
      expect(seen.map((frame) => wanted.findIndex((one) => isLike(one, frame)))).toEqual(
        wanted.map((frame) => wanted.findIndex((one) => isLike(one, frame))),
      );
    });
  });
});

/** Mean brightness of the quarters of every frame, from left to right: neighbours differ, and so does what is mirrored. */
async function lumaOf(path: string): Promise<number[][]> {
  const raw = join(world.dir, 'frames.raw');
  await ffmpegDoes('-i', path, '-vf', 'scale=4:1:flags=area,format=gray', '-f', 'rawvideo', raw);
  const bytes = [...readFileSync(raw)];
  return Array.from({ length: bytes.length / 4 }, (_, i) => bytes.slice(4 * i, 4 * i + 4));
}

/** The same picture after a generation of ProRes. */
function isLike(one: readonly number[], other: readonly number[]): boolean {
  return one.every((value, i) => Math.abs(value - other[i]!) <= 1);
}
