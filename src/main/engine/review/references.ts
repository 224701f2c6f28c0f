/** Clips that a take is compared with by features: files, picture sequences, and folders of clips. */
import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { AppError } from '../../../common/errors.ts';
import type { ClipInfo } from '../../../common/media.ts';
import { isStill } from '../../../common/sequence.ts';
import { probeClip } from '../media/probe.ts';

/** @param notes gets a line for each file of a folder that is no clip. @throws AppError usage, clip-unreadable; Cancelled */
export async function referenceClips(
  paths: readonly string[],
  notes: string[],
  signal?: AbortSignal,
): Promise<ClipInfo[]> {
  const clips: ClipInfo[] = [];
  for (const path of paths) {
    const isFolder = (await stat(path).catch(() => null))?.isDirectory() === true;
    const names = isFolder ? (await readdir(path)).filter((name) => !name.startsWith('.')).sort() : [];
    if (!isFolder || names.some(isStill)) {
      clips.push(await probeClip(path, { signal }));
      continue;
    }
    const before = clips.length;
    for (const name of names) {
      try {
        clips.push(await probeClip(join(path, name), { signal }));
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        notes.push(`${name} is left out of the references: ${error.message}`);
      }
    }
    if (clips.length > before) continue;
    throw new AppError('usage', 'no clip lies in this folder', {
      doing: `reading ${basename(path)}`,
      hint: 'Name clips, or folders that hold some.',
    });
  }
  return clips;
}
