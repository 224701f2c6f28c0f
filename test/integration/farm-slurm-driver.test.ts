/** The driver on a real cluster of two nodes, with a program in the place of `farm run-task` that a test can lead. */
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SchedulerState } from '../../src/main/engine/farm/driver.ts';
import { getDriver, settingsFor } from '../../src/main/engine/farm/drivers/registry.ts';
import { type FarmStep, farmJob, farmPaths } from '../../src/main/engine/farm/job-folder.ts';
import { type Cluster, hasSlurm, startCluster } from '../helpers/slurm.ts';
import { tempFolder } from '../helpers/temp-folder.ts';

/**
 * Brings what the task would and says which attempt it was, unless a file of the folder says otherwise: what it ends with, or "hangs"
 * until it is told to stop, when it ends with 75.
 */
const TASK = `#!/bin/bash
folder=$3 step=$5 first=$7 last=$9 attempt=\${11}
echo "$step $first $last $attempt $SLURMD_NODENAME" >> "$folder/ran"
say=$(cat "$folder/say-$step-$first" 2>/dev/null)
if [ "$say" = hangs ]; then
  trap 'echo "$step $first stopped" >> "$folder/ran"; exit 75' TERM
  while :; do sleep 0.1; done
fi
[ -n "$say" ] && { rm -f "$folder/say-$step-$first"; exit "$say"; }
case $step in
  invert) mkdir -p "$folder/shots/0001/artefacts/$first-$last" ;;
  render) at=$(printf '%s/shots/%04d/take' "$folder" "$first"); mkdir -p "$at"; echo '{}' > "$at/take.json" ;;
  assemble) echo '{}' > "$folder/assembled.json" ;;
esac
`;

function makeJob(shots: number) {
  const folder = join(tempFolder(), "A job's folder 100%");
  mkdirSync(folder);
  const program = join(folder, 'task');
  writeFileSync(program, TASK);
  chmodSync(program, 0o755);
  const job = farmJob.parse({
    format: 1,
    id: Math.random().toString(36).slice(2).padEnd(10, '0').slice(0, 10),
    name: 'A film',
    version: '1.0.0',
    createdAt: 1,
    project: { id: 'p', path: '/films/A film.retake' },
    takesFolder: '/films/takes',
    shots: Array.from({ length: shots }, (_, i) => ({
      number: i + 1,
      shotId: `s${i}`,
      name: 'Shot',
      start: 0,
      end: 4,
    })),
    units: [0, 1, 2].map((i) => ({ shot: 1, start: i, end: i + 1 })),
    unitsPerTask: 2,
    sources: [],
  });
  const ran = () =>
    existsSync(join(folder, 'ran')) ? readFileSync(join(folder, 'ran'), 'utf8').trim().split('\n') : [];
  const say = (step: FarmStep, first: number, what: string) =>
    writeFileSync(join(folder, `say-${step}-${first}`), what);
  return { at: { folder, job }, command: `"${program}"`, ran, say };
}

const driver = getDriver('slurm');
const { signal } = new AbortController();

