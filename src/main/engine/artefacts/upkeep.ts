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
import type { ArtefactFiles } from './files.ts';
import { labelOf } from './kinds.ts';
import {
  ARTEFACT_SQL,
  atOneMoment,
  findRow,
  type OldRow,
  type Row,
  readChecked,
  recountTotals,
  removeRow,
  totalsOf,
} from './rows.ts';

/** `used` is stored in microseconds so that uses within a millisecond keep their order. */
export const USED_PER_MS = 1000;
const MS_PER_DAY = 86_400_000;
const VERIFY_AT_ONCE = 64;

export const LS_QUERY = `SELECT a.kind, g.clip, g.bundle, g.prompt, g.settings, count(*) AS items,
    sum(a.bytes) AS bytes, min(a.psnr) AS worstPsnr, max(a.used) / ${USED_PER_MS} AS lastUsed
  FROM groups g JOIN artefacts a ON a.group_id = g.id GROUP BY g.id, a.kind ORDER BY lastUsed DESC, g.id`;
export const KINDS_QUERY = `SELECT kind, count(*) AS items, sum(bytes) AS bytes FROM artefacts GROUP BY kind`;
const FILE_BYTES = 'SELECT coalesce(sum(bytes), 0) FROM artefacts WHERE is_file = 1';
const LAST_QUERY = 'SELECT max(id) FROM artefacts';
/** Of all kinds, and of one. */
export const OLDEST_QUERY =
  'SELECT id, bytes, is_file AS isFile FROM artefacts WHERE used < ? AND id <= ? ORDER BY used LIMIT ?';
export const OLDEST_OF_KIND_QUERY = `SELECT id, bytes, is_file AS isFile FROM artefacts
  WHERE kind = ? AND used < ? AND id <= ? ORDER BY used LIMIT ?`;
const KIND_BYTES = 'SELECT coalesce(sum(bytes), 0) FROM artefacts WHERE kind = ?';
const EMPTY_GROUPS = 'DELETE FROM groups WHERE id NOT IN (SELECT group_id FROM artefacts)';
/** Some 20 ms of work each: 2 MB of latents at 512², 1 MB of pages. */
export const ROWS_AT_ONCE = 32;
const PAGES_AT_ONCE = 256;

export function stat(db: Db, file: string, limitBytes: number): CacheStat {
  const large = db.prepare<[], number>(FILE_BYTES).pluck().get() ?? 0;
  return {
    file,
    ...totalsOf(db),
    fileBytes: sizeOf(file) + sizeOf(`${file}-wal`) + large,
    limitBytes,
    kinds: db
      .prepare<[], { kind: string; items: number; bytes: number }>(KINDS_QUERY)
      .all()
      .map((found) => ({ ...found, label: labelOf(found.kind) })),
  };
}

export function listGroups(db: Db): CacheGroup[] {
  const found = db.prepare<[], Omit<CacheGroup, 'label'>>(LS_QUERY).all();
  return found.map((group) => ({ ...group, label: labelOf(group.kind) }));
}

/**
 * Removes artefacts and gives their pages back to the disk, a slice at a time: between two of them other engines write,
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
  const removed = { items: 0, bytes: 0 };
  for (let more = true; more; ) {
    const gone = slice((db) => inTransaction(db, () => removeSlice(db, request, last, now)));
    removed.items += gone.length;
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

/** The next ones to go, least recently used first; none when it is done. Must run inside a transaction. */
function removeSlice(db: Db, request: PruneRequest, last: number, now: number): readonly OldRow[] {
  const { kind } = request;
  const bytes = 'all' in request ? 0 : 'bytes' in request ? request.bytes : null;
  const expired =
    'olderThanDays' in request
      ? (now - request.olderThanDays * MS_PER_DAY) * USED_PER_MS
      : Number.MAX_SAFE_INTEGER;
  let kept = kind ? (db.prepare<[string], number>(KIND_BYTES).pluck().get(kind) ?? 0) : totalsOf(db).bytes;
  const oldest = kind
    ? db.prepare<unknown[], OldRow>(OLDEST_OF_KIND_QUERY).all(kind, expired, last, ROWS_AT_ONCE)
    : db.prepare<unknown[], OldRow>(OLDEST_QUERY).all(expired, last, ROWS_AT_ONCE);
  const gone: OldRow[] = [];
  for (const row of oldest) {
    if (bytes !== null && kept <= bytes) break;
    removeRow(db, row.id);
    kept -= row.bytes;
    gone.push(row);
  }
  return gone;
}

function freePages(db: Db): number {
  return db.pragma('freelist_count', { simple: true }) as number;
}

/** Yields to other work between batches of rows. @throws Cancelled, AppError */
export async function verify(
  database: RebuildableDb,
  files: ArtefactFiles,
  signal?: CancelSignal,
): Promise<VerifyResult> {
  const doing = 'checking the cache';
  // One statement that reads the whole file: minutes of a large one on a slow disk.
  const sound = await blocking(doing, async () =>
    database.attempt(doing, (db) => db.pragma('integrity_check', { simple: true }) === 'ok'),
  );
  if (!sound) {
    database.startAfresh('keep');
    return { items: 0, damaged: 0, rebuilt: true };
  }
  let items = 0;
  let damaged = 0;
  for (let last = -1; last !== 0; ) {
    throwIfCancelled(signal);
    const { rows, bad } = database.attempt(doing, (db) =>
      atOneMoment(db, () => {
        const rows = db.prepare<[number, number], Row>(ARTEFACT_SQL.page).all(last, VERIFY_AT_ONCE);
        const inRows = rows.filter(({ isFile }) => isFile === 0);
        return { rows, bad: inRows.filter((row) => readChecked(db, row, row.key) === null) };
      }),
    );
    for (const row of rows) {
      if (row.isFile === 0) continue;
      throwIfCancelled(signal);
      if (!(await files.isWhole(row))) bad.push(row);
    }
    // A file may have been pruned while it was looked for: then its row is gone too.
    const dropped = database.attempt(doing, (db) =>
      inTransaction(db, () => {
        const there = bad.filter(({ id, key }) => findRow(db, key)?.id === id);
        for (const row of there) removeRow(db, row.id);
        return there.length;
      }),
    );
    items += rows.length;
    damaged += dropped;
    last = rows.at(-1)?.id ?? 0;
    await nextTurn();
  }
  database.attempt(doing, (db) => {
    inTransaction(db, () => {
      db.exec('DELETE FROM contents WHERE id NOT IN (SELECT id FROM artefacts WHERE is_file = 0)');
      recountTotals(db);
    });
  });
  return { items, damaged, rebuilt: false };
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
