/** Finds a clip again that was moved or renamed. */
import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { throwIfCancelled } from '../../../common/errors.ts';
import type { ClipRef } from '../../../common/project/document.ts';
import { runOfPattern } from '../../../common/sequence.ts';
import { fingerprintOf } from '../media/fingerprint.ts';
import { isClipThere } from '../media/sequence.ts';

/** A walk stops here: whoever points at a whole disk gets an answer, not a wait. */
const MOST_ENTRIES = 100_000;
const MOST_DEPTH = 12;

export interface RelinkOptions {
  readonly signal?: AbortSignal;
  readonly mostEntries?: number;
  readonly mostDepth?: number;
}

/**
 * The file below `folder` whose bytes are the clip's, nearest first; null where there is none within the bounds.
 * Links to folders are not followed.
 * @throws Cancelled
 */
export async function findClip(
  clip: Pick<ClipRef, 'path' | 'fingerprint'>,
  folder: string,
  options: RelinkOptions = {},
): Promise<string | null> {
  const { signal, mostEntries = MOST_ENTRIES, mostDepth = MOST_DEPTH } = options;
  const [name, extension] = [basename(clip.path), extname(clip.path).toLowerCase()];
  const sequence = runOfPattern(clip.path);
  let folders = [folder];
  let seen = 0;
  for (let depth = 0; depth <= mostDepth && folders.length > 0; depth += 1) {
    const files: string[] = [];
    const deeper: string[] = [];
    for (const current of folders) {
      throwIfCancelled(signal);
      for (const entry of await entriesOf(current)) {
        seen += 1;
        if (entry.isDirectory()) deeper.push(join(current, entry.name));
        else if (extname(entry.name).toLowerCase() === extension) files.push(join(current, entry.name));
      }
      if (sequence !== null && (await isClip(join(current, name), clip.fingerprint)))
        return join(current, name);
      if (seen > mostEntries) break;
    }
    // Most clips keep their name.
    files.sort((a, b) => Number(basename(b) === name) - Number(basename(a) === name));
    for (const file of files) {
      throwIfCancelled(signal);
      if (await isClip(file, clip.fingerprint)) return file;
    }
    if (seen > mostEntries) return null;
    folders = deeper;
  }
  return null;
}

async function isClip(file: string, wanted: ClipRef['fingerprint']): Promise<boolean> {
  if (!isClipThere(file)) return false;
  const about = await stat(file).catch(() => null);
  if (about && about.size !== wanted.bytes) return false;
  const found = await fingerprintOf(file).catch(() => null);
  return found?.digest === wanted.digest;
}

async function entriesOf(folder: string): Promise<Dirent[]> {
  // A folder that may not be read holds nothing for us.
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries.filter(({ name }) => !name.startsWith('.'));
}
