/**
 * A night on a farm in small: shots of a project are handed to two nodes, one dies in the middle of a shot, and what comes home is
 * what the desk would have made, to the bit.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseSettings } from '../../src/common/settings/settings.ts';
import { ArtefactStore } from '../../src/main/engine/artefacts/store.ts';
import { takeIn } from '../../src/main/engine/farm/artefact-folder.ts';
import { getDriver, settingsFor } from '../../src/main/engine/farm/drivers/registry.ts';
import { farmJob, farmPaths } from '../../src/main/engine/farm/job-folder.ts';
import { type PackRequest, packShots } from '../../src/main/engine/farm/pack.ts';
import { faultsOf } from '../../src/main/engine/farm/take-folder.ts';
import { rememberingProbe } from '../../src/main/engine/media/remembering-probe.ts';
import { clipRefOf } from '../../src/main/engine/project/clip-ref.ts';
import { render } from '../../src/main/engine/render/render.ts';
import { cachedLatents, makeWorld, movingClip, type World } from '../helpers/cli.ts';
import { shotWith } from '../helpers/job-settings.ts';
import { contextWith } from '../helpers/prepared.ts';
import { type Cluster, hasSlurm, startCluster } from '../helpers/slurm.ts';

const SHOTS = 3;
const FRAMES = 4;
/** So many that a node can be lost before a shot is done. */
const STEPS = 50;
const NUMBERS = Array.from({ length: SHOTS }, (_, i) => i + 1);
/** Two minutes where nothing else runs; a machine that is busy takes its time. */
const SLOW = { timeout: 900_000 };
const STORE = { limitBytes: 1e9, onWarning: expect.unreachable };
const probe = rememberingProbe();
const slurm = getDriver('slurm');
const { signal } = new AbortController();

describe.runIf(hasSlurm)('on two nodes, one of which dies', () => {
  let world: World;
  let cluster: Cluster;
  let film: PackRequest;

  beforeAll(async () => {
    world = await makeWorld();
    cluster = await startCluster({ nodes: ['n1', 'n2'] });
    film = await filmOf(world);
    Object.assign(process.env, cluster.env, { RETAKE_HOME: join(world.dir, 'node') });
  }, 120_000);
  afterAll(async () => {
    await cluster?.[Symbol.asyncDispose]();
    world?.[Symbol.dispose]();
  });

  test(
    'its shot runs again elsewhere, and takes and inversions are the desk’s to the bit',
    SLOW,
    async () => {
      const { folder } = await packShots(film, { cache: null, probe });
      const at = { folder, job: farmJob.parse(JSON.parse(readFileSync(farmPaths.job(folder), 'utf8'))) };
      const submitted = await slurm.submit(at, settingsFor(slurm, {}), signal);

      const lost = await inTheMiddle(folder);
      cluster.kill('n2');

      for (const end = Date.now() + 500_000; !existsSync(farmPaths.assembled(folder)); await sleep(1000)) {
        if (Date.now() > end) throw new Error(`${cluster.ask('squeue', '-r')}\n${cluster.logs()}`);
        cluster.letGo();
      }
      const { tasks } = await slurm.status(submitted, at, signal);
      const last = tasks.find(({ step, first }) => step === 'render' && first === lost);
      expect(last).toMatchObject({ state: 'done', host: 'n1' });
      const attempts = (number: number) =>
        readdirSync(farmPaths.attempts(folder, 'render', { first: number, last: number })).length;
      expect(NUMBERS.filter((number) => attempts(number) > 1)).toEqual([lost]);

      const desk = await renderedHere(folder);
      for (const number of NUMBERS) {
        const take = farmPaths.take(folder, number);
        expect(await faultsOf(take, 'bytes')).toEqual([]);
        expect(readFileSync(join(take, `Shot ${number} 1.mov`))).toEqual(desk.takes[number - 1]);
      }
      expect(await broughtHome(folder)).toEqual(desk.inversions);
      expect(Object.keys(desk.inversions)).toHaveLength(SHOTS * FRAMES);
    },
  );

  /** All artefacts of the folder, in a cache that had none. */
  async function broughtHome(folder: string): Promise<Record<string, string>> {
    const home = join(world.dir, 'home');
    mkdirSync(home);
    const store = new ArtefactStore(join(home, 'cache.sqlite'), STORE);
    for (const number of NUMBERS) {
      const artefacts = farmPaths.artefacts(folder, number);
      for (const name of readdirSync(artefacts)) await takeIn(join(artefacts, name), store);
    }
    store.close();
    return cachedLatents(home);
  }

  /** Waits until a render is half done on n2; answers its shot. */
  async function inTheMiddle(folder: string): Promise<number> {
    for (const end = Date.now() + 300_000; ; await sleep(300)) {
      if (Date.now() > end) throw new Error(`${cluster.ask('squeue', '-r')}\n${cluster.logs()}`);
      const running = cluster.ask('squeue', '-h', '-r', '-w', 'n2', '-t', 'running', '-o', '%K %j');
      const number = Number(/^(\d+) retake-\w+-render-0$/m.exec(running)?.[1]);
      if (number && fractionOf(folder, number) > 0) return number;
    }
  }

  /** The same shots, rendered one after the other where nobody has anything yet. */
  async function renderedHere(folder: string) {
    const home = join(world.dir, 'desk');
    mkdirSync(home);
    const store = new ArtefactStore(join(home, 'cache.sqlite'), STORE);
    const takes: Buffer[] = [];
    for (const number of NUMBERS) {
      const settings = parseSettings(JSON.parse(readFileSync(farmPaths.request(folder, number), 'utf8')));
      const path = join(home, `${number}.mov`);
      await render(
        { ...settings, output: { ...settings.output, path } },
        contextWith({ dir: home, store, job: `shot-${number}` }),
      );
      takes.push(readFileSync(path));
    }
    store.close();
    return { takes, inversions: cachedLatents(home) };
  }
});

function fractionOf(folder: string, number: number): number {
  const attempts = farmPaths.attempts(folder, 'render', { first: number, last: number });
  if (!existsSync(attempts)) return 0;
  const [first] = readdirSync(attempts);
  const state = first && join(attempts, first, 'state.json');
  return state && existsSync(state)
    ? (JSON.parse(readFileSync(state, 'utf8')) as { fraction: number }).fraction
    : 0;
}

/** A clip cut into shots, each with a prompt of its own. */
async function filmOf(world: World): Promise<PackRequest> {
  const file = await movingClip(join(world.dir, 'clip.mov'), { frames: SHOTS * FRAMES });
  const clip = await clipRefOf(await probe(file));
  const shots = NUMBERS.map((number) => ({
    ...{ kind: 'shot' as const, id: `shot-${number}`, name: `Shot ${number}`, clipId: clip.id, takeId: null },
    ...{ start: (number - 1) * FRAMES, end: number * FRAMES },
    ...{ anchors: [(number - 1) * FRAMES], leadAnchor: (number - 1) * FRAMES },
    settings: shotWith({ sourcePrompt: 'a red car', prompt: `white swan ${number}`, steps: STEPS, size: 64 }),
  }));
  return {
    project: { id: 'p1', path: join(world.dir, 'A film.retake') },
    shots: shots.map((shot) => ({ shot, clip })),
    ...{ bundle: world.bundle, provider: 'cpu', takesFolder: world.out, folder: null, copyModels: false },
  };
}
