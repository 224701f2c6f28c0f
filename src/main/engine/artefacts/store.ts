/** Everything derived and kept between runs: checked when read, least recently used dropped first, shared by engines. */
import { dirname, join } from 'node:path';
import type {
  ArtefactKind,
  CacheGroup,
  CacheStat,
  PruneRequest,
  PruneResult,
  VerifyResult,
} from '../../../common/contract/cache.ts';
import { AppError, type CancelSignal } from '../../../common/errors.ts';
import type { DigestStore } from '../models/types.ts';
import { asAppError, type Db, inTransaction, isCorruption } from '../storage/db.ts';
import { RebuildableDb } from '../storage/rebuildable.ts';
import { digestStore } from './digests.ts';
import { ArtefactFiles, isGone, LARGE_BYTES } from './files.ts';
import { type Kind, kinds } from './kinds.ts';
import { dropExpired, dropLease, leaseHolder, takeLease } from './leases.ts';
import { latents } from './migrations/001-latents.ts';
import { leases } from './migrations/002-leases.ts';
import { artefacts } from './migrations/003-artefacts.ts';
import * as rows from './rows.ts';
import * as upkeep from './upkeep.ts';

export const ARTEFACT_MIGRATIONS = [latents, leases, artefacts] as const;

/** What a caller tells of an artefact; the time is the store's own. */
export type ArtefactNames = Omit<rows.ArtefactMeta, 'created'>;

export interface Found<T> {
  readonly value: T;
  readonly meta: rows.ArtefactMeta;
}

export interface ArtefactStoreOptions {
  /** Of all artefacts, in bytes; kept by every put. */
  readonly limitBytes: number;
  /** Hears one line whenever data was lost or could not be kept. */
  readonly onWarning: (line: string) => void;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** Where digests of files are remembered, if not beside the artefacts. */
  readonly digests?: DigestStore;
}

const TOUCHES_HELD = 64;

/** To get, has, put and digests any trouble with the file (damage, full disk, locked) is a warning and an empty store. */
export class ArtefactStore {
  readonly digests: DigestStore;
  readonly #database: RebuildableDb;
  readonly #files: ArtefactFiles;
  readonly #options: ArtefactStoreOptions;
  readonly #now: () => number;
  /** Uses not yet written: reading must not cost a write each time. */
  readonly #touched = new Map<string, number>();
  #lastUse = 0;
  readonly #holder = leaseHolder();

