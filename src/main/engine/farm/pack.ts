/**
 * Shots as a folder that any machine can work on. Everything is checked as for the desk's own queue and plan; the folder appears whole
 * or not at all.
 */
import { createHash, randomBytes, randomInt } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rm, rmdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { FarmPacked } from '../../../common/contract/farm.ts';
import { RETAKE_VERSION } from '../../../common/contract/version.ts';
import { AppError, throwIfCancelled } from '../../../common/errors.ts';
import type { EditSettings } from '../../../common/settings/settings.ts';
import { publish, sync, temporaryFor } from '../../atomic-files.ts';
import { isGone, programOf, thisMachine } from '../../processes.ts';
import type { ArtefactStore } from '../artefacts/store.ts';
import type { Probe } from '../media/remembering-probe.ts';
import { inWords } from '../media/target.ts';
import { rememberingControlNets } from '../models/controlnet.ts';
import { rememberingFacts } from '../models/facts.ts';
import type { ProjectRef } from '../project/file.ts';
import { type AddRequest, checkedJobs, named } from '../queue/add.ts';
import { projectName } from '../queue/entry.ts';
import { writeArtefacts } from './artefact-folder.ts';
import { type FarmJob, farmJob, farmPaths } from './job-folder.ts';
import { templateOf } from './openjd/template.ts';
import { writeBundle } from './openjd/write.ts';
import { copyModels } from './pack-models.ts';
import { packShot } from './pack-shot.ts';
import { PackSources } from './pack-sources.ts';

export interface PackRequest extends Omit<AddRequest, 'preview'> {
  /** One that is not there yet, or is empty; null for a new one beside the project. */
  readonly folder: string | null;
  /** Models go along, for machines that do not have them. */
  readonly copyModels: boolean;
}

/** One take to be made, checked as the queue checks it. */
interface WantedTake {
  readonly shotId: string;
  readonly name: string;
  readonly settings: EditSettings;
}

export interface PackParts {
  /** Null where the disk has no room for one: nothing goes along. */
  readonly cache: ArtefactStore | null;
  readonly probe: Probe;
  readonly signal?: AbortSignal;
  /** After each shot. */
  readonly onShot?: (done: number, of: number) => void;
}

/** A model is opened for each task; frames take seconds each on a graphics card, minutes on a processor. */
const UNITS_PER_TASK = 8;
const DOING = 'packing for the farm';
/** Of packings that are under way on this machine: others may pack into the same folder over a network. */
const packedHere = () => `farm-${createHash('sha256').update(thisMachine()).digest('hex').slice(0, 8)}-`;

/** Shots of a project. @throws AppError for all that a queue or a plan would be refused for, naming the shot; usage, output-unwritable, disk-full; Cancelled */
export async function packShots(request: PackRequest, parts: PackParts): Promise<FarmPacked> {
  const { project, takesFolder, copyModels: copies } = request;
  const folder = request.folder ?? freshFolder(project.path);
  await requireEmpty(folder);
  const wanted = await checkedJobs({ ...request, preview: false }, [], parts.probe);
  const takes = wanted.map(({ settings, desk }) => ({ shotId: desk.shotId, name: desk.label, settings }));
  return packTakes({ project, takesFolder, folder, takes, copyModels: copies }, parts);
}

interface PackTakes {
  readonly project: ProjectRef;
  readonly takesFolder: string;
  readonly folder: string;
  readonly takes: readonly WantedTake[];
  readonly copyModels: boolean;
}

async function packTakes(request: PackTakes, parts: PackParts): Promise<FarmPacked> {
  const { folder } = request;
  await mkdir(dirname(folder), { recursive: true }).catch(inOwnWords);
  await sweepPacked(dirname(folder));
  const { pid, started } = programOf(process.pid);
  const tag = `${packedHere()}${pid}-${started ?? ''}-${randomBytes(4).toString('hex')}`;
  const temporary = temporaryFor(folder, tag);
  try {
    await mkdir(temporary);
    const packed = await writeFolder(temporary, request, parts);
    // Windows renames nothing onto a folder, not onto an empty one either.
    if (existsSync(folder)) await rmdir(folder);
    await publish(temporary, folder);
    return { folder, ...packed };
  } catch (error) {
    await rm(temporary, { recursive: true, force: true }).catch(() => {});
    throw inWords(error, DOING);
  }
}

