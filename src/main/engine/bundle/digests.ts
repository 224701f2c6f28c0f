/** sha256 of everything that changes a part's numbers: the cache key of inverted latents hangs on it. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Cancelled, type CancelSignal, throwIfCancelled } from '../../../common/errors.ts';
import { DOWNLOAD_AGAIN, defect } from './files.ts';
import type { DigestStore } from './types.ts';

/** Below this a file is hashed faster than the store is asked. */
const WORTH_STORING = 1 << 20;

/** Hex sha256 of a file, streamed. Throws Cancelled, or a defect when the file cannot be read. */
export async function fileDigest(path: string, store?: DigestStore, signal?: CancelSignal): Promise<string> {
  throwIfCancelled(signal);
  const about = await stat(path).catch(() => null);
  if (about === null) throw defect(path, 'the file is missing', DOWNLOAD_AGAIN, 'weights-missing');
  const worth = store !== undefined && about.size >= WORTH_STORING;
  const known = worth ? store.get(path, about.size, about.mtimeMs) : null;
  if (known !== null) return known;
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 22 })) {
      throwIfCancelled(signal);
      hash.update(chunk as Buffer);
    }
  } catch (error) {
    if (error instanceof Cancelled) throw error;
    throw defect(path, 'the file cannot be read', DOWNLOAD_AGAIN, 'weights-missing');
  }
  const digest = hash.digest('hex');
  if (worth) store.set(path, about.size, about.mtimeMs, digest);
  return digest;
}

/** Digest of a part: of its files' digests, in order. Names are left out, so that moving the bundle changes nothing. */
export async function partDigest(
  files: readonly string[],
  store?: DigestStore,
  signal?: CancelSignal,
): Promise<string> {
  const hash = createHash('sha256');
  for (const file of files) hash.update(`${await fileDigest(file, store, signal)}\n`);
  return hash.digest('hex');
}
