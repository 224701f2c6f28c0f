/**
 * The render queue: one job at a time, in the artist's order. A paused job is stopped and resumed later, which its
 * checkpoint makes the same to the bit; a frame to look at goes first, and the job it interrupted goes on afterwards.
 */
import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import type { Asked } from '../../../common/contract/contract.ts';
import type { DesktopEvent, JobEvent } from '../../../common/contract/events.ts';
import type { QueueEntry } from '../../../common/contract/queue.ts';
import { AppError, Cancelled, errorLine, fromWire, toWire, type WireError } from '../../../common/errors.ts';
import type { TakeReport } from '../../../common/report.ts';
import type { LatentCache } from '../cache/latents.ts';
import type { Glimpse } from '../context.ts';
import type { JobRunner } from '../jobs.ts';
import { fromSystem } from '../media/target.ts';
import { createProgressMeter } from '../progress.ts';
import { CheckpointFile } from '../queue/checkpoint.ts';
import type { JobStore } from '../queue/store.ts';
import { renderFrame } from './frame-render.ts';
import { QueueRows } from './queue-rows.ts';
import { requestOf } from './request-of.ts';
import { recordSpeeds } from './speeds.ts';
import { nextTake } from './take-name.ts';
import { toRgba, type Watch } from './watch.ts';

export interface QueueParts {
  readonly store: JobStore;
  readonly cache: LatentCache | null;
  readonly runner: JobRunner;
  /** Folder of the checkpoints. */
  readonly dir: string;
  readonly watch: Watch;
  readonly emit: (event: DesktopEvent) => void;
}

export type AddRequest = Omit<Asked<'queue.add'>, 'bundle'> & { readonly bundle: string };

type Item = { -readonly [Key in keyof QueueEntry]: QueueEntry[Key] };

/** A job that ended this often together with its process is not started again by itself. */
const MOST_DEATHS = 2;
const EVENTS_EVERY_MS = 100;
const FRESH = { fraction: 0, etaSeconds: null, phase: null, error: null, hint: null } as const;

export class RenderQueue {
  readonly #parts: QueueParts;
  readonly #rows: QueueRows;
  readonly #items: Item[] = [];
  #paused: boolean;
  #stopped = false;
  #running: { readonly item: Item; readonly stop: () => void; becomes: QueueEntry['state'] } | null = null;
  #ended: Promise<void> = Promise.resolve();
  #toldAt = 0;
  #telling: NodeJS.Timeout | null = null;

  constructor(parts: QueueParts) {
    this.#parts = parts;
    this.#rows = new QueueRows(parts.store);
    this.#paused = this.#rows.paused;
    this.#load();
    this.#pump();
  }

