/** Where a job of the farm stands: what lies in its folder is what is true, and the scheduler says what it will do about the rest. */
import type { FarmStatus } from '../../../common/contract/farm.ts';
import { projectName } from '../queue/entry.ts';
import { type AttemptState, type Attempts, attemptsAt, begunTasks } from './attempts.ts';
import type { SchedulerState, SchedulerTask } from './driver.ts';
import { type FarmJob, taskName } from './job-folder.ts';
import { hasTake, unitsThere } from './missing.ts';
import type { FolderFacts } from './read-folder.ts';

type ShotStatus = FarmStatus['shots'][number];

/** Milliseconds without a word, after which an attempt that nobody vouches for is taken for dead; machines' clocks differ. */
const SILENT_MS = 15 * 60_000;

export interface Told {
  /** What the scheduler says; null where the folder was handed to none, or it could not be asked. */
  readonly scheduler: SchedulerState | null;
  /** Shots whose take is home. */
  readonly home: ReadonlySet<number>;
  readonly problem: string | null;
  /** Shots that were whole when they were last looked at: nothing of them changes. */
  readonly known: Map<number, ShotStatus>;
}

export async function statusOf(facts: FolderFacts, told: Told): Promise<FarmStatus> {
  const { folder, job, submission } = facts;
  const begun = await begunTasks(folder);
  const over = facts.cancelled || told.scheduler?.state === 'ended';
  const tasks = tasksByShot(told.scheduler);
  const shots: ShotStatus[] = [];
  for (const shot of job.shots) {
    const { number } = shot;
    const isHome = told.home.has(number);
    const was = told.known.get(number);
    if (was) {
      shots.push({ ...was, state: isHome ? 'collected' : 'done' });
      continue;
    }
    const isWhole = hasTake(folder, number);
    const wasBegun = begun.has(taskName('render', { first: number, last: number }));
    const attempts = wasBegun ? await attemptsAt(folder, number) : { count: 0, newest: null };
    const task = tasks.get(number) ?? null;
    const now = isHome || isWhole ? whole(isHome, attempts) : notWhole(attempts, task, over);
    const one = { number, shotId: shot.shotId, name: shot.name, ...now };
    if (isWhole) told.known.set(number, one);
    shots.push(one);
  }
  const state = stateOf(facts, shots, told.scheduler);
  const { id, project, name } = job;
  return {
    ...{ folder, id, name, state, shots, driver: submission?.driver ?? null },
    project: { id: project.id, name: projectName(project.path) },
    at: submission?.at ?? job.createdAt,
    words: wordsOf(shots, state, told.scheduler),
    invert: { done: await unitsDone(folder, job, shots), of: job.units.length },
    problem: told.problem,
  };
}

/** Of several that have a shot, the first that the scheduler names. */
function tasksByShot(scheduler: SchedulerState | null): Map<number, SchedulerTask> {
  const tasks = new Map<number, SchedulerTask>();
  for (const task of scheduler?.tasks ?? []) {
    if (task.step !== 'render') continue;
    for (let number = task.first; number <= task.last; number++)
      if (!tasks.has(number)) tasks.set(number, task);
  }
  return tasks;
}

type Now = Omit<ShotStatus, 'number' | 'shotId' | 'name'>;

function whole(isHome: boolean, { count, newest }: Attempts): Now {
  const state = isHome ? 'collected' : 'done';
  const host = newest?.host ?? null;
  return { state, host, fraction: 1, doing: '', attempts: count, error: null, lines: newest?.lines ?? [] };
}

function notWhole({ count, newest }: Attempts, task: SchedulerTask | null, over: boolean): Now {
  const state = stateOfShot(newest, task, over);
  const isRunning = state === 'running';
  // A machine that has begun anew has not spoken yet: what another one said is not its.
  const speaks = newest?.state === 'running';
  return {
    ...{ state, attempts: count },
    host: (isRunning ? (task?.host ?? newest?.host) : newest?.host) ?? null,
    fraction: newest?.fraction ?? 0,
    doing: isRunning && speaks ? newest.doing : '',
    error: errorOf(state, newest, task),
    lines: newest?.lines ?? [],
  };
}

function stateOfShot(newest: AttemptState | null, task: SchedulerTask | null, over: boolean): Now['state'] {
  if (task && !over && task.state !== 'done') return task.state;
  if (!newest) return over ? 'stopped' : 'waiting';
  if (newest.state === 'failed') return over || !newest.error?.again ? 'failed' : 'waiting';
  if (newest.state === 'stopped') return over ? 'stopped' : 'waiting';
  if (over || Date.now() - newest.updatedAt > SILENT_MS) return 'stopped';
  // One that is done has yet to give its take a name.
  return 'running';
}

function errorOf(state: Now['state'], newest: AttemptState | null, task: SchedulerTask | null): Now['error'] {
  const said = newest?.state === 'failed' ? newest.error : null;
  if (said) return { line: said.line, hint: said.hint };
  if (state === 'failed') return { line: task?.why || 'its machine gave no reason', hint: '' };
  return null;
}

function stateOf(
  { submission, cancelled }: FolderFacts,
  shots: readonly ShotStatus[],
  scheduler: SchedulerState | null,
): FarmStatus['state'] {
  const has = (...states: readonly ShotStatus['state'][]) =>
    shots.some(({ state }) => states.includes(state));
  if (!has('waiting', 'running', 'failed', 'stopped')) return 'done';
  if (cancelled) return 'cancelled';
  const isWorking = has('running') || scheduler?.tasks.some(({ state }) => state === 'running');
  if (isWorking) return 'running';
  if (!submission) return 'packed';
  if (scheduler?.state === 'ended' || !has('waiting')) return 'failed';
  return 'waiting';
}

function wordsOf(
  shots: readonly ShotStatus[],
  state: FarmStatus['state'],
  scheduler: SchedulerState | null,
): string {
  const count = (...states: readonly ShotStatus['state'][]) =>
    shots.filter((shot) => states.includes(shot.state)).length;
  const takes = `${count('done', 'collected')} of ${shots.length} ${shots.length === 1 ? 'take' : 'takes'}`;
  const some = (['running', 'failed', 'stopped'] as const)
    .map((one) => [count(one), one] as const)
    .filter(([many]) => many > 0)
    .map(([many, one]) => `${many} ${one}`);
  const said = state === 'waiting' || state === 'running' ? (scheduler?.words ?? '') : '';
  return [[takes, ...some].join(', '), said].filter(Boolean).join('; ');
}

/** A unit whose take is whole has done what it was for. */
async function unitsDone(folder: string, job: FarmJob, shots: readonly ShotStatus[]): Promise<number> {
  if (job.units.length === 0) return 0;
  const whole = new Set(
    shots.filter(({ state }) => state === 'done' || state === 'collected').map(({ number }) => number),
  );
  if (job.units.every(({ shot }) => whole.has(shot))) return job.units.length;
  const there = await unitsThere(folder, job);
  return job.units.filter(({ shot }, index) => whole.has(shot) || there.has(index + 1)).length;
}
