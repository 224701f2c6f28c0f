/** A take from a job's folder to where the artist's takes lie: proven, under its desk's own paths, whole or not at all. */
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readFile, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AppError } from '../../../common/errors.ts';
import { readReport, type TakeReport } from '../../../common/report.ts';
import { sameValue } from '../../../common/settings/catalogue.ts';
import { type EditSettings, editSettings, SETTINGS } from '../../../common/settings/settings.ts';
import { makeWhole, sync } from '../../atomic-files.ts';
import { writeReport } from '../report-file.ts';
import { farmPaths } from './job-folder.ts';
import { digestOf, faultsOf, readManifest, type TakeManifest } from './take-folder.ts';

export interface Homecoming {
  readonly folder: string;
  readonly number: number;
  /** Of the job that it will be at the desk. */
  readonly id: string;
  /** Where it was to go when somebody was killed who brought it; null where nobody has begun. */
  readonly promised: string | null;
  /** A name that is free, and is remembered before anything is copied there. */
  readonly next: (format: EditSettings['output']['format']) => string;
}

/**
 * The report as it lies beside the take now. What is not as it was written is left where it lies.
 * @throws AppError clip-unreadable, usage for a take of other settings, output-unwritable, disk-full
 */
export async function bringTake({ folder, number, id, promised, next }: Homecoming): Promise<TakeReport> {
  const at = farmPaths.take(folder, number);
  const manifest = await readManifest(at);
  const faults = await faultsOf(at, 'sizes');
  if (!manifest || faults.length > 0) throw damaged(faults.join(', '));
  const report = await reportIn(at, manifest);
  const request = await requestOf(folder, number);
  requireAsked(report.settings, request);
  const isThere = promised !== null && (await isWhole(promised, manifest));
  const path =
    promised !== null && (isThere || !existsSync(promised)) ? promised : next(request.output.format);
  if (!isThere) await copyTake(at, manifest, path, id);
  const settings = { ...request, output: { ...request.output, path } };
  const here: TakeReport = { ...report, job: id, settings, take: { ...report.take, path } };
  await writeReport(here);
  return here;
}

/** @throws AppError clip-unreadable where it is not what its machine wrote */
async function reportIn(at: string, { report, files }: TakeManifest): Promise<TakeReport> {
  const path = join(at, report);
  const written = files[report];
  if (!written || !(await isWritten(path, written))) throw damaged(report);
  try {
    return readReport(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    throw damaged(report);
  }
}

async function requestOf(folder: string, number: number): Promise<EditSettings> {
  try {
    return editSettings.parse(JSON.parse(await readFile(farmPaths.request(folder, number), 'utf8')));
  } catch (cause) {
    throw new AppError('usage', 'its request cannot be read', {
      doing: `collecting shot ${number}`,
      hint: 'Use the version of Retake that packed it.',
      cause,
    });
  }
}

/** Its machine tells it with paths as the desk has them. @throws AppError usage */
function requireAsked(rendered: EditSettings, request: EditSettings): void {
  const asked = (settings: EditSettings) => SETTINGS.pick(settings, 'request');
  if (sameValue(asked(rendered), asked(request))) return;
  throw new AppError('usage', 'it was made by other settings than were asked for', {
    doing: 'collecting a take',
    hint: 'Submit the job again, and it is rendered again.',
  });
}

/** Where each file of the take goes, the report left out. Pictures and sounds of a sequence begin with the name of their folder. */
function placesOf({ take, files }: TakeManifest, path: string, to = basename(path)): Map<string, string> {
  const from = take;
  const placed = Object.keys(files).flatMap((file): [string, string][] => {
    if (file === take) return [[file, path]];
    if (!file.startsWith(`${take}/`)) return [];
    const name = file.slice(take.length + 1);
    return [[file, join(path, name.startsWith(`${from}.`) ? `${to}${name.slice(from.length)}` : name)]];
  });
  return new Map(placed);
}

/** @param tag of what a killed engine left of it, which is begun anew */
async function copyTake(at: string, manifest: TakeManifest, path: string, tag: string): Promise<void> {
  const copy = async (temporary: string) => {
    await rm(temporary, { recursive: true, force: true });
    for (const [file, to] of placesOf(manifest, temporary, basename(path))) {
      await mkdir(dirname(to), { recursive: true });
      await copyFile(join(at, file), to);
      // What has arrived is what is proven.
      if (!(await isWritten(to, manifest.files[file]!))) throw damaged(file);
      await sync(to);
    }
  };
  await makeWhole(path, copy, tag);
}

/** Whether all of it lies there already: whoever brought it was killed before the report was written. */
async function isWhole(path: string, manifest: TakeManifest): Promise<boolean> {
  for (const [file, to] of placesOf(manifest, path)) {
    if (!(await isWritten(to, manifest.files[file]!).catch(() => false))) return false;
  }
  return true;
}

async function isWritten(path: string, { bytes, sha256 }: TakeManifest['files'][string]): Promise<boolean> {
  return (await stat(path)).size === bytes && (await digestOf(path)) === sha256;
}

function damaged(file: string): AppError {
  return new AppError('clip-unreadable', `${file} is not what its machine wrote`, {
    doing: 'collecting a take',
    hint: 'Submit the job again, and it is rendered again.',
  });
}
