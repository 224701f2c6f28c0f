/** Room on disks. */
import { statfs } from 'node:fs/promises';
import prettyBytes from 'pretty-bytes';
import { AppError } from '../../common/errors.ts';

/** Asks for a folder's disk; replaced in tests by a disk that is full. */
export type FreeBytes = (folder: string) => Promise<number>;

/** Bytes that may still be written to the disk of a folder. */
export const freeBytes: FreeBytes = async (folder) => {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
};

/** @throws AppError disk-full when fewer than `bytes` and a little reserve are free */
export async function requireRoom(
  folder: string,
  bytes: number,
  doing: string,
  free: FreeBytes = freeBytes,
): Promise<void> {
  const room = await free(folder);
  if (room >= bytes + RESERVE) return;
  throw new AppError('disk-full', `${prettyBytes(bytes)} are needed and ${prettyBytes(room)} are free`, {
    doing,
    hint: 'Free some space or choose another folder.',
  });
}

const RESERVE = 64 << 20;
