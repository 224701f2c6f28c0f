/** Edits that are cancelled or killed at any moment, and resumed: the take is the same to the bit. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xorshift128plus } from 'pure-rand/generator/xorshift128plus';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Phase } from '../../src/common/contract/jobs.ts';
import {
  allGone,
  cachedLatents,
  edit,
  filesBelow,
  makeWorld,
  messages,
  movingClip,
  processesOf,
  type RunningCli,
  reportOf,
  retake,
  startRetake,
  type World,
} from '../helpers/cli.ts';

const FRAMES = 12;
const LABEL = { invert: 'inverting', sample: 'rendering', encode: 'encoding' } as const;
type Stage = keyof typeof LABEL & Phase;
const STAGES: readonly Stage[] = ['invert', 'sample', 'encode'];
/** A network call takes milliseconds here; the rest is two processes ending on a busy machine. */
const PROMPTLY_SECONDS = 5;
/** Several processes one after the other, on a machine that may be busy with other tests. */
/** Without what is said of every network of random weights: that it inverts poorly. */
const saidOf = (stderr: string) => messages(stderr).filter((line) => !/leads back to the clip at/.test(line));

let world: World;
let clip: string;
let undisturbedFiles: Record<string, string>;

/** 16-bit pictures, so that no bit of the result hides behind an encoder. */
const args = (out: string) =>
  edit(world, clip, out, '--steps', '6', '--size', '64', '--format', 'png', '--from', '1');

beforeAll(async () => {
  world = await makeWorld();
  clip = await movingClip(join(world.dir, 'clip.mov'), { size: '640x360', frames: FRAMES + 1 });
  await reportOf(args(join(world.out, 'whole')), world);
  undisturbedFiles = filesBelow(join(world.out, 'whole'));
  expect(Object.keys(undisturbedFiles)).toHaveLength(FRAMES + 1);
});
afterAll(() => world[Symbol.dispose]());

/** A data folder and a place for takes of its own. */
function fresh(name: string) {
  const place = { home: join(world.dir, name, 'home'), dir: join(world.out, name), out: '' };
  mkdirSync(place.dir);
  return { ...place, out: join(place.dir, 'take') };
}

function expectSameTake(place: { home: string; dir: string }) {
  const files = filesBelow(place.dir);
  delete files['take.report.json'];
  const expected = Object.entries(undisturbedFiles).map(([name, digest]) => [
    join('take', name.replace(/^whole/, 'take')),
    digest,
  ]);
  expect(files).toEqual(Object.fromEntries(expected));
  expect(cachedLatents(place.home)).toEqual(cachedLatents(world.home));
}

/** Waits until the stage has begun and a little of it has passed; each takes half a second at the least. */
async function reach(cli: RunningCli, stage: Stage, milliseconds: number): Promise<void> {
  await cli.says(new RegExp(`${LABEL[stage]} 1/`));
  await sleep(milliseconds);
}

describe('cancelled', () => {
  it.each(STAGES)('while it is busy to %s', async (stage) => {
    const place = fresh(`cancel-${stage}`);
    const cli = startRetake(args(place.out), place);
    await reach(cli, stage, 100);
    const began = performance.now();
    cli.child.kill('SIGINT');
    const { code, stderr, stdout } = await cli.ended;
    expect((performance.now() - began) / 1000).toBeLessThan(PROMPTLY_SECONDS);
    expect(code).toBe(130);
    expect(stdout).toBe('');
    expect(saidOf(stderr)).toEqual(['retake: cancelled. "retake resume" goes on from here.']);
    expect(processesOf(place.home)).toEqual([]);
    expect(filesBelow(place.dir)).toEqual({});

    const report = await reportOf(['resume'], place);
    if (stage !== 'invert') expect(report.inversion.unetCalls).toBe(0);
    if (stage === 'encode') expect(report.sampling.unetCalls).toBe(0);
    expectSameTake(place);
    expect((await retake(['resume'], place)).stderr).toMatch(/no unfinished job/);
  });
});

