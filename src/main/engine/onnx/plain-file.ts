/**
 * Opens a file of a bundle, and nothing that only looks like one: a pipe would be waited for without end, a device read
 * without end. Every read of a bundle begins here.
 */
import { closeSync, constants, fstatSync, openSync, statSync } from 'node:fs';
import prettyBytes from 'pretty-bytes';

/** Beyond any model's weights; a file with a longer hole in it would be read for hours. */
export const LARGEST_WEIGHTS = 64e9;

export type Unreadable = 'missing' | 'unreadable' | 'folder' | 'not a file' | 'too large';

export class UnreadableError extends Error {
  override readonly name = 'UnreadableError';
  readonly why: Unreadable;
  constructor(why: Unreadable, path: string, cause?: unknown) {
    super(`${path}: ${why}`, { cause });
    this.why = why;
  }
}

/** What an UnreadableError means, as the end of a sentence about the file. */
export function inWords(why: Unreadable, most: number): string {
  switch (why) {
    case 'missing':
      return 'the file is missing';
    case 'unreadable':
      return 'the file cannot be read';
    case 'folder':
      return 'a folder is where the file should be';
    case 'not a file':
      return 'this is no file but a pipe or a device';
    case 'too large':
      return `the file is larger than ${prettyBytes(most)}`;
  }
}

/**
 * @param most bytes the file may have
 * @returns a descriptor that the caller closes
 * @throws UnreadableError
 */
export function openPlainFile(path: string, most: number): { fd: number; size: number; mtimeMs: number } {
  // Asked before opening, for to open some devices is to use them; and again after, for paths change.
  refuse(path, most, () => statSync(path));
  let fd: number;
  try {
    // Without waiting: a pipe put here in between must not hold us. Regular files do not mind.
    fd = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (cause) {
    throw new UnreadableError('unreadable', path, cause);
  }
  try {
    const { size, mtimeMs } = refuse(path, most, () => fstatSync(fd));
    return { fd, size, mtimeMs };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

function refuse(path: string, most: number, ask: () => ReturnType<typeof statSync>) {
  let about: ReturnType<typeof ask>;
  try {
    about = ask();
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new UnreadableError(
      code === 'ENOENT' || code === 'ENOTDIR' ? 'missing' : 'unreadable',
      path,
      cause,
    );
  }
  if (!about) throw new UnreadableError('missing', path);
  if (about.isDirectory()) throw new UnreadableError('folder', path);
  if (!about.isFile()) throw new UnreadableError('not a file', path);
  if (about.size > most) throw new UnreadableError('too large', path);
  return { size: Number(about.size), mtimeMs: Number(about.mtimeMs) };
}
