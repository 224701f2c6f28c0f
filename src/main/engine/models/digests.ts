/** sha256 of everything that changes a part's numbers: the cache key of inverted latents hangs on it. */
import { createHash } from 'node:crypto';
import { AppError, Cancelled, type CancelSignal, throwIfCancelled } from '../../../common/errors.ts';
import { defect, openFile, READABLE } from './files.ts';
import type { DigestStore } from './types.ts';

/** Below this a file is hashed faster than the store is asked. */
const WORTH_STORING = 1 << 20;

/** Hex sha256 of a file, streamed. Throws Cancelled, or a defect when the file cannot be read. */
export async function fileDigest(path: string, store?: DigestStore, signal?: CancelSignal): Promise<string> {
  throwIfCancelled(signal);
  const file = openFile(path);
  try {
    const worth = store !== undefined && file.size >= WORTH_STORING;
    const known = worth ? store.get(path, file.size, file.mtimeMs) : null;
    if (known !== null) return known;
    const hash = createHash('sha256');
    for await (const piece of file.pieces()) {
      throwIfCancelled(signal);
      hash.update(piece);
    }
    const digest = hash.digest('hex');
    if (worth) store.set(path, file.size, file.mtimeMs, digest);
    return digest;
  } catch (error) {
    if (error instanceof Cancelled || error instanceof AppError) throw error;
    throw defect(path, 'the file cannot be read', READABLE, 'weights-missing');
  } finally {
    file.close();
  }
}

/**
 * Digest of a part: of its files' digests, in order. Names are left out, so that moving the bundle changes nothing.
 * @param also what else makes its numbers and lies in no file
 */
export async function partDigest(
  files: readonly string[],
  store?: DigestStore,
  signal?: CancelSignal,
  also = '',
): Promise<string> {
  const hash = createHash('sha256');
  for (const file of files) hash.update(`${await fileDigest(file, store, signal)}\n`);
  return hash.update(also).digest('hex');
}
