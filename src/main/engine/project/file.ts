/** A `*.retake` file: one SQLite database that one process has open. */
import { copyFileSync, existsSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { AppError } from '../../../common/errors.ts';
import type { FiledTake, ProjectDocument } from '../../../common/project/document.ts';
import { publishSync } from '../disk.ts';
import {
  asAppError,
  CorruptDatabase,
  type Db,
  type FileLock,
  ForeignSchema,
  FromTheFuture,
  inTransaction,
  isCorruption,
  lockFile,
  openDamaged,
  openLocked,
} from '../storage/db.ts';
import { document as documentTable } from './migrations/001-document.ts';
import { takes as takesTable } from './migrations/002-takes.ts';
import { absolutePaths, storedPath, storedPaths } from './paths.ts';
import { addRevision, newestRevision, type Revision } from './revisions.ts';
import {
  copyTakes,
  dropTake,
  fileTake,
  followTakes,
  idIn,
  isFiled,
  projectId,
  takesBeside,
} from './takes.ts';

export const PROJECT_MIGRATIONS = [documentTable, takesTable];
/** In bytes: every state of the largest project, twice. */
const LARGEST_FILE = 2 * 2 ** 31;
const SIDECARS = ['-journal', '-wal', '-shm'];

export interface ProjectRef {
  readonly id: string;
  /** Where its file is, or was when it was last open. */
  readonly path: string;
}

export interface OpenProject {
  readonly file: ProjectFile;
  readonly document: ProjectDocument;
  /** One line on what was lost; null for a clean open. */
  readonly recovered: string | null;
}

/** Held open, and locked against other processes, until it is closed. */
export class ProjectFile {
  readonly path: string;
  /** Stays with the file wherever it is moved. */
  readonly id: string;
  readonly #db: Db;
  readonly #lock: FileLock;
  /** Those of the document as it was last read or saved. */
  #takes: ReadonlySet<string>;

  constructor(path: string, db: Db, lock: FileLock, document: ProjectDocument) {
    this.path = path;
    this.#db = db;
    this.#lock = lock;
    this.id = projectId(db);
    this.#takes = idsOf(document);
  }

  /** The whole document in one transaction. Its paths are absolute. @throws AppError disk-full, output-unwritable */
  save(document: ProjectDocument): void {
    const takes = idsOf(document);
    this.#write(() => {
      addRevision(this.#db, storedPaths(document, dirname(this.path)));
      followTakes(this.#db, this.#takes, takes);
    });
    this.#takes = takes;
  }

  /** Keeps what a render has brought, on the disk when it returns. @throws AppError disk-full, output-unwritable */
  file(take: FiledTake): void {
    this.#write(() => fileTake(this.#db, take, dirname(this.path)));
  }

  /** What renders have brought and the document lacks; it counts as shown from now on. */
  takesBeside(document: ProjectDocument): FiledTake[] {
    const brought = takesBeside(this.#db, document, dirname(this.path));
    this.#takes = new Set([...this.#takes, ...brought.map(({ id }) => id)]);
    return brought;
  }

  /** The artist deletes the take with this file, whether or not a saved document had it. */
  drop(path: string): void {
    this.#write(() => dropTake(this.#db, storedPath(path, dirname(this.path))));
  }

  /** Has a render brought the take with this file? */
  hasTake(path: string): boolean {
    return isFiled(this.#db, storedPath(path, dirname(this.path)));
  }

  /** Takes over what renders have brought to another file, whose document this one goes on with. */
  inherit(from: ProjectFile): void {
    try {
      this.#write(() => copyTakes(from.#db, this.#db));
    } catch (error) {
      // The old file may be one that can no longer be read, which is why there is a new one.
      if (!(error instanceof AppError) && !isCorruption(error)) throw error;
    }
  }

  #write(work: () => void): void {
    try {
      inTransaction(this.#db, work);
    } catch (error) {
      throw foreseen(error, `saving ${basename(this.path)}`, 'output-unwritable');
    }
  }

  close(): void {
    this.#db.close();
    try {
      // While the lock is still held, so that nobody can have taken the file that goes.
      rmSync(lockPath(this.path), { force: true });
    } catch {
      // Its disk may be gone; what was saved is saved.
    }
    this.#lock.release();
  }
}

/**
 * Opens a project. A damaged file is set aside and the newest state that can be read takes its place.
 * @throws AppError project-unreadable, project-busy
 */
export function openProject(path: string): OpenProject {
  const whole = resolve(path);
  const doing = `opening ${basename(whole)}`;
  const about = statSync(whole, { throwIfNoEntry: false });
  if (!about?.isFile()) {
    throw new AppError('project-unreadable', 'there is no such file', {
      doing,
      hint: 'It may have been moved or its disk be disconnected.',
    });
  }
  const lock = lockProject(whole, doing);
  try {
    if (about.size === 0) throw unreadable(doing, 'the file is empty');
    if (about.size > LARGEST_FILE) throw unreadable(doing, 'the file is too large for a project');
    const opened = openOrRecover(whole, doing);
    const document = absolutePaths(opened.revision.document, dirname(whole));
    const { recovered } = opened;
    return { file: hold(whole, opened.db, lock, document, doing), document, recovered };
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** @throws AppError project-unreadable for a file that may not be written to */
function hold(path: string, db: Db, lock: FileLock, document: ProjectDocument, doing: string): ProjectFile {
  try {
    return new ProjectFile(path, db, lock, document);
  } catch (error) {
    db.close();
    throw foreseen(error, doing, 'project-unreadable');
  }
}

/** With the ending that a project has. */
export function projectPath(path: string): string {
  return resolve(extname(path) === '.retake' ? path : `${path}.retake`);
}

/** What a project that is not open holds. @throws AppError project-unreadable */
export function readProject(path: string): ProjectDocument {
  const doing = `reading ${basename(path)}`;
  if (!existsSync(path)) throw unreadable(doing, 'there is no such file');
  try {
    const db = openSingle(path);
    try {
      const revision = newestRevision(db);
      if (revision) return absolutePaths(revision.document, dirname(path));
    } finally {
      db.close();
    }
  } catch (error) {
    throw foreseen(error, doing, 'project-unreadable');
  }
  throw unreadable(doing, 'the file is damaged');
}

/** Writes a new project, in the place of any file of that name. @throws AppError output-unwritable, disk-full, project-busy */
export function createProject(path: string, document: ProjectDocument): ProjectFile {
  const whole = projectPath(path);
  const doing = `writing ${basename(whole)}`;
  try {
    mkdirSync(dirname(whole), { recursive: true });
  } catch (error) {
    throw foreseen(error, doing, 'output-unwritable');
  }
  const lock = lockProject(whole, doing);
  try {
    writeProject(whole, document);
    return new ProjectFile(whole, openSingle(whole), lock, document);
  } catch (error) {
    lock.release();
    throw foreseen(error, doing, 'output-unwritable');
  }
}

/**
 * Files a take in a project that is not open here.
 * @throws AppError project-unreadable where another project, or none, lies there; project-busy, output-unwritable, disk-full
 */
export function fileTakeIn(project: ProjectRef, take: FiledTake): void {
  const doing = `filing a take in ${basename(project.path)}`;
  if (!existsSync(project.path)) throw elsewhere(doing);
  const lock = lockProject(project.path, doing);
  let db: Db | null = null;
  try {
    // Damage is left for the artist to see: nothing is recovered behind a closed project.
    db = openSingle(project.path);
    if (idIn(db) !== project.id) throw elsewhere(doing);
    fileTake(db, take, dirname(project.path));
  } catch (error) {
    throw foreseen(error, doing, 'output-unwritable');
  } finally {
    db?.close();
    rmSync(lockPath(project.path), { force: true });
    lock.release();
  }
}

function elsewhere(doing: string): AppError {
  return new AppError('project-unreadable', 'the project is not there', {
    doing,
    hint: 'Open it from where it is now, and the take will be in it.',
  });
}

function idsOf(document: ProjectDocument): ReadonlySet<string> {
  return new Set(Object.keys(document.takes));
}

function openOrRecover(
  path: string,
  doing: string,
): { db: Db; revision: Revision; recovered: string | null } {
  const newest: { revision: Revision | null } = { revision: null };
  try {
    const db = openSingle(path, (found) => {
      newest.revision = newestRevision(found);
    });
    const { revision } = newest;
    if (revision?.skipped === 0) return { db, revision, recovered: null };
    db.close();
  } catch (error) {
    if (!isCorruption(error) || error instanceof ForeignSchema) {
      throw foreseen(error, doing, 'project-unreadable');
    }
  }
  return recover(path, doing);
}

/** Puts the newest readable state into a fresh file; the damaged one stays beside it. */
function recover(path: string, doing: string): { db: Db; revision: Revision; recovered: string } {
  let damaged: Db | null = null;
  let revision: Revision | null = null;
  try {
    damaged = openDamaged(path, PROJECT_MIGRATIONS);
    revision = damaged && newestRevision(damaged);
  } catch (error) {
    damaged?.close();
    throw foreseen(error, doing, 'project-unreadable');
  }
  if (!revision) damaged?.close();
  if (!damaged || !revision)
    throw unreadable(doing, 'the file is damaged, and no state of the project in it can be read');
  const stamp = new Date().toISOString().slice(0, 19).replace(/[:T]/g, '-');
  const aside = join(dirname(path), `${basename(path, '.retake')}.damaged-${stamp}.retake`);
  try {
    for (const suffix of ['', ...SIDECARS]) {
      if (existsSync(path + suffix)) copyFileSync(path + suffix, aside + suffix);
    }
    writeProject(path, absolutePaths(revision.document, dirname(path)), damaged);
    const when = new Date(revision.saved).toLocaleString('en-GB');
    const lost = revision.skipped > 0 ? ' Later changes are lost.' : '';
    const recovered = `The project file was damaged. This is its state of ${when}.${lost} The damaged file is kept as ${basename(aside)}.`;
    return { db: openSingle(path), revision, recovered };
  } catch (error) {
    throw foreseen(error, doing, 'project-unreadable');
  } finally {
    damaged.close();
  }
}

/** Writes a fresh file under a temporary name and renames it. @throws AppError output-unwritable, disk-full */
export function writeProject(path: string, document: ProjectDocument, damaged: Db | null = null): void {
  const doing = `writing ${basename(path)}`;
  const temporary = join(dirname(path), `.${basename(path)}.new`);
  const discard = () => {
    for (const suffix of ['', ...SIDECARS]) rmSync(temporary + suffix, { force: true });
  };
  try {
    discard();
    const db = openSingle(temporary);
    try {
      if (damaged) salvage(damaged, db);
      addRevision(db, storedPaths(document, dirname(path)));
    } finally {
      db.close();
    }
    // A journal of the old file would be played into the new one.
    for (const suffix of SIDECARS) rmSync(path + suffix, { force: true });
    publishSync(temporary, path);
  } catch (error) {
    discard();
    throw foreseen(error, doing, 'output-unwritable');
  }
}

/** The name of the project and the takes that renders brought, as far as they can be read. */
function salvage(damaged: Db, fresh: Db): void {
  for (const copy of [copyId, copyTakes]) {
    try {
      copy(damaged, fresh);
    } catch {
      // Damaged as well, or from before there were any: the document has those that it showed.
    }
  }
}

function copyId(from: Db, to: Db): void {
  const id = idIn(from);
  if (id !== null) to.prepare(`INSERT INTO meta VALUES ('id', ?)`).run(id);
}

/** Without a write-ahead log the file can be copied and mailed at any time. */
function openSingle(path: string, accept?: (db: Db) => void): Db {
  return openLocked(path, { label: 'the project', migrations: PROJECT_MIGRATIONS, singleFile: true, accept });
}

function lockPath(path: string): string {
  return join(dirname(path), `.${basename(path)}.lock`);
}

function lockProject(path: string, doing: string): FileLock {
  let lock: FileLock | null;
  try {
    lock = lockFile(lockPath(path), { waitMs: 0, doing });
  } catch (error) {
    throw foreseen(error, doing, 'project-unreadable');
  }
  if (lock) return lock;
  throw new AppError('project-busy', 'the project is open in another window of Retake', {
    doing,
    hint: 'Close it there first.',
  });
}

function unreadable(doing: string, message: string): AppError {
  const hint = 'It is left as it is. Open a backup copy instead.';
  return new AppError('project-unreadable', message, { doing, hint });
}

/** What databases and file systems foresee, in the words of someone who opens or saves a document. */
function foreseen(error: unknown, doing: string, code: 'project-unreadable' | 'output-unwritable'): unknown {
  if (error instanceof FromTheFuture) {
    return new AppError('project-unreadable', error.message, { doing, hint: 'Update Retake.' });
  }
  if (error instanceof ForeignSchema) {
    return new AppError('project-unreadable', `this is no project that Retake wrote: ${error.message}`, {
      doing,
      hint: 'It is left as it is. Open a backup, or ask for the original.',
    });
  }
  if (error instanceof CorruptDatabase) return unreadable(doing, 'the file is damaged');
  const known = asAppError(error, doing);
  if (!(known instanceof AppError) || known.code !== 'cache-unusable') return known;
  return new AppError(code, known.message, {
    doing,
    hint: 'Check that its folder can be written to.',
    cause: error,
  });
}