describe('killed at any moment', () => {
  const random = xorshift128plus(20240607);

  it.each(['engine', 'command line', 'both'] as const)('the %s, in each stage of one job', async (victim) => {
    const place = fresh(`kill-${victim}`);
    let kills = 0;
    for (const stage of STAGES) {
      const cli = startRetake(kills === 0 ? args(place.out) : ['resume'], place);
      await reach(cli, stage, uniformInt(random, 0, 200));
      const engine = cli.enginePid();
      if (victim !== 'command line') process.kill(engine, 'SIGKILL');
      if (victim !== 'engine') cli.child.kill('SIGKILL');
      kills += 1;
      const { code, signal, stderr } = await cli.ended;
      if (victim === 'engine') {
        expect(code).toBe(1);
        expect(saidOf(stderr)).toEqual([
          'retake: working: the engine stopped (SIGKILL). What was computed is kept: "retake resume" finishes a take.',
        ]);
      } else expect(signal).toBe('SIGKILL');
      await allGone(place.home);
      // Under the final name there is nothing yet.
      expect(Object.keys(filesBelow(place.dir)).filter((name) => !name.includes('.retake-partial-'))).toEqual(
        [],
      );
    }
    const report = await reportOf(['resume'], place);
    expect(report.inversion.computed).toBe(0);
    expectSameTake(place);
    expect(kills).toBe(3);
  });
});

describe('two at once', () => {
  it('two edits share one data folder', async () => {
    const place = fresh('two');
    const other = { ...place, dir: join(world.out, 'two-more'), out: join(world.out, 'two-more', 'take') };
    mkdirSync(other.dir);
    const runs = await Promise.all([retake(args(place.out), place), retake(args(other.out), other)]);
    for (const { code, stderr } of runs) expect([code, saidOf(stderr)]).toEqual([0, []]);
    expectSameTake(place);
    expectSameTake(other);
  });

  it('and compute no frame twice', async () => {
    const place = fresh('shared');
    const other = {
      ...place,
      dir: join(world.out, 'shared-more'),
      out: join(world.out, 'shared-more', 'take'),
    };
    mkdirSync(other.dir);
    const slow = (one: typeof place) => [...args(one.out), '--steps', '24'];
    const reports = await Promise.all([reportOf(slow(place), place), reportOf(slow(other), other)]);
    const counts = reports.map(({ inversion }) => inversion.computed);
    expect(counts[0]! + counts[1]!).toBe(FRAMES);
    // Both had their share, and neither stood and waited for all of the other's.
    expect(Math.min(...counts)).toBeGreaterThan(0);
    for (const { inversion } of reports) expect(inversion.frames).toBe(FRAMES);
    const [mine, others] = [place, other].map(({ dir }) => {
      const files = filesBelow(dir);
      delete files['take.report.json'];
      return files;
    });
    expect(mine).toEqual(others);
  });

  it('one job is resumed by one of two', async () => {
    const place = fresh('race');
    const cli = startRetake(args(place.out), place);
    await reach(cli, 'invert', 100);
    cli.child.kill('SIGINT');
    expect((await cli.ended).code).toBe(130);
    const list = await retake(['jobs'], place);
    expect(list.stdout).toMatch(/cancelled/);
    const id = /^(\S{8}) +cancelled \(can be resumed\)/m.exec(list.stdout)![1]!;

    const runs = await Promise.all([retake(['resume', id], place), retake(['resume', id], place)]);
    const [done, refused] = runs.sort((a, b) => a.code! - b.code!);
    expect(done!.code).toBe(0);
    expect(refused!.code).toBe(1);
    expect(saidOf(refused!.stderr)).toEqual([
      `retake: starting the job: job ${id} is already being worked on. Wait for it or cancel it there.`,
    ]);
    expectSameTake(place);
  });
});
