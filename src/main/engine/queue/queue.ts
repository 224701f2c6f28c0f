/**
 * The desktop's render queue: one job at a time, in the artist's order, whichever project is open. A paused job is
 * stopped and resumed later, which its checkpoint makes the same to the bit; a frame to look at goes first, and the job
 * it interrupted goes on afterwards. Rows are the truth; supervisor.ts runs them; filing.ts brings takes to their project.
 */
import pLimit from 'p-limit';
import type { DesktopEvent, JobEvent } from '../../../common/contract/events.ts';
import type { JobState, Progress } from '../../../common/contract/jobs.ts';
import type { QueueEntry } from '../../../common/contract/queue.ts';
import { AppError, errorLine } from '../../../common/errors.ts';
import type { TakeReport } from '../../../common/report.ts';
import type { Probe } from '../media/remembering-probe.ts';
import type { ProjectRef } from '../project/file.ts';
import { type AddRequest, checkedJobs } from './add.ts';
import { promisedPaths } from './collected.ts';
import { DeskRows } from './desk.ts';
import { entryOf } from './entry.ts';
import { type FileTake, TakeFiling } from './filing.ts';
import type { Job } from './job.ts';
import { QueueNews } from './news.ts';
import { recover } from './recovery.ts';
import type { Outcome } from './run.ts';
import { recordSpeeds } from './speeds.ts';
import { ENDED } from './state.ts';
import type { JobStore } from './store.ts';
import type { Supervisor, Watcher } from './supervisor.ts';
import { toRgba, type Watch } from './watch.ts';

export interface QueueParts {
  readonly store: JobStore;
  readonly supervisor: Supervisor;
  readonly watch: Watch;
  readonly file: FileTake;
  readonly probe: Probe;
  /** Before anything of a job is computed; it fails with what this throws. */
  readonly onBegin: (job: Job) => Promise<void>;
  /** After that, however it ended. */
  readonly onEnd: () => void;
  readonly emit: (event: DesktopEvent | JobEvent) => void;
}

export class RenderQueue {
  readonly #parts: QueueParts;
  readonly #rows: DeskRows;
  readonly #news: QueueNews;
  readonly #filing: TakeFiling;
  #running: { readonly job: Job; ended: Promise<void>; progress: Progress | null } | null = null;
  #stopped = false;
  /** One after the other: the second must see the names that the first one promised. */
  readonly #adding = pLimit(1);
  /** Work beside the jobs that waits or runs: no job begins meanwhile. */
  #asides = 0;
  readonly #aside = pLimit(1);

