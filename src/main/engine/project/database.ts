/** The database inside a project file: opened, recovered where it is damaged, written anew. */
import { copyFileSync, existsSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { AppError } from '../../../common/errors.ts';
import type { ProjectDocument } from '../../../common/project/document.ts';
import { publishSync } from '../../atomic-files.ts';
import {
  asAppError,
  CorruptDatabase,
  type Db,
  ForeignSchema,
  FromTheFuture,
  isCorruption,
  openDamaged,
  openLocked,
} from '../storage/db.ts';
import { document as documentTable } from './migrations/001-document.ts';
import { takes as takesTable } from './migrations/002-takes.ts';
import { absolutePaths, storedPaths } from './paths.ts';
import { addRevision, newestRevision, type Revision } from './revisions.ts';
import { copyTakes, idIn } from './takes.ts';

export const PROJECT_MIGRATIONS = [documentTable, takesTable];
const SIDECARS = ['-journal', '-wal', '-shm'];

export function openOrRecover(
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
export function openSingle(path: string, accept?: (db: Db) => void): Db {
  return openLocked(path, { label: 'the project', migrations: PROJECT_MIGRATIONS, singleFile: true, accept });
}

export function unreadable(doing: string, message: string): AppError {
  const hint = 'It is left as it is. Open a backup copy instead.';
  return new AppError('project-unreadable', message, { doing, hint });
}

/** What databases and file systems foresee, in the words of someone who opens or saves a document. */
export function foreseen(
  error: unknown,
  doing: string,
  code: 'project-unreadable' | 'output-unwritable',
): unknown {
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
