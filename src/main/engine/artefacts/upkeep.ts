/** Looking after the cache: how large it is, what is in it, making it smaller, checking every byte. */
import { statSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type {
  CacheGroup,
  CacheStat,
  PruneRequest,
  PruneResult,
  VerifyResult,
} from '../../../common/contract/cache.ts';
import { type CancelSignal, throwIfCancelled } from '../../../common/errors.ts';
import { type Db, inTransaction } from '../storage/db.ts';
import type { RebuildableDb } from '../storage/rebuildable.ts';
import { blocking } from '../watchdog/blocking.ts';
import { atOneMoment, LATENT_SQL, type Row, readChecked, recountTotals, removeRow } from './rows.ts';

/** `used` is stored in microseconds so that uses within a millisecond keep their order. */
export const USED_PER_MS = 1000;
const MS_PER_DAY = 86_400_000;
const VERIFY_AT_ONCE = 64;

export const LS_QUERY = `SELECT g.clip, g.bundle, g.source_prompt AS sourcePrompt, g.settings, count(*) AS frames,
    sum(f.bytes) AS bytes, min(f.psnr) AS worstPsnr, max(f.used) / ${USED_PER_MS} AS lastUsed
  FROM groups g JOIN frames f ON f.group_id = g.id GROUP BY g.id ORDER BY lastUsed DESC, g.id`;
const TOTALS = 'SELECT frames, bytes FROM totals';
const LAST_QUERY = 'SELECT max(id) FROM frames';
export const OLDEST_QUERY = 'SELECT id, bytes FROM frames WHERE used < ? AND id <= ? ORDER BY used LIMIT ?';
const EMPTY_GROUPS = 'DELETE FROM groups WHERE id NOT IN (SELECT group_id FROM frames)';
/** Some 20 ms of work each: 2 MB of latents at 512², 1 MB of pages. */
export const ROWS_AT_ONCE = 32;
const PAGES_AT_ONCE = 256;

export function stat(db: Db, file: string, limitBytes: number): CacheStat {
  const fileBytes = sizeOf(file) + sizeOf(`${file}-wal`);
  return { file, ...countAndBytes(db), fileBytes, limitBytes };
}

export function listGroups(db: Db): CacheGroup[] {
  return db.prepare<[], CacheGroup>(LS_QUERY).all();
}

/**
 * Removes frames and gives their pages back to the disk, a slice at a time: between two of them other engines write,
 * this one answers, and whoever asked may give up. What is gone by then stays gone.
 * @param now milliseconds since 1970
 * @throws Cancelled, AppError
 */
export async function prune(
  database: RebuildableDb,
  request: PruneRequest,
  now: number,
  signal?: CancelSignal,
): Promise<PruneResult> {
  const doing = 'pruning the cache';
  const slice = <T>(work: (db: Db) => T): T => {
    throwIfCancelled(signal);
    return database.attempt(doing, work);
  };
  // Whatever others add meanwhile is not meant.
  const last = slice((db) => db.prepare<[], number>(LAST_QUERY).pluck().get() ?? 0);
  const removed = { frames: 0, bytes: 0 };
  for (let more = true; more; ) {
    const gone = slice((db) => inTransaction(db, () => removeSlice(db, request, last, now)));
    removed.frames += gone.length;
    removed.bytes += gone.reduce((sum, { bytes }) => sum + bytes, 0);
    more = gone.length > 0;
    // Freed pages are few now and near the place where they were freed.
    for (let left = Number.POSITIVE_INFINITY; left > 0; ) {
      const free = slice(freePages);
      if (free >= left) break;
      left = free;
      if (free > 0) slice((db) => db.pragma(`incremental_vacuum(${PAGES_AT_ONCE})`));
      await nextTurn();
    }
  }
  slice((db) => inTransaction(db, () => db.exec(EMPTY_GROUPS)));
  slice((db) => db.pragma('wal_checkpoint(TRUNCATE)'));
  return removed;
}

/** The next frames to go, least recently used first; none when it is done. Must run inside a transaction. */
function removeSlice(db: Db, request: PruneRequest, last: number, now: number): readonly OldFrame[] {
  const bytes = 'all' in request ? 0 : 'bytes' in request ? request.bytes : null;
  const expired =
    'olderThanDays' in request
      ? (now - request.olderThanDays * MS_PER_DAY) * USED_PER_MS
      : Number.MAX_SAFE_INTEGER;
  let kept = countAndBytes(db).bytes;
  const gone: OldFrame[] = [];
  for (const frame of db
    .prepare<[number, number, number], OldFrame>(OLDEST_QUERY)
    .all(expired, last, ROWS_AT_ONCE)) {
    if (bytes !== null && kept <= bytes) break;
    removeRow(db, frame.id);
    kept -= frame.bytes;
    gone.push(frame);
  }
  return gone;
}

interface OldFrame {
  readonly id: number;
  readonly bytes: number;
}

function freePages(db: Db): number {
  return db.pragma('freelist_count', { simple: true }) as number;
}

/** Yields to other work between batches of rows. @throws Cancelled, AppError */
export async function verify(database: RebuildableDb, signal?: CancelSignal): Promise<VerifyResult> {
  const doing = 'checking the cache';
  // One statement that reads the whole file: minutes of a large one on a slow disk.
  const sound = await blocking(doing, async () =>
    database.attempt(doing, (db) => db.pragma('integrity_check', { simple: true }) === 'ok'),
  );
  if (!sound) {
    database.startAfresh('keep');
    return { frames: 0, damaged: 0, rebuilt: true };
  }
  let frames = 0;
  let damaged = 0;
  for (let last = -1; last !== 0; ) {
    throwIfCancelled(signal);
    last = database.attempt(doing, (db) => {
      const { rows, bad } = atOneMoment(db, () => {
        const rows = db.prepare<[number, number], Row>(LATENT_SQL.page).all(last, VERIFY_AT_ONCE);
        return { rows, bad: rows.filter((row) => readChecked(db, row, row.key) === null) };
      });
      inTransaction(db, () => {
        for (const row of bad) removeRow(db, row.id);
      });
      frames += rows.length;
      damaged += bad.length;
      return rows.at(-1)?.id ?? 0;
    });
    await nextTurn();
  }
  database.attempt(doing, (db) => {
    inTransaction(db, () => {
      db.exec('DELETE FROM latents WHERE id NOT IN (SELECT id FROM frames)');
      recountTotals(db);
    });
  });
  return { frames, damaged, rebuilt: false };
}

function countAndBytes(db: Db): { frames: number; bytes: number } {
  return db.prepare<[], { frames: number; bytes: number }>(TOTALS).get() ?? { frames: 0, bytes: 0 };
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
