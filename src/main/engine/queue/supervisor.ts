/**
 * Owns the life of every job, of the command line as of the desktop: claims it, runs it, keeps what it was stopped at.
 * What a job is and where it stands is in its row alone; only those that run now are held in memory. Long, since a job's whole life is
 * told here.
 */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import type { JobEvent } from '../../../common/contract/events.ts';
import type { JobState, JobSummary, Phase, Progress, SavedLora } from '../../../common/contract/jobs.ts';
import { AppError, Cancelled, errorLine, fromWire, toWire } from '../../../common/errors.ts';
import type { TakeReport } from '../../../common/report.ts';
import type { EditSettings } from '../../../common/settings/settings.ts';
import type { ArtefactStore } from '../artefacts/store.ts';
import type { Probe } from '../media/remembering-probe.ts';
import { removePartial } from '../media/target.ts';
import { createProgressMeter } from '../progress.ts';
import { CheckpointFile } from '../render/checkpoint-file.ts';
import type { Glimpse, RenderContext } from '../render/context.ts';
import { type LoraToSave, saveTakeLora } from '../render/take-lora.ts';
import { projectName } from './entry.ts';
import type { Job } from './job.ts';
import { type Outcome, runJob, type Work } from './run.ts';
import type { JobStore } from './store.ts';

export interface SupervisorParts {
  /** Both null where the disk has no room for them: edits still render, but nothing is remembered. */
  readonly store: JobStore | null;
  readonly cache: ArtefactStore | null;
  readonly probe: Probe;
  /** Folder of the checkpoints. */
  readonly dir: string;
  readonly emit: (event: JobEvent) => void;
}

/** How often progress is written to the job list; the events themselves come with every network call. */
const PROGRESS_STORED_EVERY_MS = 1000;

interface Running {
  readonly abort: AbortController;
  /** What it is when it has been stopped. */
  becomes: JobState;
  /** Where it stands; its row is told a second later at most. */
  phase: Phase | null;
  readonly ended: Promise<unknown>;
}

export interface Watcher {
  /** Cancels it. */
  readonly signal?: AbortSignal | undefined;
  /** Before anything is computed; it fails with what this throws. */
  readonly onBegin?: () => Promise<void>;
  readonly onProgress?: (progress: Progress) => void;
  readonly onGlimpse?: (glimpse: Glimpse) => Promise<void>;
}

export class Supervisor {
  readonly #parts: SupervisorParts;
  readonly #running = new Map<string, Running>();

  constructor(parts: SupervisorParts) {
    this.#parts = parts;
  }

