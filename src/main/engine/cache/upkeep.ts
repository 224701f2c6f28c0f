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
import { evictTo, LATENT_SQL, type Row, readChecked, recountTotals, removeRow } from './rows.ts';

/** `used` is stored in microseconds so that uses within a millisecond keep their order. */
export const USED_PER_MS = 1000;
const MS_PER_DAY = 86_400_000;
const VERIFY_AT_ONCE = 64;

export const LS_QUERY = `SELECT g.clip, g.bundle, g.source_prompt AS sourcePrompt, g.settings, count(*) AS frames,
    sum(f.bytes) AS bytes, min(f.psnr) AS worstPsnr, max(f.used) / ${USED_PER_MS} AS lastUsed
  FROM groups g JOIN frames f ON f.group_id = g.id GROUP BY g.id ORDER BY lastUsed DESC, g.id`;
const TOTALS = 'SELECT frames, bytes FROM totals';
export const EXPIRED_QUERY = 'SELECT id FROM frames WHERE used < ?';

export function stat(db: Db, file: string, limitBytes: number): CacheStat {
  const fileBytes = sizeOf(file) + sizeOf(`${file}-wal`);
  return { file, ...countAndBytes(db), fileBytes, limitBytes };
}

export function listGroups(db: Db): CacheGroup[] {
  return db.prepare<[], CacheGroup>(LS_QUERY).all();
}

/** Removes frames, then gives their pages back to the disk. `now` in milliseconds since 1970. */
export function prune(db: Db, request: PruneRequest, now: number): PruneResult {
  const removed = inTransaction(db, () => {
    const before = countAndBytes(db);
    if ('all' in request) evictTo(db, 0);
    else if ('bytes' in request) evictTo(db, request.bytes);
    else {
      const oldest = (now - request.olderThanDays * MS_PER_DAY) * USED_PER_MS;
      for (const id of db.prepare<[number], number>(EXPIRED_QUERY).pluck().all(oldest)) removeRow(db, id);
    }
    db.exec('DELETE FROM groups WHERE id NOT IN (SELECT group_id FROM frames)');
    const after = countAndBytes(db);
    return { frames: before.frames - after.frames, bytes: before.bytes - after.bytes };
  });
  db.pragma('incremental_vacuum');
  db.pragma('wal_checkpoint(TRUNCATE)');
  return removed;
}

/** Yields to other work between batches of rows. @throws Cancelled, AppError */
export async function verify(database: RebuildableDb, signal?: CancelSignal): Promise<VerifyResult> {
  const doing = 'checking the cache';
  const sound = database.attempt(doing, (db) => db.pragma('integrity_check', { simple: true }) === 'ok');
  if (!sound) {
    database.startAfresh('keep');
    return { frames: 0, damaged: 0, rebuilt: true };
  }
  let frames = 0;
  let damaged = 0;
  for (let last = -1; last !== 0; ) {
    throwIfCancelled(signal);
    last = database.attempt(doing, (db) => {
      const rows = db.prepare<[number, number], Row>(LATENT_SQL.page).all(last, VERIFY_AT_ONCE);
      const bad = rows.filter((row) => readChecked(db, row, row.key) === null);
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
