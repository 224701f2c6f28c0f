/** sha256 of everything that changes a part's numbers: the cache key of inverted latents hangs on it. */
import { createHash } from 'node:crypto';
import { AppError, Cancelled, type CancelSignal, throwIfCancelled } from '../../../common/errors.ts';
import { defect, openFile, READABLE } from './files.ts';
import { FiniteCheck, type WeightRange, type WeightRanges } from './finite.ts';
import type { DigestStore } from './types.ts';

/** Below this a file is hashed faster than the store is asked. */
const WORTH_STORING = 1 << 20;

/**
 * Hex sha256 of a file, streamed. Throws Cancelled, or a defect when the file cannot be read.
 * @param weights in it that must be numbers; looked at when the file is read, which a digest in the store says has been done
 */
export async function fileDigest(
  path: string,
  store?: DigestStore,
  signal?: CancelSignal,
  weights: readonly WeightRange[] = [],
): Promise<string> {
  throwIfCancelled(signal);
  const file = openFile(path);
  try {
    const worth = store !== undefined && file.size >= WORTH_STORING;
    const known = worth ? store.get(path, file.size, file.mtimeMs) : null;
    if (known !== null) {
      store?.onDigest?.(path, known);
      return known;
    }
    const hash = createHash('sha256');
    const check = new FiniteCheck(weights);
    for await (const piece of file.pieces()) {
      throwIfCancelled(signal);
      hash.update(piece);
      const broken = check.take(piece);
      if (broken !== null) throw notNumbers(path, broken);
    }
    const digest = hash.digest('hex');
    if (worth) store.set(path, file.size, file.mtimeMs, digest);
    store?.onDigest?.(path, digest);
    return digest;
  } catch (error) {
    if (error instanceof Cancelled || error instanceof AppError) throw error;
    throw defect(path, 'the file cannot be read', READABLE, 'weights-missing');
  } finally {
    file.close();
  }
}

function notNumbers(path: string, weight: string): AppError {
  const message = `the weight ${weight} holds NaN or infinity, so every picture would be black or noise`;
  return defect(
    path,
    message,
    'The model is broken, perhaps by a merge; take another copy or another model.',
  );
}

interface PartDigestOptions {
  /** What else makes its numbers and lies in no file. */
  readonly also?: string | undefined;
  /** Weights that must be numbers, by file. */
  readonly weights?: WeightRanges;
}

/**
 * Digest of a part: of its files' digests, in order. Names are left out, so that moving the bundle changes nothing.
 */
export async function partDigest(
  files: readonly string[],
  store?: DigestStore,
  signal?: CancelSignal,
  { also = '', weights }: PartDigestOptions = {},
): Promise<string> {
  const hash = createHash('sha256');
  for (const file of files) hash.update(`${await fileDigest(file, store, signal, weights?.get(file))}\n`);
  return hash.update(also).digest('hex');
}
