/** What proves that a file is a take: it lies with the project, or has the report that Retake writes beside it. */
import { lstat, readFile, realpath } from 'node:fs/promises';
import { basename, sep } from 'node:path';
import { z } from 'zod';
import { reportPath } from '../report-file.ts';

const LARGEST_REPORT = 4 << 20;

/** The part of a report that says of which file it is. */
const reportOfTake = z.object({
  retake: z.string(),
  job: z.string(),
  take: z.object({ path: z.string(), bytes: z.number(), format: z.string().optional() }),
});

/** Does the report beside a file say that Retake wrote it, as it is now? */
export async function isReported(path: string): Promise<boolean> {
  return (await reported(path)) !== null;
}

/** The format that Retake wrote a file in, which is as it was written; null where nothing says so. */
export async function formatOfTake(path: string): Promise<string | null> {
  return (await reported(path))?.format ?? null;
}

async function reported(path: string): Promise<z.output<typeof reportOfTake>['take'] | null> {
  const file = reportPath(path);
  try {
    const about = await lstat(file);
    if (!about.isFile() || about.size > LARGEST_REPORT) return null;
    const { size: bytes } = await lstat(path);
    const { take } = reportOfTake.parse(JSON.parse(await readFile(file, 'utf8')));
    // The folder may have been moved since, from another system even.
    return take.path.split(/[\\/]/).at(-1) === basename(path) && take.bytes === bytes ? take : null;
  } catch {
    return null;
  }
}

/** Below one of the folders, links followed, or reported. A project may come from anybody and name any file. */
export async function isOwnTake(path: string, folders: readonly string[]): Promise<boolean> {
  const real = await realpath(path).catch(() => null);
  if (real === null) return false;
  for (const folder of folders) {
    const home = await realpath(folder).catch(() => null);
    if (home !== null && real.startsWith(home.endsWith(sep) ? home : `${home}${sep}`)) return true;
  }
  return isReported(path);
}
