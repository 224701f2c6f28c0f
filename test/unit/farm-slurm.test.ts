import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { farmJob } from '../../src/main/engine/farm/job-folder.ts';
import { parseRows, schedulerState } from '../../src/main/engine/farm/slurm/rows.ts';
import { batchScript, indexList } from '../../src/main/engine/farm/slurm/script.ts';
import { tempFolder } from '../helpers/temp-folder.ts';

const FOLDER = "/films/a 'b' $c";
const JOB = farmJob.parse({
  format: 1,
  id: 'abcdefgh01',
  name: 'A film',
  version: '1.0.0',
  createdAt: 1,
  project: { id: 'p', path: '/films/A film.retake' },
  takesFolder: '/films/takes',
  shots: [1, 2, 3].map((number) => ({ number, shotId: `s${number}`, name: 'Shot', start: 0, end: 4 })),
  units: [0, 1, 2, 3, 4].map((i) => ({ shot: 1, start: i, end: i + 1 })),
  unitsPerTask: 2,
  sources: [],
});

test('indices are said as Slurm reads them', () => {
  expect([indexList([1, 2, 3, 7, 9, 10]), indexList([4]), indexList([])]).toEqual(['1-3,7,9-10', '4', '']);
});

test('rows are tasks by their name, whatever their reason holds', () => {
  const rows = parseRows(
    [
      '12|1|retake-abcdefgh01-invert-0|COMPLETED|n1|None',
      '12|2|retake-abcdefgh01-invert-0|FAILED|n2|NonZeroExitCode',
      '13|1|retake-abcdefgh01-render-1|RUNNING|n2|None',
      '13|[2-9]|retake-abcdefgh01-render-1|PENDING||Priority',
      '9|2|retake-abcdefgh01-render-0|NODE_FAIL|n1|a|b',
      '14|1|retake-abcdefgh01-assemble-0|PENDING||Dependency',
      '15|1|somebody|RUNNING|n1|None',
      '',
    ].join('\n'),
  );
  const { state, words, tasks } = schedulerState(JOB, rows);
  expect(
    tasks.map(({ step, first, last, state, host, why }) => [step, first, last, state, host, why]),
  ).toEqual([
    ['invert', 1, 2, 'done', 'n1', ''],
    ['invert', 3, 4, 'failed', 'n2', 'FAILED: NonZeroExitCode'],
    // The later array is what is so.
    ['render', 2, 2, 'running', 'n2', ''],
    ['assemble', 1, 1, 'waiting', null, 'Dependency'],
  ]);
  expect([state, words]).toEqual(['running', '1 running on n2 · 1 waiting (Dependency) · 1 failed']);
  expect(schedulerState(JOB, []).state).toBe('ended');
});

interface Turn {
  /** What the task ends with; "waits": with 75, when it is told to. */
  readonly code: number | 'waits';
  readonly restarts?: string;
  readonly settings?: Record<string, string>;
  /** What the shell of the job is sent while the task waits. */
  readonly signal?: NodeJS.Signals;
}

/** Runs the script as a node would, with programs that write down what they are asked. */
async function runScript({ code, restarts, settings, signal }: Turn) {
  const folder = tempFolder();
  const program = join(folder, "it's retake");
  const said = join(folder, 'said');
  // It is seen to run when it can be told.
  const tell = `printf '%s\\n' "$@" > '${said}.new'; mv '${said}.new' '${said}'`;
  const [trap, wait] =
    code === 'waits' ? ["trap 'exit 75' TERM", 'while :; do sleep 0.05; done'] : ['', `exit ${code}`];
  writeFileSync(program, `#!/bin/bash\n${trap}\n${tell}\n${wait}\n`);
  writeFileSync(join(folder, 'scontrol'), `#!/bin/bash\nprintf '%s\\n' scontrol "$@" >> '${said}'\n`);
  for (const one of [program, join(folder, 'scontrol')]) chmodSync(one, 0o755);
  const tasks = [1, 2].map((number) => ({ first: number, last: number }));
  const command = `'${program.replaceAll("'", `'\\''`)}'`;
  const ids = { SLURM_ARRAY_JOB_ID: '7', SLURM_ARRAY_TASK_ID: '2', SLURM_JOB_ID: '7' };
  const again = restarts === undefined ? {} : { SLURM_RESTART_COUNT: restarts };
  const script = join(folder, 'script');
  writeFileSync(script, batchScript(FOLDER, { step: 'render', offset: 0, tasks }, { command, ...settings }));
  const env = { PATH: `${folder}:${process.env.PATH}`, ...ids, ...again };
  const child = spawn('bash', [script], { env, stdio: 'ignore' });
  const ended = once(child, 'close');
  if (signal) {
    while (!existsSync(said)) await sleep(20);
    child.kill(signal);
  }
  const [status] = (await ended) as [number | null];
  return { status, said: readFileSync(said, 'utf8').trim().split('\n') };
}

test('an index is its task, and the folder is whatever it is', async () => {
  const { status, said } = await runScript({ code: 0, settings: { arguments: '--models "/srv/a b"' } });
  expect(status).toBe(0);
  expect(said).toEqual([
    ...['farm', 'run-task', FOLDER, '--step', 'render', '--first', '2', '--last', '2'],
    ...['--attempt', 'slurm-7-2-0', '--models', '/srv/a b'],
  ]);
});

test('what could do better another time is given back, three times and no more; what never could is not', async () => {
  // Not by the id of the job: the last of an array has that of all.
  expect((await runScript({ code: 75 })).said.slice(-3)).toEqual(['scontrol', 'requeue', '7_2']);
  expect((await runScript({ code: 75, restarts: '2' })).said).toContain('slurm-7-2-2');
  const last = await runScript({ code: 75, restarts: '3' });
  expect([last.status, last.said.includes('scontrol')]).toEqual([75, false]);
  const never = await runScript({ code: 65 });
  expect([never.status, never.said.includes('scontrol')]).toEqual([65, false]);
});

test('a task is told that its time is nearly up, and given back; one that is cancelled stays so', async () => {
  const late = await runScript({ code: 'waits', signal: 'SIGUSR1' });
  expect([late.status, late.said.at(-1)]).toEqual([75, '7_2']);
  const cancelled = await runScript({ code: 'waits', signal: 'SIGTERM' });
  expect([cancelled.status, cancelled.said.includes('scontrol')]).toEqual([75, false]);
});

test('settings are lines that sbatch reads, what is empty is none, and assembling needs no card', () => {
  const settings = {
    command: 'retake',
    partition: 'gpu',
    gres: 'gpu:1',
    memory: '',
    options: ' --account=films --qos=night ',
  };
  const lines = (step: 'render' | 'assemble') =>
    batchScript('/job', { step, offset: 0, tasks: [{ first: 1, last: 1 }] }, settings)
      .split('\n')
      .filter((line) => line.startsWith('#SBATCH'))
      .slice(3);
  expect(lines('render')).toEqual([
    '#SBATCH --partition=gpu',
    '#SBATCH --gres=gpu:1',
    '#SBATCH --account=films --qos=night',
  ]);
  expect(lines('assemble')).not.toContain('#SBATCH --gres=gpu:1');
  expect(() =>
    batchScript('/job', { step: 'render', offset: 0, tasks: [] }, { ...settings, options: 'a\nrm -rf /' }),
  ).toThrow(/more than one line/);
  const own = batchScript('/job', { step: 'render', offset: 0, tasks: [] }, {});
  expect(own).toMatch(/^'.*node' '.*cli\/main\.ts' farm run-task '\/job'/m);
});
