/**
 * The files of a request on this machine: found by path mapping, in the job's folder or among the machine's models, and held to
 * what they were when the job was packed, before anything is computed.
 */
import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { AppError, throwIfCancelled } from '../../../common/errors.ts';
import { type InstalledPlugin, samePluginFile } from '../../../common/plugins/used.ts';
import { filesIn, withFiles } from '../../../common/settings/files.ts';
import type { EditSettings } from '../../../common/settings/settings.ts';
import { fingerprintOf } from '../media/fingerprint.ts';
import { fileDigest } from '../models/digests.ts';
import type { DigestStore } from '../models/types.ts';
import type { FarmJob } from './job-folder.ts';
import { mapPath, nameOf, type PathRule } from './path-mapping.ts';

type Source = FarmJob['sources'][number];

export interface Places {
  /** Of the job. */
  readonly folder: string;
  readonly rules: readonly PathRule[];
  /** Folders in which models are looked for. */
  readonly models: readonly string[];
  readonly installed: readonly InstalledPlugin[];
  /** Where digests of large files are remembered. */
  readonly digests: DigestStore;
}

/** Folders in folders in which models are looked for. */
const DEEPEST = 3;
/** Below this a file is digested faster than remembered. */
const WORTH_STORING = 1 << 20;

/**
 * @returns the request with paths of this machine, but for where the take goes; and the desk's path of each
 * @throws AppError clip-changed or bundle-invalid for other files of these names, clip-unreadable or weights-missing where there is none; Cancelled
 */
export async function holdToJob(
  settings: EditSettings,
  sources: readonly Source[],
  places: Places,
  signal?: AbortSignal,
): Promise<{ settings: EditSettings; desk: ReadonlyMap<string, string> }> {
  const here = new Map<string, string>();
  for (const { path, use } of filesIn(settings)) {
    if (use === 'written' || here.has(path)) continue;
    const source = sources.find((one) => one.path === path);
    here.set(path, await findSource(path, use, source, places, signal));
  }
  return {
    settings: withFiles(settings, (path, use) => (use === 'written' ? path : (here.get(path) ?? path))),
    desk: new Map(Array.from(here, ([path, found]) => [found, path])),
  };
}

async function findSource(
  path: string,
  use: 'footage' | 'network',
  source: Source | undefined,
  places: Places,
  signal: AbortSignal | undefined,
): Promise<string> {
  const { folder, rules, installed } = places;
  const ofPlugin = use === 'network' ? samePluginFile(path, installed) : null;
  const mapped = ofPlugin ? join(ofPlugin.folder, ...ofPlugin.parts) : mapPath(path, rules);
  if (use === 'footage') {
    if (source?.fingerprint) await holdFootage(mapped, source.fingerprint);
    return mapped;
  }
  const digests = source?.digests;
  if (!digests) return mapped;
  let differs: string | null = null;
  const copied = source.copied === null ? [] : [join(folder, ...source.copied.split('/'))];
  for await (const candidate of candidates([mapped, ...copied], nameOf(path), digests, places.models)) {
    const fault = await faultOf(candidate, digests, places.digests, signal);
    if (fault === null) return candidate;
    differs ??= fault;
  }
  const doing = `looking for ${nameOf(path)}`;
  if (differs !== null)
    throw new AppError(
      'bundle-invalid',
      `${differs} is not that of the model with which the job was packed`,
      {
        doing,
        hint: 'Put the same model there, or name a folder that has it with --models.',
      },
    );
  throw new AppError('weights-missing', `this machine has no such model at ${mapped}`, {
    doing,
    hint: 'Say where it is with --map or --models, or pack the job with its models.',
  });
}

async function holdFootage(path: string, then: NonNullable<Source['fingerprint']>): Promise<void> {
  const now = await fingerprintOf(path);
  if (now.bytes === then.bytes && now.digest === then.digest) return;
  throw new AppError('clip-changed', 'another film lies there than the one that the job was packed with', {
    doing: `reading ${basename(path)}`,
    hint: 'Put the first one back, or pack the job again.',
  });
}

/** Those that are there, the likeliest first. */
async function* candidates(
  first: readonly string[],
  name: string,
  digests: NonNullable<Source['digests']>,
  folders: readonly string[],
): AsyncGenerator<string> {
  for (const path of first) if ((await stat(path).catch(() => null)) !== null) yield path;
  const isFile = Object.hasOwn(digests, '');
  for (const folder of folders) {
    for await (const path of below(folder, DEEPEST)) {
      if (isFile ? basename(path) === name : await hasAll(path, Object.keys(digests))) yield path;
    }
  }
}

/** A folder and all that is in it. */
async function* below(folder: string, deep: number): AsyncGenerator<string> {
  yield folder;
  if (deep === 0) return;
  for (const name of (await readdir(folder).catch(() => [])).toSorted())
    yield* below(join(folder, name), deep - 1);
}

async function hasAll(folder: string, names: readonly string[]): Promise<boolean> {
  for (const name of names) if (!(await stat(join(folder, name)).catch(() => null))?.isFile()) return false;
  return true;
}

/** The first file that is not what it was; null where all are. */
async function faultOf(
  path: string,
  digests: NonNullable<Source['digests']>,
  known: DigestStore,
  signal: AbortSignal | undefined,
): Promise<string | null> {
  for (const [name, digest] of Object.entries(digests)) {
    throwIfCancelled(signal);
    const file = name === '' ? path : join(path, ...name.split('/'));
    const about = await stat(file).catch(() => null);
    if (!about?.isFile()) return name || basename(path);
    const stamp = [file, about.size, about.mtimeMs] as const;
    if (known.get(...stamp) === digest) continue;
    if ((await fileDigest(file, undefined, signal)) !== digest) return name || basename(path);
    // As it is at the desk, where its weights were looked at: they need not be again.
    if (about.size >= WORTH_STORING) known.set(...stamp, digest);
  }
  return null;
}
