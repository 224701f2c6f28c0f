/** Brings a project and all that it uses into one folder that can be moved, archived or handed over. */

import { existsSync } from 'node:fs';
import { mkdir, rm, stat } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { AppError, throwIfCancelled } from '../../../common/errors.ts';
import type { ClipRef, ProjectDocument } from '../../../common/project/document.ts';
import { filesIn } from '../../../common/settings/files.ts';
import { copyWhole } from '../../atomic-files.ts';
import { requireRoom } from '../disk.ts';
import { fingerprintOf } from '../media/fingerprint.ts';
import { filesOfClip } from '../media/sequence.ts';
import { fromSystem } from '../media/target.ts';
import { reportPath } from '../report-file.ts';
import { createProject } from './file.ts';
import { mapPaths } from './paths.ts';
import { isOwnTake } from './take-proof.ts';

export interface CollectRequest {
  readonly document: ProjectDocument;
  /** Of the project that is collected; names the new one. */
  readonly path: string;
  readonly folder: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (fraction: number) => void;
}

interface Copy {
  readonly from: string;
  readonly to: string;
  readonly bytes: number;
}

/**
 * Copies; the open project stays where it is. Cancelled or failed, nothing of it is left.
 * @throws AppError clip-unreadable where a file is missing, output-unwritable, disk-full; Cancelled
 */
export async function collect(request: CollectRequest): Promise<{ path: string; bytes: number }> {
  const { document, signal } = request;
  const folder = resolve(request.folder);
  const doing = 'collecting the project';
  const target = join(folder, basename(request.path));
  if (existsSync(target)) {
    throw new AppError('output-unwritable', `there is a ${basename(target)} in that folder already`, {
      doing,
      hint: 'Choose an empty folder.',
    });
  }
  const names = new Set<string>();
  const copies = new Map<string, Copy>();
  const plan = async (path: string, subfolder: string) => {
    if (copies.has(path)) return;
    const about = await stat(path).catch(() => null);
    if (!about?.isFile()) {
      throw new AppError('clip-unreadable', `${basename(path)} is missing`, {
        doing,
        hint: 'Find it again, or remove it from the project.',
      });
    }
    const to = join(folder, subfolder, freeName(basename(path), subfolder, names));
    copies.set(path, { from: path, to, bytes: about.size });
  };
  /** Where the patterns of picture sequences go; each sequence has a folder of its own. */
  const sequences = new Map<string, string>();
  const footage = async (path: string) => {
    const files = filesOfClip(path);
    if (files[0] === path) await plan(path, 'clips');
    else if (!sequences.has(path)) {
      const own = join(
        'clips',
        freeName(basename(path).replace(/[._-]?#+.*$/, '') || 'pictures', 'clips', names),
      );
      for (const file of files) await plan(file, own);
      sequences.set(path, join(folder, own, basename(path)));
    }
  };
  for (const clip of Object.values(document.clips)) {
    await footage(clip.path);
    await requireClip(clip, doing);
  }
  for (const { path } of Object.values(document.takes)) {
    await plan(path, 'takes');
    await requireTake(path, dirname(request.path), doing);
  }
  for (const item of document.timeline) {
    if (item.kind !== 'shot') continue;
    for (const { path, use, fingerprint } of filesIn(item.settings)) {
      // Models stay where they are, as the project's does.
      if (use !== 'footage' || copies.has(path) || sequences.has(path)) continue;
      if (!fingerprint) throw notChosen(path, item.name, doing);
      await footage(path);
      await requireClip({ path, fingerprint }, doing);
    }
  }
  // A take's report goes with it, under the name that the take has there.
  for (const { from, to } of [...copies.values()]) {
    const about = await stat(reportPath(from)).catch(() => null);
    if (dirname(to) !== join(folder, 'takes') || !about?.isFile()) continue;
    copies.set(reportPath(from), { from: reportPath(from), to: reportPath(to), bytes: about.size });
  }
  const bytes = [...copies.values()].reduce((sum, copy) => sum + copy.bytes, 0);

  const done: string[] = [];
  try {
    const folders = [...copies.values()].map(({ to }) => dirname(to));
    for (const name of new Set([join(folder, 'clips'), join(folder, 'takes'), ...folders]))
      await mkdir(name, { recursive: true });
    await requireRoom(folder, bytes, doing);
    let copied = 0;
    for (const { from, to, bytes: size } of copies.values()) {
      throwIfCancelled(signal);
      if (existsSync(to))
        throw new AppError('output-unwritable', `there is a ${basename(to)} already`, { doing });
      await copyWhole(from, to);
      done.push(to);
      copied += size;
      request.onProgress?.(bytes === 0 ? 1 : copied / bytes);
    }
    // Models, and what only takes were made with, stay where they are.
    const moved = mapPaths(document, (path) => sequences.get(path) ?? copies.get(path)?.to ?? path);
    createProject(target, {
      ...moved,
      takesFolder: join(folder, 'takes'),
    }).close();
    return { path: target, bytes };
  } catch (error) {
    for (const path of done) await rm(path, { force: true });
    throw error instanceof Error && 'code' in error && !(error instanceof AppError)
      ? fromSystem(error, doing)
      : error;
  }
}

/** A project may come from anybody and name any file: only what is the clip goes into a folder that is handed on. */
async function requireClip(
  { path, fingerprint }: Pick<ClipRef, 'path' | 'fingerprint'>,
  doing: string,
): Promise<void> {
  const { bytes, digest } = await fingerprintOf(path);
  if (bytes === fingerprint.bytes && digest === fingerprint.digest) return;
  throw new AppError('clip-unreadable', `${basename(path)} is not the file that was imported`, {
    doing,
    hint: 'Import it anew, or remove it from the project.',
  });
}

function notChosen(path: string, shot: string, doing: string): AppError {
  return new AppError('clip-unreadable', `${basename(path)} in ${shot} was never chosen in Retake`, {
    doing,
    hint: 'Choose it again in the shot, or take it out of there.',
  });
}

async function requireTake(path: string, home: string, doing: string): Promise<void> {
  if (await isOwnTake(path, [home])) return;
  throw new AppError('output-unwritable', `${basename(path)} lies elsewhere and is no take of Retake`, {
    doing,
    hint: 'Remove it from the project.',
  });
}

/** "a.mov", "a 2.mov", …: clips of different cards often share their names. */
function freeName(name: string, folder: string, taken: Set<string>): string {
  const extension = extname(name);
  const stem = basename(name, extension);
  for (let n = 1; ; n += 1) {
    const candidate = n === 1 ? name : `${stem} ${n}${extension}`;
    // File systems of two platforms out of three do not tell cases apart.
    const key = `${folder}/${candidate}`.toLowerCase();
    if (taken.has(key)) continue;
    taken.add(key);
    return candidate;
  }
}
