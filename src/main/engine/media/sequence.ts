/** Picture sequences on the disk: a pattern ("shot.####.png") or a folder that holds one run. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AppError } from '../../../common/errors.ts';
import {
  isStill,
  numberedStill,
  numberIn,
  patternOf,
  pictureName,
  type RunName,
  runOfPattern,
  runsIn,
} from '../../../common/sequence.ts';

export interface FoundSequence {
  /** The folder and the pattern, "/a/shot.####.png". */
  readonly path: string;
  readonly run: RunName;
  readonly first: number;
  /** Files of the pictures in order. */
  readonly files: readonly string[];
}

/** Where written sequences begin to count, leaving room for handles in front. */
export const FIRST_NUMBER = 1001;

/** Missing numbers that a message names before it says "and more". */
const MOST_NAMED = 5;
const HINT = 'Put the missing pictures there, or name another run.';

/**
 * The sequence that a pattern or a folder names; null where the path is neither.
 * @throws AppError clip-unreadable for a run with holes, a folder of several runs or of none
 */
export function findSequence(path: string): FoundSequence | null {
  const doing = `reading ${basename(path)}`;
  const refuse = (message: string, hint: string) => new AppError('clip-unreadable', message, { doing, hint });
  if (isFolder(path)) {
    const runs = runsIn(namesIn(path));
    if (runs.length === 0) return null;
    if (runs.length > 1) {
      const names = runs.map(({ run }) => patternOf(run));
      const some = names.length > MOST_NAMED ? [...names.slice(0, MOST_NAMED), '…'] : names;
      throw refuse(
        `the folder holds ${runs.length} picture sequences (${some.join(', ')})`,
        `Name one of them: ${join(path, names[0]!)}.`,
      );
    }
    return whole(path, runs[0]!.run, runs[0]!.numbers, refuse);
  }
  if (existsSync(path)) return null;
  const run = runOfPattern(path);
  if (!run) return null;
  const folder = dirname(path);
  const numbers = namesIn(folder)
    .map((name) => numberIn(run, name))
    .filter((number) => number !== null)
    .sort((a, b) => a - b);
  if (numbers.length === 0)
    throw refuse('there are no pictures of that name', 'Check the name and the folder.');
  return whole(folder, run, numbers, refuse);
}

function whole(
  folder: string,
  run: RunName,
  numbers: readonly number[],
  refuse: (message: string, hint: string) => AppError,
): FoundSequence {
  const missing = holesIn(numbers);
  if (missing.length > 0) {
    const some = missing.length > MOST_NAMED ? [...missing.slice(0, MOST_NAMED), 'and more'] : missing;
    throw refuse(`of ${patternOf(run)} these numbers are missing: ${some.join(', ')}`, HINT);
  }
  return {
    path: join(folder, patternOf(run)),
    run,
    first: numbers[0]!,
    files: numbers.map((number) => join(folder, pictureName(run, number))),
  };
}

/** "1004", "1010–1012". */
function holesIn(numbers: readonly number[]): string[] {
  return numbers.slice(1).flatMap((number, index) => {
    const [from, to] = [numbers[index]! + 1, number - 1];
    return from > to ? [] : [from === to ? String(from) : `${from}–${to}`];
  });
}

/** The files that make up a clip: itself, or the pictures of its sequence. @throws AppError clip-unreadable */
export function filesOfClip(path: string): readonly string[] {
  return runOfPattern(path) ? (findSequence(path)?.files ?? [path]) : [path];
}

/** Whether a clip's file, or a picture of its sequence, is there. */
export function isClipThere(path: string): boolean {
  if (existsSync(path)) return true;
  const run = runOfPattern(path);
  return run !== null && namesIn(dirname(path)).some((name) => numberIn(run, name) !== null);
}

/** Changes whenever a file of the clip does; null where it is not there. */
export function stampOf(path: string): string | null {
  try {
    const files = findSequence(path)?.files ?? [path];
    return files
      .map((file) => {
        const { size, mtimeMs } = statSync(file);
        return `${file}\n${size}\n${mtimeMs}`;
      })
      .join('\n');
  } catch {
    return null;
  }
}

/** Of the pictures of a take and the sound beside them. */
export async function bytesOfPictures(folder: string, stem: string): Promise<number> {
  let bytes = 0;
  for (const name of await readdir(folder))
    if (name.startsWith(stem)) bytes += (await stat(join(folder, name))).size;
  return bytes;
}

/** The run that a single picture belongs to, to be named beside it; null where it stands alone. */
export function runAround(path: string): { pattern: string; count: number } | null {
  const numbered = isStill(path) ? numberedStill(path) : null;
  if (!numbered) return null;
  const found = runsIn(namesIn(dirname(path))).find(({ run }) => numberIn(run, basename(path)) !== null);
  return found ? { pattern: patternOf(found.run), count: found.numbers.length } : null;
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => !name.startsWith('.'));
  } catch {
    return [];
  }
}
