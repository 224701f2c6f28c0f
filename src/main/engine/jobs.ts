/** Runs persisted jobs: claims one, renders it, writes its report, and leaves it so that it can be resumed. */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { JobEvent } from '../../common/contract/events.ts';
import type { JobSummary, Progress } from '../../common/contract/jobs.ts';
import { AppError, Cancelled, errorLine, fromWire, toWire } from '../../common/errors.ts';
import type { TakeReport } from '../../common/report.ts';
import type { EditSettings } from '../../common/settings.ts';
import type { LatentCache } from './cache/latents.ts';
import type { Glimpse } from './context.ts';
import { removePartial } from './media/target.ts';
import { createProgressMeter } from './progress.ts';
import { CheckpointFile } from './queue/checkpoint.ts';
import type { Job, JobStore } from './queue/store.ts';
import { render } from './render.ts';

export interface JobRunner {
  /** Starts a new job; `signal` cancels it. @throws Cancelled, AppError */
  run(settings: EditSettings, signal?: AbortSignal): Promise<TakeReport>;
  /** Goes on with an unfinished job; null takes the newest. @throws AppError job-not-found, job-busy */
  resume(id: string | null, signal?: AbortSignal): Promise<TakeReport>;
  cancel(id: string): void;
  /** Cancels every running job and waits until each has kept its state. */
  stop(): Promise<void>;
  list(): JobSummary[];
  /** Forgets a job and its checkpoint. */
  remove(id: string): Promise<void>;
}

export interface JobRunnerParts {
  /** Both null where the disk has no room for them: edits still render, but nothing is remembered. */
  readonly store: JobStore | null;
  readonly cache: LatentCache | null;
  /** Folder of the checkpoints. */
  readonly dir: string;
  readonly emit: (event: JobEvent) => void;
  /** Looks in on a job; see RenderContext. */
  readonly onGlimpse?: (job: string, glimpse: Glimpse) => Promise<void>;
}

/** How often progress is written to the job list; the events themselves come with every network call. */
const PROGRESS_STORED_EVERY_MS = 1000;

/** A job at work. Its notes go to the job list, and nowhere where there is none. */
interface Task {
  readonly id: string;
  readonly settings: EditSettings;
  note(write: (store: JobStore) => void): void;
}

