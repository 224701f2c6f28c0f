/** The script for DaVinci Resolve, run by real interpreters of Lua against objects that behave as Resolve's are documented. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Cut, CutClip, CutMedia } from '../../src/common/interchange/cut.ts';
import { readFcpxml } from '../../src/common/interchange/fcpxml/read.ts';
import { luaOf } from '../../src/common/interchange/lua.ts';
import { rational } from '../../src/common/time/rational.ts';
import { resolveFiles } from '../../src/main/engine/delivery/resolve.ts';
import { seenIn } from '../helpers/cuts.ts';

const RATE = rational(25);
const found = ['lua5.1', 'luajit', 'lua5.4', 'lua'].filter((name) => {
  try {
    execFileSync(name, ['-v'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
});

const media = (id: string, path: string, rate = RATE): CutMedia => ({
  ...{ id, path, name: path.slice(path.lastIndexOf('/') + 1), rate, frames: 100, width: 64, height: 48 },
  ...{ timecode: null, reel: null, sound: null },
});
const from = (frame: number, rate = 25n) => ({ num: BigInt(frame), den: rate });
const shot: CutClip = {
  ...{ kind: 'clip', name: 'Shot "1" \\ sea', frames: 12, shown: 1 },
  sources: [
    { media: 'clip', name: 'clip', from: from(8) },
    { media: 'blue', name: 'blue', from: from(0) },
    { media: 'red', name: 'red', from: from(2) },
  ],
  note: 'Shall show: the sea ]] at "night"\nNot: \\n rain',
  markers: [{ at: 3, name: 'here', note: '', colour: 'orange' }],
};
const cut: Cut = {
  ...{ name: 'Film', rate: RATE, start: { frames: 90_000, drop: false }, width: 64, height: 48 },
  media: {
    clip: media('clip', '/footage/clip 100%.mov'),
    blue: media('blue', '/takes/Größe blue.mov'),
    red: media('red', '/takes/red.mov', rational(50)),
  },
  items: [
    shot,
    { kind: 'gap', frames: 5 },
    { ...shot, name: 'Shot 2', shown: 0, sources: [shot.sources[0]!], note: '', markers: [] },
  ],
  markers: [{ at: 14, name: 'in the gap', note: 'look', colour: null }],
};

interface Habits {
  readonly [habit: string]: boolean | number;
}

describe.skipIf(found.length === 0)('the script for Resolve', () => {
  let dir: string;
  let script: string;
  let imported: Cut;

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'retake-test-'));
    const files = await resolveFiles(cut, { folder: dir, stem: 'Film' });
    for (const { name, text } of files) writeFileSync(join(dir, name), text);
    const timeline = files.find(({ name }) => name.endsWith('.fcpxml'))!;
    script = join(dir, files.find(({ name }) => name.endsWith('.lua'))!.name);
    imported = readFcpxml(timeline.text).cut;
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  function run(lua: string, habits: Habits = {}, more: Record<string, string | number> = {}) {
    const items = seenIn(imported).map(({ at, frames, path, from: first }) => ({ at, frames, path, first }));
    const world = {
      ...{ items, start: 90_000, startsAt: '01:00:00:00', rate: '25', timelines: ['Film'], habits },
      ...more,
    };
    writeFileSync(join(dir, 'world.lua'), `return ${luaOf(world)}`);
    const stand = join(import.meta.dirname, '../fixtures/resolve/stand-in.lua');
    const text = execFileSync(lua, [stand, join(dir, 'world.lua'), script], { encoding: 'utf8' });
    const [said, state] = text.split('---\n');
    return { said: said!, state: state!.trim().split('\n').sort() };
  }

  it.each(found)(
    '%s: every take is in its selector, the chosen one is selected, notes and markers are there',
    (lua) => {
      const { said, state } = run(lua);
      expect(said).toContain('all of it was written and read back');
      expect(said).toContain('timeline: Film 2');
      expect(said).toContain('further takes in take selectors: 2 of 2');
      expect(state).toEqual(
        [
          'item 0 selected 1',
          '  take /takes/Größe blue.mov 0 11',
          '  take /footage/clip 100%.mov 8 19',
          // At its own rate it lasts twice as many frames.
          '  take /takes/red.mov 4 27',
          'item 17 selected 0',
          'marker 3 Sand here|',
          'marker 14 Blue in the gap|look',
          'meta /takes/Größe blue.mov Comments=Shall show: the sea ]] at "night"',
          'Not: \\n rain',
          'meta /takes/Größe blue.mov Shot=Shot "1" \\ sea',
          'meta /takes/Größe blue.mov Take=blue',
          'meta /takes/red.mov Shot=Shot "1" \\ sea',
          'meta /takes/red.mov Take=red',
        ].sort(),
      );
    },
  );

  it.each(found)(
    '%s: how Resolve counts the end of a take is learnt from the take it makes itself',
    (lua) => {
      const { said, state } = run(lua, { endsBeyond: true });
      expect(said).toContain('all of it was written and read back');
      expect(state).toContain('  take /footage/clip 100%.mov 8 20');
      expect(state).toContain('  take /takes/red.mov 4 28');
    },
  );

  it.each([
    ['takes are not added', { deafTakes: true }, /blue|clip is not in the take selector/, /0 of 2/],
    [
      'the chosen take is not selected',
      { deafSelection: true },
      /take 3 is selected instead of the first/,
      /2 of 2/,
    ],
    ['metadata is not kept', { deafMetadata: true }, /blue: Shot reads "" instead of/, /with notes: 0 of 2/],
    [
      'markers are not set',
      { deafMarkers: true },
      /marker "here" at frame 3 is not on the timeline/,
      /markers: 0 of 2/,
    ],
    ['a file is not imported', { deafImport: true }, /red is not in the media pool/, /0 of 2|1 of 2/],
    ['a clip is lost', { loses: 2 }, /Shot 2: there is no clip at frame 17/, /shots: 1 of 2/],
    ['the timeline is refused', { refuses: true }, /was not imported from/, /What did not take/],
    ['no project is open', { closed: true }, /no project is open/, /What did not take/],
    ['a method is not there', { old: true }, /GetStartTimecode could not be asked/, /shots: 2 of 2/],
  ] as const)('where %s, though Resolve says it did, that is said', (_, habits, fault, count) => {
    const { said } = run(found[0]!, habits);
    expect(said).toContain('What did not take:');
    expect(said).toMatch(fault);
    expect(said).toMatch(count);
  });

  it('another rate or start is told, and the start is set where it can be', () => {
    expect(run(found[0]!, {}, { rate: '24' }).said).toMatch(/runs at 24.* instead of 25/);
    expect(run(found[0]!, {}, { startsAt: '00:00:00:00' }).said).toContain('all of it was written');
    const { said } = run(found[0]!, { deafStart: true }, { startsAt: '00:00:00:00' });
    expect(said).toContain('starts at 00:00:00:00 instead of 01:00:00:00');
  });

  it('finds its timeline beside itself where the folder was moved', async () => {
    const text = readFileSync(script, 'utf8');
    writeFileSync(
      script,
      text.replace(
        JSON.stringify(join(dir, 'Film (Resolve takes).fcpxml')),
        '"/gone/Film (Resolve takes).fcpxml"',
      ),
    );
    expect(readFileSync(script, 'utf8')).toContain('/gone/');
    expect(run(found[0]!).said).toContain('shots: 2 of 2');
    writeFileSync(script, text);
  });
});
