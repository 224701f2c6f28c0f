/** Inverted latents kept between runs: one row per frame, checked when read, least recently used dropped first. */
import type {
  CacheGroup,
  CacheStat,
  PruneRequest,
  PruneResult,
  VerifyResult,
} from '../../../common/contract/cache.ts';
import { AppError, assert, type CancelSignal } from '../../../common/errors.ts';
import type { Latent } from '../diffusion/types.ts';
import type { DigestStore } from '../models/types.ts';
import { asAppError, type Db, inTransaction, isCorruption } from '../storage/db.ts';
import { RebuildableDb } from '../storage/rebuildable.ts';
import { digestStore } from './digests.ts';
import { dropExpired, dropLease, leaseHolder, takeLease } from './leases.ts';
import { latents } from './migrations/001-latents.ts';
import { leases } from './migrations/002-leases.ts';
import * as rows from './rows.ts';
import * as upkeep from './upkeep.ts';

export type { CachedLatent } from './rows.ts';

/** What a caller stores; the time is the cache's own. */
export interface LatentEntry {
  readonly latent: Latent;
  readonly meta: Omit<rows.LatentMeta, 'created'>;
}

export interface LatentCacheOptions {
  /** Of latents, in bytes; kept by every put. */
  readonly limitBytes: number;
  /** Hears one line whenever data was lost or could not be kept. */
  readonly onWarning: (line: string) => void;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

const TOUCHES_HELD = 64;

/** To get, has, put and digests any trouble with the file (damage, full disk, locked) is a warning and an empty cache. */
export class LatentCache {
  readonly digests: DigestStore;
  readonly #database: RebuildableDb;
  readonly #options: LatentCacheOptions;
  readonly #now: () => number;
  /** Uses not yet written: reading must not cost a write each time. */
  readonly #touched = new Map<string, number>();
  #lastUse = 0;
  readonly #holder = leaseHolder();

  /** @throws AppError cache-unusable, disk-full; never because the file is damaged */
  constructor(file: string, options: LatentCacheOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#database = new RebuildableDb(file, {
      label: 'the cache',
      migrations: [latents, leases],
      check: ['groups', 'frames', 'totals', 'file_digests'],
      onWarning: options.onWarning,
    });
    this.digests = digestStore(this.#database);
  }

  /** Null where it is not stored, or was damaged: then the row is dropped. */
  get(key: string): rows.CachedLatent | null {
    return this.#database.run('reading the cache', null, (db) => {
      const { row, found } = rows.atOneMoment(db, () => {
        const row = rows.findRow(db, key);
        return { row, found: row ? rows.readChecked(db, row, key) : null };
      });
      if (!row) return null;
      if (!found) {
        rows.forgetRow(db, row.id);
        this.#options.onWarning('A latent in the cache was damaged; it is computed again.');
        return null;
      }
      this.#touched.set(key, this.#nextUse());
      if (this.#touched.size >= TOUCHES_HELD) this.#flush(db);
      return found;
    });
  }

  /** Which of the keys are stored. Their latents are not read, so a later get may still find one damaged. */
  has(keys: readonly string[]): Set<string> {
    return this.#database.run('reading the cache', new Set<string>(), (db) => {
      return new Set(db.prepare<[string], string>(rows.LATENT_SQL.has).pluck().all(JSON.stringify(keys)));
    });
  }

  /** Lowest reconstruction PSNR in dB among these rows; null where none of them was checked. */
  worstPsnr(keys: readonly string[]): number | null {
    return this.#database.run('reading the cache', null, (db) => {
      const query = db.prepare<[string], number | null>(rows.LATENT_SQL.worstPsnr).pluck();
      return query.get(JSON.stringify(keys)) ?? null;
    });
  }

  /** False where it was not stored: larger than the limit or, after a warning, because of the disk. */
  put(key: string, entry: LatentEntry): boolean {
    const { latent, meta } = entry;
    const { channels, height, width } = meta.shape;
    assert(latent.length === channels * height * width, 'the latent has the size of its shape');
    if (latent.byteLength > this.#options.limitBytes) return false;
    return this.#database.run('storing a latent in the cache', false, (db) => {
      this.#flush(db);
      inTransaction(db, () => {
        const older = db.prepare<[string], number>(rows.LATENT_SQL.idOf).pluck().get(key);
        if (older !== undefined) rows.removeRow(db, older);
        rows.evictTo(db, this.#options.limitBytes - latent.byteLength);
        rows.insertRow(db, key, latent, { ...meta, created: Math.floor(this.#now()) }, this.#nextUse());
        dropLease(db, key, this.#holder);
      });
      return true;
    });
  }

  /**
   * True where the caller shall compute this frame: nobody does, or whoever did is gone. Asked again it is prolonged;
   * `put` or `release` ends it. Trouble with the file gives it to everybody: a frame computed twice is no loss.
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
    const { frames, bytes } = this.stat();
    try {
      return await upkeep.prune(this.#database, request, this.#now(), signal);
    } catch (error) {
      if (!('all' in request && error instanceof AppError && error.code === 'disk-full')) throw error;
      // Deleting rows takes space, too. Deleting the file does not.
      this.#database.startAfresh('delete');
      return { frames, bytes };
    }
  }

  /** Reads every byte: the structure of the file and the checksum of every row. @throws Cancelled, AppError */
  async verify(signal?: CancelSignal): Promise<VerifyResult> {
    return upkeep.verify(this.#database, signal);
  }

  close(): void {
    this.#database.run('closing the cache', undefined, (db) => this.#flush(db));
    this.#database.close();
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
    const touch = db.prepare(rows.LATENT_SQL.touch);
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

export function openLatentCache(file: string, options: LatentCacheOptions): LatentCache {
  return new LatentCache(file, options);
}
