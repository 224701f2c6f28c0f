/** A database that may be lost: damage sets the file aside and starts an empty one, trouble never stops the work. */
import { rmSync, statSync } from 'node:fs';
import { AppError, assert, errorLine } from '../../../common/errors.ts';
import { publishSync } from '../../atomic-files.ts';
import {
  asAppError,
  CorruptDatabase,
  type Db,
  FromTheFuture,
  isCorruption,
  lockForOpening,
  type OpenDatabaseOptions,
  openLocked,
} from './db.ts';

export interface RebuildableOptions extends OpenDatabaseOptions {
  /** Hears one line of plain language whenever data was set aside or could not be kept. */
  readonly onWarning: (line: string) => void;
  /** What becomes of a file that a newer version wrote; without, it is refused. */
  readonly newer?: 'set-aside';
}

const WHY = { corrupt: 'was damaged', newer: 'was written by a newer version of Retake' } as const;

export class RebuildableDb {
  readonly path: string;
  readonly #options: RebuildableOptions;
  readonly #warned = new Set<string>();
  #db: Db | null = null;
  #inode = 0n;
  #closed = false;
  /** Why there is no database to work on. */
  #trouble: AppError | null = null;

  /** @throws AppError cache-unusable, disk-full; never because of damage */
  constructor(path: string, options: RebuildableOptions) {
    this.path = path;
    this.#options = options;
    this.#open();
  }

  /**
   * Runs `work` on the database; after damage it runs again on the empty file that took the damaged one's place.
   * @throws AppError cache-unusable, disk-full
   */
  attempt<T>(doing: string, work: (db: Db) => T): T {
    try {
      return work(this.#usable());
    } catch (error) {
      if (!isCorruption(error)) throw asAppError(error, doing);
    }
    this.startAfresh('keep');
    try {
      return work(this.#usable());
    } catch (error) {
      throw asAppError(error, doing);
    }
  }

  /** Like attempt, for data that is only a convenience: trouble is warned of once and gives `fallback`. */
  run<T>(doing: string, fallback: T, work: (db: Db) => T): T {
    try {
      return this.attempt(doing, work);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      this.#warnOnce(error);
      return fallback;
    }
  }

  /**
   * Gives up the current file (unless another process already did) and opens a fresh one. A damaged file is kept
   * beside it, a wanted loss is deleted.
   */
  startAfresh(old: 'keep' | 'delete'): void {
    this.#db?.close();
    this.#db = null;
    try {
      this.#open({ inode: this.#inode, old });
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      this.#trouble = error;
    }
  }

  close(): void {
    this.#closed = true;
    this.#db?.close();
    this.#db = null;
  }

  #usable(): Db {
    if (this.#db) return this.#db;
    assert(!this.#closed && this.#trouble, `${this.#options.label} is open`);
    throw this.#trouble;
  }

  #open(giveUp?: { inode: bigint; old: 'keep' | 'delete' }): void {
    const doing = `opening ${this.#options.label}`;
    const lock = lockForOpening(this.path, doing);
    try {
      // Two processes may meet the same damage; the second must not set the first one's fresh file aside.
      if (giveUp && giveUp.inode === inodeOf(this.path)) {
        if (giveUp.old === 'delete') this.#delete(doing);
        else if (!this.#setAside(doing, 'corrupt')) return;
      }
      try {
        this.#db = openLocked(this.path, this.#options);
      } catch (error) {
        const isNewer = error instanceof FromTheFuture && this.#options.newer === 'set-aside';
        if (!(isNewer || error instanceof CorruptDatabase)) throw error;
        if (!this.#setAside(doing, isNewer ? 'newer' : 'corrupt')) return;
        this.#db = openLocked(this.path, this.#options);
      }
      this.#inode = inodeOf(this.path);
    } finally {
      lock.release();
    }
  }

  /** False where the file cannot be moved (Windows, while another process has it open): then there is no database. */
  #setAside(doing: string, why: keyof typeof WHY): boolean {
    const stamp = new Date().toISOString().replace(/[:.]/g, '-');
    const target = `${this.path}.${why}-${stamp}`;
    try {
      publishSync(this.path, target);
      for (const suffix of ['-wal', '-shm']) renameIfThere(this.path + suffix, target + suffix);
    } catch (error) {
      const foreseen = asAppError(error, doing);
      if (!(foreseen instanceof AppError)) throw error;
      this.#trouble = foreseen;
      return false;
    }
    this.#options.onWarning(
      `${this.#options.label} ${WHY[why]} and starts afresh; the old file is kept as ${target}.`,
    );
    return true;
  }

  #delete(doing: string): void {
    try {
      for (const suffix of ['', '-wal', '-shm']) rmSync(this.path + suffix, { force: true });
    } catch (error) {
      throw asAppError(error, doing);
    }
  }

  #warnOnce(error: AppError): void {
    if (this.#warned.has(error.code)) return;
    this.#warned.add(error.code);
    this.#options.onWarning(errorLine(error));
  }
}

function inodeOf(path: string): bigint {
  return statSync(path, { bigint: true, throwIfNoEntry: false })?.ino ?? 0n;
}

function renameIfThere(from: string, to: string): void {
  try {
    publishSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
