/** Where weights may lie: resolves and checks the files a model's external data names. */
import { closeSync, openSync, readSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, parse, relative, resolve, sep } from 'node:path';
import { AppError } from '../../../common/errors.ts';

const HEAD = 512;

/** What a file that should hold a model or weights holds instead, or null. Reads its first bytes only. */
export function impostor(path: string): 'empty' | 'lfs' | 'html' | null {
  const fd = openSync(path, 'r');
  try {
    const buffer = Buffer.alloc(HEAD);
    const head = buffer.subarray(0, readSync(fd, buffer, 0, HEAD, 0)).toString('latin1');
    if (head === '') return 'empty';
    if (head.startsWith('version https://git-lfs.github.com/spec/')) return 'lfs';
    return /^(\xef\xbb\xbf)?\s*<(!doctype|html|head|\?xml|!--)/i.test(head) ? 'html' : null;
  } finally {
    closeSync(fd);
  }
}

/** @throws AppError when the file is empty, a Git LFS pointer or a web page. */
export function refuseImpostor(path: string, doing: string): void {
  const kind = impostor(path);
  const name = basename(path);
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
}

/** The folders a bundle's files may really lie in: its own, and a Hugging Face cache's blobs beside its snapshot. */
export function allowedFolders(root: string): string[] {
  const real = realpathSync(root);
  const snapshots = dirname(real);
  const blobs = join(dirname(snapshots), 'blobs');
  return basename(snapshots) === 'snapshots' ? [real, blobs] : [real];
}

function within(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/** The real path behind a name. Throws AppError when it leads out of the allowed folders. */
export function realWithin(path: string, allowed: readonly string[], doing: string): string {
  const real = realpathSync(path);
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
    isAbsolute(location) ||
    parse(location).root !== '' ||
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
  const size = statSync(path, { throwIfNoEntry: false });
  if (!size?.isFile()) {
    throw new AppError('weights-missing', `the weights file ${location} is missing`, {
      doing,
      hint: `It belongs into ${folder}.`,
    });
  }
  const real = realWithin(path, allowed, doing);
  refuseImpostor(real, doing);
  return { path: real, size: size.size };
}
