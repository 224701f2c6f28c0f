/**
 * A folder of models, kept in sight. What it holds is always told by looking again; the system's own notice of changes only
 * says when, for it is missing on network drives, loses some, and has its limits.
 */
import { type FSWatcher, watch } from 'node:fs';
import type { WatchedFolder } from '../../../common/contract/library.ts';
import { type FolderLayout, type FoundFile, layoutOf, type Scan, type ScanLimits, scan } from './scan.ts';

export interface WatchTimes {
  /** From a change to the look that it causes: many changes come together. */
  readonly settleMs: number;
  /** Between looks while something is being written. */
  readonly writingMs: number;
  /** Between looks where nothing says that there is a change; longer where a look takes long. */
  readonly rescanMs: number;
}

const TIMES: WatchTimes = { settleMs: 300, writingMs: 2000, rescanMs: 20_000 };
/** Handles that the system gives; folders beyond are seen by looking again. */
const MOST_HANDLES = 500;
/** A file that nobody has touched for so long is whole. */
const QUIET_MS = 3000;
const MOST_NAMED = 3;

interface FolderWatchParts {
  readonly allows: (path: string) => Promise<boolean>;
  /** Told after every look that found something else than the one before. */
  readonly onChange: () => void;
  readonly times?: WatchTimes;
  readonly limits?: ScanLimits;
}

export class FolderWatch {
  readonly path: string;
  readonly #parts: FolderWatchParts;
  readonly #handles = new Map<string, FSWatcher>();
  readonly #stopped = new AbortController();
  #found: readonly FoundFile[] = [];
  #scans: readonly Scan[] = [];
  #layout: FolderLayout = null;
  #state: WatchedFolder['state'] = 'reading';
  #timer: NodeJS.Timeout | null = null;
  #looking: Promise<void> | null = null;
  #again = false;

  constructor(path: string, parts: FolderWatchParts) {
    this.path = path;
    this.#parts = parts;
  }

  get found(): readonly FoundFile[] {
    return this.#found;
  }

  about(): WatchedFolder {
    const pickles = this.#scans.flatMap((one) => one.pickles);
    const notes: string[] = [];
    if (pickles.length > 0) {
      const named = pickles.slice(0, MOST_NAMED).join(', ');
      const more = pickles.length > MOST_NAMED ? ` and ${pickles.length - MOST_NAMED} more` : '';
      notes.push(`Not shown, for reading them can run code: ${named}${more}. Take their .safetensors forms.`);
    }
    if (this.#scans.some(({ cut }) => cut))
      notes.push('There is more in it than is looked at: choose a folder further in.');
    if (this.#state === 'missing')
      notes.push('The folder is not there: connect its disk, or take it off the list.');
    return { path: this.path, layout: this.#layout, state: this.#state, found: this.#found.length, notes };
  }

  /** Looks once; while it is looked already, once more afterwards. */
  look(): Promise<void> {
    if (this.#looking) {
      this.#again = true;
      return this.#looking;
    }
    this.#looking = this.#lookWhileAsked().finally(() => {
      this.#looking = null;
    });
    return this.#looking;
  }

  /** Looks now and from now on. */
  start(): void {
    void this.#keepLooking();
  }

  stop(): void {
    this.#stopped.abort();
    if (this.#timer) clearTimeout(this.#timer);
    for (const handle of this.#handles.values()) handle.close();
    this.#handles.clear();
  }

  async #keepLooking(): Promise<void> {
    const { rescanMs, writingMs } = this.#parts.times ?? TIMES;
    const began = Date.now();
    await this.look();
    const took = Date.now() - began;
    const isWriting = this.#found.some(({ as }) => as === 'writing');
    // A folder that takes long to look through is on a slow drive: it is left in peace most of the time.
    this.#lookIn(isWriting ? Math.max(writingMs, took) : Math.max(rescanMs, took * 20));
  }

  #lookIn(ms: number): void {
    if (this.#stopped.signal.aborted) return;
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#keepLooking(), ms).unref();
  }

  async #lookWhileAsked(): Promise<void> {
    do {
      this.#again = false;
      await this.#lookOnce();
    } while (this.#again && !this.#stopped.signal.aborted);
  }

  async #lookOnce(): Promise<void> {
    const { allows, limits, onChange } = this.#parts;
    const { signal } = this.#stopped;
    const { layout, roots } = await layoutOf(this.path);
    const scans: Scan[] = [];
    for (const root of roots) {
      const one = await scan(root, { allows, signal, ...(limits && { limits }) });
      if (one) scans.push(one);
    }
    if (signal.aborted) return;
    const before = new Map(this.#found.map((one) => [one.path, one]));
    const now = Date.now();
    const found = scans
      .flatMap((one) => one.found)
      .map((one) => {
        const old = before.get(one.path);
        const current = settled(one, old, now);
        // The same value for what has not changed: nobody looks into it again.
        return old && isSameFile(current, old) ? old : current;
      });
    const state = scans.length > 0 ? 'watched' : 'missing';
    const isSame =
      state === this.#state &&
      found.length === this.#found.length &&
      found.every((one, i) => one === this.#found[i]);
    this.#layout = layout;
    this.#scans = scans;
    this.#state = state;
    // A drive that is away for a moment takes nothing off the list by itself: its files are missing until it is back.
    this.#found = state === 'missing' ? [] : found;
    this.#listen(scans.flatMap(({ folders }) => folders));
    if (!isSame) onChange();
  }

  #listen(folders: readonly string[]): void {
    const wanted = new Set(folders.slice(0, MOST_HANDLES));
    for (const [folder, handle] of this.#handles) {
      if (wanted.has(folder)) continue;
      handle.close();
      this.#handles.delete(folder);
    }
    const { settleMs } = this.#parts.times ?? TIMES;
    for (const folder of wanted) {
      if (this.#handles.has(folder)) continue;
      try {
        const handle = watch(folder, { persistent: false }, () => this.#lookIn(settleMs));
        // Gone, or the system has no more to give: looking again sees it too.
        handle.on('error', () => {
          handle.close();
          this.#handles.delete(folder);
        });
        this.#handles.set(folder, handle);
      } catch {
        return;
      }
    }
  }
}

/** A file that grows is being written, whatever its name. */
function settled(one: FoundFile, before: FoundFile | undefined, now: number): FoundFile {
  if (one.as !== 'file') return one;
  const isFresh = Math.abs(now - one.mtimeMs) < QUIET_MS;
  const hasChanged = before !== undefined && (before.bytes !== one.bytes || before.mtimeMs !== one.mtimeMs);
  return isFresh || hasChanged ? { ...one, as: 'writing' } : one;
}

function isSameFile(a: FoundFile, b: FoundFile): boolean {
  return (
    a.as === b.as &&
    a.bytes === b.bytes &&
    a.mtimeMs === b.mtimeMs &&
    a.picture?.path === b.picture?.path &&
    a.picture?.mtimeMs === b.picture?.mtimeMs
  );
}