  constructor(parts: QueueParts) {
    this.#parts = parts;
    this.#rows = new DeskRows(parts.store);
    this.#news = new QueueNews({
      look: (id) => this.#look(id),
      paused: () => this.#rows.paused,
      emit: parts.emit,
    });
    const { file, emit } = parts;
    this.#filing = new TakeFiling({ rows: this.#rows, file, emit, onChange: (id) => this.#news.changed(id) });
    recover(parts.store, this.#rows);
    this.#filing.fileAll();
    this.#pump();
  }

  list(): { entries: QueueEntry[]; paused: boolean } {
    return { entries: this.#parts.store.queue().map((job) => this.#entry(job)), paused: this.#rows.paused };
  }

  /** All of them or none; a refusal names the shot. @throws AppError usage, clip-changed, output-unwritable, disk-full, … */
  add(request: AddRequest): Promise<{ ids: string[] }> {
    return this.#adding(() => this.#add(request));
  }

  /** Work that is no job, while nothing renders: a take that runs makes way and goes on afterwards. */
  async aside<T>(work: () => Promise<T>): Promise<T> {
    this.#asides += 1;
    try {
      return await this.#aside(async () => {
        this.#interrupt('queued');
        while (this.#running) await this.#running.ended;
        return await work();
      });
    } finally {
      this.#asides -= 1;
      this.#goOn();
    }
  }

  pause(paused: boolean): void {
    this.#rows.paused = paused;
    if (paused) this.#interrupt('paused');
    this.#news.changed();
    this.#pump();
  }

  /** null moves it to the end. @throws AppError job-not-found */
  move(id: string, before: string | null): void {
    this.#find(id);
    if (before !== null) this.#find(before);
    if (before === id) return;
    const all = this.#rows.move(id, before);
    this.#news.changed(...(all ? this.#parts.store.queue().map((job) => job.id) : [id]));
  }

  /**
   * Also ends the wait of a finished take for a project that never comes back.
   * @throws AppError job-not-found; job-busy where another Retake runs it
   */
  cancel(id: string): void {
    const job = this.#find(id);
    if (job.state === 'done') this.#giveUp(id);
    if (ENDED.includes(job.state) || this.#parts.supervisor.cancel(id)) return;
    if (job.state === 'running' && this.#parts.store.isClaimed(id)) {
      throw new AppError('job-busy', 'another Retake is rendering it', {
        doing: 'cancelling',
        hint: 'Cancel it there.',
      });
    }
    this.#move(id, 'cancelled');
  }

  retry(id: string): void {
    this.#find(id);
    if (!this.#move(id, 'queued')) return;
    this.#rows.forgive(id);
    this.#pump();
  }

  /** Forgets what has ended; files stay, and so does what its project does not know yet. */
  async clear(): Promise<void> {
    const ended = this.#parts.store.queue().filter(({ state, desk }) => ENDED.includes(state) && desk?.filed);
    for (const job of ended) await this.#parts.supervisor.forget(job);
    this.#news.changed(...ended.map(({ id }) => id));
  }

  /** A project was opened, at this place: its takes that wait reach it now. `shots`: ids of those it has. */
  found(project: ProjectRef, shots: readonly string[]): void {
    this.#rows.found(project, shots);
    this.#filing.fileAll(project.id);
    const ids = this.#parts.store.queue().filter(({ desk }) => desk?.project?.id === project.id);
    this.#news.changed(...ids.map(({ id }) => id));
  }

  /** Takes that other machines made are home: they go to their projects as its own do. */
  brought(ids: readonly string[]): void {
    for (const id of ids) {
      const job = this.#find(id);
      if (job.report) this.#filing.file(job, job.report);
    }
  }

  /** The artist goes on in a copy of the project. */
  readdress(from: string, to: ProjectRef): void {
    this.#rows.readdress(from, to);
    this.#news.changed(...this.#parts.store.queue().map(({ id }) => id));
  }

  /** Stops the running job so that the next session goes on with it. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#filing.stop();
    // Nobody will be there to look at them.
    for (const { id, kind } of this.#parts.store.queue()) {
      if (kind === 'preview' && !this.#parts.store.isClaimed(id)) this.#parts.store.move(id, 'cancelled');
    }
    const running = this.#running;
    if (running) {
      const { id, kind } = running.job;
      const waits = this.#rows.paused ? 'paused' : 'queued';
      this.#parts.supervisor.cancel(id, kind === 'preview' ? 'cancelled' : waits);
      // At once: who waits for the end of a long network call may lose patience and end the process, which is no crash.
      this.#rows.forgive(id);
      await running.ended;
    }
    this.#news.flush();
  }

  async #add(request: AddRequest): Promise<{ ids: string[] }> {
    const { preview } = request;
    const { store } = this.#parts;
    const wanted = await checkedJobs(request, promisedPaths(store), this.#parts.probe);
    // Each goes in front of those before it: the first that was asked for is put there last.
    const added = preview
      ? store.enqueue('preview', wanted.toReversed()).toReversed()
      : store.enqueue('take', wanted);
    if (preview) this.#interrupt('queued');
    const ids = added.map(({ id }) => id);
    this.#news.changed(...ids);
    this.#pump();
    return { ids };
  }

  /** Starts the next one unless one is running. */
  #pump(): void {
    if (this.#running || this.#stopped || this.#asides > 0) return;
    const { store } = this.#parts;
    const ready = store.queue().filter(({ state }) => state === 'queued' || state === 'paused');
    const previews = ready.filter(({ kind }) => kind === 'preview');
    const next = [...previews, ...(this.#rows.paused ? [] : ready)].find(({ id }) => !store.isClaimed(id));
    if (!next) return;
    const running = { job: next, progress: null, ended: Promise.resolve() };
    this.#running = running;
    running.ended = this.#run(next);
  }

  async #run(job: Job): Promise<void> {
    const { id } = job;
    try {
      const work = this.#parts.supervisor.start(job, this.#watcher(job));
      this.#news.changed(id);
      const outcome = await work;
      if (outcome.kind === 'take') this.#taken(job, outcome.report);
      else this.#seen(job, outcome);
    } catch {
      // Its row says how it ended: cancelled, paused, failed and why.
    } finally {
      this.#running = null;
      this.#parts.onEnd();
      this.#news.changed(id);
      this.#goOn();
    }
  }

  /** Nobody waits for an answer here. */
  #goOn(): void {
    try {
      this.#pump();
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      this.#parts.emit({ kind: 'warning', job: null, message: errorLine(error) });
    }
  }

  #watcher(job: Job): Watcher {
    const { id, desk } = job;
    return {
      onBegin: () => this.#parts.onBegin(job),
      onProgress: (progress) => {
        if (this.#running) this.#running.progress = progress;
        this.#news.progress(id, progress);
      },
      onGlimpse: async (glimpse) => {
        const frame = await this.#parts.watch.look(id, desk?.shotId ?? '', glimpse);
        if (frame) this.#parts.emit(frame);
      },
    };
  }

  #taken(job: Job, report: TakeReport): void {
    try {
      this.#filing.file(job, report);
      recordSpeeds(this.#parts.store, report);
    } catch (error) {
      this.#parts.emit({ kind: 'warning', job: job.id, message: errorLine(error) });
    }
  }

  #seen({ id, desk, settings }: Job, { picture, fit, edit }: Extract<Outcome, { kind: 'preview' }>): void {
    const frame = settings.guide.anchor;
    const step = settings.sampling.steps;
    const shotId = desk?.shotId ?? '';
    // One that was kept comes at once: the window must know what it is of.
    this.#news.flush();
    this.#parts.emit({
      kind: 'preview-frame',
      jobId: id,
      shotId,
      frame,
      step,
      ...toRgba(picture, fit, edit),
    });
  }

  /** A take that runs makes way. */
  #interrupt(becomes: JobState): void {
    const job = this.#running?.job;
    if (job?.kind === 'take') this.#parts.supervisor.cancel(job.id, becomes);
  }

  /** Its file stays in the folder of the takes. */
  #giveUp(id: string): void {
    this.#rows.markFiled(id);
    this.#news.changed(id);
  }

  #move(id: string, state: JobState): boolean {
    const moved = this.#parts.store.move(id, state);
    this.#news.changed(id);
    return moved;
  }

  #find(id: string): Job {
    const job = this.#parts.store.get(id);
    if (job.desk) return job;
    throw new AppError('job-not-found', 'it is not in the queue', { doing: 'looking up a render' });
  }

  #look(id: string): QueueEntry | null {
    const job = this.#parts.store.find(id);
    return job?.desk ? this.#entry(job) : null;
  }

  #entry(job: Job): QueueEntry {
    return entryOf(job, this.#running?.job.id === job.id ? this.#running.progress : null);
  }
}
