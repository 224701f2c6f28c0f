/**
 * Large artefacts as files in a folder beside the database. A file is named after the checksum in its row, so no name
 * comes from outside, and is the row's only while the row is there: what no row names is removed by `sweep`.
 */
import {
  createReadStream,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { publishSync } from '../../atomic-files.ts';
import { type Db, inTransaction } from '../storage/db.ts';
import type { Packed } from './codecs.ts';
import { checksumOf, findRow, metaOf, type Row, shapeOf } from './rows.ts';

/**
 * Above this an artefact is a file: SQLite copies a row several times on its way, and its pages would lie about after it
 * is removed. Below, a row is faster; a latent at 512² has 64 KB.
 */
export const LARGE_BYTES = 4 << 20;
/** A file still being written is younger. */
const ABANDONED_MS = 60 * 60_000;
const NAME = /^[0-9a-f]{64}$/;
const TEMPORARY = /^\.[0-9a-f]{64}\.\d+$/;
const FILES = 'SELECT checksum FROM artefacts WHERE is_file = 1';

export class ArtefactFiles {
  readonly #dir: string;

  constructor(dir: string) {
    this.#dir = dir;
  }

  /** Writes beside the final name; `publish` gives it that name. @throws what the file system says */
  write(checksum: string, bytes: Uint8Array): void {
    mkdirSync(this.#dir, { recursive: true });
    const temporary = this.#temporary(checksum);
    try {
      writeFileSync(temporary, bytes, { flush: true });
    } catch (error) {
      rmSync(temporary, { force: true });
      throw error;
    }
  }

  /** Must run inside the transaction that inserts the row. */
  publish(checksum: string): void {
    publishSync(this.#temporary(checksum), join(this.#dir, checksum));
  }

  /** What has not been published. */
  discard(checksum: string): void {
    rmSync(this.#temporary(checksum), { force: true });
  }

  /** The content of a row; null where the file is gone or is not what was written under this key. */
  read(row: Row, key: string): Packed | null {
    const shape = shapeOf(row);
    if (!shape || !NAME.test(row.checksum)) return null;
    const path = join(this.#dir, row.checksum);
    if (statSync(path, { throwIfNoEntry: false })?.size !== row.bytes) return null;
    let bytes: Uint8Array;
    try {
      bytes = readFileSync(path);
    } catch {
      return null;
    }
    const sum = checksumOf({ key, kind: row.kind, shape, meta: metaOf(row) }).update(bytes);
    return sum.digest('hex') === row.checksum ? { shape, bytes } : null;
  }

  /** The same without holding it in memory. */
  async isWhole(row: Row): Promise<boolean> {
    const shape = shapeOf(row);
    if (!shape || !NAME.test(row.checksum)) return false;
    const sum = checksumOf({ key: row.key, kind: row.kind, shape, meta: metaOf(row) });
    try {
      for await (const chunk of createReadStream(join(this.#dir, row.checksum))) sum.update(chunk);
    } catch {
      return false;
    }
    return sum.digest('hex') === row.checksum;
  }

  /** Removes files that no row names, in the order others write: a file that is published has its row then. */
  sweep(db: Db): void {
    const names = this.#names();
    if (names.length === 0) return;
    inTransaction(db, () => {
      const kept = new Set(db.prepare<[], string>(FILES).pluck().all());
      for (const name of names) {
        const path = join(this.#dir, name);
        const isOurs = NAME.test(name) ? !kept.has(name) : TEMPORARY.test(name) && isAbandoned(path);
        // One that is being read on Windows stays until the next time.
        if (isOurs) removeIfPossible(path);
      }
    });
  }

  #names(): string[] {
    try {
      return readdirSync(this.#dir);
    } catch {
      return [];
    }
  }

  #temporary(checksum: string): string {
    return join(this.#dir, `.${checksum}.${process.pid}`);
  }
}

/** Whether a row was pruned since it was found, so that its missing file is no damage. */
export function isGone(db: Db, row: Row): boolean {
  return findRow(db, row.key)?.id !== row.id;
}

function isAbandoned(path: string): boolean {
  const about = statSync(path, { throwIfNoEntry: false });
  return about !== undefined && Date.now() - about.mtimeMs > ABANDONED_MS;
}

function removeIfPossible(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // The next sweep tries again.
  }
}
