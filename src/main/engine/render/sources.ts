/**
 * Holds an edit to the films it began with. A file that another has replaced, between a kill and its resumption or while a render
 * runs, would lend its sound, its transparency or the rest of its pictures to a take of the first.
 */
import { mkdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { AppError, errorLine } from '../../../common/errors.ts';
import type { Fingerprint } from '../../../common/fingerprint.ts';
import { filesIn } from '../../../common/settings/files.ts';
import type { EditSettings } from '../../../common/settings/settings.ts';
import { writeWhole } from '../../atomic-files.ts';
import { fingerprintOf } from '../media/fingerprint.ts';
import { fromSystem } from '../media/target.ts';
import type { RenderContext } from './context.ts';

/** By path, the films that could be read. */
export type Films = Readonly<Record<string, Fingerprint | undefined>>;

/** Of all that an edit is made of, networks aside. */
export function filmsOf(settings: Pick<EditSettings, 'source' | 'guide'>): Promise<Films> {
  return fingerprintsOfReadable(footageOf(settings));
}

function footageOf(settings: object): string[] {
  return filesIn(settings).flatMap(({ path, use }) => (use === 'footage' ? [path] : []));
}

export interface Sources {
  /** As they were when the edit began. */
  readonly films: Films;
  /** @throws AppError clip-changed where one of the files is no longer what it was, clip-unreadable where it is gone */
  check(): Promise<void>;
}

/** By path. */
type Kept = Readonly<Record<string, Fingerprint>>;

/**
 * Remembers the edit's files beside its checkpoint when it begins; when it is resumed, checks them against that.
 * @throws AppError clip-changed, clip-unreadable
 */
export async function holdSources(
  settings: Pick<EditSettings, 'source' | 'guide'>,
  { checkpoint, warn }: Pick<RenderContext, 'checkpoint' | 'warn'>,
): Promise<Sources> {
  const kept = await read(checkpoint.sourcesPath);
  const begun: Kept = kept ?? (await fingerprintsOfReadable(footageOf(settings)));
  const sources: Sources = {
    films: begun,
    async check() {
      for (const [path, now] of Object.entries(await fingerprints(Object.keys(begun)))) {
        const then = begun[path];
        if (then && (then.bytes !== now.bytes || then.digest !== now.digest)) throw changed(path);
      }
    },
  };
  if (kept) await sources.check();
  else {
    // A full disk is no reason not to render: the edit is then held for as long as this process lives.
    await note(checkpoint.sourcesPath, begun).catch((error: unknown) => {
      const why = errorLine(fromSystem(error, 'noting the clip'));
      warn(`if this edit is interrupted, its clip will not be told from another of its name: ${why}`);
    });
  }
  return sources;
}

function changed(path: string): AppError {
  return new AppError('clip-changed', 'it is not the file that this edit began with', {
    doing: `reading ${basename(path)}`,
    hint: 'Put the first one back and resume, or start a new edit.',
  });
}

async function fingerprints(paths: readonly string[]): Promise<Kept> {
  const found: [string, Fingerprint][] = [];
  for (const path of paths) found.push([path, await fingerprintOf(path)]);
  return Object.fromEntries(found);
}

/** Of what cannot be read there are none: the probe, which comes next, says why. */
async function fingerprintsOfReadable(paths: readonly string[]): Promise<Kept> {
  const readable: string[] = [];
  for (const path of paths) {
    const stats = await stat(path).catch(() => null);
    // To open a pipe would be to wait for its other end.
    if (stats === null || stats.isFile() || stats.isDirectory()) readable.push(path);
  }
  return fingerprints(readable).catch((error: unknown) => {
    if (error instanceof AppError) return {};
    throw error;
  });
}

/** Null where nothing was noted, or not whole. */
async function read(path: string): Promise<Kept | null> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Kept;
  } catch {
    return null;
  }
}

async function note(path: string, kept: Kept): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeWhole(path, JSON.stringify(kept));
}
