/** A folder that has its name once: whoever comes second finds it taken, and what it is stays. */
import { stat } from 'node:fs/promises';
import { publish } from '../../atomic-files.ts';

/** False where the name is taken. What the folder holds is the caller's to sync. @throws what the file system says */
export async function publishOnce(from: string, to: string): Promise<boolean> {
  // Most systems refuse to rename to a folder that holds something; an empty one is nobody's.
  if (await isTaken(to)) return false;
  try {
    await publish(from, to);
    return true;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    // A network disk may have done it and answer a second time that there is nothing left to rename.
    const wasDone = code === 'ENOENT' && (await isTaken(to)) && !(await isTaken(from));
    if (wasDone) return true;
    if (/^(EEXIST|ENOTEMPTY|EPERM|EACCES)$/.test(code) && (await isTaken(to))) return false;
    throw error;
  }
}

/** Aborts when the name is taken; looks until it is disposed. */
export function untilTaken(path: string, everyMs: number): { readonly signal: AbortSignal } & Disposable {
  const taken = new AbortController();
  const looking = setInterval(async () => {
    if (await isTaken(path)) taken.abort();
  }, everyMs).unref();
  return { signal: taken.signal, [Symbol.dispose]: () => clearInterval(looking) };
}

async function isTaken(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null)) !== null;
}
