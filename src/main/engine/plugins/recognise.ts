/** What is taken for a plugin when it is dropped, by its name alone: what it is, is told when it is looked into. */
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { MANIFEST_FILE } from '../../../common/plugins/manifest.ts';

/** A folder with a manifest, or a .zip: nothing else that is dropped is one. */
export async function isPlugin(path: string): Promise<boolean> {
  if (/\.zip$/i.test(path)) return true;
  return lstat(join(path, MANIFEST_FILE)).then(
    (manifest) => manifest.isFile(),
    () => false,
  );
}
