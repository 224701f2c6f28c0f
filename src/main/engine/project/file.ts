/** A `*.retake` file: one SQLite database that one process has open. */
import { existsSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { AppError } from '../../../common/errors.ts';
import type { FiledTake, ProjectDocument } from '../../../common/project/document.ts';
import { type Db, type FileLock, inTransaction, isCorruption, lockFile } from '../storage/db.ts';
import { foreseen, openOrRecover, openSingle, unreadable, writeProject } from './database.ts';
import { absolutePaths, storedPath, storedPaths } from './paths.ts';
import { addRevision, newestRevision } from './revisions.ts';
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

/** In bytes: every state of the largest project, twice. */
const LARGEST_FILE = 2 * 2 ** 31;
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
  return reading(path, (db) => documentIn(db, path));
}

/** The same, with the name that it goes by; somebody may have it open meanwhile. @throws AppError project-unreadable */
export function projectAt(path: string): ProjectRef & { readonly document: ProjectDocument } {
  const whole = resolve(path);
  return reading(whole, (db) => {
    const id = idIn(db);
    if (id !== null) return { id, path: whole, document: documentIn(db, whole) };
    throw new AppError('project-unreadable', 'it is from before projects had an id', {
      doing: `reading ${basename(path)}`,
      hint: 'Open it once in the window.',
    });
  });
}

function reading<T>(path: string, read: (db: Db) => T): T {
  const doing = `reading ${basename(path)}`;
  if (!existsSync(path)) throw unreadable(doing, 'there is no such file');
  try {
    const db = openSingle(path);
    try {
      return read(db);
    } finally {
      db.close();
    }
  } catch (error) {
    throw foreseen(error, doing, 'project-unreadable');
  }
}

function documentIn(db: Db, path: string): ProjectDocument {
  const revision = newestRevision(db);
  if (revision) return absolutePaths(revision.document, dirname(path));
  throw unreadable(`reading ${basename(path)}`, 'the file is damaged');
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
