/** A machine that is lost in the middle, and two that do its task again at once without knowing of each other. */
import { cpSync, existsSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { TakeReport } from '../../src/common/report.ts';
import { ArtefactStore } from '../../src/main/engine/artefacts/store.ts';
import { takeIn } from '../../src/main/engine/farm/artefact-folder.ts';
import { farmPaths } from '../../src/main/engine/farm/job-folder.ts';
import { faultsOf } from '../../src/main/engine/farm/take-folder.ts';
import {
  allGone,
  cachedLatents,
  edit,
  makeWorld,
  movingClip,
  reportOf,
  startRetake,
} from '../helpers/cli.ts';
import { requestOf, runHere, task, writeJob } from '../helpers/farm.ts';
import { tempFolder } from '../helpers/temp-folder.ts';

test('a machine is killed in the middle: two go on from its checkpoint at once, and bring the desk’s take once', {
  timeout: 400_000,
}, async () => {
  using world = await makeWorld();
  const clip = await movingClip(join(world.dir, 'clip.mov'), { frames: 6 });
  const desk = await reportOf(edit(world, clip, join(world.out, 'desk.mov'), '--steps', '12'), world);
  const folder = join(world.dir, 'job');
  await writeJob(folder, [desk]);

  const node = join(world.dir, 'node');
  const lost = startRetake(task(folder, 'render', '1', '--attempt', 'lost'), { home: node });
  const attempts = farmPaths.attempts(folder, 'render', { first: 1, last: 1 });
  const checkpoint = join(attempts, 'lost', 'shot-1.checkpoint');
  while (!existsSync(checkpoint)) await sleep(20);
  process.kill(lost.enginePid(), 'SIGKILL');
  lost.child.kill('SIGKILL');
  expect(await lost.ended).toMatchObject({ signal: 'SIGKILL' });
  await allGone(node);
  expect(existsSync(farmPaths.take(folder, 1))).toBe(false);

  const twins = await Promise.all([
    runHere(folder, { step: 'render', attempt: 'b' }),
    runHere(folder, { step: 'render', attempt: 'c' }),
  ]);
  expect(twins).toMatchObject([{ exit: 0 }, { exit: 0 }]);
  // The second one was held to the first, and neither saw a difference in what both had made.
  const said = twins.flatMap(({ lines }) => lines).filter((line) => line.includes('attempt'));
  expect(said).toEqual(['another attempt has brought the same take already']);

  const take = farmPaths.take(folder, 1);
  expect(readFileSync(join(take, 'desk.mov'))).toEqual(readFileSync(desk.take.path));
  expect(await faultsOf(take, 'bytes')).toEqual([]);
  const report: TakeReport = JSON.parse(readFileSync(join(take, 'desk.report.json'), 'utf8'));
  expect(report.sampling.resumedFrom).not.toBeNull();
  const artefacts = farmPaths.artefacts(folder, 1);
  expect(readdirSync(artefacts)).toEqual(['render']);
  // What the lost one left half made goes when all takes are whole.
  expect(await runHere(folder, { step: 'assemble' })).toMatchObject({ exit: 0 });
  expect(readdirSync(farmPaths.shot(folder, 1)).toSorted()).toEqual(['artefacts', 'request.json', 'take']);
  expect(readdirSync(join(attempts, 'lost'))).toEqual(['state.json']);
  expect(readdirSync(join(attempts, 'b'))).toEqual(['state.json']);

  const home = tempFolder();
  const store = new ArtefactStore(join(home, 'cache.sqlite'), { limitBytes: 1e9, onWarning: expect.fail });
  expect((await takeIn(join(artefacts, 'render'), store)).damaged).toEqual([]);
  store.close();
  expect(cachedLatents(home)).toEqual(cachedLatents(world.home));
});

test('a twin that comes second gives up as soon as the take is there, and leaves nothing', async () => {
  using world = await makeWorld();
  const clip = await movingClip(join(world.dir, 'clip.mov'), { frames: 4 });
  const out = join(world.dir, 'A.mov');
  const [first, folder] = [join(world.dir, 'first'), join(world.dir, 'job')];
  const request = requestOf({ clip, bundle: world.bundle, out });
  for (const one of [first, folder]) await writeJob(one, [request]);
  expect(await runHere(first, { step: 'render', attempt: 'a' })).toMatchObject({ exit: 0 });
  const take = farmPaths.take(folder, 1);
  const never = new AbortController().signal;
  const doings: string[] = [];
  const ended = await runHere(
    folder,
    { step: 'render', attempt: 'b' },
    never,
    (doing) => {
      doings.push(doing);
      if (!doing.includes('inverting') || existsSync(take)) return;
      cpSync(farmPaths.take(first, 1), `${take}.whole`, { recursive: true });
      renameSync(`${take}.whole`, take);
    },
    1,
  );
  expect(ended).toMatchObject({ exit: 0 });
  expect(ended.lines).toContain(
    'another attempt has brought the take of shot 1 meanwhile, so it is made no further',
  );
  expect(doings.some((doing) => doing.includes('bringing'))).toBe(false);
  expect(await faultsOf(take, 'bytes')).toEqual([]);
  expect(readdirSync(farmPaths.shot(folder, 1)).toSorted()).toEqual(['request.json', 'take']);
  const attempts = farmPaths.attempts(folder, 'render', { first: 1, last: 1 });
  expect(readdirSync(join(attempts, 'b'))).toEqual(['state.json']);
});
