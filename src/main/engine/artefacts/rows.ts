/** One artefact as a row: how it is written, checked when read, and removed. */
import { createHash, type Hash } from 'node:crypto';
import type { ArtefactKind } from '../../../common/contract/cache.ts';
import { type Db, inTransaction, isCorruption } from '../storage/db.ts';
import type { Packed } from './codecs.ts';

/** What is told about an artefact: names for people, none of them part of the key. */
export interface ArtefactMeta {
  /** How it is called in messages: "frame 12". */
  readonly name: string;
  /** Reconstruction quality of an inversion in dB; null where it was not measured. */
  readonly psnr: number | null;
  /** What `ls` groups by. */
  readonly clip: string;
  readonly bundle: string;
  readonly prompt: string;
  readonly settings: string;
  /** Milliseconds since 1970. */
  readonly created: number;
}

const COLUMNS = `a.id, a.key, a.kind, a.name, a.shape, a.psnr, a.created, a.bytes, a.checksum, a.is_file AS isFile,
  g.clip, g.bundle, g.prompt, g.settings`;

/** The statements that run once or more per artefact; their query plans are tested. */
export const ARTEFACT_SQL = {
  find: `SELECT ${COLUMNS} FROM artefacts a JOIN groups g ON g.id = a.group_id WHERE a.key = ?`,
  page: `SELECT ${COLUMNS} FROM artefacts a JOIN groups g ON g.id = a.group_id WHERE a.id > ? ORDER BY a.id LIMIT ?`,
  content: 'SELECT data FROM contents WHERE id = ?',
  has: 'SELECT key FROM artefacts WHERE key IN (SELECT value FROM json_each(?))',
  worstPsnr: 'SELECT min(psnr) FROM artefacts WHERE key IN (SELECT value FROM json_each(?))',
  older: 'SELECT id, bytes, is_file AS isFile FROM artefacts WHERE key = ?',
  touch: 'UPDATE artefacts SET used = max(used, ?) WHERE key = ?',
  oldest: 'SELECT id, bytes, is_file AS isFile FROM artefacts ORDER BY used LIMIT 64',
  group: 'SELECT id FROM groups WHERE clip = ? AND bundle = ? AND prompt = ? AND settings = ?',
} as const;

export interface Row extends ArtefactMeta {
  readonly id: number;
  readonly key: string;
  readonly kind: string;
  /** JSON. */
  readonly shape: string;
  readonly bytes: number;
  readonly checksum: string;
  /** 1 where the content is a file named after the checksum. */
  readonly isFile: number;
}

/** An artefact as bytes: what goes from one store to another. */
export interface RawArtefact {
  readonly key: string;
  readonly kind: ArtefactKind;
  readonly packed: Packed;
  readonly meta: ArtefactMeta;
}

export function findRow(db: Db, key: string): Row | undefined {
  return db.prepare<[string], Row>(ARTEFACT_SQL.find).get(key);
}

/**
 * Reads on one state of the database: what another engine removes meanwhile is there still, or was never
 * found. Without, an index row whose content has just been pruned would look like damage.
 */
export function atOneMoment<T>(db: Db, work: () => T): T {
  db.exec('BEGIN');
  try {
    return work();
  } finally {
    // A damaged page ends the transaction by itself.
    if (db.inTransaction) db.exec('ROLLBACK');
  }
}

export function metaOf({ name, psnr, clip, bundle, prompt, settings, created }: Row): ArtefactMeta {
  return { name, psnr, clip, bundle, prompt, settings, created };
}

/** The shape of a row, or null for text that is none. */
export function shapeOf({ shape }: Row): readonly number[] | null {
  try {
    const read: unknown = JSON.parse(shape);
    return Array.isArray(read) && read.every(Number.isSafeInteger) ? read : null;
  } catch {
    return null;
  }
}

/** The row's bytes, unless they lie in a file; null when they are not what was written under this key. */
export function readChecked(db: Db, row: Row, key: string): Packed | null {
  const shape = shapeOf(row);
  const bytes = readContent(db, row.id);
  if (!shape || bytes?.byteLength !== row.bytes) return null;
  const sum = checksumOf({ key, kind: row.kind, shape, meta: metaOf(row) })
    .update(bytes)
    .digest('hex');
  return sum === row.checksum ? { shape, bytes } : null;
}

