/** Deleted takes, kept beside their folder so that the deletion can be undone until the project closes. */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AppError } from '../../../common/errors.ts';
import { fromSystem } from '../media/target.ts';
import { reportPath } from '../report-file.ts';

const FOLDER = '.retake-trash';

/** Where the deleted takes of a folder are: one folder each. */
export function trashOf(folder: string): string {
  return join(folder, FOLDER);
}

export class TakeTrash {
  readonly #deleted = new Set<string>();

  /** Moves a take and its report aside; returns what `restore` takes. @throws AppError output-unwritable */
  async delete(path: string): Promise<string> {
    const doing = `deleting ${basename(path)}`;
    if (!existsSync(path)) {
      throw new AppError('output-unwritable', 'the file is not there any more', { doing });
    }
    const place = join(trashOf(dirname(path)), randomBytes(4).toString('hex'));
    try {
      await mkdir(place, { recursive: true });
      const aside = join(place, basename(path));
      await rename(path, aside);
      if (existsSync(reportPath(path))) await rename(reportPath(path), reportPath(aside));
      this.#deleted.add(aside);
      return aside;
    } catch (error) {
      throw fromSystem(error, doing);
    }
  }

  /** Brings a take back to where it was. @throws AppError output-unwritable when something else has its name now */
  async restore(aside: string): Promise<string> {
    const doing = `restoring ${basename(aside)}`;
    const place = dirname(aside);
    if (basename(dirname(place)) !== FOLDER || !existsSync(aside)) {
      throw new AppError('output-unwritable', 'the take has been deleted for good', { doing });
    }
    const path = join(dirname(dirname(place)), basename(aside));
    if (existsSync(path)) {
      throw new AppError('output-unwritable', `there is a new ${basename(path)} in its place`, { doing });
    }
    try {
      await rename(aside, path);
      if (existsSync(reportPath(aside))) await rename(reportPath(aside), reportPath(path));
      await removeFolder(place);
      this.#deleted.delete(aside);
      return path;
    } catch (error) {
      throw fromSystem(error, doing);
    }
  }

  /** Takes that a crashed session deleted but whose project still shows them come back. Returns true where one did. */
  async rescue(path: string): Promise<boolean> {
    if (existsSync(path)) return false;
    const trash = trashOf(dirname(path));
    for (const name of await readdir(trash).catch(() => [])) {
      const aside = join(trash, name, basename(path));
      if (!existsSync(aside)) continue;
      await this.restore(aside);
      return true;
    }
    return false;
  }

  /** Deletes for good what was deleted since the project was opened. */
  async empty(): Promise<void> {
    for (const aside of this.#deleted) {
      await rm(dirname(aside), { recursive: true, force: true }).catch(() => {});
      await rmdir(dirname(dirname(aside))).catch(() => {}); // others may still be in it
    }
    this.#deleted.clear();
  }
}

async function removeFolder(place: string): Promise<void> {
  await rm(place, { recursive: true, force: true });
  await rmdir(dirname(place)).catch(() => {});
}
