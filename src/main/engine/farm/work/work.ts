/**
 * Works on a job: takes one task after the other until none is left. Any number of machines may do so at once on one shared
 * folder, and start and stop when they like.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { FarmJob } from '../job-folder.ts';
import { hasTake, missingTasks } from '../missing.ts';
import { readJob } from '../read-job.ts';
import { SILENCE_MS, type Standing, standingOf, take } from './claims.ts';
import { tryAgain, workPaths, writeEnding, writtenAt } from './files.ts';
import { orderOf, type Task } from './order.ts';
import { type Heard, startTask } from './task-process.ts';
import { Worker } from './worker.ts';

const POLL_MS = 2000;
/** A machine that has just failed with a task leaves it to others for so long. Milliseconds. */
const REST_MS = 60_000;

const UNREACHABLE = new Set([
  ...['ENOENT', 'EIO', 'ESTALE', 'ENODEV', 'ENOTCONN', 'ETIMEDOUT', 'EREMOTEIO', 'EHOSTDOWN', 'EHOSTUNREACH'],
  ...['ENETDOWN', 'ENETUNREACH', 'UNKNOWN'],
]);

export type WorkNews =
  | { readonly kind: 'begins'; readonly task: string; readonly turn: number }
  | { readonly kind: 'goes'; readonly task: string; readonly heard: Heard }
  | { readonly kind: 'ended'; readonly task: string; readonly how: string; readonly why: string }
  /** Others have all that is left, or it has just failed here. */
  | { readonly kind: 'waits'; readonly tasks: number }
  /** The folder cannot be reached; it waits for it. */
  | { readonly kind: 'unreachable'; readonly why: string };

export interface WorkOptions {
  /** Starts `farm run-task` of this Retake; the folder, the task and what the artist wants it told are added. */
  readonly command: readonly [string, ...string[]];
  readonly more: readonly string[];
  /** What failed before is tried once more. */
  readonly again: boolean;
  /** What runs is stopped in order, and nothing new is begun. */
  readonly signal: AbortSignal;
  readonly onNews: (news: WorkNews) => void;
  readonly restMs?: number;
  readonly pollMs?: number;
}

export interface WorkDone {
  /** Tasks that ended well here. */
  readonly done: number;
  /** Those that nobody tries any more, whoever tried last. */
  readonly failed: readonly { readonly task: string; readonly host: string; readonly why: string }[];
  /** Somebody stopped it, and there is work left. */
  readonly stopped: boolean;
}

/** @throws AppError as readJob, before any task is anybody's; what the file system says where it cannot be written to */
export async function work(folder: string, options: WorkOptions): Promise<WorkDone> {
  const job = await readJob(folder);
  if (options.again) await tryAgain(folder);
  for (let done = 0; ; ) {
    const shift = await workShift(folder, job, options);
    done += shift.done;
    // Somebody asked for what failed while the last look at it was taken: who is seen working is relied on.
    if (shift.stopped || (await writtenAt(workPaths.again(folder))) <= shift.again) return { ...shift, done };
  }
}

async function workShift(folder: string, job: FarmJob, options: WorkOptions) {
  await using worker = await Worker.begin(folder);
  const stop = new AbortController();
  const abort = () => stop.abort();
  const watch = setInterval(() => {
    stopAsked(folder, worker).then(
      (asked) => asked && abort(),
      () => {},
    );
  }, options.pollMs ?? POLL_MS);
  options.signal.addEventListener('abort', abort);
  if (options.signal.aborted) abort();
  try {
    return await new Shift(folder, job, worker, { ...options, signal: stop.signal }).run();
  } finally {
    clearInterval(watch);
    options.signal.removeEventListener('abort', abort);
  }
}

async function stopAsked(folder: string, { began }: Worker): Promise<boolean> {
  return (await writtenAt(workPaths.stop(folder))) >= began;
}

/** What one worker does from its first task to its last. */
class Shift {
  readonly #folder: string;
  readonly #job: FarmJob;
  readonly #worker: Worker;
  readonly #options: WorkOptions;
  #left: readonly Task[];
  #done = 0;
  #failed = new Map<string, { host: string; why: string }>();
  #again = Number.NEGATIVE_INFINITY;
  #waiting = -1;

  constructor(folder: string, job: FarmJob, worker: Worker, options: WorkOptions) {
    this.#folder = folder;
    this.#job = job;
    this.#worker = worker;
    this.#options = options;
    this.#left = orderOf(job);
  }

