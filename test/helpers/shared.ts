/** Trial data that lies beside a developer's checkout. It never belongs to the project; tests that want it skip without it. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../../../shared');

/** Absolute path of something in the trial data, or null where this machine has none. */
export function sharedPath(...parts: string[]): string | null {
  const path = join(root, ...parts);
  return existsSync(path) ? path : null;
}
