/** Tasks of a farm as real processes: what they bring is what the desk makes. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TakeReport } from '../../src/common/report.ts';
import { readState } from '../../src/main/engine/farm/attempt.ts';
import { farmPaths } from '../../src/main/engine/farm/job-folder.ts';
import { faultsOf } from '../../src/main/engine/farm/take-folder.ts';
import { edit, makeWorld, movingClip, reportOf, retake, type World } from '../helpers/cli.ts';
import { task, writeJob } from '../helpers/farm.ts';

const FRAMES = 4;
let world: World;
let desk: TakeReport;

beforeAll(async () => {
  world = await makeWorld();
  const clip = await movingClip(join(world.dir, 'clip.mov'), { frames: FRAMES });
  desk = await reportOf(edit(world, clip, join(world.out, 'desk.mov')), world);
});
afterAll(() => world[Symbol.dispose]());

const node = () => ({ home: join(world.dir, 'node') });

test('a frame is inverted by one machine, a shot rendered by another; the take is the desk’s to the bit', async () => {
  const folder = join(world.dir, 'job');
  await writeJob(folder, [desk]);
  const inverted = await retake(task(folder, 'invert', '2-3', '--attempt', 'a'), node());
  expect(inverted.stderr).toBe('');
  expect(inverted.code).toBe(0);
  expect(readdirSync(farmPaths.artefacts(folder, 1))).toEqual(['2-3']);

  const rendered = await retake(task(folder, 'render', '1', '--attempt', 'a'), node());
  expect(rendered).toMatchObject({ code: 0, stderr: '' });
  expect(rendered.stdout).toMatch(/^openjd_status: Shot 1: rendering$/m);
  expect(rendered.stdout).toMatch(/^openjd_progress: 100\.0$/m);
  const take = farmPaths.take(folder, 1);
  expect(readFileSync(join(take, 'desk.mov'))).toEqual(readFileSync(desk.take.path));
  expect(await faultsOf(take, 'bytes')).toEqual([]);
  const report: TakeReport = JSON.parse(readFileSync(join(take, 'desk.report.json'), 'utf8'));
  expect(report.settings).toEqual(desk.settings);
  // Two came from the other machine.
  expect(report.inversion).toMatchObject({ frames: FRAMES, computed: FRAMES - 2 });
  expect(
    await readState(join(farmPaths.attempts(folder, 'render', { first: 1, last: 1 }), 'a')),
  ).toMatchObject({
    ...{ state: 'done', fraction: 1, error: null },
  });
  expect(readdirSync(farmPaths.shot(folder, 1)).toSorted()).toEqual(['artefacts', 'request.json', 'take']);

  expect(await retake(task(folder, 'assemble', '1'), node())).toMatchObject({ code: 0 });
  expect(JSON.parse(readFileSync(farmPaths.assembled(folder), 'utf8'))).toMatchObject({ takes: 1 });
});
