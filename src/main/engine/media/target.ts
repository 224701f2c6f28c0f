/**
 * Where a take goes: checked before work begins, written into a temporary folder beside under its final name, moved when whole.
 * So no name grows on the way, and what a file system takes of a name is known from the first moment.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, realpathSync } from 'node:fs';
import { mkdir, open, readdir, rm, rmdir, stat } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { AppError } from '../../../common/errors.ts';
import { isPictures, pictureEnding } from '../../../common/formats/format.ts';
import { FORMATS, type TakeFormat } from '../../../common/formats/registry.ts';
import { runOfPattern } from '../../../common/sequence.ts';
import { systemWords } from '../../../common/system-errors.ts';
import { publishEach, publish as publishName, sync, temporaryFor } from '../../atomic-files.ts';

export interface Target {
  /** What the artist asked for: a file, or the folder of a sequence. */
  readonly path: string;
  /** The temporary folder that ffmpeg writes to. */
  readonly partial: string;
  /** Digits of the frame number in a sequence, "shot.1001.png"; null for one file. */
  readonly digits: number | null;
  /** Stem of a sequence's frames and sound files. */
  readonly stem: string;
  /** What a sequence's frames end in. */
  readonly ending: string;
}

/**
 * Refuses, before anything is computed, a target that cannot be written.
 * @param beside names of further files that will lie beside the take
 * @throws AppError usage, output-unwritable, disk-full
 */
export async function checkTarget(
  out: string,
  clip: string,
  format: TakeFormat,
  beside: readonly string[] = [],
): Promise<void> {
  const target = planTarget(out, format);
  const folder = dirname(target.partial);
  const doing = `writing ${basename(target.path)}`;
  const refuse = (message: string, hint: string) =>
    new AppError('output-unwritable', message, { doing, hint });
  const stats = await stat(folder).catch(() => null);
  if (!stats) throw refuse(`the folder ${folder} does not exist`, 'Create it or choose another.');
  if (!stats.isDirectory()) throw refuse(`${folder} is not a folder`, 'Choose another place.');
  if (existsSync(target.path)) {
    if (existsSync(clip) && realpathSync(target.path) === realpathSync(clip)) {
      throw refuse('the take would overwrite its own clip', 'Choose another name.');
    }
    // A finished sequence replaces older frames of its name: they must not be the clip's.
    if (target.digits !== null && runOfPattern(clip) && existsSync(dirname(clip))) {
      if (realpathSync(dirname(clip)) === realpathSync(target.path))
        throw refuse('the take would lie among the pictures of its own clip', 'Choose another folder.');
    }
    const existing = await stat(target.path);
    if (target.digits === null && !existing.isFile())
      throw refuse('there is a folder of that name', 'Choose another name.');
    if (target.digits !== null && !existing.isDirectory())
      throw refuse('there is a file of that name', 'Choose another name.');
  }
  try {
    await mkdir(target.partial);
    // Each name is tried as it will be: how long it may be, and of which letters, differs from disk to disk.
    for (const name of [basename(target.path), ...beside]) {
      await (await open(join(target.partial, name), 'wx')).close();
    }
  } catch (error) {
    throw fromSystem(error, doing);
  } finally {
    await discard(target);
  }
}

/**
 * Names only; touches no disk. `tag` tells apart those that write the same take at once.
 * @throws AppError usage for an ending that the format does not have
 */
export function planTarget(out: string, format: TakeFormat, tag = randomBytes(4).toString('hex')): Target {
  const whole = resolve(out);
  const spec = FORMATS[format];
  const { extensions } = spec;
  const extension = extname(whole).toLowerCase();
  const sequence = isPictures(spec);
  if (
    sequence ? !extensions.includes(extension) && ENDINGS.has(extension) : !extensions.includes(extension)
  ) {
    throw new AppError('usage', `a take in ${format} cannot be named ${basename(whole)}`, {
      doing: 'choosing where the take goes',
      hint: sequence
        ? `Name a folder, or frames like shot.####${pictureEnding(spec)}.`
        : `Let the name end in ${extensions.join(' or ')}.`,
    });
  }
  const frames = sequence && extension !== '' && extensions.includes(extension);
  const path = frames ? dirname(whole) : whole;
  const stem = frames
    ? basename(whole, extname(whole)).replace(/[._-]?(#+|%0?\d*d)$/, '') || 'take'
    : basename(whole);
  return {
    path,
    partial: temporaryFor(path, tag),
    digits: sequence ? digitsOf(basename(whole)) : null,
    stem,
    ending: sequence ? pictureEnding(spec) : '',
  };
}

/** Endings that some format has: a folder that is called so was meant for another. */
const ENDINGS = new Set(Object.values(FORMATS).flatMap(({ extensions }) => extensions));

function digitsOf(name: string): number {
  const hashes = /(#+)/.exec(name)?.[1]?.length;
  const printf = /%0(\d)d/.exec(name)?.[1];
  return Math.max(4, Number(printf ?? hashes ?? 4));
}

/** Puts the finished file, or each file of the finished folder, under its final name; on the disk, not in its cache. */
export async function publish(target: Target): Promise<void> {
  const { path, partial, digits } = target;
  try {
    if (digits === null) {
      const name = basename(path);
      await sync(join(partial, name));
      await publishName(join(partial, name), path);
      await discard(target);
      return;
    }
    const names = await readdir(partial);
    for (const name of names) await sync(join(partial, name));
    if (!existsSync(path)) {
      await sync(partial);
      await publishName(partial, path);
      return;
    }
    await publishEach(names, partial, path);
    await removeStale(target, new Set(names));
    await rmdir(partial);
  } catch (error) {
    throw fromSystem(error, `writing ${basename(path)}`);
  }
}

/** Frames of the same name that a longer, older take left in the folder would play on after the new ones. */
async function removeStale(target: Target, fresh: ReadonlySet<string>): Promise<void> {
  const before = `${target.stem}.`;
  for (const name of await readdir(target.path)) {
    const { ending } = target;
    const number =
      name.startsWith(before) && name.endsWith(ending) ? name.slice(before.length, -ending.length) : '';
    if (/^\d{4,}$/.test(number) && !fresh.has(name)) await rm(join(target.path, name));
  }
}

export async function discard(target: Target): Promise<void> {
  await rm(target.partial, { recursive: true, force: true });
}

/** Removes what a killed process left of a take, where it can be reached. */
export async function removePartial(out: string, format: TakeFormat, tag: string): Promise<void> {
  try {
    await discard(planTarget(out, format, tag));
  } catch {
    // A job that is forgotten must not fail over a disk that is gone.
  }
}

/** @throws AppError output-unwritable, disk-full */
export async function prepareFolder(target: Target): Promise<void> {
  try {
    await mkdir(target.partial);
  } catch (error) {
    throw fromSystem(error, `writing ${basename(target.path)}`);
  }
}

/** What the system said in words that the artist understands; any other error as it is. */
export function inWords(error: unknown, doing: string): unknown {
  return error instanceof Error && 'errno' in error ? fromSystem(error, doing) : error;
}

/** An error of the system as one that the artist understands. */
export function fromSystem(error: unknown, doing: string): AppError {
  const words = systemWords(error);
  const full = words?.code === 'ENOSPC' || words?.code === 'EDQUOT';
  return new AppError(full ? 'disk-full' : 'output-unwritable', words?.what ?? String(error), {
    doing,
    hint: words?.hint || 'Choose another folder.',
    cause: error,
  });
}
