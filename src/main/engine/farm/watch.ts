/**
 * Looks after folders that this desk sent while a window is there: tells what has changed, and brings takes home as they come.
 * Every few seconds where something is out, now and then where nothing is: somebody else may hand it in again.
 */
import type { DesktopEvent, JobEvent } from '../../../common/contract/events.ts';
import type { FarmStatus } from '../../../common/contract/farm.ts';
import { AppError, errorLine } from '../../../common/errors.ts';
import type { FarmDesk } from './desk.ts';

export interface FarmWatchOptions {
  readonly emit: (event: DesktopEvent | JobEvent) => void;
  /** Milliseconds between two looks. */
  readonly every?: number;
}

const EVERY_MS = 4000;
/** Looks that a folder is left out of where nothing of it is out. */
const SELDOM = 15;

export class FarmWatch {
  readonly #desk: FarmDesk;
  readonly #options: FarmWatchOptions;
  /** As they were last told. */
  readonly #told = new Map<string, string>();
  /** Takes that could not be brought home, by folder: they are tried again seldom. */
  readonly #tried = new Map<string, { readonly numbers: string; readonly problem: string | null }>();
  readonly #idle = new Set<string>();
  #looks = 0;
  #timer: NodeJS.Timeout | null = null;
  #stopping = new AbortController();
  #looking: Promise<void> | null = null;

  constructor(desk: FarmDesk, options: FarmWatchOptions) {
    this.#desk = desk;
    this.#options = options;
  }

  /** What a window begins with; from now on it hears what changes. */
  async list(): Promise<FarmStatus[]> {
    if (this.#stopping.signal.aborted) this.#stopping = new AbortController();
    const statuses = await this.#desk.statuses(this.#stopping.signal);
    for (const status of statuses) this.#note(status);
    this.#later();
    return statuses;
  }

  /** A call has changed it: those who did not ask hear of it, too. */
  changed(status: FarmStatus): void {
    if (!this.#timer && !this.#looking) return;
    this.#tell(this.#note(status) ? [status] : [], []);
  }

  forgotten(folder: string): void {
    if (this.#told.delete(folder)) this.#tell([], [folder]);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    await this.#looking;
  }

  #later(): void {
    if (this.#timer || this.#looking || this.#stopping.signal.aborted) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#looking = this.#look()
        .catch((error: unknown) => this.#warn(error))
        .finally(() => {
          this.#looking = null;
          this.#later();
        });
    }, this.#options.every ?? EVERY_MS).unref();
  }

  async #look(): Promise<void> {
    const { signal } = this.#stopping;
    const everything = this.#looks++ % SELDOM === 0;
    const folders = this.#desk.list.folders.map(({ folder }) => folder);
    const removed = [...this.#told.keys()].filter((folder) => !folders.includes(folder));
    for (const folder of removed) this.#told.delete(folder);
    const changed: FarmStatus[] = [];
    for (const folder of folders) {
      if (!everything && this.#idle.has(folder)) continue;
      const status = await this.#lookAt(folder, everything, signal);
      if (signal.aborted) return;
      if (this.#note(status)) changed.push(status);
    }
    this.#tell(changed, removed);
  }

  async #lookAt(folder: string, everything: boolean, signal: AbortSignal): Promise<FarmStatus> {
    const status = await this.#desk.look(folder, signal);
    const numbers = status.shots
      .filter(({ state }) => state === 'done')
      .map(({ number }) => number)
      .join();
    if (numbers === '') {
      this.#tried.delete(folder);
      return status;
    }
    const tried = this.#tried.get(folder);
    if (tried?.numbers === numbers && !everything)
      return { ...status, problem: status.problem ?? tried.problem };
    const problem = await this.#collect(folder, signal);
    this.#tried.set(folder, { numbers, problem });
    const after = await this.#desk.look(folder, signal);
    return { ...after, problem: after.problem ?? problem };
  }

  /** What hinders it, in a line. */
  async #collect(folder: string, signal: AbortSignal): Promise<string | null> {
    try {
      const { refused } = await this.#desk.collect(folder, { onlyNew: true }, signal);
      return refused[0] ?? null;
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      // Whoever collects it brings the same home.
      return error.code === 'job-busy' ? null : errorLine(error);
    }
  }

  /** Whether it is another than was told. */
  #note(status: FarmStatus): boolean {
    const isOut = status.state === 'waiting' || status.state === 'running';
    if (isOut && status.problem === null) this.#idle.delete(status.folder);
    else if (status.shots.some(({ state }) => state === 'done')) this.#idle.delete(status.folder);
    else this.#idle.add(status.folder);
    const words = JSON.stringify(status);
    if (this.#told.get(status.folder) === words) return false;
    this.#told.set(status.folder, words);
    return true;
  }

  #tell(changed: readonly FarmStatus[], removed: readonly string[]): void {
    if (changed.length + removed.length > 0) this.#options.emit({ kind: 'farm', changed, removed });
  }

  #warn(error: unknown): void {
    if (this.#stopping.signal.aborted) return;
    this.#options.emit({ kind: 'warning', job: null, message: errorLine(error) });
  }
}
