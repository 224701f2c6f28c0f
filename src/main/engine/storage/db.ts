/**
 * The only door to SQLite: how every database of Retake is opened, migrated, checked and locked. Long, because whatever
 * touches the library itself (its errors, an in-memory schema to compare with) has to stand behind the one door.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, truncateSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import Database from 'better-sqlite3';
import { AppError } from '../../../common/errors.ts';
import { systemWords } from '../../../common/system-errors.ts';

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
  /**
   * Tables whose structure is checked at every open, of those that are there yet; all by default. Name them where bulk data
   * would make that slow.
   */
  readonly check?: readonly string[];
  /** A document that one process has open stays a single file, each commit on the disk; the rest is faster and shared. */
  readonly singleFile?: boolean;
  /** Looks at what a file holds before anything is written to it; throws to leave it as it is. */
  readonly accept?: (db: Db) => void;
  /** Each commit is on the disk when it returns, also after a power cut. A single file always is. */
  readonly durable?: boolean;
}

/** The file is no database, or a damaged one. The caller decides whether it may be set aside. */
export class CorruptDatabase extends Error {
  override readonly name = 'CorruptDatabase';
}

/** The schema is none that the migrations make: damage, or another program's work. */
export class ForeignSchema extends CorruptDatabase {}

/** The file was written by a newer version. */
export class FromTheFuture extends AppError {}

const BUSY_MS = 10_000;
const OPEN_LOCK_MS = 60_000;

/**
 * Opens a database, creating or migrating it where needed; the caller holds the lock for opening it.
 * @throws AppError cache-unusable (unwritable, written by a newer Retake), disk-full; CorruptDatabase
 */
export function openLocked(path: string, options: OpenDatabaseOptions): Db {
  const doing = `opening ${options.label}`;
  assertMonotonic(options.migrations);
  let db: Db | null = null;
  try {
    db = new Database(path, { timeout: BUSY_MS });
    harden(db);
    // Before anything is written: a file that is refused stays as it is, to the byte.
    const version = schemaVersion(db, options.migrations);
    const latest = options.migrations.length;
    if (version > latest) throw fromTheFuture(options.label, doing);
    if (version > 0) {
      checkStructure(db, options.check);
      options.accept?.(db);
    } else {
      db.pragma('auto_vacuum = INCREMENTAL'); // takes effect before the first page is written
    }
    db.pragma(`journal_mode = ${options.singleFile ? 'DELETE' : 'WAL'}`);
    const durable = options.singleFile || options.durable;
    db.pragma(`synchronous = ${durable ? 'FULL' : 'NORMAL'}`);
    // On macOS an ordinary flush leaves data in the disk's own memory. Elsewhere it says nothing.
    if (durable) db.pragma('fullfsync = ON');
    db.pragma('foreign_keys = ON');
    db.pragma(`journal_size_limit = ${64 << 20}`);
    for (const migration of options.migrations.slice(version)) migrate(db, migration);
    return db;
  } catch (error) {
    closeQuietly(db);
    if (error instanceof CorruptDatabase) throw error;
    if (isCorruption(error) || sqliteCode(error) === 'SQLITE_ERROR') {
      throw new CorruptDatabase(`${basename(path)}: ${messageOf(error)}`, { cause: error });
    }
    throw asAppError(error, doing);
  }
}

/**
 * Opens what is left of a damaged file, for reading only; null where it is no database at all.
 * @throws ForeignSchema where it holds what none of the migrations makes: that is no damage
 */
export function openDamaged(path: string, migrations: readonly Migration[]): Db | null {
  let db: Db | null = null;
  try {
    db = new Database(path, { readonly: true, fileMustExist: true });
    harden(db);
    const known = migrations.map((_, index) => expectedSchema(migrations.slice(0, index + 1)));
    const foreign = schemaOf(db).filter((entry) => !known.some((one) => one.has(textOf(entry))));
    if (foreign.length > 0) throw foreignSchema(foreign);
    return db;
  } catch (error) {
    closeQuietly(db);
    if (error instanceof ForeignSchema) throw error;
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
    return new AppError('cache-unusable', PLAIN[code] ?? systemWords(error)?.what ?? messageOf(error), {
      ...context,
      hint,
    });
  }
  return error;
}