  async run(): Promise<WorkDone & { again: number }> {
    const { signal } = this.#options;
    const units = await missingTasks(this.#folder, this.#job, 'invert');
    const missing = new Set(units.map(({ first }) => first));
    this.#left = this.#left.filter(({ step, range }) => step !== 'invert' || missing.has(range.first));
    while (!signal.aborted) {
      const next = await this.#reached(() => this.#next());
      if (next === 'nothing') break;
      if (next === 'wait') await sleep(this.#options.pollMs ?? POLL_MS, null, { signal }).catch(() => {});
      else await this.#turn(next.task, next.turn);
    }
    const failed = [...this.#failed].map(([task, { host, why }]) => ({ task, host, why }));
    const stopped = signal.aborted && this.#left.length > 0;
    return { done: this.#done, failed, stopped, again: this.#again };
  }

  /** A task that is this worker's from now on. */
  async #next(): Promise<{ task: Task; turn: number } | 'wait' | 'nothing'> {
    const again = await writtenAt(workPaths.again(this.#folder));
    if (again > this.#again) {
      this.#again = again;
      this.#retry();
    }
    const open = new Set(this.#left.map(({ name }) => name));
    const seen = { folder: this.#folder, machine: this.#worker.machine, now: this.#worker.now, again };
    for (const task of this.#left) {
      if (task.after.some((name) => open.has(name))) continue;
      // What wants all takes never comes where one of them has failed.
      if (task.step === 'assemble' && this.#lacksTake()) {
        open.delete(task.name);
        continue;
      }
      const standing = await this.#standing(task, seen);
      if (standing.state === 'done' || standing.state === 'failed') {
        open.delete(task.name);
        if (standing.state === 'failed') this.#failed.set(task.name, standing);
      } else if (standing.state === 'free' && !this.#rests(standing, seen.now)) {
        if (await take(this.#folder, task.name, standing.turn, this.#worker.id)) {
          this.#left = this.#left.filter(({ name }) => open.has(name));
          return { task, turn: standing.turn };
        }
      }
    }
    this.#left = this.#left.filter(({ name }) => open.has(name));
    if (this.#left.length === 0) return 'nothing';
    if (this.#waiting !== this.#left.length) {
      this.#waiting = this.#left.length;
      this.#options.onNews({ kind: 'waits', tasks: this.#waiting });
    }
    return 'wait';
  }

  #lacksTake(): boolean {
    return [...this.#failed.keys()].some((name) => name.startsWith('render-'));
  }

  #retry(): void {
    if (this.#failed.size === 0) return;
    const left = new Set(this.#left.map(({ name }) => name));
    this.#left = orderOf(this.#job).filter(
      ({ name, step }) => left.has(name) || this.#failed.has(name) || step === 'assemble',
    );
    this.#failed.clear();
  }

  async #standing(task: Task, seen: Parameters<typeof standingOf>[1]): Promise<Standing> {
    const standing = await standingOf(task.name, seen);
    if (await isWhole(this.#folder, this.#job, task)) return { state: 'done', host: '', turn: 0, at: 0 };
    // A unit may be left to its shot; a take that is not there, whatever is said of it, is not.
    if (standing.state !== 'done' || task.step === 'invert') return standing;
    const { host, turn, at } = standing;
    const why = 'it ended well, and what it made is gone';
    if (at < seen.again) return { state: 'free', turn: turn + 1, last: null, why };
    return { state: 'failed', host, why };
  }

  /** Waits for a network disk that is gone for a while; after that, what was this worker's is others' anyway. */
  async #reached<T>(ask: () => Promise<T>): Promise<T> {
    const { signal, onNews, pollMs = POLL_MS } = this.#options;
    let since: number | null = null;
    for (;;) {
      try {
        return await ask();
      } catch (error) {
        const { code = '', message } = error as NodeJS.ErrnoException;
        if (!UNREACHABLE.has(code) || signal.aborted) throw error;
        if (since === null) onNews({ kind: 'unreachable', why: message });
        since ??= performance.now();
        if (performance.now() - since > SILENCE_MS) throw error;
        await sleep(pollMs, null, { signal }).catch(() => {});
      }
    }
  }

  #rests({ last }: Extract<Standing, { state: 'free' }>, now: number): boolean {
    const rest = this.#options.restMs ?? REST_MS;
    return last !== null && last.worker === this.#worker.id && now - last.at < rest;
  }

  async #turn({ name, step, range }: Task, turn: number): Promise<void> {
    const { command, more, signal, onNews } = this.#options;
    onNews({ kind: 'begins', task: name, turn });
    const log = workPaths.log(this.#folder, `${name}.${turn}`);
    const numbers = ['--step', step, '--first', `${range.first}`, '--last', `${range.last}`];
    const task = await startTask(
      [...command, this.#folder, ...numbers, '--attempt', `${turn}-${this.#worker.id}`, ...more],
      { log, signal, onHeard: (heard) => onNews({ kind: 'goes', task: name, heard }) },
    );
    // If the folder cannot be reached now, the task will say so itself.
    await this.#worker.worksOn({ name, turn, program: task.program }).catch(() => {});
    const { how, why } = await task.ended;
    const ending = { worker: this.#worker.id, host: this.#worker.host, how, why };
    await this.#reached(() => writeEnding(workPaths.ended(this.#folder, name, turn), ending));
    await this.#worker.worksOn(null).catch(() => {});
    if (how === 'done') this.#done += 1;
    onNews({ kind: 'ended', task: name, how, why });
  }
}

/** Of units, that is known at the beginning, and by how their turns ended. */
async function isWhole(folder: string, job: FarmJob, { step, range }: Task): Promise<boolean> {
  if (step === 'render') return hasTake(folder, range.first);
  return step === 'assemble' && (await missingTasks(folder, job, 'assemble')).length === 0;
}
