/** One inverted latent as a row: how it is written, checked when read, and removed. */
import { createHash } from 'node:crypto';
import type { Latent, LatentShape } from '../diffusion/types.ts';
import { type Db, inTransaction, isCorruption } from '../storage/db.ts';

export interface LatentMeta {
  readonly shape: LatentShape;
  /** How the frame is called in messages: "frame 12". */
  readonly frame: string;
  /** Reconstruction quality of the inversion in dB; null where it was not measured. */
  readonly psnr: number | null;
  /** What `ls` groups by: names for people, none of them part of the key. */
  readonly clip: string;
  readonly bundle: string;
  readonly sourcePrompt: string;
  readonly settings: string;
  /** Milliseconds since 1970. */
  readonly created: number;
}

export interface CachedLatent {
  readonly latent: Latent;
  readonly meta: LatentMeta;
}

const COLUMNS = `f.id, f.key, f.frame, f.channels, f.height, f.width, f.psnr, f.created, f.bytes, f.checksum,
  g.clip, g.bundle, g.source_prompt AS sourcePrompt, g.settings`;

/** The statements that run once or more per frame; their query plans are tested. */
export const LATENT_SQL = {
  find: `SELECT ${COLUMNS} FROM frames f JOIN groups g ON g.id = f.group_id WHERE f.key = ?`,
  page: `SELECT ${COLUMNS} FROM frames f JOIN groups g ON g.id = f.group_id WHERE f.id > ? ORDER BY f.id LIMIT ?`,
  data: 'SELECT data FROM latents WHERE id = ?',
  has: 'SELECT key FROM frames WHERE key IN (SELECT value FROM json_each(?))',
  worstPsnr: 'SELECT min(psnr) FROM frames WHERE key IN (SELECT value FROM json_each(?))',
  idOf: 'SELECT id FROM frames WHERE key = ?',
  touch: 'UPDATE frames SET used = max(used, ?) WHERE key = ?',
  oldest: 'SELECT id, bytes FROM frames ORDER BY used LIMIT 64',
  group: 'SELECT id FROM groups WHERE clip = ? AND bundle = ? AND source_prompt = ? AND settings = ?',
} as const;

export interface Row {
  readonly id: number;
  readonly key: string;
  readonly frame: string;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly psnr: number | null;
  readonly created: number;
  readonly bytes: number;
  readonly checksum: string;
  readonly clip: string;
  readonly bundle: string;
  readonly sourcePrompt: string;
  readonly settings: string;
}

export function findRow(db: Db, key: string): Row | undefined {
  return db.prepare<[string], Row>(LATENT_SQL.find).get(key);
}

/**
 * Reads on one state of the database: what another engine removes meanwhile is there still, or was never
 * found. Without, an index row whose picture has just been pruned would look like damage.
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

/** The row's latent, or null when it is not what was written under this key. */
export function readChecked(db: Db, row: Row, key: string): CachedLatent | null {
  const data = readData(db, row.id);
  if (data?.byteLength !== row.bytes) return null;
  const { frame, psnr, clip, bundle, sourcePrompt, settings, created } = row;
  const shape = { channels: row.channels, height: row.height, width: row.width };
  const meta: LatentMeta = { shape, frame, psnr, clip, bundle, sourcePrompt, settings, created };
  if (checksum(key, meta, data) !== row.checksum) return null;
  // Copied, because SQLite hands out bytes at any alignment.
  const latent = new Float32Array(data.byteLength / Float32Array.BYTES_PER_ELEMENT);
  new Uint8Array(latent.buffer).set(data);
  return { latent, meta };
}

/** Must run inside a transaction. */
export function insertRow(db: Db, key: string, latent: Latent, meta: LatentMeta, used: number): void {
  const data = new Uint8Array(latent.buffer, latent.byteOffset, latent.byteLength);
  const { channels, height, width } = meta.shape;
  const sum = checksum(key, meta, data);
  const { lastInsertRowid: id } = db
    .prepare(
      `INSERT INTO frames (key, group_id, frame, channels, height, width, psnr, created, used, bytes, checksum)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    .run(
      key,
      groupOf(db, meta),
      meta.frame,
      channels,
      height,
      width,
      meta.psnr,
      meta.created,
      used,
      data.length,
      sum,
    );
  db.prepare('INSERT INTO latents (id, data) VALUES (?, ?)').run(id, data);
}

export function removeRow(db: Db, id: number): void {
  db.prepare('DELETE FROM frames WHERE id = ?').run(id);
  db.prepare('DELETE FROM latents WHERE id = ?').run(id);
}

/**
 * Forgets a row whose picture is damaged. The picture stays until the next verify: freeing pages along a damaged
 * chain could free those of a healthy row.
 */
export function forgetRow(db: Db, id: number): void {
  inTransaction(db, () => {
    db.prepare('DELETE FROM frames WHERE id = ?').run(id);
    recountTotals(db);
  });
}

/** The running totals are kept by triggers; a damaged row may have told them nonsense. */
export function recountTotals(db: Db): void {
  const counted = '(SELECT count(*), coalesce(sum(bytes), 0) FROM frames)';
  db.exec(`UPDATE totals SET (frames, bytes) = ${counted} WHERE (frames, bytes) <> ${counted}`);
}

/**
 * Drops least recently used rows until at most `bytes` are kept, but no more than a few: every put stores one and may
 * drop many, so a limit that was lowered is reached without a wait. Must run inside a transaction.
 */
export function evictTo(db: Db, bytes: number): void {
  let kept = totalBytes(db);
  if (kept <= bytes) return;
  for (const row of db.prepare<[], { id: number; bytes: number }>(LATENT_SQL.oldest).all()) {
    if (kept <= bytes) return;
    removeRow(db, row.id);
    kept -= row.bytes;
  }
}

function totalBytes(db: Db): number {
  return db.prepare<[], number>('SELECT bytes FROM totals').pluck().get() ?? 0;
}

function readData(db: Db, id: number): Uint8Array | null {
  try {
    return db.prepare<[number], Uint8Array>(LATENT_SQL.data).pluck().get(id) ?? null;
  } catch (error) {
    // A torn page of one picture is no reason to lose the others.
    if (isCorruption(error)) return null;
    throw error;
  }
}

function groupOf(db: Db, meta: LatentMeta): number | bigint {
  const names = [meta.clip, meta.bundle, meta.sourcePrompt, meta.settings];
  const found = db
    .prepare<string[], number>(LATENT_SQL.group)
    .pluck()
    .get(...names);
  if (found !== undefined) return found;
  const added = db.prepare('INSERT INTO groups (clip, bundle, source_prompt, settings) VALUES (?, ?, ?, ?)');
  return added.run(...names).lastInsertRowid;
}

function checksum(key: string, meta: LatentMeta, data: Uint8Array): string {
  const { shape, frame, psnr, clip, bundle, sourcePrompt, settings, created } = meta;
  const { channels, height, width } = shape;
  const names = [key, channels, height, width, frame, psnr, clip, bundle, sourcePrompt, settings, created];
  return createHash('sha256').update(JSON.stringify(names)).update(data).digest('hex');
}
