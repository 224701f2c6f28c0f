/** What a plugin is made of, in one digest: what it made before is found again only while that stays the same. */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { InstalledPlugin } from '../plugins/installed.ts';

/** An installed plugin's manifest has the digests of its files; a folder in which one is made is read. */
export async function filesDigest({
  manifest,
  dir,
  developer,
}: Pick<InstalledPlugin, 'manifest' | 'dir' | 'developer'>): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify(manifest));
  const read = developer || !manifest.files ? await filesIn(dir) : [];
  for (const file of read)
    hash
      .update(`${file}\0`)
      .update(await readFile(join(dir, file)))
      .update('\0');
  return hash.digest('hex');
}

/** What the tools of its author leave there is not what the plugin is. */
async function filesIn(dir: string, below = ''): Promise<string[]> {
  const files: string[] = [];
  for (const entry of await readdir(join(dir, below), { withFileTypes: true })) {
    const path = join(below, entry.name);
    if (entry.name.startsWith('.') || entry.name === 'node_modules') continue;
    if (entry.isDirectory()) files.push(...(await filesIn(dir, path)));
    else if (entry.isFile()) files.push(path);
  }
  return files.sort();
}