export function createJobRunner({ store, cache, dir, emit, onGlimpse }: JobRunnerParts): JobRunner {
  const running = new Map<string, { readonly abort: AbortController; readonly ended: Promise<unknown> }>();

  const kept = (): JobStore => {
    if (store) return store;
    throw new AppError('disk-full', 'there is no job list, for the disk is full', {
      doing: 'looking up jobs',
    });
  };

  const start = (task: Task, signal?: AbortSignal): Promise<TakeReport> => {
    const abort = new AbortController();
    signal?.addEventListener('abort', () => abort.abort(), { once: true });
    const result = attempt(task, abort.signal);
    running.set(task.id, { abort, ended: result.catch(() => {}) });
    return result.finally(() => running.delete(task.id));
  };

  const claimed = (list: JobStore, job: Job): Task => {
    if (!list.claim(job.id)) {
      throw new AppError('job-busy', `job ${job.id} is already being worked on`, {
        doing: 'starting the job',
        hint: 'Wait for it or cancel it there.',
      });
    }
    let warned = false;
    const { id, settings } = job;
    return {
      id,
      settings,
      note(write) {
        try {
          write(list);
        } catch (error) {
          // A list that cannot be written to is no reason to lose hours of rendering.
          if (!(error instanceof AppError)) throw error;
          if (!warned) emit({ kind: 'warning', job: id, message: errorLine(error) });
          warned = true;
        }
      },
    };
  };

  /** On a full disk the edit still renders, it is only not remembered. */
  const newTask = (settings: EditSettings): Task => {
    try {
      if (store) return claimed(store, store.create(settings));
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'disk-full') throw error;
      const message = 'the disk is full, so this edit cannot be resumed if it is interrupted';
      emit({ kind: 'warning', job: null, message });
    }
    return { id: randomBytes(4).toString('hex'), settings, note: () => {} };
  };

  const attempt = async ({ id, settings, note }: Task, signal: AbortSignal): Promise<TakeReport> => {
    note((list) => list.setState(id, 'running'));
    emit({ kind: 'started', job: id });
    const checkpoint = new CheckpointFile(dir, id);
    const warnings: string[] = [];
    let last: Progress | null = null;
    let storedAt = 0;
    const storeProgress = () => {
      storedAt = Date.now();
      const now = last;
      if (now) note((list) => list.setProgress(id, now.phase, now.done, now.total));
    };
    const progress = createProgressMeter((now) => {
      emit({ kind: 'progress', job: id, progress: now });
      last = now;
      if (Date.now() - storedAt >= PROGRESS_STORED_EVERY_MS) storeProgress();
    });
    try {
      const report = await render(settings, {
        job: id,
        cache,
        checkpoint,
        signal,
        progress,
        warnings,
        ...(onGlimpse && { onGlimpse: (glimpse: Glimpse) => onGlimpse(id, glimpse) }),
        warn(message) {
          warnings.push(message);
          emit({ kind: 'warning', job: id, message });
        },
      });
      await writeReport(report);
      note((list) => list.setReport(id, report));
      note((list) => list.setState(id, 'done'));
      await checkpoint.remove();
      return report;
    } catch (error) {
      // A checkpoint stays: a cancelled job goes on from it, a failed one once its cause is mended.
      const state = error instanceof Cancelled ? 'cancelled' : 'failed';
      note((list) => list.setState(id, state, toWire(error)));
      throw error;
    } finally {
      storeProgress();
      note((list) => list.release(id));
    }
  };

  /** Its process died, it was cancelled, or it failed with work done by a cause that can be mended. */
  const resumable = (list: JobStore): Job[] => {
    const orphans = new Set(list.findResumable().map((job) => job.id));
    return list.list().filter((job) => {
      if (job.state !== 'failed') return job.state === 'cancelled' || orphans.has(job.id);
      return job.error?.code !== 'not-finite' && existsSync(new CheckpointFile(dir, job.id).path);
    });
  };

  return {
    run: async (settings, signal) => start(newTask(settings), signal),
    async resume(id, signal) {
      const list = kept();
      if (id !== null) return start(claimed(list, unfinished(list.get(id))), signal);
      const newest = resumable(list).at(-1);
      if (newest) return start(claimed(list, newest), signal);
      throw new AppError('job-not-found', 'there is no unfinished job', {
        doing: 'resuming',
        hint: '"retake jobs" lists them all.',
      });
    },
    cancel: (id) => running.get(id)?.abort.abort(),
    async stop() {
      for (const { abort } of running.values()) abort.abort();
      await Promise.all([...running.values()].map(({ ended }) => ended));
    },
    list() {
      const list = kept();
      const ids = new Set(resumable(list).map((job) => job.id));
      return list.list().map((job) => summary(job, ids.has(job.id)));
    },
    async remove(id) {
      const { settings } = kept().get(id);
      kept().remove(id);
      await new CheckpointFile(dir, id).remove();
      await removePartial(settings.out, settings.format, id);
    },
  };
}

function unfinished(job: Job): Job {
  if (job.state !== 'done') return job;
  throw new AppError('usage', `job ${job.id} is finished`, { doing: 'resuming', hint: 'Start a new edit.' });
}

function summary(job: Job, resumable: boolean): JobSummary {
  return {
    id: job.id,
    state: job.state,
    settings: job.settings,
    phase: job.phase,
    done: job.done,
    total: job.total,
    error: job.error && errorLine(fromWire(job.error)),
    createdAt: job.createdAt,
    resumable,
  };
}

/** take.mov → take.report.json beside it. */
export function reportPath(out: string): string {
  return join(dirname(out), `${basename(out).replace(/\.[^.]+$/, '')}.report.json`);
}

async function writeReport(report: TakeReport): Promise<void> {
  const path = reportPath(report.take.path);
  const temporary = `${path}.partial`;
  try {
    const file = await open(temporary, 'w');
    await file.writeFile(`${JSON.stringify(report, null, 2)}\n`);
    await file.sync();
    await file.close();
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw new AppError('output-unwritable', (error as Error).message, {
      doing: `writing ${basename(path)}`,
      hint: 'The take itself is complete.',
      cause: error,
    });
  }
}