  /** @throws AppError cache-unusable, disk-full; never because the file is damaged or of a newer version */
  constructor(file: string, options: ArtefactStoreOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#database = new RebuildableDb(file, {
      label: 'the cache',
      migrations: ARTEFACT_MIGRATIONS,
      check: ['groups', 'frames', 'artefacts', 'totals', 'file_digests'],
      newer: 'set-aside',
      onWarning: options.onWarning,
    });
    this.#files = new ArtefactFiles(join(dirname(file), 'artefacts'));
    this.digests = options.digests ?? digestStore(this.#database);
    // Those of a killed engine, or of a database that was set aside.
    this.#sweep();
  }

  /** Null where it is not stored, or was damaged: then the row is dropped. */
  get<T>({ id, label, codec }: Kind<T>, key: string): Found<T> | null {
    return this.#database.run('reading the cache', null, (db) => {
      const { row, packed } = rows.atOneMoment(db, () => {
        const row = rows.findRow(db, key);
        const inRow = row?.kind === id && row.isFile === 0;
        return { row, packed: inRow ? rows.readChecked(db, row, key) : null };
      });
      if (!row) return null;
      const whole = packed ?? (row.isFile === 1 && row.kind === id ? this.#files.read(row, key) : null);
      const value = whole && codec.unpack(whole);
      if (value === null) {
        if (row.isFile === 1 && isGone(db, row)) return null;
        rows.forgetRow(db, row.id);
        this.#options.onWarning(`Something kept in the cache (${label}) was damaged; it is made again.`);
        return null;
      }
      this.#touched.set(key, this.#nextUse());
      if (this.#touched.size >= TOUCHES_HELD) this.#flush(db);
      return { value, meta: rows.metaOf(row) };
    });
  }

  /** Which of the keys are stored. Their contents are not read, so a later get may still find one damaged. */
  has(keys: readonly string[]): Set<string> {
    return this.#database.run('reading the cache', new Set<string>(), (db) => {
      return new Set(db.prepare<[string], string>(rows.ARTEFACT_SQL.has).pluck().all(JSON.stringify(keys)));
    });
  }

  /** Lowest reconstruction PSNR in dB among these rows; null where none of them was checked. */
  worstPsnr(keys: readonly string[]): number | null {
    return this.#database.run('reading the cache', null, (db) => {
      const query = db.prepare<[string], number | null>(rows.ARTEFACT_SQL.worstPsnr).pluck();
      return query.get(JSON.stringify(keys)) ?? null;
    });
  }

  /** False where it was not stored: larger than the limit or, after a warning, because of the disk. */
  put<T>({ id, codec }: Kind<T>, key: string, value: T, names: ArtefactNames): boolean {
    const meta = { ...names, created: Math.floor(this.#now()) };
    return this.#insert({ key, kind: id, packed: codec.pack(value), meta });
  }

  /** Everything that is kept. */
  list(): Pick<rows.Row, 'key' | 'kind' | 'checksum'>[] {
    return this.#attempt('reading the cache', (db) => {
      type Listed = Pick<rows.Row, 'key' | 'kind' | 'checksum'>;
      return db.prepare<[], Listed>('SELECT key, kind, checksum FROM artefacts ORDER BY key').all();
    });
  }

  /** As it is kept, proven; null where it is not, or was damaged. To be kept by another store. */
  raw(key: string): rows.RawArtefact | null {
    return this.#database.run('reading the cache', null, (db) => {
      const { row, packed } = rows.atOneMoment(db, () => {
        const row = rows.findRow(db, key);
        return { row, packed: row?.isFile === 0 ? rows.readChecked(db, row, key) : null };
      });
      if (!row || !Object.hasOwn(kinds, row.kind)) return null;
      const whole = packed ?? (row.isFile === 1 ? this.#files.read(row, key) : null);
      return whole && { key, kind: row.kind as ArtefactKind, packed: whole, meta: rows.metaOf(row) };
    });
  }

  /** Takes in what another store gave out and the caller has proven. False as `put`. */
  putRaw(raw: rows.RawArtefact): boolean {
    return this.#insert(raw);
  }

  #insert(artefact: rows.RawArtefact): boolean {
    const { key, kind, packed, meta } = artefact;
    const { bytes, shape } = packed;
    if (bytes.byteLength > this.#options.limitBytes) return false;
    const checksum = rows.checksumOf({ key, kind, shape, meta }).update(bytes).digest('hex');
    const isFile = bytes.byteLength > LARGE_BYTES;
    return this.#database.run('storing in the cache', false, (db) => {
      this.#flush(db);
      if (isFile) this.#files.write(checksum, bytes);
      try {
        const gone = inTransaction(db, () => {
          const older = db.prepare<[string], rows.OldRow>(rows.ARTEFACT_SQL.older).get(key);
          if (older) rows.removeRow(db, older.id);
          const gone = rows.evictTo(db, this.#options.limitBytes - bytes.byteLength);
          rows.insertRow(db, artefact, { used: this.#nextUse(), checksum, isFile });
          if (isFile) this.#files.publish(checksum);
          dropLease(db, key, this.#holder);
          return older ? [...gone, older] : gone;
        });
        if (gone.some((row) => row.isFile === 1)) this.#files.sweep(db);
      } finally {
        if (isFile) this.#files.discard(checksum);
      }
      return true;
    });
  }

  /** What is no longer of use to anybody. */
  drop(key: string): void {
    this.#database.run('removing what is no longer kept', undefined, (db) => {
      const row = rows.findRow(db, key);
      if (!row) return;
      inTransaction(db, () => rows.removeRow(db, row.id));
      if (row.isFile === 1) this.#files.sweep(db);
    });
  }

  /**
   * True where the caller shall make this artefact: nobody does, or whoever did is gone. Asked again it is prolonged;
   * `put` or `release` ends it. Trouble with the file gives it to everybody: a thing made twice is no loss.
   */
  lease(key: string): boolean {
    return this.#database.run('noting who computes a frame', true, (db) =>
      inTransaction(db, () => takeLease(db, key, this.#holder, Math.floor(this.#now()))),
    );
  }

  release(key: string): void {
    this.#database.run('noting who computes a frame', undefined, (db) => {
      inTransaction(db, () => {
        dropLease(db, key, this.#holder);
        dropExpired(db, Math.floor(this.#now()));
      });
    });
  }

  /** @throws AppError, as ls and prune do: who asks for these wants to know */
  stat(): CacheStat {
    const { path } = this.#database;
    return this.#attempt('reading the cache', (db) => upkeep.stat(db, path, this.#options.limitBytes));
  }

  /** Last used first. */
  ls(): CacheGroup[] {
    return this.#attempt('reading the cache', upkeep.listGroups);
  }

  /** In slices between which others work. @throws Cancelled, AppError */
  async prune(request: PruneRequest, signal?: CancelSignal): Promise<PruneResult> {
    const { items, bytes } = this.stat();
    try {
      return await upkeep.prune(this.#database, request, this.#now(), signal);
    } catch (error) {
      const everything = 'all' in request && !request.kind;
      if (!(everything && error instanceof AppError && error.code === 'disk-full')) throw error;
      // Deleting rows takes space, too. Deleting the file does not.
      this.#database.startAfresh('delete');
      return { items, bytes };
    } finally {
      this.#sweep();
    }
  }

  /** Reads every byte: the structure of the database and the checksum of every artefact. @throws Cancelled, AppError */
  async verify(signal?: CancelSignal): Promise<VerifyResult> {
    try {
      return await upkeep.verify(this.#database, this.#files, signal);
    } finally {
      this.#sweep();
    }
  }

  close(): void {
    this.#database.run('closing the cache', undefined, (db) => this.#flush(db));
    this.#database.close();
  }

  #sweep(): void {
    this.#database.run('removing what is no longer kept', undefined, (db) => this.#files.sweep(db));
  }

  /** With the noted uses stored before: whoever orders rows by use must see them. */
  #attempt<T>(doing: string, work: (db: Db) => T): T {
    return this.#database.attempt(doing, (db) => {
      this.#flush(db);
      return work(db);
    });
  }

  /** A full disk must not hinder reading: then the uses stay noted. */
  #flush(db: Db): void {
    if (this.#touched.size === 0) return;
    const touch = db.prepare(rows.ARTEFACT_SQL.touch);
    try {
      inTransaction(db, () => {
        for (const [key, used] of this.#touched) touch.run(used, key);
      });
    } catch (error) {
      if (isCorruption(error) || !(asAppError(error, '') instanceof AppError)) throw error;
      return;
    }
    this.#touched.clear();
  }

  /** Microseconds, strictly rising, so that two uses in one millisecond keep their order. */
  #nextUse(): number {
    this.#lastUse = Math.max(this.#lastUse + 1, Math.floor(this.#now() * upkeep.USED_PER_MS));
    return this.#lastUse;
  }
}
