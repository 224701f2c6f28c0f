/** Deleted takes, kept beside their folder so that the deletion can be undone until the project closes. */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { lstat, mkdir, readdir, rm, rmdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AppError } from '../../../common/errors.ts';
import { publish } from '../../atomic-files.ts';
import { fromSystem } from '../media/target.ts';
import { reportPath } from '../report-file.ts';
import { isReported } from './take-proof.ts';

const FOLDER = '.retake-trash';

/** Where the deleted takes of a folder are: one folder each. */
export function trashOf(folder: string): string {
  return join(folder, FOLDER);
}

export class TakeTrash {
  /** By what undoes it: where the file is now. */
  readonly #deleted = new Map<string, string>();

  /**
   * Moves a take and its report aside; returns what `restore` takes.
   * @throws AppError output-unwritable; usage for what Retake did not write
   */
  async delete(path: string): Promise<string> {
    const doing = `deleting ${basename(path)}`;
    await requireWritten(path, doing);
    const undo = randomBytes(8).toString('hex');
    const place = join(trashOf(dirname(path)), undo);
    try {
      await mkdir(place, { recursive: true });
      const aside = join(place, basename(path));
      await publish(path, aside);
      await publish(reportPath(path), reportPath(aside));
      this.#deleted.set(undo, aside);
      return undo;
    } catch (error) {
      throw fromSystem(error, doing);
    }
  }

  /**
   * Brings a take back to where it was. What an earlier session deleted is looked for in `folders`.
   * @throws AppError output-unwritable when something else has its name now
   */
  async restore(undo: string, folders: readonly string[] = []): Promise<string> {
    const aside = this.#deleted.get(undo) ?? (await leftIn(folders, undo));
    if (aside === null || !existsSync(aside)) {
      throw new AppError('output-unwritable', 'the take has been deleted for good', {
        doing: 'restoring a take',
      });
    }
    const path = await bringBack(aside);
    this.#deleted.delete(undo);
    return path;
  }

  /** Takes that a crashed session deleted but whose project still shows them come back. Returns true where one did. */
  async rescue(path: string): Promise<boolean> {
    if (existsSync(path)) return false;
    const trash = trashOf(dirname(path));
    for (const name of await readdir(trash).catch(() => [])) {
      const aside = join(trash, name, basename(path));
      if (!existsSync(aside)) continue;
      // What cannot come back is shown as missing; it is no reason not to open the project.
      return bringBack(aside).then(
        () => true,
        () => false,
      );
    }
    return false;
  }

  /** Deletes for good what was deleted since the project was opened. */
  async empty(): Promise<void> {
    for (const aside of this.#deleted.values()) {
      for (const file of [aside, reportPath(aside)]) await rm(file, { force: true }).catch(() => {});
      await removeEmpty(dirname(aside));
    }
    this.#deleted.clear();
  }
}

/** A file is deleted only with proof: its report lies beside it, names it, and counts its bytes. */
async function requireWritten(path: string, doing: string): Promise<void> {
  const about = await lstat(path).catch(() => null);
  if (!about) throw new AppError('output-unwritable', 'the file is not there any more', { doing });
  if (about.isFile() && (await isReported(path))) return;
  throw new AppError('usage', 'Retake did not write it, or it has been changed since', {
    doing,
    hint: 'The file is left where it is.',
  });
}

async function leftIn(folders: readonly string[], undo: string): Promise<string | null> {
  for (const folder of folders) {
    const place = join(trashOf(folder), undo);
    const name = (await readdir(place).catch(() => [])).find((one) => !one.endsWith('.report.json'));
    if (name !== undefined) return join(place, name);
  }
  return null;
}

async function bringBack(aside: string): Promise<string> {
  const doing = `restoring ${basename(aside)}`;
  const place = dirname(aside);
  const path = join(dirname(dirname(place)), basename(aside));
  if (existsSync(path)) {
    throw new AppError('output-unwritable', `there is a new ${basename(path)} in its place`, { doing });
  }
  try {
    await publish(aside, path);
    if (existsSync(reportPath(aside))) await publish(reportPath(aside), reportPath(path));
    await removeEmpty(place);
    return path;
  } catch (error) {
    throw fromSystem(error, doing);
  }
}

/** A place in the trash and the trash itself, unless something else is in them. */
async function removeEmpty(place: string): Promise<void> {
  await rmdir(place).catch(() => {});
  await rmdir(dirname(place)).catch(() => {});
}
