/** What proves that a file is a take: it lies with the project, or has the report that Retake writes beside it. */
import { existsSync } from 'node:fs';
import { lstat, readdir, readFile, realpath } from 'node:fs/promises';
import { basename, dirname, sep } from 'node:path';
import { z } from 'zod';
import { isStill, runOfPattern } from '../../../common/sequence.ts';
import { bytesOfPictures } from '../media/sequence.ts';
import { reportPath } from '../report-file.ts';

const LARGEST_REPORT = 4 << 20;

/** The part of a report that says of which file it is. */
const reportOfTake = z.object({
  retake: z.string(),
  job: z.string(),
  take: z.object({
    path: z.string(),
    bytes: z.number(),
    format: z.string().optional(),
    frames: z.int().optional(),
  }),
});
type ReportedTake = z.output<typeof reportOfTake>['take'];

/** Does the report beside a file, or beside the folder of a sequence, say that Retake wrote it, as it is now? */
export async function isReported(path: string): Promise<boolean> {
  return (await reported(path)) !== null;
}

/** The format that Retake wrote a file in, which is as it was written; null where nothing says so. */
export async function formatOfTake(path: string): Promise<string | null> {
  return (await reported(path))?.format ?? null;
}

async function reported(named: string): Promise<ReportedTake | null> {
  const path = runOfPattern(named) && !existsSync(named) ? dirname(named) : named;
  const file = reportPath(path);
  try {
    const about = await lstat(file);
    if (!about.isFile() || about.size > LARGEST_REPORT) return null;
    const { take } = reportOfTake.parse(JSON.parse(await readFile(file, 'utf8')));
    // The folder may have been moved since, from another system even.
    return take.path.split(/[\\/]/).at(-1) === basename(path) && (await isAsWritten(path, take))
      ? take
      : null;
  } catch {
    return null;
  }
}

async function isAsWritten(path: string, { bytes, frames }: ReportedTake): Promise<boolean> {
  const about = await lstat(path);
  if (!about.isDirectory()) return about.size === bytes;
  // Other files may lie among them: of each name's pictures there must be as many as were written.
  const counts = new Map<string, number>();
  for (const name of await readdir(path)) {
    const stem = isStill(name) && /^(.+)\.\d{4,}\.[^.]+$/.exec(name)?.[1];
    if (stem) counts.set(stem, (counts.get(stem) ?? 0) + 1);
  }
  for (const [stem, count] of counts)
    if (count === frames && (await bytesOfPictures(path, stem)) === bytes) return true;
  return false;
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
