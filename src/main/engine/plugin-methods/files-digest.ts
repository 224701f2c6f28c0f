/** What a plugin is made of, in one digest: what it made before is found again only while that stays the same. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MANIFEST_FILE } from '../../../common/plugins/manifest.ts';
import { filesIn } from '../plugins/install/folder.ts';
import type { InstalledPlugin } from '../plugins/installed.ts';

/** An installed plugin's manifest has the digests of its files; a folder in which one is made is read. */
export async function filesDigest({
  manifest,
  dir,
  developer,
}: Pick<InstalledPlugin, 'manifest' | 'dir' | 'developer'>): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify(manifest));
  const read =
    developer || !manifest.files
      ? [MANIFEST_FILE, ...(await filesIn(dir, false)).files.map(({ name }) => name)]
      : [];
  for (const file of read)
    hash
      .update(`${file}\0`)
      .update(await readFile(join(dir, file)))
      .update('\0');
  return hash.digest('hex');
}
