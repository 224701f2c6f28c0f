/**
 * Files and folders that appear whole or not at all: a temporary name beside, fsync of what it holds, rename, fsync of the
 * folder. The one place that renames. write-file-atomic and atomically leave the folder unsynced, write what one call takes
 * of the bytes, make names longer (or cut them off), and know no folders and no files that others write.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { copyFile, open, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const PARTIAL = '.retake-partial-';
const WINDOWS = process.platform === 'win32';

/** Windows renames nothing that a virus scanner or an indexer has open; they let go within moments. Milliseconds. */
const PATIENCE: readonly number[] = WINDOWS ? [20, 50, 100, 200, 500, 1000, 2000] : [];

/**
 * Gives a file or a folder its final name, which stands when this returns, also after a power cut. What it holds is the
 * caller's to sync.
 */
export async function publish(from: string, to: string, patience = PATIENCE): Promise<void> {
  await renamePatiently(from, to, patience);
  for (const folder of new Set([dirname(to), dirname(from)])) await sync(folder);
}

/** Moves files of one folder to another under their own names, as `publish` does. */
export async function publishEach(names: readonly string[], from: string, to: string): Promise<void> {
  for (const name of names) await renamePatiently(join(from, name), join(to, name), PATIENCE);
  for (const folder of [to, from]) await sync(folder);
}

async function renamePatiently(from: string, to: string, patience: readonly number[]): Promise<void> {
  for (const wait of patience) {
    try {
      return await rename(from, to);
    } catch (error) {
      if (!/^(EPERM|EACCES|EBUSY)$/.test(codeOf(error))) throw error;
      await sleep(wait);
    }
  }
  await rename(from, to);
}

/** The same as publish for those who cannot wait. */
export function publishSync(from: string, to: string): void {
  renameSync(from, to);
  for (const folder of new Set([dirname(to), dirname(from)])) syncFolderSync(folder);
}

/** Puts what a file holds, or the names in a folder, on the disk. */
export async function sync(path: string): Promise<void> {
  try {
    // Windows syncs only what may be written to.
    await using handle = await open(path, WINDOWS ? 'r+' : 'r');
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

/** Windows and some network disks sync no folders, nobody a folder that may not be listed, and what is gone needs none. */
function cannotSync(error: unknown): boolean {
  return /^(EPERM|EACCES|EISDIR|EINVAL|ENOTSUP|ENOSYS|ENOENT)$/.test(codeOf(error));
}

/**
 * Runs `write` with a temporary name in the folder of `path`, no longer than a take's own, and publishes what it made.
 * @param tag a name for what must be found again after a kill; two writers of one path need two
 */
export async function makeWhole(
  path: string,
  write: (temporary: string) => Promise<void>,
  tag?: string,
): Promise<void> {
  const temporary = temporaryFor(path, tag);
  try {
    await write(temporary);
    await sync(temporary);
    await publish(temporary, path);
  } catch (error) {
    // Whatever hinders cleaning up is the trouble that is being reported.
    await rm(temporary, { recursive: true, force: true }).catch(() => {});
    throw error;
  }
}

export async function writeWhole(
  path: string,
  data: string | NodeJS.ArrayBufferView | readonly NodeJS.ArrayBufferView[],
  tag?: string,
): Promise<void> {
  await makeWhole(path, (temporary) => writeFile(temporary, data), tag);
}

/** The same as writeWhole for those who cannot wait. */
export function writeWholeSync(path: string, data: string | Uint8Array): void {
  const temporary = temporaryFor(path);
  try {
    writeFileSync(temporary, data, { flush: true });
    publishSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

export async function copyWhole(from: string, to: string): Promise<void> {
  await makeWhole(to, (temporary) => copyFile(from, temporary));
}

/** Where a file of this tag lies until it is whole. */
export function temporaryFor(path: string, tag = randomBytes(4).toString('hex')): string {
  return join(dirname(path), `${PARTIAL}${tag}`);
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? '';
}

/** Whether a name is of what was not whole yet. */
export function isPartial(name: string): boolean {
  return name.startsWith(PARTIAL);
}
