/** This machine, without a scheduler: a process of its own works on the folder, and goes on when whoever started it has ended. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, open, readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError, throwIfCancelled } from '../../../../common/errors.ts';
import { childEnvironment } from '../../../child-environment.ts';
import { thisMachine } from '../../../processes.ts';
import {
  type DriverSettings,
  type FarmDriver,
  type FarmFolder,
  PROGRAM_SETTINGS,
  type SchedulerState,
  type SchedulerTask,
} from '../driver.ts';
import { FARM_STEPS, type FarmStep, type TaskRange, taskName } from '../job-folder.ts';
import { missingTasks, tasksOf } from '../missing.ts';
import { thisProgram } from '../this-program.ts';
import { type Seen, standingOf } from '../work/claims.ts';
import { stopAll, tryAgain, type WorkerFile, workPaths, writtenAt } from '../work/files.ts';
import { workersAt } from '../work/worker.ts';

/** In which one that was started must say that it works, in milliseconds; a slow disk is read first. */
const START_MS = 30_000;
const LOOK_MS = 100;
const WINDOWS = process.platform === 'win32';

export const local: FarmDriver = {
  id: 'local',
  label: 'This machine',
  summary:
    'In the background, one task after the other; other machines that see the folder may join in with "retake farm work".',
  settings: [PROGRAM_SETTINGS.command, PROGRAM_SETTINGS.arguments],

  async submit(at, settings, signal) {
    const { folder } = at;
    // First of all: a worker that is about to end looks for it once more.
    await tryAgain(folder);
    const submitted = (ids: Partial<Record<FarmStep, string[]>>) => ({
      ...{ driver: local.id, settings: { ...settings }, at: Date.now(), ids },
    });
    if (!(await isAnythingLeft(at))) return submitted({});
    const worker = (await workersHere(folder))[0] ?? (await start(folder, settings, signal));
    return submitted(worker ? { render: [`${worker.host} ${worker.program.pid}`] } : {});
  },

  async status(_submission, at) {
    const tasks = (await Promise.all(FARM_STEPS.map((step) => tasksAt(at, step)))).flat();
    const workers = await workersAt(at.folder, Date.now());
    return { ...standing(workers, tasks), tasks };
  },

  cancel: (_submission, { folder }) => stopAll(folder),
};

async function isAnythingLeft({ folder, job }: FarmFolder): Promise<boolean> {
  for (const step of FARM_STEPS) if ((await missingTasks(folder, job, step)).length > 0) return true;
  return false;
}

function standing(
  workers: readonly WorkerFile[],
  tasks: readonly SchedulerTask[],
): Pick<SchedulerState, 'state' | 'words'> {
  if (workers.length === 0) {
    const left = tasks.some(({ step, state }) => step !== 'invert' && state !== 'done');
    return { state: 'ended', words: left ? 'Nobody works on it.' : '' };
  }
  const hosts = [...new Set(workers.map(({ host }) => host))].join(', ');
  const state = tasks.some((task) => task.state === 'running') ? 'running' : 'waiting';
  return { state, words: `${workers.length === 1 ? 'Works' : `${workers.length} work`} on it: ${hosts}.` };
}

async function tasksAt({ folder, job }: FarmFolder, step: FarmStep): Promise<SchedulerTask[]> {
  const missing = new Set((await missingTasks(folder, job, step)).map(({ first }) => first));
  const again = await writtenAt(workPaths.again(folder));
  const seen = { folder, machine: thisMachine(), now: Date.now(), again };
  const tasks: SchedulerTask[] = [];
  for (const range of tasksOf(job, step)) {
    const whole = { state: 'done', host: null, why: '' } as const;
    tasks.push({ step, ...range, ...(missing.has(range.first) ? await taskAt(step, range, seen) : whole) });
  }
  return tasks;
}

async function taskAt(
  step: FarmStep,
  range: TaskRange,
  seen: Seen,
): Promise<Pick<SchedulerTask, 'state' | 'host' | 'why'>> {
  const found = await standingOf(taskName(step, range), seen);
  switch (found.state) {
    case 'taken':
      return { state: 'running', host: found.worker?.host ?? null, why: '' };
    case 'failed':
      return { state: 'failed', host: found.host, why: found.why };
    case 'free':
      return { state: 'waiting', host: null, why: found.why };
    case 'done':
      // A unit that was left to its shot; a take that is gone is nobody's yet.
      return { state: step === 'invert' ? 'done' : 'waiting', host: found.host, why: '' };
  }
}

/** Those of this machine that go on with the job. */
async function workersHere(folder: string): Promise<readonly WorkerFile[]> {
  const stopped = await writtenAt(workPaths.stop(folder));
  const here = thisMachine();
  const living = await workersAt(folder, Date.now());
  return living.filter(({ machine, began }) => machine === here && began !== null && began > stopped);
}

/** Null where it has ended already, and well. @throws AppError usage where it does not start, with what it said */
async function start(
  folder: string,
  settings: DriverSettings,
  signal: AbortSignal,
): Promise<WorkerFile | null> {
  throwIfCancelled(signal);
  const log = workPaths.log(folder, `work-${hostname()}-${Date.now()}`);
  await mkdir(workPaths.logs(folder), { recursive: true });
  await using output = await open(log, 'a');
  const child = startDetached(folder, settings, output.fd);
  const ended = new Promise<number | null>((resolve) =>
    child.once('exit', resolve).once('error', () => resolve(null)),
  );
  let code: number | null | undefined;
  void ended.then((value) => {
    code = value;
  });
  for (const until = performance.now() + START_MS; performance.now() < until; await sleep(LOOK_MS)) {
    // Looked at first: one that has ended may have worked meanwhile.
    const gone = code !== undefined;
    const worker = (await workersHere(folder))[0];
    if (worker || (gone && code === 0)) {
      child.unref();
      return worker ?? null;
    }
    if (gone) break;
  }
  if (code === undefined) child.kill();
  const said = (await readFile(log, 'utf8').catch(() => '')).trim().split('\n').at(-1);
  throw new AppError('usage', said || 'what works on the job in the background did not start', {
    doing: 'giving the job to this machine',
    hint: `What it said is in ${log}.`,
  });
}

function startDetached(folder: string, settings: DriverSettings, output: number): ChildProcess {
  const { command, env } = thisProgram();
  const options = {
    ...{ detached: true, windowsHide: true, cwd: folder },
    env: { ...childEnvironment(), ...env },
    stdio: ['ignore', output, output] as ['ignore', number, number],
  };
  const [own, more] = [settings.command?.trim() ?? '', settings.arguments?.trim() ?? ''];
  const words = ['farm', 'work', folder];
  if (own === '' && more === '') return spawn(command[0], [command[1], ...words], options);
  const line = [own || command.map(quoted).join(' '), ...words.map(quoted), more].join(' ');
  return spawn(WINDOWS ? line : `exec ${line}`, { ...options, shell: true });
}

function quoted(word: string): string {
  return WINDOWS ? `"${word}"` : `'${word.replaceAll("'", "'\\''")}'`;
}
