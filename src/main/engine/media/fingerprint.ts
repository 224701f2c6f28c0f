/** Recognises a file that was moved or renamed, without reading all of it. */
import { createHash, type Hash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { AppError } from '../../../common/errors.ts';
import type { Fingerprint } from '../../../common/fingerprint.ts';
import { filesOfClip } from './sequence.ts';

/** Headers and indexes of films lie in their first or last megabyte. */
const PART_BYTES = 1 << 20;

/** Of each picture of a sequence only the ends are read: there may be thousands. */
const PICTURE_PART_BYTES = 1 << 14;

/**
 * Count of bytes and sha256 hex of the first and last megabyte; of a picture sequence of the ends of each picture.
 * @throws AppError clip-unreadable
 */
export async function fingerprintOf(path: string): Promise<Fingerprint> {
  const files = filesOfClip(path);
  const hash = createHash('sha256');
  let bytes = 0;
  for (const file of files)
    bytes += await addEnds(hash, file, files.length > 1 ? PICTURE_PART_BYTES : PART_BYTES);
  return { bytes, digest: hash.digest('hex') };
}

/** Adds both ends of a file; its size in bytes. */
async function addEnds(hash: Hash, path: string, part: number): Promise<number> {
  try {
    await using file = await open(path, 'r');
    const { size } = await file.stat();
    const add = async (position: number, length: number) => {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
      hash.update(buffer.subarray(0, bytesRead));
    };
    await add(0, Math.min(size, part));
    if (size > part) await add(Math.max(part, size - part), Math.min(size - part, part));
    return size;
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new AppError('clip-unreadable', missing ? 'there is no such file' : 'the file cannot be read', {
      doing: `reading ${basename(path)}`,
      hint: 'Check the name and that the disk is connected.',
      cause: error,
    });
  }
}
