/** A rendered take is asked about from a terminal. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readings, type TakeScores } from '../../src/common/take-scores.ts';
import { probeClip } from '../../src/main/engine/media/probe.ts';
import {
  allGone,
  edit,
  makeWorld,
  messages,
  movingClip,
  reportOf,
  retake,
  startRetake,
  type World,
} from '../helpers/cli.ts';
import { reportedTake } from '../helpers/reported-take.ts';

let world: World;
let take: string;
let psnr: number;
beforeAll(async () => {
  world = await makeWorld();
  const clip = await movingClip(join(world.dir, 'clip.mov'), { frames: 4 });
  const report = await reportOf(edit(world, clip, join(world.out, 'take.mov'), '--size', '64'), world);
  take = report.take.path;
  psnr = report.inversion.reconstruction!.minPsnr;
});
afterAll(() => world[Symbol.dispose]());

it('says its numbers, and writes sheet and movie with the same command', async () => {
  const [png, mp4] = [join(world.dir, 'sheet.png'), join(world.dir, 'both.mp4')];
  const json = await retake(['score', take, '--json'], world);
  expect(json.code, json.stderr).toBe(0);
  const scores = JSON.parse(json.stdout) as TakeScores;
  expect(scores).toMatchObject({ take, frames: 4, inversion: { minPsnr: psnr } });
  const all = await retake(['score', take, '--sheet', png, '--compare', mp4], world);
  expect(all.code, all.stderr).toBe(0);
  for (const { label, value, means } of readings(scores)) {
    const line = all.stdout.split('\n').find((text) => text.trim().startsWith(label));
    expect(line).toContain(value);
    expect(line).toContain(means);
  }
  expect(all.stdout.trim().split('\n').slice(-2)).toEqual([png, mp4]);
  expect(await probeClip(mp4)).toMatchObject({
    width: 128,
    height: 48,
    frames: 4,
    audio: [{ codec: 'aac' }],
  });
  expect(existsSync(png)).toBe(true);
});

it('writes each by itself', async () => {
  const [png, mp4] = [join(world.dir, 'wide.png'), join(world.dir, 'wipe.mp4')];
  const sheet = await retake(['sheet', take, png, '--columns', '2', '--difference'], world);
  expect(sheet.stdout).toBe(`${png}\n`);
  expect(await probeClip(png)).toMatchObject({ width: 16 + 92 + 2 * 64 + 6 + 16 });
  const movie = await retake(['compare', take, mp4, '--layout', 'wipe'], world);
  expect(movie.stdout).toBe(`${mp4}\n`);
  expect(await probeClip(mp4)).toMatchObject({ width: 64, height: 48 });
});

it('refuses in one line what it cannot do', async () => {
  const clip = join(world.dir, 'clip.mov');
  for (const [args, line] of [
    [['score', clip], 'it is no take of Retake: there is no clip.report.json beside it'],
    [['sheet', take, join(world.dir, 'x.gif')], 'a contact sheet cannot be named x.gif'],
    [['score', take, '--reference', clip], 'no network is named for them'],
    [['sheet', take, join(world.dir, 'x.png'), '--columns', '0'], 'whole number from 1 to 40'],
  ] as const) {
    const { code, stdout, stderr } = await retake(args, world);
    expect([code, stdout]).toEqual([2, '']);
    expect(messages(stderr)).toEqual([expect.stringContaining(line)]);
  }
  const over = await retake(
    ['compare', take, take.replace('.mov', '.mp4').replace('take.mp4', 'no/x.mp4')],
    world,
  );
  expect(over.code).toBe(1);
});

it('stops when it is told to, without a word of resuming', async () => {
  const path = await movingClip(join(world.dir, 'long.mov'), { frames: 300, size: '160x120' });
  const long = await reportedTake(await probeClip(path), {
    out: join(world.dir, 'long.mp4'),
    format: 'h264',
  });
  const home = join(world.dir, 'other');
  const running = startRetake(['score', long], { home });
  await running.says(/measuring/);
  running.child.kill('SIGINT');
  const { code, stdout, stderr } = await running.ended;
  expect([code, stdout]).toEqual([130, '']);
  expect(messages(stderr)).toEqual(['retake: cancelled.']);
  await allGone(home);
});
