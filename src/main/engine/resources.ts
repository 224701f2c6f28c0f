/** What comes with Retake beside its code. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Folders above the code that are looked through: sources and what is built from them lie at different depths. */
const LEVELS = 6;

/**
 * Among the application's resources, or in a checkout's.
 * @returns null where it is not there
 */
export function resource(...path: readonly string[]): string | null {
  const packaged = (process as NodeJS.Process & { resourcesPath?: string }).resourcesPath;
  const roots = packaged ? [packaged] : [];
  let folder = import.meta.dirname;
  for (let up = 0; up < LEVELS; up += 1) {
    roots.push(join(folder, 'resources'));
    folder = dirname(folder);
  }
  return roots.map((root) => join(root, ...path)).find((one) => existsSync(one)) ?? null;
}
