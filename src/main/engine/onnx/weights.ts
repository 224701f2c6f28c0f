/** Where weights may lie: resolves and checks the files a model's external data names. */
import { closeSync, existsSync, readSync, realpathSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve, sep, win32 } from 'node:path';
import { AppError } from '../../../common/errors.ts';
import { inWords, LARGEST_WEIGHTS, openPlainFile, UnreadableError } from './plain-file.ts';

const HEAD = 512;

/** The size of a file that should hold a model or weights, and what it holds instead, or null. Reads its first bytes only. */
function glance(path: string): { size: number; kind: 'empty' | 'lfs' | 'html' | null } {
  const { fd, size } = openPlainFile(path, LARGEST_WEIGHTS);
  try {
    const buffer = Buffer.alloc(HEAD);
    const head = buffer.subarray(0, readSync(fd, buffer, 0, HEAD, 0)).toString('latin1');
    if (head === '') return { size, kind: 'empty' };
    if (head.startsWith('version https://git-lfs.github.com/spec/')) return { size, kind: 'lfs' };
    const html = /^(\xef\xbb\xbf)?\s*<(!doctype|html|head|\?xml|!--)/i.test(head);
    return { size, kind: html ? 'html' : null };
  } finally {
    closeSync(fd);
  }
}

/**
 * @param name what to call it: behind a link the real name says nothing
 * @returns its size in bytes
 * @throws AppError when it is no file, empty, a Git LFS pointer or a web page.
 */
export function refuseImpostor(path: string, doing: string, name = basename(path)): number {
  let found: ReturnType<typeof glance>;
  try {
    found = glance(path);
  } catch (cause) {
    if (!(cause instanceof UnreadableError)) throw cause;
    throw new AppError('bundle-invalid', `${name}: ${inWords(cause.why, LARGEST_WEIGHTS)}`, {
      doing,
      hint: 'Download it again.',
      cause,
    });
  }
  const { kind } = found;
  if (kind === 'empty') {
    throw new AppError('bundle-invalid', `${name} is empty`, { doing, hint: 'Download it again.' });
  }
  if (kind === 'lfs') {
    throw new AppError('weights-missing', `${name} is a Git LFS pointer, not the weights themselves`, {
      doing,
      hint: 'Run "git lfs pull" in the folder it came from, or download the file itself.',
    });
  }
  if (kind === 'html') {
    throw new AppError('bundle-invalid', `${name} is a web page, not a model`, {
      doing,
      hint: 'The download saved the page instead of the file; download it again, signed in if the site asks for it.',
    });
  }
  return found.size;
}

/** The folders a bundle's files may really lie in: its own, and a Hugging Face cache's blobs where it is (in) a snapshot. */
export function allowedFolders(root: string): string[] {
  const real = realpathSync(root);
  for (let folder = real; dirname(folder) !== folder; folder = dirname(folder)) {
    const snapshots = dirname(folder);
    if (basename(snapshots) === 'snapshots') return [real, join(dirname(snapshots), 'blobs')];
  }
  return [real];
}

function within(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/** The real path behind a name. Throws AppError when it leads out of the allowed folders. */
export function realWithin(path: string, allowed: readonly string[], doing: string): string {
  let real: string;
  try {
    real = realpathSync(path);
  } catch (cause) {
    // A circle of links, or a folder on the way that may not be entered.
    const message = `${basename(path)} cannot be read`;
    throw new AppError('bundle-invalid', message, { doing, hint: 'Download it again.', cause });
  }
  if (!allowed.some((folder) => within(real, folder))) {
    throw new AppError('bundle-invalid', `${basename(path)} leads out of the bundle, to ${real}`, {
      doing,
      hint: 'Copy the file into the bundle.',
    });
  }
  return real;
}

export interface WeightsFile {
  /** Real path without links. */
  readonly path: string;
  readonly size: number;
}

/**
 * Resolves the location a model names for its weights, relative to the folder of the model file.
 * @throws AppError weights-missing, or bundle-invalid for a name that leads elsewhere.
 */
export function resolveWeights(
  location: string,
  folder: string,
  allowed: readonly string[],
  doing: string,
): WeightsFile {
  const parts = location.split(/[\\/]/);
  if (
    location === '' ||
    location.includes('\0') ||
    win32.parse(location).root !== '' ||
    parts.includes('..')
  ) {
    throw new AppError(
      'bundle-invalid',
      `the model names its weights "${location}", which is outside its folder`,
      {
        doing,
        hint: 'Models may only use weights beside them.',
      },
    );
  }
  const path = resolve(folder, ...parts);
  if (!existsSync(path)) {
    throw new AppError('weights-missing', `the weights file ${location} is missing`, {
      doing,
      hint: `It belongs into ${folder}.`,
    });
  }
  const real = realWithin(path, allowed, doing);
  return { path: real, size: refuseImpostor(real, doing, basename(path)) };
}

/**
 * The smallest folder that holds all the files. The runtime gets it as the root of what it may read.
 * @param files real paths
 * @throws AppError when that is a whole drive, or there is none.
 */
export function commonFolder(files: readonly string[], doing: string): string {
  let folder = dirname(files[0]!);
  while (dirname(folder) !== folder && !files.every((file) => within(file, folder))) folder = dirname(folder);
  if (dirname(folder) !== folder) return folder;
  throw new AppError('bundle-invalid', 'its files have no folder in common but the whole drive', {
    doing,
    hint: 'Put the model into a folder of its own.',
  });
}

/** The path of a file as a model names it from that folder. @throws AppError for a name the runtime would misunderstand */
export function locationIn(folder: string, file: string, doing: string): string {
  const location = relative(folder, file).split(sep).join('/');
  // "*/_ORT_MEM_ADDR_/*" and its like are the runtime's own: it takes the offset for an address in memory.
  if (!location.includes('*')) return location;
  throw new AppError('bundle-invalid', `the weights file ${basename(file)} must not have a * in its path`, {
    doing,
    hint: 'Models may only use weights beside them.',
  });
}
