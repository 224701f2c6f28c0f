/** The only door to SQLite: how every database of Retake is opened, migrated, checked and locked. */
import { createHash } from 'node:crypto';
import { mkdirSync, truncateSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import Database from 'better-sqlite3';
import { AppError } from '../../../common/errors.ts';

export type Db = Database.Database;

/** One step of a schema. Versions count 1, 2, 3, …; a released migration is never edited. */
export interface Migration {
  readonly version: number;
  readonly name: string;
  readonly sql: string;
}

export interface OpenDatabaseOptions {
  readonly migrations: readonly Migration[];
  /** What the artist calls it: "the cache", "the job list". */
  readonly label: string;
  /** Tables whose structure is checked at every open; all by default. Name them where bulk data would make that slow. */
  readonly check?: readonly string[];
  /** A document that one process has open stays a single file, each commit on the disk; the rest is faster and shared. */
  readonly singleFile?: boolean;
}

/** The file is no database, or a damaged one. The caller decides whether it may be set aside. */
export class CorruptDatabase extends Error {
  override readonly name = 'CorruptDatabase';
}

/** The file was written by a newer version. */
export class FromTheFuture extends AppError {}

const BUSY_MS = 10_000;
const OPEN_LOCK_MS = 60_000;

/**
 * Opens a database, creating or migrating it where needed. Safe while other processes do the same.
 * @throws AppError cache-unusable (unwritable, written by a newer Retake), disk-full; CorruptDatabase
 */
export function openDatabase(path: string, options: OpenDatabaseOptions): Db {
  const doing = `opening ${options.label}`;
  const lock = lockForOpening(path, doing);
  try {
    return openLocked(path, options);
  } finally {
    lock.release();
  }
}

/** For callers that hold the opening lock already. */
export function openLocked(path: string, options: OpenDatabaseOptions): Db {
  const doing = `opening ${options.label}`;
  assertMonotonic(options.migrations);
  let db: Db | null = null;
  try {
    db = new Database(path, { timeout: BUSY_MS });
    db.pragma('cell_size_check = ON');
    db.pragma('trusted_schema = OFF');
    // Takes effect on a new file only, and only before its first page is written.
    db.pragma('auto_vacuum = INCREMENTAL');
    db.pragma(`journal_mode = ${options.singleFile ? 'DELETE' : 'WAL'}`);
    db.pragma(`synchronous = ${options.singleFile ? 'FULL' : 'NORMAL'}`);
    db.pragma('foreign_keys = ON');
    db.pragma(`journal_size_limit = ${64 << 20}`);
    const version = schemaVersion(db);
    const latest = options.migrations.length;
    if (version > latest) throw fromTheFuture(options.label, doing);
    if (version > 0) checkStructure(db, options.check);
    for (const migration of options.migrations.slice(version)) migrate(db, migration);
    return db;
  } catch (error) {
    closeQuietly(db);
    if (isCorruption(error) || sqliteCode(error) === 'SQLITE_ERROR') {
      throw new CorruptDatabase(`${basename(path)}: ${messageOf(error)}`, { cause: error });
    }
    throw asAppError(error, doing);
  }
}

/** Opens what is left of a damaged file, for reading only and unchecked; null where it is no database at all. */
export function openDamaged(path: string): Db | null {
  let db: Db | null = null;
  try {
    db = new Database(path, { readonly: true, fileMustExist: true });
    db.pragma('trusted_schema = OFF');
    db.prepare('SELECT count(*) FROM sqlite_schema').get();
    return db;
  } catch {
    closeQuietly(db);
    return null;
  }
}

/** Held until released or until the process dies, however it dies: the operating system drops it. */
export interface FileLock {
  release(): void;
}

/** Serialises opening, migrating and setting aside one database between processes. */
export function lockForOpening(path: string, doing: string): FileLock {
  try {
    mkdirSync(dirname(path), { recursive: true });
  } catch (error) {
    throw asAppError(error, doing);
  }
  const lock = lockFile(`${path}.lock`, { waitMs: OPEN_LOCK_MS, doing });
  if (lock) return lock;
  throw new AppError('cache-unusable', `another Retake has kept ${basename(path)} locked for a minute`, {
    doing,
    hint: 'Close other copies of Retake and try again.',
  });
}

/**
 * Takes the exclusive lock on `path` (an empty file, created where missing), or null when another holder kept it
 * for `waitMs`. An open exclusive transaction is the one file lock that Node offers on every platform.
 */
export function lockFile(path: string, options: { waitMs: number; doing: string }): FileLock | null {
  for (let attempt = 0; ; attempt++) {
    let db: Db | null = null;
    try {
      db = new Database(path, { timeout: options.waitMs });
      // Nothing is ever written, so no journal file: it would need space that a full disk does not have.
      db.pragma('journal_mode = MEMORY');
      db.exec('BEGIN EXCLUSIVE');
      const held = db;
      return { release: () => held.close() };
    } catch (error) {
      closeQuietly(db);
      const code = sqliteCode(error);
      if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED')) return null;
      // A lock file holds no data: rubbish in it may be thrown away, once.
      if (!isCorruption(error) || attempt > 0) throw asAppError(error, options.doing);
      truncateSync(path);
    }
  }
}

/** Runs `work` in one transaction that takes the write lock at once, so that it cannot fail half-way on a reader's upgrade. */
export function inTransaction<T>(db: Db, work: () => T): T {
  return db.transaction(work).immediate();
}

export function isCorruption(error: unknown): boolean {
  if (error instanceof CorruptDatabase) return true;
  const code = sqliteCode(error);
  return (
    code.startsWith('SQLITE_CORRUPT') ||
    code === 'SQLITE_NOTADB' ||
    code === 'SQLITE_IOERR_SHORT_READ' ||
    code === 'SQLITE_FORMAT'
  );
}

/** Turns what SQLite and the file system foresee into an AppError; anything else comes back unchanged. */
export function asAppError(error: unknown, doing: string): unknown {
  if (error instanceof AppError) return error;
  const code = sqliteCode(error) || ((error as NodeJS.ErrnoException | null)?.code ?? '');
  const context = { doing, cause: error };
  if (code === 'SQLITE_FULL' || code === 'ENOSPC' || code === 'EDQUOT' || code === 'SQLITE_IOERR_WRITE') {
    return new AppError('disk-full', 'the disk is full', {
      ...context,
      hint: 'Free some space and try again.',
    });
  }
  if (code.startsWith('SQLITE_BUSY')) {
    const hint = 'Close other copies of Retake and try again.';
    return new AppError('cache-unusable', 'another Retake keeps the database busy', { ...context, hint });
  }
  if (/^(SQLITE_|E[A-Z]+$)/.test(code) && code !== 'SQLITE_ERROR' && !code.startsWith('SQLITE_CONSTRAINT')) {
    const hint = 'Check that the folder can be written to, or set RETAKE_HOME to another one.';
    return new AppError('cache-unusable', messageOf(error), { ...context, hint });
  }
  return error;
}

export function sqliteCode(error: unknown): string {
  return error instanceof Database.SqliteError ? error.code : '';
}

/** The version, after proof that header and schema are what the last migration left. */
function schemaVersion(db: Db): number {
  const version = db.pragma('user_version', { simple: true }) as number;
  const tables = db.prepare('SELECT count(*) FROM sqlite_schema').pluck().get() as number;
  if (tables === 0 && version === 0) return 0;
  const last = db
    .prepare<[], { version: number; schema: string }>(
      'SELECT version, schema FROM migrations ORDER BY version DESC LIMIT 1',
    )
    .get();
  // Without this a damaged header could pass for a database from the future, a damaged schema for a bug of ours.
  if (last?.version !== version || last.schema !== schemaDigest(db)) {
    throw new CorruptDatabase('the schema is not what the last migration left');
  }
  return version;
}

function schemaDigest(db: Db): string {
  const query = `SELECT name, tbl_name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY name`;
  return createHash('sha256')
    .update(JSON.stringify(db.prepare(query).raw().all()))
    .digest('hex');
}

function migrate(db: Db, migration: Migration): void {
  inTransaction(db, () => {
    db.exec(
      `CREATE TABLE IF NOT EXISTS migrations (
        version INTEGER PRIMARY KEY, name TEXT NOT NULL, applied INTEGER NOT NULL, schema TEXT NOT NULL) STRICT`,
    );
    db.exec(migration.sql);
    db.prepare('INSERT INTO migrations VALUES (?, ?, ?, ?)').run(
      migration.version,
      migration.name,
      Date.now(),
      schemaDigest(db),
    );
    db.pragma(`user_version = ${migration.version}`);
  });
}

function checkStructure(db: Db, tables: readonly string[] | undefined): void {
  const checks = tables
    ? ['sqlite_schema', 'migrations', ...tables].map((name) => `integrity_check('${name}')`)
    : ['integrity_check'];
  for (const check of checks) {
    const verdict = db.pragma(check, { simple: true });
    if (verdict !== 'ok') throw new CorruptDatabase(String(verdict));
  }
}

function fromTheFuture(label: string, doing: string): AppError {
  return new FromTheFuture('cache-unusable', `${label} was written by a newer version of Retake`, {
    doing,
    hint: 'Update Retake, or set RETAKE_HOME to another folder.',
  });
}

function assertMonotonic(migrations: readonly Migration[]): void {
  migrations.forEach((migration, index) => {
    if (migration.version !== index + 1) throw new Error(`migration ${migration.name} is out of order`);
  });
}

function closeQuietly(db: Db | null): void {
  try {
    db?.close();
  } catch {
    // It is being given up because of another error, which is the one to report.
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