/** What SQLite says in capitals, and what the system means of a folder to keep files in. */
const PLAIN: Readonly<Record<string, string>> = {
  EEXIST: 'a file has the name of the folder',
  ENOTDIR: 'a file has the name of the folder',
  ENOENT: 'the folder is not there',
  SQLITE_CANTOPEN: 'the file cannot be opened',
  SQLITE_READONLY: 'the file may not be written to',
};

function sqliteCode(error: unknown): string {
  return error instanceof Database.SqliteError ? error.code : '';
}

/** A file may come from anybody: nothing in it runs by itself, and its schema cannot be written to directly. */
function harden(db: Db): void {
  db.unsafeMode(false); // SQLite's defensive mode
  db.pragma('cell_size_check = ON');
  db.pragma('trusted_schema = OFF');
}

interface SchemaEntry {
  readonly type: string;
  readonly name: string;
  readonly tbl_name: string;
  readonly sql: string | null;
}

/** More than any of ours; what is beyond it is not even listed. */
const MOST_ENTRIES = 200;

function schemaOf(db: Db): SchemaEntry[] {
  const query = `SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY name LIMIT ${MOST_ENTRIES}`;
  return db.prepare<[], SchemaEntry>(query).all();
}

/** The version, after proof that header and schema are what the migrations up to it make. */
function schemaVersion(db: Db, migrations: readonly Migration[]): number {
  const entries = schemaOf(db);
  const version = db.pragma('user_version', { simple: true }) as number;
  if (entries.length === 0 && version === 0) return 0;
  // Looked at before it is read: a view of that name could do anything.
  const expected = expectedSchema(migrations.slice(0, Math.max(1, version)));
  const foreign = entries.filter((entry) => !expected.has(textOf(entry)));
  const known = (name: string) => entries.some((entry) => entry.name === name && !foreign.includes(entry));
  if (!known('migrations')) throw foreignSchema(foreign);
  const last = db
    .prepare<[], number>('SELECT version FROM migrations ORDER BY version DESC LIMIT 1')
    .pluck()
    .get();
  // Without this a damaged header could pass for a database from the future.
  if (last !== version) throw new CorruptDatabase('the header does not say what the last migration left');
  if (version > migrations.length) return version;
  if (foreign.length > 0) throw foreignSchema(foreign);
  if (entries.length < expected.size) throw new CorruptDatabase('a part of the schema is missing');
  return version;
}

function foreignSchema(foreign: readonly SchemaEntry[]): ForeignSchema {
  const names = foreign.slice(0, 3).map(({ type, name }) => `${type} "${name.slice(0, 60)}"`);
  return new ForeignSchema(names.length > 0 ? `it holds the ${names.join(', ')}` : 'it is no file of Retake');
}

const schemas = new WeakMap<Migration, ReadonlySet<string>>();

/** What the migrations make, by making it. */
function expectedSchema(migrations: readonly Migration[]): ReadonlySet<string> {
  const last = migrations.at(-1)!;
  let known = schemas.get(last);
  if (!known) {
    const db = new Database(':memory:');
    for (const migration of migrations) migrate(db, migration);
    known = new Set(schemaOf(db).map(textOf));
    db.close();
    schemas.set(last, known);
  }
  return known;
}

/** Layout of the SQL text means nothing. */
function textOf({ type, name, tbl_name, sql }: SchemaEntry): string {
  return JSON.stringify([type, name, tbl_name, sql?.replace(/\s+/g, ' ') ?? null]);
}

/** Kept for those who look into a file; nobody relies on it, for a file can say of itself what it likes. */
function schemaDigest(db: Db): string {
  return createHash('sha256')
    .update(JSON.stringify(schemaOf(db).map(textOf)))
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
  const there = new Set(schemaOf(db).map(({ name }) => name));
  const checks = tables
    ? ['sqlite_schema', ...['migrations', ...tables].filter((name) => there.has(name))].map(
        (name) => `integrity_check('${name}')`,
      )
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
