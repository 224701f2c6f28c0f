/** Recognises a file that was moved or renamed, without reading all of it. */
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { AppError } from '../../../common/errors.ts';
import type { ClipRef } from '../../../common/project/document.ts';

export type Fingerprint = ClipRef['fingerprint'];

/** Headers and indexes of films lie in their first or last megabyte. */
const PART_BYTES = 1 << 20;

/** Count of bytes and sha256 hex of the first and last megabyte. @throws AppError clip-unreadable */
export async function fingerprintOf(path: string): Promise<Fingerprint> {
  try {
    await using file = await open(path, 'r');
    const { size } = await file.stat();
    const hash = createHash('sha256');
    const add = async (position: number, length: number) => {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
      hash.update(buffer.subarray(0, bytesRead));
    };
    await add(0, Math.min(size, PART_BYTES));
    if (size > PART_BYTES)
      await add(Math.max(PART_BYTES, size - PART_BYTES), Math.min(size - PART_BYTES, PART_BYTES));
    return { bytes: size, digest: hash.digest('hex') };
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new AppError('clip-unreadable', missing ? 'there is no such file' : 'the file cannot be read', {
      doing: `reading ${basename(path)}`,
      hint: 'Check the name and that the disk is connected.',
      cause: error,
    });
  }
}