  /** Starts a new job of the command line; on a full disk it still renders, it is only not remembered. `signal` cancels. */
  async run(settings: EditSettings, signal?: AbortSignal): Promise<TakeReport> {
    return takeOf(await this.start(this.#newJob(settings), { signal }));
  }

  /** Goes on with an unfinished job of the command line; null takes the newest. @throws AppError job-not-found, job-busy */
  async resume(id: string | null, signal?: AbortSignal): Promise<TakeReport> {
    const store = this.#kept();
    const job = id === null ? this.#resumable().at(-1) : store.get(id);
    if (!job) {
      throw new AppError('job-not-found', 'there is no unfinished job', {
        doing: 'resuming',
        hint: '"retake jobs" lists them all.',
      });
    }
    ofCommandLine(job, 'resuming');
    if (job.state === 'done') {
      throw new AppError('usage', `job ${job.id} is finished`, {
        doing: 'resuming',
        hint: 'Start a new edit.',
      });
    }
    return takeOf(await this.start(job, { signal }));
  }

  /** Runs a job to its end. @throws Cancelled when it was stopped; AppError, job-busy where another process has it */
  async start(job: Work, watcher: Watcher = {}): Promise<Outcome> {
    const { store } = this.#parts;
    const isKept = store !== null && job.id !== '';
    if (isKept && !store.claim(job.id)) {
      throw new AppError('job-busy', `job ${job.id} is already being worked on`, {
        doing: 'starting the job',
        hint: 'Wait for it or cancel it there.',
      });
    }
    const id = job.id || randomBytes(4).toString('hex');
    const abort = new AbortController();
    watcher.signal?.addEventListener('abort', () => abort.abort(), { once: true });
    const notes = isKept ? this.#noting(store, id) : () => {};
    const result = this.#attempt({ ...job, id }, abort.signal, notes, watcher);
    this.#running.set(id, { abort, becomes: 'cancelled', phase: null, ended: result.catch(() => {}) });
    return result.finally(() => this.#running.delete(id));
  }

  /** Stops a running job; false where it does not run here. */
  cancel(id: string, becomes: JobState = 'cancelled'): boolean {
    const running = this.#running.get(id);
    if (!running) return false;
    running.becomes = becomes;
    running.abort.abort();
    return true;
  }

  /** A job that learns takes what it has learnt so far and goes on. It may run in another process. @throws AppError job-not-found, usage */
  async enough(id: string): Promise<void> {
    const job = this.#kept().get(id);
    const phase = this.#running.get(id)?.phase ?? job.phase;
    if (job.state !== 'running' || phase !== 'learn')
      throw new AppError('usage', `job ${id} does not learn just now`, {
        doing: 'ending the learning',
        hint: '"retake jobs" says what runs.',
      });
    await new CheckpointFile(this.#parts.dir, id).sayEnough();
  }

  /** What was learnt for a take, as a file. @throws AppError */
  saveLora(asked: LoraToSave): Promise<SavedLora> {
    return saveTakeLora(asked, this.#parts.cache);
  }

  get isBusy(): boolean {
    return this.#running.size > 0;
  }

  runs(id: string): boolean {
    return this.#running.has(id);
  }

  /** Stops every running job and waits until each has kept its state. */
  async stop(becomes: JobState = 'cancelled'): Promise<void> {
    for (const id of this.#running.keys()) this.cancel(id, becomes);
    await Promise.all([...this.#running.values()].map(({ ended }) => ended));
  }

  list(): JobSummary[] {
    const resumable = new Set(this.#resumable().map(({ id }) => id));
    return this.#kept()
      .list()
      .map((job) => summary(job, resumable.has(job.id)));
  }

  /** Forgets a job of the command line and its checkpoint. @throws AppError job-not-found, job-busy */
  async remove(id: string): Promise<void> {
    const job = this.#kept().get(id);
    ofCommandLine(job, 'removing a job');
    await this.forget(job);
  }

  /** @throws AppError job-not-found, job-busy */
  async forget({ id, kind, settings }: Job): Promise<void> {
    this.#kept().remove(id);
    await new CheckpointFile(this.#parts.dir, id).remove();
    if (kind === 'take') await removePartial(settings.output.path, settings.output.format, id);
  }

  async #attempt(
    job: Work,
    signal: AbortSignal,
    note: (write: (store: JobStore) => void) => void,
    { onBegin, onProgress, onGlimpse }: Watcher,
  ): Promise<Outcome> {
    const { id } = job;
    const { cache, probe, dir, emit } = this.#parts;
    note((store) => store.move(id, 'running'));
    emit({ kind: 'started', job: id });
    const checkpoint = new CheckpointFile(dir, id);
    const warnings: string[] = [];
    let last: Progress | null = null;
    let storedAt = 0;
    const storeProgress = () => {
      storedAt = Date.now();
      const now = last;
      if (now) note((store) => store.setProgress(id, now));
    };
    const progress = createProgressMeter((now) => {
      onProgress?.(now);
      const running = this.#running.get(id);
      if (running) running.phase = now.phase;
      if (!job.desk) emit({ kind: 'progress', job: id, progress: now });
      last = now;
      if (Date.now() - storedAt >= PROGRESS_STORED_EVERY_MS) storeProgress();
    });
    try {
      // What was said to an attempt before is not said to this one.
      checkpoint.hearsEnough();
      const context: RenderContext = {
        job: id,
        probe,
        cache,
        checkpoint,
        signal,
        progress,
        isEnough: () => checkpoint.hearsEnough(),
        warnings,
        ...(onGlimpse && { onGlimpse }),
        warn(message) {
          warnings.push(message);
          // A preview leaves it to the render of the whole shot.
          if (job.kind === 'take') emit({ kind: 'warning', job: id, message });
        },
      };
      const outcome = await runJob(job, context, onBegin);
      storeProgress();
      // A kill from here on finds the report beside the take, which proves that it is whole.
      await checkpoint.remove();
      note((store) => store.finish(id, outcome.kind === 'take' ? outcome.report : null));
      return outcome;
    } catch (error) {
      storeProgress();
      // A checkpoint stays: a cancelled job goes on from it, a failed one once its cause is mended.
      if (error instanceof Cancelled) {
        const becomes = this.#running.get(id)?.becomes ?? 'cancelled';
        note((store) => store.move(id, becomes, becomes === 'cancelled' ? toWire(error) : null));
      } else note((store) => store.move(id, 'failed', toWire(error)));
      throw error;
    } finally {
      note((store) => store.release(id));
    }
  }

  /** A list that cannot be written to is no reason to lose hours of rendering. */
  #noting(store: JobStore, id: string): (write: (store: JobStore) => void) => void {
    let warned = false;
    return (write) => {
      try {
        write(store);
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        if (!warned) this.#parts.emit({ kind: 'warning', job: id, message: errorLine(error) });
        warned = true;
      }
    };
  }

  #newJob(settings: EditSettings): Work {
    try {
      if (this.#parts.store) return this.#parts.store.create(settings);
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'disk-full') throw error;
      const message = 'the disk is full, so this edit cannot be resumed if it is interrupted';
      this.#parts.emit({ kind: 'warning', job: null, message });
    }
    return { id: '', kind: 'take', settings, desk: null };
  }

  /** Of the command line: its process died, it was cancelled, or it failed with work done by a cause that can be mended. */
  #resumable(): Job[] {
    const store = this.#kept();
    const orphans = new Set(store.findResumable().map((job) => job.id));
    return store.list().filter((job) => {
      if (job.desk) return false;
      if (job.state !== 'failed') return job.state === 'cancelled' || orphans.has(job.id);
      const code = job.error?.code;
      // The clip it began with may come back.
      if (code === 'clip-changed') return true;
      return code !== 'not-finite' && existsSync(new CheckpointFile(this.#parts.dir, job.id).path);
    });
  }

  #kept(): JobStore {
    if (this.#parts.store) return this.#parts.store;
    throw new AppError('disk-full', 'there is no job list, for the disk is full', {
      doing: 'looking up jobs',
    });
  }
}

function takeOf(outcome: Outcome): TakeReport {
  if (outcome.kind === 'take') return outcome.report;
  throw new Error('a preview makes no take');
}

function ofCommandLine({ id, desk }: Job, doing: string): void {
  if (!desk) return;
  throw new AppError('usage', `job ${id} is in the queue of the desktop`, {
    doing,
    hint: 'Open Retake: its queue goes on there.',
  });
}

function summary(job: Job, resumable: boolean): JobSummary {
  const { id, state, settings, phase, done, total, error, createdAt, desk } = job;
  const path = desk?.project?.path;
  return {
    id,
    state,
    settings,
    phase,
    done,
    total,
    error: error && errorLine(fromWire(error)),
    createdAt,
    resumable,
    desktop: desk && { label: desk.label, project: path ? projectName(path) : null },
  };
}