/** Must run inside a transaction. @param checksum of everything; isFile: the content lies in a file of that name */
export function insertRow(
  db: Db,
  { key, kind, packed, meta }: RawArtefact,
  { used, checksum, isFile }: { used: number; checksum: string; isFile: boolean },
): void {
  const { lastInsertRowid: id } = db
    .prepare(
      `INSERT INTO artefacts (key, group_id, name, psnr, created, used, bytes, checksum, kind, shape, is_file)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    .run(
      key,
      groupOf(db, meta),
      meta.name,
      meta.psnr,
      meta.created,
      used,
      packed.bytes.length,
      checksum,
      kind,
      JSON.stringify(packed.shape),
      isFile ? 1 : 0,
    );
  if (!isFile) db.prepare('INSERT INTO contents (id, data) VALUES (?, ?)').run(id, packed.bytes);
}

/** What eviction and pruning need of a row. */
export type OldRow = Pick<Row, 'id' | 'bytes' | 'isFile'>;

/** The file of a large artefact is left for `sweep`. */
export function removeRow(db: Db, id: number): void {
  db.prepare('DELETE FROM artefacts WHERE id = ?').run(id);
  db.prepare('DELETE FROM contents WHERE id = ?').run(id);
}

/**
 * Forgets a row whose content is damaged. The content stays until the next verify: freeing pages along a damaged
 * chain could free those of a healthy row.
 */
export function forgetRow(db: Db, id: number): void {
  inTransaction(db, () => {
    db.prepare('DELETE FROM artefacts WHERE id = ?').run(id);
    recountTotals(db);
  });
}

/** The running totals are kept by triggers; a damaged row may have told them nonsense. */
export function recountTotals(db: Db): void {
  const counted = '(SELECT count(*), coalesce(sum(bytes), 0) FROM artefacts)';
  db.exec(`UPDATE totals SET (items, bytes) = ${counted} WHERE (items, bytes) <> ${counted}`);
}

/**
 * Drops least recently used rows until at most `bytes` are kept, but no more than a few: every put stores one and may
 * drop many, so a limit that was lowered is reached without a wait. Must run inside a transaction.
 */
export function evictTo(db: Db, bytes: number): OldRow[] {
  let kept = totalsOf(db).bytes;
  const gone: OldRow[] = [];
  if (kept <= bytes) return gone;
  for (const row of db.prepare<[], OldRow>(ARTEFACT_SQL.oldest).all()) {
    if (kept <= bytes) break;
    removeRow(db, row.id);
    kept -= row.bytes;
    gone.push(row);
  }
  return gone;
}

export function totalsOf(db: Db): { items: number; bytes: number } {
  const query = db.prepare<[], { items: number; bytes: number }>('SELECT items, bytes FROM totals');
  return query.get() ?? { items: 0, bytes: 0 };
}

function readContent(db: Db, id: number): Uint8Array | null {
  try {
    return db.prepare<[number], Uint8Array>(ARTEFACT_SQL.content).pluck().get(id) ?? null;
  } catch (error) {
    // A torn page of one picture is no reason to lose the others.
    if (isCorruption(error)) return null;
    throw error;
  }
}

function groupOf(db: Db, meta: ArtefactMeta): number | bigint {
  const names = [meta.clip, meta.bundle, meta.prompt, meta.settings];
  const found = db
    .prepare<string[], number>(ARTEFACT_SQL.group)
    .pluck()
    .get(...names);
  if (found !== undefined) return found;
  const added = db.prepare('INSERT INTO groups (clip, bundle, prompt, settings) VALUES (?, ?, ?, ?)');
  return added.run(...names).lastInsertRowid;
}

/** Of everything that is told about an artefact; its bytes are to be added. */
export function checksumOf(of: {
  readonly key: string;
  readonly kind: string;
  readonly shape: readonly number[];
  readonly meta: ArtefactMeta;
}): Hash {
  const { key, kind, shape, meta } = of;
  const { name, psnr, clip, bundle, prompt, settings, created } = meta;
  const told = [key, ...shape, name, psnr, clip, bundle, prompt, settings, created];
  // Before there were kinds there were inversions only, and those of then still hold.
  if (kind !== 'inversion') told.push(kind);
  return createHash('sha256').update(JSON.stringify(told));
}
