/**
 * A night on a farm in small: shots of a project are handed to two nodes, one dies in the middle of a shot, and what comes home is
 * what the desk would have made, to the bit.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FarmCollected, FarmStatus } from '../../src/common/contract/farm.ts';
import type { ProjectDocument } from '../../src/common/project/document.ts';
import { emptyProject } from '../../src/common/project/document.ts';
import { parseSettings } from '../../src/common/settings/settings.ts';
import { ArtefactStore } from '../../src/main/engine/artefacts/store.ts';
import { farmPaths } from '../../src/main/engine/farm/job-folder.ts';
import { rememberingProbe } from '../../src/main/engine/media/remembering-probe.ts';
import { clipRefOf } from '../../src/main/engine/project/clip-ref.ts';
import { createProject } from '../../src/main/engine/project/file.ts';
import { render } from '../../src/main/engine/render/render.ts';
import { cachedLatents, makeWorld, movingClip, retake, type World } from '../helpers/cli.ts';
import { shotWith } from '../helpers/job-settings.ts';
import { contextWith } from '../helpers/prepared.ts';
import { type Cluster, hasSlurm, startCluster } from '../helpers/slurm.ts';

const SHOTS = 3;
const FRAMES = 4;
/** Two minutes where nothing else runs; a machine that is busy takes its time. */
const SLOW = { timeout: 900_000 };

describe.runIf(hasSlurm)('on two nodes, one of which dies', () => {
  let world: World;
  let cluster: Cluster;
  let project: string;

  beforeAll(async () => {
    world = await makeWorld();
    cluster = await startCluster({ nodes: ['n1', 'n2'] });
    project = join(world.dir, 'A film.retake');
    createProject(project, await filmOf(world)).close();
  });
  afterAll(async () => {
    await cluster?.[Symbol.asyncDispose]();
    world?.[Symbol.dispose]();
  });

  async function farm<Said>(...args: readonly string[]): Promise<Said> {
    const { code, stdout, stderr } = await retake(['farm', ...args, '--json'], {
      ...world,
      env: cluster.env,
    });
    if (code !== 0) throw new Error(`exit ${code}\n${stderr}\n${stdout}`);
    return JSON.parse(stdout) as Said;
  }

  test(
    'its shot runs again elsewhere, and takes and inversions are the desk’s to the bit',
    SLOW,
    async () => {
      const { folder, shots } = await farm<FarmStatus>('submit', project, '--to', 'slurm');
      expect(shots.map(({ number }) => number)).toEqual([1, 2, 3]);

      const lost = await inTheMiddle(folder);
      cluster.kill('n2');

      for (const end = Date.now() + 500_000; !existsSync(farmPaths.assembled(folder)); await sleep(1000)) {
        if (Date.now() > end) throw new Error(`${cluster.ask('squeue', '-r')}\n${cluster.logs()}`);
        cluster.letGo();
      }
      const status = await farm<FarmStatus>('status', folder);
      expect(status).toMatchObject({ state: 'done', driver: 'slurm', problem: null });
      expect(status.shots.filter(({ attempts }) => attempts > 1).map(({ number }) => number)).toEqual([lost]);

      const home = await farm<FarmCollected>('collect', folder);
      expect(home).toMatchObject({ missing: [], refused: [], unfiled: [] });
      expect(home.takes.map(({ shot }) => shot)).toEqual([1, 2, 3]);
      const desk = await renderedHere(folder);
      expect(home.takes.map(({ path }) => readFileSync(path))).toEqual(desk.takes);
      expect(cachedLatents(world.home)).toEqual(desk.inversions);
      expect(Object.keys(desk.inversions)).toHaveLength(SHOTS * FRAMES);

      const twice = await farm<FarmCollected>('collect', folder);
      expect(twice).toMatchObject({ takes: [], before: SHOTS, artefacts: { added: 0 } });
    },
  );

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
    const store = new ArtefactStore(join(home, 'cache.sqlite'), {
      limitBytes: 1e9,
      onWarning: expect.unreachable,
    });
    const takes: Buffer[] = [];
    for (let number = 1; number <= SHOTS; number++) {
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
async function filmOf(world: World): Promise<ProjectDocument> {
  const file = await movingClip(join(world.dir, 'clip.mov'), { frames: SHOTS * FRAMES });
  const clip = await clipRefOf(await rememberingProbe()(file));
  const shots = Array.from({ length: SHOTS }, (_, i) => ({
    ...{ kind: 'shot' as const, id: `shot-${i + 1}`, name: `Shot ${i + 1}`, clipId: clip.id, takeId: null },
    ...{ start: i * FRAMES, end: (i + 1) * FRAMES, anchors: [i * FRAMES], leadAnchor: i * FRAMES },
    settings: shotWith({ sourcePrompt: 'a red car', prompt: `a white swan ${i}`, steps: 50, size: 64 }),
  }));
  return {
    ...emptyProject('A film'),
    ...{
      clips: { [clip.id]: clip },
      timeline: shots,
      bundle: world.bundle,
      provider: 'cpu',
      takesFolder: world.out,
    },
  };
}