describe.runIf(hasSlurm)('on two nodes', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    // No array has more than three tasks.
    cluster = await startCluster({ nodes: ['n1', 'n2'], maxArraySize: 4 });
    Object.assign(process.env, cluster.env);
  });
  afterAll(() => cluster?.[Symbol.asyncDispose]());

  /** Looks until it is so, while tasks that Slurm holds back for two minutes are let go. */
  async function until(
    look: () => Promise<SchedulerState>,
    so: (state: SchedulerState) => boolean,
  ): Promise<SchedulerState> {
    for (const end = Date.now() + 60_000; ; await sleep(300)) {
      const state = await look();
      if (so(state)) return state;
      if (Date.now() > end) throw new Error(`${JSON.stringify(state)}\n${cluster.logs()}`);
      cluster.letGo();
    }
  }
  const tasks = (state: SchedulerState) =>
    state.tasks.map(({ step, first, state: how }) => `${step} ${first} ${how}`);

  test('steps follow each other, arrays are cut where the place has a limit, and only what is missing is handed over again', async () => {
    const { at, command, ran, say } = makeJob(5);
    // A shot at fault, and a unit that fails: what it was for is rendered all the same.
    say('render', 4, '65');
    say('invert', 3, '65');
    const settings = settingsFor(driver, { command });
    const submitted = await driver.submit(at, settings, signal);
    expect([
      submitted.ids.invert?.length,
      submitted.ids.render?.length,
      submitted.ids.assemble?.length,
    ]).toEqual([1, 2, 1]);
    const look = () => driver.status(submitted, at, signal);
    const first = await until(look, ({ state }) => state === 'ended');
    expect(tasks(first)).toEqual([
      ...[
        'invert 1 done',
        'invert 3 failed',
        'render 1 done',
        'render 2 done',
        'render 3 done',
        'render 4 failed',
      ],
      ...['render 5 done', 'assemble 1 failed'],
    ]);
    expect(first.words).toBe('3 failed');
    expect(ran().filter((line) => line.startsWith('assemble'))).toEqual([]);
    expect(ran().findLastIndex((line) => line.startsWith('invert'))).toBeLessThan(
      ran().findIndex((line) => line.startsWith('render')),
    );

    // Each task says what it says in a file of its own, whatever the folder is called.
    expect(
      readdirSync(farmPaths.logs(at.folder)).filter((name) => /^render-\d+_\d\.txt$/.test(name)),
    ).toHaveLength(5);

    const before = ran().length;
    const again = await driver.submit(at, settings, signal);
    expect(
      (
        await until(
          () => driver.status(again, at, signal),
          ({ state }) => state === 'ended',
        )
      ).words,
    ).toBe('Nothing waits or runs.');
    expect(
      ran()
        .slice(before)
        .map((line) => line.split(' ').slice(0, 2).join(' ')),
    ).toEqual([
      // The unit was for a shot whose take is whole.
      'render 4',
      'assemble 1',
    ]);

    const whole = await driver.submit(at, settings, signal);
    expect(whole.ids).toEqual({});
  });

  test('what asks for it is given to somebody again, under another name; what is out is not handed over twice; what is cancelled may keep where it is', async () => {
    const { at, command, ran, say } = makeJob(2);
    say('render', 1, 'hangs');
    say('render', 2, '75');
    const settings = settingsFor(driver, {
      command,
      partition: 'farm',
      atOnce: '2',
      options: '--comment="one line"',
    });
    const submitted = await driver.submit(at, settings, signal);
    const look = () => driver.status(submitted, at, signal);
    const running = await until(
      look,
      ({ tasks }) =>
        tasks.some(({ step, first, state }) => step === 'render' && first === 2 && state === 'done') &&
        tasks.some(({ step, first, state }) => step === 'render' && first === 1 && state === 'running'),
    );
    expect(running.state).toBe('running');
    expect(running.tasks.find(({ step, state }) => step === 'render' && state === 'running')?.host).toMatch(
      /^n[12]$/,
    );
    const turns = ran().filter((line) => line.startsWith('render 2'));
    expect(turns.map((line) => /-(\d) n\d$/.exec(line)?.[1])).toEqual(['0', '1']);

    // As after a kill before its ids were written down.
    const again = await driver.submit(at, settings, signal);
    expect(again.ids.render).toEqual(submitted.ids.render);
    expect(again.ids.assemble).not.toEqual(submitted.ids.assemble);

    await driver.cancel(again, at, signal);
    const ended = await until(
      () => driver.status(again, at, signal),
      ({ state }) => state === 'ended',
    );
    expect(tasks(ended)).toContain('render 1 failed');
    expect(ran().at(-1)).toBe('render 1 stopped');
    expect(ran().filter((line) => line.startsWith('render 1'))).toHaveLength(2);
  });

  test('what Slurm refuses is said in its words, and nothing is left half submitted', async () => {
    const { at, command, ran } = makeJob(2);
    const settings = settingsFor(driver, { command, gres: 'gpu:1' });
    await expect(driver.submit(at, settings, signal)).rejects.toThrow(/gres/i);
    const partition = settingsFor(driver, { command, partition: 'nowhere' });
    await expect(driver.submit(at, partition, signal)).rejects.toThrow(/partition/);
    expect(
      cluster
        .ask('squeue', '-h', '-o', '%j')
        .split('\n')
        .filter((name) => name.includes(at.job.id)),
    ).toEqual([]);
    expect(ran()).toEqual([]);
  });
});
