/** Runs persisted jobs: claims one, renders it, writes its report, and leaves it so that it can be resumed. */
import { open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { EngineEvent, JobSummary } from '../../common/contract.ts';
import { AppError, Cancelled, errorLine, fromWire, toWire } from '../../common/errors.ts';
import type { TakeReport } from '../../common/report.ts';
import type { EditSettings } from '../../common/settings.ts';
import type { LatentCache } from './cache/latents.ts';
import { createProgressMeter } from './progress.ts';
import { CheckpointFile } from './queue/checkpoint.ts';
import type { Job, JobStore } from './queue/store.ts';
import { render } from './render.ts';

export interface JobRunner {
  /** Starts a new job. @throws Cancelled, AppError */
  run(settings: EditSettings): Promise<TakeReport>;
  /** Goes on with an unfinished job; null takes the newest. @throws AppError job-not-found, job-busy */
  resume(id: string | null): Promise<TakeReport>;
  cancel(id: string): void;
  /** Cancels every running job and waits until each has kept its state. */
  stop(): Promise<void>;
  list(): JobSummary[];
  /** Forgets a job and its checkpoint. */
  remove(id: string): Promise<void>;
}

export interface JobRunnerParts {
  readonly store: JobStore;
  readonly cache: LatentCache;
  /** Folder of the checkpoints. */
  readonly dir: string;
  readonly emit: (event: EngineEvent) => void;
}

/** How often progress is written to the job list; the events themselves come with every network call. */
const PROGRESS_STORED_EVERY_MS = 1000;

export function createJobRunner({ store, cache, dir, emit }: JobRunnerParts): JobRunner {
  const running = new Map<string, { readonly abort: AbortController; readonly ended: Promise<unknown> }>();

  const execute = async (job: Job): Promise<TakeReport> => {
    if (!store.claim(job.id)) {
      throw new AppError('job-busy', `job ${job.id} is already being worked on`, {
        doing: 'starting the job',
        hint: 'Wait for it or cancel it there.',
      });
    }
    const abort = new AbortController();
    const result = attempt(job, abort.signal);
    running.set(job.id, { abort, ended: result.catch(() => {}) });
    return result.finally(() => running.delete(job.id));
  };

  const attempt = async (job: Job, signal: AbortSignal): Promise<TakeReport> => {
    store.setState(job.id, 'running');
    emit({ kind: 'started', job: job.id });
    const checkpoint = new CheckpointFile(dir, job.id);
    const warnings: string[] = [];
    let storedAt = 0;
    const progress = createProgressMeter((now) => {
      emit({ kind: 'progress', job: job.id, progress: now });
      if (Date.now() - storedAt < PROGRESS_STORED_EVERY_MS) return;
      storedAt = Date.now();
      store.setProgress(job.id, now.phase, now.done, now.total);
    });
    try {
      const report = await render(job.settings, {
        job: job.id,
        cache,
        checkpoint,
        signal,
        progress,
        warnings,
        warn(message) {
          warnings.push(message);
          emit({ kind: 'warning', job: job.id, message });
        },
      });
      await writeReport(report);
      store.setReport(job.id, report);
      store.setState(job.id, 'done');
      await checkpoint.remove();
      return report;
    } catch (error) {
      // A checkpoint stays: a cancelled job goes on from it, a failed one once its cause is mended.
      store.setState(job.id, error instanceof Cancelled ? 'cancelled' : 'failed', toWire(error));
      throw error;
    } finally {
      store.release(job.id);
    }
  };

  return {
    run: (settings) => execute(store.create(settings)),
    resume(id) {
      if (id !== null) return execute(unfinished(store.get(id)));
      const resumable = new Set(store.findResumable().map((job) => job.id));
      const newest = store
        .list()
        .filter((job) => resumable.has(job.id) || job.state === 'cancelled')
        .at(-1);
      if (newest) return execute(newest);
      throw new AppError('job-not-found', 'there is no unfinished job', { doing: 'resuming' });
    },
    cancel: (id) => running.get(id)?.abort.abort(),
    async stop() {
      for (const { abort } of running.values()) abort.abort();
      await Promise.all([...running.values()].map(({ ended }) => ended));
    },
    list() {
      const resumable = new Set(store.findResumable().map((job) => job.id));
      return store.list().map((job) => summary(job, resumable.has(job.id)));
    },
    async remove(id) {
      store.remove(id);
      await new CheckpointFile(dir, id).remove();
    },
  };
}

function unfinished(job: Job): Job {
  if (job.state !== 'done') return job;
  throw new AppError('usage', `job ${job.id} is finished`, { doing: 'resuming', hint: 'Start a new edit.' });
}

function summary(job: Job, orphaned: boolean): JobSummary {
  return {
    id: job.id,
    state: job.state,
    settings: job.settings,
    phase: job.phase,
    done: job.done,
    total: job.total,
    error: job.error && errorLine(fromWire(job.error)),
    createdAt: job.createdAt,
    resumable: orphaned || job.state === 'cancelled',
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
