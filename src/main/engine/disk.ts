/** Room on disks, and files that appear whole or not at all. */
import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, renameSync } from 'node:fs';
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

/**
 * Gives a file or a folder its final name, which stands when this returns, also after a power cut. What it holds is the
 * caller's to sync. Every rename of the engine goes through here.
 */
export async function publish(from: string, to: string): Promise<void> {
  await rename(from, to);
  for (const folder of new Set([dirname(to), dirname(from)])) await syncFolder(folder);
}

/** Moves files of one folder to another under their own names, as `publish` does. */
export async function publishEach(names: readonly string[], from: string, to: string): Promise<void> {
  for (const name of names) await rename(join(from, name), join(to, name));
  for (const folder of [to, from]) await syncFolder(folder);
}

/** The same as publish for those who cannot wait. */
export function publishSync(from: string, to: string): void {
  renameSync(from, to);
  for (const folder of new Set([dirname(to), dirname(from)])) syncFolderSync(folder);
}

/** Puts the names in a folder on the disk. Windows and some network disks have no such thing. */
export async function syncFolder(folder: string): Promise<void> {
  try {
    await using handle = await open(folder, 'r');
    await handle.sync();
  } catch (error) {
    if (!cannotSync(error)) throw error;
  }
}

function syncFolderSync(folder: string): void {
  let handle: number | null = null;
  try {
    handle = openSync(folder, 'r');
    fsyncSync(handle);
  } catch (error) {
    if (!cannotSync(error)) throw error;
  } finally {
    if (handle !== null) closeSync(handle);
  }
}

/** A folder that may be written to but not listed cannot be opened; the rename in it has been done all the same. */
function cannotSync(error: unknown): boolean {
  return /^(EPERM|EACCES|EISDIR|EINVAL|ENOTSUP|ENOSYS|ENOENT)$/.test(
    (error as NodeJS.ErrnoException).code ?? '',
  );
}

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
    await publish(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