  list(): { entries: QueueEntry[]; paused: boolean } {
    return { entries: this.#items.map((item) => ({ ...item })), paused: this.#paused };
  }

  /** @throws AppError usage, output-unwritable, disk-full */
  async add({ shot, clip, bundle, provider, takesFolder, preview }: AddRequest): Promise<{ id: string }> {
    try {
      await mkdir(takesFolder, { recursive: true });
    } catch (error) {
      throw fromSystem(error, 'preparing the folder of the takes');
    }
    const promised = this.#items.map((other) => other.settings.out);
    const out = await nextTake(takesFolder, shot.name, promised);
    const settings = requestOf({ shot, clip, bundle, provider, out, preview });
    const label = preview ? `${shot.name}, frame ${shot.leadAnchor}` : shot.name;
    const id = preview ? randomBytes(4).toString('hex') : this.#parts.store.create(settings).id;
    const item: Item = { id, shotId: shot.id, label, state: 'waiting', settings, preview, ...FRESH };
    if (preview) {
      this.#items.unshift(item);
      if (this.#running && !this.#running.item.preview) this.#stop('waiting');
    } else {
      this.#rows.add(id, shot.id, label);
      this.#items.push(item);
    }
    this.#changed();
    this.#pump();
    return { id };
  }

  pause(paused: boolean): void {
    this.#paused = paused;
    this.#rows.paused = paused;
    if (paused && this.#running && !this.#running.item.preview) this.#stop('paused');
    this.#changed();
    this.#pump();
  }

  /** null moves it to the end. */
  move(id: string, before: string | null): void {
    const item = this.#find(id);
    if (before === id) return;
    this.#items.splice(this.#items.indexOf(item), 1);
    const at = before === null ? this.#items.length : this.#items.indexOf(this.#find(before));
    this.#items.splice(at, 0, item);
    this.#rows.order(this.#items.filter(({ preview }) => !preview).map((other) => other.id));
    this.#changed();
  }

  cancel(id: string): void {
    const item = this.#find(id);
    if (item === this.#running?.item) this.#stop('cancelled');
    else if (item.state === 'waiting' || item.state === 'paused') this.#set(item, 'cancelled');
  }

  retry(id: string): void {
    const item = this.#find(id);
    if (item.state !== 'failed' && item.state !== 'cancelled') return;
    Object.assign(item, FRESH);
    this.#set(item, 'waiting');
    if (!item.preview) this.#rows.ended(id);
    this.#pump();
  }

  /** Forgets what has ended; takes stay. */
  async clear(): Promise<void> {
    const ended = this.#items.filter(({ state }) => /done|failed|cancelled/.test(state));
    for (const item of ended) {
      if (!item.preview) await this.#parts.runner.remove(item.id);
      this.#items.splice(this.#items.indexOf(item), 1);
    }
    this.#changed();
  }

  /** Progress of jobs comes through here. */
  observe(event: JobEvent): void {
    if (event.kind !== 'progress' || this.#running?.item.id !== event.job) return;
    const { phase, fraction, etaSeconds } = event.progress;
    Object.assign(this.#running.item, { phase, fraction, etaSeconds });
    this.#changed();
  }

  async glimpse(job: string, glimpse: Glimpse): Promise<void> {
    const shotId = this.#items.find(({ id }) => id === job)?.shotId;
    if (shotId === undefined) return;
    const frame = await this.#parts.watch.look(job, shotId, glimpse);
    if (frame) this.#parts.emit(frame);
  }

  /** Stops the running job so that the next session goes on with it. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#stop(this.#paused ? 'paused' : 'waiting');
    // At once: who waits for the end of a long network call may lose patience and end the process, which is no crash.
    if (this.#running && !this.#running.item.preview) this.#rows.ended(this.#running.item.id);
    await this.#ended;
    if (this.#telling) clearTimeout(this.#telling);
  }

  #load(): void {
    const jobs = new Map(this.#parts.store.list().map((job) => [job.id, job]));
    for (const { job: id, shotId, label, deaths } of this.#rows.list()) {
      const job = jobs.get(id);
      if (!job) continue;
      const { settings, state: was } = job;
      const state = was === 'queued' || was === 'running' ? 'waiting' : was;
      const fraction = state === 'done' ? 1 : 0;
      const item: Item = { id, shotId, label, state, settings, preview: false, ...FRESH, fraction };
      this.#items.push(item);
      if (job.error && state === 'failed') Object.assign(item, wordsOf(job.error));
      if (state === 'waiting' && deaths >= MOST_DEATHS) this.#fail(item, toWire(diedTooOften()));
    }
  }

  /** Starts the next one unless one is running. */
  #pump(): void {
    if (this.#running || this.#stopped) return;
    const ready = ({ state }: Item) => state === 'waiting' || state === 'paused';
    const next =
      this.#items.find((item) => item.preview && ready(item)) ??
      (this.#paused ? undefined : this.#items.find(ready));
    if (next) this.#ended = this.#run(next);
  }

  async #run(item: Item): Promise<void> {
    const abort = new AbortController();
    const { runner } = this.#parts;
    const stop = item.preview ? () => abort.abort() : () => runner.cancel(item.id);
    const running = { item, stop, becomes: 'cancelled' as QueueEntry['state'] };
    this.#running = running;
    Object.assign(item, FRESH, { state: 'running' });
    this.#changed();
    try {
      if (item.preview) await this.#look(item, abort.signal);
      else await this.#render(item);
    } catch (error) {
      if (error instanceof Cancelled) this.#set(item, running.becomes);
      else this.#fail(item, toWire(error));
    } finally {
      this.#running = null;
      this.#changed();
      this.#pump();
    }
  }

  async #render(item: Item): Promise<void> {
    this.#rows.began(item.id);
    let report: TakeReport;
    try {
      report = await this.#parts.runner.resume(item.id);
    } finally {
      this.#rows.ended(item.id);
    }
    Object.assign(item, { state: 'done', fraction: 1, etaSeconds: 0 });
    this.#parts.emit({ kind: 'take', entry: { ...item }, report });
    recordSpeeds(this.#parts.store, report);
  }

  async #look(item: Item, signal: AbortSignal): Promise<void> {
    const { id, shotId, settings } = item;
    const checkpoint = new CheckpointFile(this.#parts.dir, id);
    const progress = createProgressMeter((now) => this.observe({ kind: 'progress', job: id, progress: now }));
    try {
      const { picture, fit } = await renderFrame(settings, {
        job: id,
        cache: this.#parts.cache,
        checkpoint,
        signal,
        progress,
        warnings: [],
        warn: () => {}, // the render of the whole shot says it again
        onGlimpse: (glimpse) => this.glimpse(id, glimpse),
      });
      const { anchor: frame, steps: step } = settings;
      this.#parts.emit({ kind: 'preview-frame', jobId: id, shotId, frame, step, ...toRgba(picture, fit) });
      Object.assign(item, { state: 'done', fraction: 1, etaSeconds: 0 });
    } finally {
      await checkpoint.remove();
    }
  }

  #stop(becomes: QueueEntry['state']): void {
    if (!this.#running) return;
    this.#running.becomes = becomes;
    this.#running.stop();
  }

  #set(item: Item, state: QueueEntry['state']): void {
    item.state = state;
    if (!item.preview) this.#parts.store.setState(item.id, state === 'waiting' ? 'queued' : state);
    this.#changed();
  }

  #fail(item: Item, error: WireError): void {
    Object.assign(item, { state: 'failed', ...wordsOf(error) });
    if (!item.preview) this.#parts.store.setState(item.id, 'failed', error);
    this.#changed();
  }

  #find(id: string): Item {
    const item = this.#items.find((one) => one.id === id);
    if (item) return item;
    throw new AppError('job-not-found', 'it is no longer in the queue', { doing: 'looking up a render' });
  }

  /** Tells the page soon, and not more often than it can draw. */
  #changed(): void {
    if (this.#telling) return;
    const wait = Math.max(0, this.#toldAt + EVENTS_EVERY_MS - Date.now());
    this.#telling = setTimeout(() => {
      this.#telling = null;
      this.#toldAt = Date.now();
      this.#parts.emit({ kind: 'queue', ...this.list() });
    }, wait);
  }
}

function wordsOf(error: WireError): { error: string; hint: string | null } {
  return { error: errorLine(fromWire({ ...error, hint: '' })), hint: error.hint || null };
}

function diedTooOften(): AppError {
  return new AppError('engine-died', 'the engine stopped twice while working on this', {
    doing: 'rendering',
    hint: 'Try a smaller size or another processor, then retry.',
  });
}
