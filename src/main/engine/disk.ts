/** Room on disks, and files that appear whole or not at all. */
import { randomBytes } from 'node:crypto';
import { copyFile, open, rename, rm, statfs } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
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
  const gigabytes = (value: number) => `${(value / 1e9).toFixed(1)} GB`;
  throw new AppError('disk-full', `${gigabytes(bytes)} are needed and ${gigabytes(room)} are free`, {
    doing,
    hint: 'Free some space or choose another folder.',
  });
}

const RESERVE = 64 << 20;

/** Writes through a temporary name in the same folder. */
export async function writeWhole(path: string, data: string | Uint8Array): Promise<void> {
  await appearWhole(path, async (temporary) => {
    await using file = await open(temporary, 'w');
    await file.writeFile(data);
    await file.sync();
  });
}

/** Copies through a temporary name in the target's folder. */
export async function copyWhole(from: string, to: string): Promise<void> {
  await appearWhole(to, async (temporary) => {
    await copyFile(from, temporary);
    await using file = await open(temporary, 'r+');
    await file.sync();
  });
}

async function appearWhole(path: string, write: (temporary: string) => Promise<void>): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(4).toString('hex')}`);
  try {
    await write(temporary);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
