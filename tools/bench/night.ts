/**
 * npm run bench:night -- --shots 200: a night on a farm, with a tiny model. Shots of a project are handed to nodes of Slurm that die at
 * random, some with all that runs on them, some so that their work goes on unseen beside its twin; takes are collected on the way and
 * twice at the end, and what failed is handed in again. Ends with 1 where a take is lost, double, or other than the desk makes it.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { FarmCollected, FarmStatus } from '../../src/common/contract/farm.ts';
import { duration } from '../../src/common/time/duration.ts';
import { table } from '../../src/main/cli/text.ts';
import { openSingle } from '../../src/main/engine/project/database.ts';
import { makeWorld, retake } from '../../test/helpers/cli.ts';
import { deskRenders, filmOfShots } from '../../test/helpers/farm-film.ts';
import { hasSlurm, startCluster } from '../../test/helpers/slurm.ts';

const { values } = parseArgs({
  options: {
    shots: { type: 'string', default: '200' },
    nodes: { type: 'string', default: '3' },
    /** Seconds between two deaths, on average. */
    every: { type: 'string', default: '45' },
    seed: { type: 'string', default: '1' },
    out: { type: 'string', default: 'test-results/night.json' },
  },
});
const [shots, nodeCount, every, seed] = [values.shots, values.nodes, values.every, values.seed].map(
  Number,
) as [number, number, number, number];
if (!hasSlurm) throw new Error('slurmctld, slurmd, slurm-client and munge must be installed');

/** Of each shot: what a task costs is starting, whatever the shot. */
const FRAMES = 1;
/** Seconds that a dead node stays away. */
const AWAY = 20;
const COLLECT_EVERY = 120;
const random = xoroshiro128plus(seed);
const pick = (from: number, to: number) => uniformInt(random, from, to);
const started = Date.now();
const clock = () => duration((Date.now() - started) / 1000);
const say = (line: string) => console.log(`${clock().padStart(8)}  ${line}`);

using world = await makeWorld();
const nodes = Array.from({ length: nodeCount }, (_, i) => `n${i + 1}`);
await using cluster = await startCluster({ nodes });
const project = await filmOfShots(world, { shots, frames: FRAMES, steps: 4 });

async function farm<Said>(...args: readonly string[]): Promise<Said> {
  const { code, stdout, stderr } = await retake(['farm', ...args, '--json'], { ...world, env: cluster.env });
  if (code !== 0) throw new Error(`farm ${args[0]}: exit ${code}\n${stderr}\n${stdout}`);
  return JSON.parse(stdout) as Said;
}

const tally = { killed: 0, cutOff: 0, handedInAgain: 0, collected: 0, doubleBrought: 0 };
const brought = new Map<number, string>();
function came({ takes, refused, unfiled }: FarmCollected): void {
  for (const { shot, path } of takes) {
    if (brought.has(shot)) tally.doubleBrought += 1;
    brought.set(shot, path);
  }
  tally.collected += 1;
  for (const line of [...refused, ...unfiled]) say(line);
}

// The built program starts in half the time of the sources.
const command = `"${process.execPath}" "${resolve(import.meta.dirname, '../../out/main/cli.js')}"`;
const { folder } = await farm<FarmStatus>('submit', project, '--to', 'slurm', '--set', `command=${command}`);
say(`${shots} shots handed in`);
const away = new Map<string, number>();
let [nextDeath, nextCollect] = [Date.now() + every * 1000, Date.now() + COLLECT_EVERY * 1000];
for (;;) {
  await sleep(2000);
  for (const [node, until] of away) {
    if (Date.now() < until) continue;
    cluster.revive(node);
    away.delete(node);
  }
  cluster.letGo();
  const waiting = cluster.ask('squeue', '-h', '-r', '-o', '%i').trim();
  if (waiting === '') {
    const { state, words } = await farm<FarmStatus>('status', folder);
    say(`nothing is queued: ${words}`);
    if (state === 'done') break;
    await farm('again', folder);
    tally.handedInAgain += 1;
  }
  const alive = nodes.filter((node) => !away.has(node));
  if (Date.now() > nextDeath && alive.length > 1) {
    const node = alive[pick(0, alive.length - 1)]!;
    const whole = pick(0, 2) > 0;
    if (whole) cluster.kill(node);
    else cluster.cutOff(node);
    tally[whole ? 'killed' : 'cutOff'] += 1;
    away.set(node, Date.now() + AWAY * 1000);
    nextDeath = Date.now() + pick(every * 500, every * 1500);
    const there = readdirSync(join(folder, 'shots')).filter((one) =>
      existsSync(join(folder, 'shots', one, 'take')),
    );
    say(
      `${node} ${whole ? 'loses its power' : 'is cut off'}; ${there.length} takes, ${waiting.split('\n').length} tasks queued`,
    );
  }
  if (Date.now() > nextCollect) {
    came(await farm<FarmCollected>('collect', folder));
    nextCollect = Date.now() + COLLECT_EVERY * 1000;
  }
}
came(await farm<FarmCollected>('collect', folder));
const last = await farm<FarmCollected>('collect', folder);
came(last);
const status = await farm<FarmStatus>('status', folder);
const minutes = (Date.now() - started) / 60_000;
say('rendering the same at the desk');
const desk = await deskRenders(world, folder, shots);
const other = [...brought].filter(([shot, path]) => !readFileSync(path).equals(desk(shot)));
const file = openSingle(project);
const filed = file.prepare<[], string>("SELECT json_extract(take, '$.path') FROM takes").pluck().all();
file.close();
const result = {
  ...{ shots, nodes: nodeCount, minutes, ...tally },
  attempts: status.shots.reduce((sum, { attempts }) => sum + attempts, 0),
  takes: brought.size,
  lost: shots - brought.size,
  otherBits: other.length,
  filed: filed.length,
  filedDouble: filed.length - new Set(filed).size,
  broughtByTheLastCollect: last.takes.length + last.artefacts.added,
};
console.log(
  table(
    Object.entries(result).map(([name, value]) => [
      name,
      typeof value === 'number' && !Number.isInteger(value) ? value.toFixed(1) : String(value),
    ]),
  ),
);
mkdirSync(resolve(values.out, '..'), { recursive: true });
writeFileSync(values.out, `${JSON.stringify(result, null, 2)}\n`);
const isWhole =
  result.lost === 0 &&
  result.otherBits === 0 &&
  result.doubleBrought === 0 &&
  result.filed === shots &&
  result.filedDouble === 0 &&
  result.broughtByTheLastCollect === 0;
process.exitCode = isWhole ? 0 : 1;