async function writeFolder(
  folder: string,
  { project, takesFolder, takes, copyModels: copies }: PackTakes,
  { cache, probe, signal, onShot }: PackParts,
): Promise<Omit<FarmPacked, 'folder'>> {
  const sources = new PackSources(cache?.digests);
  const { digestStore } = sources;
  const recipes = {
    cache,
    probe,
    digestStore,
    facts: rememberingFacts(digestStore),
    controlNet: rememberingControlNets(),
  };
  const shots: FarmJob['shots'] = [];
  const units: FarmJob['units'] = [];
  let [artefacts, bytes] = [0, 0];
  for (const [i, { shotId, name, settings }] of takes.entries()) {
    throwIfCancelled(signal);
    const number = i + 1;
    const { range, keys, frames } = await named({ name }, () => packShot(settings, recipes));
    sources.add(settings);
    shots.push({ number, shotId, name, start: range.start, end: range.end });
    units.push(...frames.map((frame) => ({ shot: number, start: frame, end: frame + 1 })));
    await mkdir(farmPaths.artefacts(folder, number), { recursive: true });
    const request = JSON.stringify(settings, null, 2);
    await writeFile(farmPaths.request(folder, number), request, { flush: true });
    if (cache !== null && keys.length > 0) {
      const written = await writeArtefacts(
        join(farmPaths.artefacts(folder, number), 'desk'),
        cache,
        keys,
        signal,
      );
      artefacts += written.items;
      bytes += written.bytes;
    }
    bytes += Buffer.byteLength(request);
    onShot?.(number, takes.length);
  }
  const listed = await sources.list(signal);
  const models = copies ? await copyModels(folder, listed, signal) : { sources: listed, bytes: 0 };
  const job = farmJob.parse({
    format: 1,
    id: newId(),
    name: projectName(project.path),
    version: RETAKE_VERSION,
    createdAt: Date.now(),
    project: { id: project.id, path: project.path },
    ...{ takesFolder, shots, units, unitsPerTask: UNITS_PER_TASK },
    sources: models.sources,
  } satisfies FarmJob);
  const text = JSON.stringify(job, null, 1);
  await writeFile(farmPaths.job(folder), text, { flush: true });
  await writeBundle(folder, job, templateOf(job));
  await sync(folder);
  return {
    id: job.id,
    shots: shots.length,
    units: units.length,
    artefacts,
    bytes: bytes + models.bytes + Buffer.byteLength(text),
  };
}

/** What packings that were killed have left beside. */
async function sweepPacked(around: string): Promise<void> {
  const start = basename(temporaryFor('', packedHere()));
  for (const name of await readdir(around).catch(() => [])) {
    if (!name.startsWith(start)) continue;
    const [pid, started] = name.slice(start.length).split('-');
    if (!isGone({ pid: Number(pid), started: started || null })) continue;
    await rm(join(around, name), { recursive: true, force: true }).catch(() => {});
  }
}

/** "A film farm 2" beside "A film.retake". */
function freshFolder(project: string): string {
  for (let n = 1; ; n += 1) {
    const folder = join(dirname(project), `${projectName(project)} farm ${n}`);
    if (!existsSync(folder)) return folder;
  }
}

async function requireEmpty(folder: string): Promise<void> {
  if (!existsSync(folder)) return;
  const names = await readdir(folder).catch(() => null);
  if (names?.length === 0) return;
  throw new AppError(
    'output-unwritable',
    names ? `${basename(folder)} is not empty` : `${basename(folder)} is no folder`,
    {
      doing: DOING,
      hint: 'Name a folder that is not there yet.',
    },
  );
}

const LETTERS = '0123456789abcdefghjkmnpqrstvwxyz';

/** Ten letters and digits, none of which is easily mistaken for another. */
function newId(): string {
  return Array.from({ length: 10 }, () => LETTERS[randomInt(LETTERS.length)]).join('');
}

function inOwnWords(error: unknown): never {
  throw inWords(error, DOING);
}
