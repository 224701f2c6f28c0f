/** The modules of a script plugin, read before any of it runs: what runs reads no file. */
import { lstat, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../../../common/errors.ts';
import { isPortableName } from '../../../../common/file-name.ts';
import type { Sources } from './quickjs.ts';

const MOST_CHARACTERS = 10_000_000;
const MOST_FILES = 500;
const MODULE = /\.m?js$/;
const JSON_MODULE = /\.json$/;

/** @throws AppError plugin-invalid for more than a script needs, and for links */
export async function readSources(dir: string, doing: string): Promise<Sources> {
  const invalid = (what: string) =>
    new AppError('plugin-invalid', what, { doing, hint: 'Tell whoever made the plugin.' });
  const sources: Record<string, string> = {};
  let [files, characters] = [0, 0];
  const read = async (folder: string): Promise<void> => {
    for (const name of (await readdir(join(dir, folder))).sort()) {
      const place = folder === '' ? name : `${folder}/${name}`;
      const about = await lstat(join(dir, place));
      // What a link shows may lie anywhere.
      if (about.isSymbolicLink()) throw invalid(`${place} is a link`);
      if (about.isDirectory()) {
        // Of who makes it, not of what runs.
        if (name !== 'node_modules' && !name.startsWith('.')) await read(place);
        continue;
      }
      if (!about.isFile() || !(MODULE.test(name) || JSON_MODULE.test(name)) || !isPortableName(name))
        continue;
      files += 1;
      characters += about.size;
      if (files > MOST_FILES) throw invalid(`it has more than ${MOST_FILES} modules`);
      if (characters > MOST_CHARACTERS) throw invalid('its modules are larger than ten megabytes together');
      const text = await readFile(join(dir, place), 'utf8');
      sources[place] = MODULE.test(name) ? text : `export default ${text}`;
    }
  };
  await read('');
  return sources;
}
