/** `retake import`: a cut of another program becomes a project with the same clips, trims and gaps. */
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Cut } from '../../src/common/interchange/cut.ts';
import { writeEdl } from '../../src/common/interchange/edl.ts';
import { TIMELINE_FORMATS } from '../../src/common/interchange/formats.ts';
import type { ProjectDocument } from '../../src/common/project/document.ts';
import { framesLast } from '../../src/common/time/exact.ts';
import { rational } from '../../src/common/time/rational.ts';
import { importTimeline } from '../../src/main/engine/interchange/import.ts';
import { rememberingProbe } from '../../src/main/engine/media/remembering-probe.ts';
import { openProject } from '../../src/main/engine/project/file.ts';
import { makeWorld, movingClip, retake, type World } from '../helpers/cli.ts';
import { ffmpegDoes } from '../helpers/clips.ts';
import { writtenAs } from '../helpers/cuts.ts';

const RATE = rational(24);
let world: World;
let first: string;
let second: string;

beforeAll(async () => {
  world = await makeWorld();
  const plain = await movingClip(join(world.dir, 'plain.mov'), { frames: 48, rate: 24 });
  first = join(world.dir, 'one.mov');
  await ffmpegDoes('-i', plain, '-c', 'copy', '-timecode', '10:00:00:00', first);
  second = await movingClip(join(world.dir, 'two #2.mov'), { frames: 48, rate: 24, sound: false });
});
afterAll(() => world[Symbol.dispose]());

/** One from 8 to 20, a gap of 5, two from 0 to 48, one from 30 to 36. */
function cutOf(paths: { one: string; two: string }): Cut {
  const media = (id: string, path: string, timecode: Cut['start'] | null) => ({
    ...{
      id,
      path,
      name: path.slice(path.lastIndexOf('/') + 1),
      rate: RATE,
      frames: 48,
      width: 64,
      height: 48,
    },
    ...{ timecode, reel: null, sound: null },
  });
  const clip = (name: string, id: string, start: number, frames: number) => ({
    ...{ kind: 'clip' as const, name, frames, shown: 0, note: '', markers: [] },
    sources: [{ media: id, name: id, from: framesLast(start, RATE) }],
  });
  return {
    ...{
      name: 'Film',
      rate: RATE,
      start: { frames: 86_400, drop: false },
      width: 64,
      height: 48,
      markers: [{ at: 10, name: 'here', note: '', colour: null }],
    },
    media: {
      one: media('one', paths.one, { frames: 864_000, drop: false }),
      two: media('two', paths.two, null),
    },
    items: [
      clip('Opening', 'one', 8, 12),
      { kind: 'gap', frames: 5 },
      clip('All of two', 'two', 0, 48),
      clip('End', 'one', 30, 6),
    ],
  };
}

const cutIn = ({ timeline, clips }: ProjectDocument) =>
  timeline.map((item) =>
    item.kind === 'gap' ? `gap ${item.frames}` : `${clips[item.clipId]!.path} ${item.start} ${item.end}`,
  );
const wanted = (paths: { one: string; two: string }) => [
  `${paths.one} 8 20`,
  'gap 5',
  `${paths.two} 0 48`,
  `${paths.one} 30 36`,
];

function opened(path: string): ProjectDocument {
  const { file, document } = openProject(path);
  file.close();
  return document;
}

async function imported(timeline: string, project: string, ...more: string[]) {
  const out = join(world.dir, project);
  const run = await retake(['import', timeline, '--out', out, ...more], world);
  return { ...run, out };
}

it.each(TIMELINE_FORMATS)('a timeline as %s has it', async (format) => {
  const file = join(world.dir, `cut-${format}`);
  writeFileSync(file, await writtenAs(format, cutOf({ one: first, two: second })));
  const context = { probe: rememberingProbe(), allows: async () => true, isTake: async () => false };
  const { document, shots } = await importTimeline({ path: file, footage: null, rate: RATE }, context);
  expect(shots).toBe(3);
  expect(cutIn(document)).toEqual(wanted({ one: first, two: second }));
  expect(document.markers.map(({ frame, name }) => [frame, name])).toEqual([[10, 'here']]);
  const counts = ['kdenlive', 'shotcut'].includes(format) ? '00:00:00:00' : '01:00:00:00';
  expect(document.startTimecode).toBe(counts);
  expect(document.timeline.flatMap((item) => (item.kind === 'shot' ? [item.anchors] : []))).toEqual([
    [8],
    [0],
    [30],
  ]);
});

it('a list of another program, whose labels are those of its files, which lie elsewhere now', async () => {
  const moved = join(world.dir, 'moved', 'deep');
  mkdirSync(moved, { recursive: true });
  copyFileSync(first, join(moved, 'one.mov'));
  copyFileSync(second, join(moved, 'two #2.mov'));
  const text = writeEdl(cutOf({ one: '/nowhere/one.mov', two: '/nowhere/two #2.mov' })).text;
  mkdirSync(join(world.dir, 'cuts'));
  const list = join(world.dir, 'cuts', 'foreign.edl');
  writeFileSync(list, text.replace(/^\* (TIMELINE|SOURCE|SHOT|SOURCE FILE):.*\r\n/gm, ''));
  const { code, stdout, out } = await imported(
    list,
    'foreign.retake',
    '--rate',
    '24',
    '--footage',
    join(world.dir, 'moved'),
  );
  expect(code).toBe(0);
  expect(stdout).toContain('3 shots');
  const paths = { one: join(moved, 'one.mov'), two: join(moved, 'two #2.mov') };
  expect(cutIn(opened(out))).toEqual(wanted(paths));
});

it('what is not found is named and its place left empty; where nothing is, or the project is there already, nothing is made', async () => {
  const some = join(world.dir, 'some.otio');
  writeFileSync(some, await writtenAs('otio', cutOf({ one: first, two: '/nowhere/two.mov' })));
  const { code, stdout, out } = await imported(some, 'some.retake');
  expect(code).toBe(0);
  expect(stdout).toContain('not kept: two.mov was not found: its place is left empty');
  expect(cutIn(opened(out))).toEqual([`${first} 8 20`, 'gap 53', `${first} 30 36`]);
  const before = readFileSync(out);
  const again = await imported(some, 'some.retake');
  expect(again.code).toBe(2);
  expect(again.stderr).toMatch(/is there already/);
  expect(readFileSync(out).equals(before)).toBe(true);
  const none = join(world.dir, 'none.otio');
  writeFileSync(none, await writtenAs('otio', cutOf({ one: '/nowhere/a.mov', two: '/nowhere/b.mov' })));
  const refused = await imported(none, 'none.retake');
  expect(refused.code).toBe(2);
  expect(refused.stderr).toMatch(/^retake: opening a timeline: none of the files .*\n$/);
  expect(existsSync(join(world.dir, 'none.retake'))).toBe(false);
  const noise = join(world.dir, 'noise.xml');
  writeFileSync(noise, 'no timeline at all');
  expect((await imported(noise, 'noise.retake')).stderr).toMatch(/this is no timeline that Retake reads/);
});
