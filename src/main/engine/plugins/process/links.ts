/** Links in a plugin's folder: the permission model follows them, wherever they lead. */
import { readdir, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';

/** The first link that leads out of the folder, or nowhere; null where there is none. What is installed has no links at all. */
export async function leadsOutside(dir: string): Promise<string | null> {
  const own = await realpath(dir);
  for (const entry of await readdir(own, { recursive: true, withFileTypes: true })) {
    if (!entry.isSymbolicLink()) continue;
    const path = join(entry.parentPath, entry.name);
    const target = await realpath(path).catch(() => '');
    if (!target.startsWith(own + sep)) return path.slice(own.length + 1);
  }
  return null;
}
