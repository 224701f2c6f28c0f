/** A folder that is written to file by file may have been prepared: nothing is ever written through a link in it. */
import { lstat, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AppError } from '../../../common/errors.ts';

/**
 * Makes the folders of a file below `root`, each of them a folder itself.
 * @param path with forward slashes, relative to root
 * @throws AppError output-unwritable where a link or something else stands in the way
 */
export async function plainFile(root: string, path: string): Promise<string> {
  const file = join(root, path);
  const folders: string[] = [];
  for (let folder = dirname(file); folder.length >= root.length; folder = dirname(folder))
    folders.unshift(folder);
  for (const folder of folders) {
    await mkdir(folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    if (!(await lstat(folder)).isDirectory()) throw prepared(folder);
  }
  for (const name of [file, `${file}.incomplete`]) {
    const about = await lstat(name).catch(() => null);
    // A second name of a file elsewhere is a link too.
    if (about && !(about.isFile() && about.nlink === 1)) throw prepared(name);
  }
  return file;
}

function prepared(path: string): AppError {
  return new AppError(
    'output-unwritable',
    `${path} is a link or no ordinary file, so it may lead elsewhere`,
    {
      doing: 'downloading a model',
      hint: 'Remove it, or choose another folder.',
    },
  );
}
