/** What lies in watched folders, looked into: read in the background, told of when it has become another. */
import { setImmediate as breathe } from 'node:timers/promises';
import pLimit from 'p-limit';
import type { WatchedFolder } from '../../../common/contract/library.ts';
import { FolderWatch, type WatchTimes } from './folder-watch.ts';
import { kindByFolder, type Look, type Looker } from './look.ts';
import type { FoundFile } from './scan.ts';

export interface InWatched {
  readonly of: FoundFile;
  readonly look: Look;
  /** The watched folder. */
  readonly root: string;
}

export interface WatchParts {
  /** Whether a place on the network that a link leads to may be looked at. */
  readonly allows?: (path: string) => Promise<boolean>;
  /** Told when what is in them has changed; seldom enough to ask for it each time. */
  readonly onChange?: () => void;
  readonly times?: WatchTimes;
}

const TELL_EVERY_MS = 500;

export class WatchedFiles {
  readonly #looker: Looker;
  readonly #parts: WatchParts;
  readonly #watches = new Map<string, FolderWatch>();
  readonly #seen = new Map<string, { readonly of: FoundFile; readonly look: Look }>();
  readonly #reading = pLimit(1);
  #told: NodeJS.Timeout | null = null;
  #stopped = false;

  constructor(looker: Looker, parts: WatchParts) {
    this.#looker = looker;
    this.#parts = parts;
  }

  /** Null for a folder that is not watched. */
  about(path: string): WatchedFolder | null {
    const watch = this.#watches.get(path);
    if (!watch) return null;
    const about = watch.about();
    const isRead = watch.found.every((one) => this.#seen.get(one.path)?.of === one);
    return { ...about, state: about.state === 'watched' && !isRead ? 'reading' : about.state };
  }

  /** Until every folder was looked through and read once. */
  async settled(): Promise<void> {
    await Promise.all([...this.#watches.values()].map((one) => one.look()));
    await this.#reading(() => {});
  }

  stop(): void {
    this.#stopped = true;
    for (const watch of this.#watches.values()) watch.stop();
    this.#watches.clear();
    if (this.#told) clearTimeout(this.#told);
  }

  /** These folders and no others. */
  watch(wanted: readonly string[]): void {
    if (this.#stopped) return;
    for (const [path, watch] of this.#watches) {
      if (wanted.includes(path)) continue;
      watch.stop();
      this.#watches.delete(path);
    }
    for (const path of wanted) {
      if (this.#watches.has(path)) continue;
      const { allows = async () => true, times } = this.#parts;
      const watch = new FolderWatch(path, {
        allows,
        onChange: () => void this.#reading(() => this.#read()),
        ...(times && { times }),
      });
      this.#watches.set(path, watch);
      watch.start();
    }
  }

  /** Reads what is new, one file at a time: other calls are answered in between. */
  async #read(): Promise<void> {
    const found = new Map<string, FoundFile>();
    for (const watch of this.#watches.values()) for (const one of watch.found) found.set(one.path, one);
    for (const path of this.#seen.keys()) if (!found.has(path)) this.#seen.delete(path);
    this.#tell();
    for (const [path, of] of found) {
      if (this.#stopped) return;
      if (this.#seen.get(path)?.of === of) continue;
      this.#seen.set(path, {
        of,
        look: of.as === 'writing' ? beingWritten(path) : await this.#looker.look(path),
      });
      this.#tell();
      await breathe();
    }
    this.#tell();
  }

  #tell(): void {
    if (this.#told || this.#stopped) return;
    this.#told = setTimeout(() => {
      this.#told = null;
      this.#parts.onChange?.();
    }, TELL_EVERY_MS).unref();
  }

  /** What watched folders hold and was read, each once. */
  files(): InWatched[] {
    const all = new Map<string, InWatched>();
    for (const { path: root, found } of this.#watches.values()) {
      for (const { path } of found) {
        const seen = this.#seen.get(path);
        if (seen && !all.has(path)) all.set(path, { ...seen, root });
      }
    }
    return [...all.values()];
  }
}

/** What it will be is told by the folder that it is put into. */
function beingWritten(path: string): Look {
  return {
    kind: kindByFolder(path),
    what: '',
    state: 'writing',
    isFolder: false,
    bytes: null,
    nativeSize: null,
    words: [],
    header: null,
    problems: ['It is still being written.'],
  };
}
