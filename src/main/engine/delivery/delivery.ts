/** A project's takes, shots or timeline as a folder for other programs: planned, foreseen, written, published as a whole. */
import { mkdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type {
  Delivered,
  DeliveryForecast,
  DeliveryProgress,
  DeliveryRequest,
} from '../../../common/contract/delivery.ts';
import { AppError, throwIfCancelled } from '../../../common/errors.ts';
import { portableName } from '../../../common/file-name.ts';
import { FORMATS } from '../../../common/formats/registry.ts';
import type { MediaFacts } from '../../../common/interchange/from-project.ts';
import type { TakeFile } from '../../../common/report.ts';
import { parseTimecode } from '../../../common/time/timecode.ts';
import { copyWhole, writeWhole } from '../../atomic-files.ts';
import { freeBytes } from '../disk.ts';
import type { Probe } from '../media/remembering-probe.ts';
import { checkRoom } from '../media/room.ts';
import { stampOf } from '../media/sequence.ts';
import { inWords } from '../media/target.ts';
import type { Enlargers } from './enlarge.ts';
import type { DeliveredFile, ExtraFile } from './extra.ts';
import { EXTRAS } from './extras.ts';
import { makeMovie } from './make.ts';
import type { Movie } from './movie.ts';
import { digestOf, PartialFolder, requireNew } from './partial.ts';
import { planDelivery } from './plan.ts';
import type { Plan, PlannedFile } from './planned.ts';
import { readmeOf } from './readme.ts';
import { trackOf } from './sound.ts';
import { type Infos, infosOf, readSources, type Sources } from './sources.ts';
import {
  deliveredCut,
  type FailedFormat,
  README,
  type WrittenFormat,
  writeOwnTimelines,
  writePluginTimelines,
} from './timelines.ts';

const DOING = 'exporting';

export interface DeliveryContext {
  readonly probe: Probe;
  /** Whoever has none makes no picture larger. */
  readonly enlargers?: Enlargers;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: DeliveryProgress) => void;
}

/** Writes nothing. @throws AppError what deliver would refuse; Cancelled */
export async function foresee(request: DeliveryRequest, context: DeliveryContext): Promise<DeliveryForecast> {
  const { plan, digest, digests } = await prepare(request, context);
  const files = plan.files.map(({ name, frames, forecast }) => ({ name, frames, bytes: forecast.usual }));
  const place = await nearestFolder(request.folder);
  return {
    files,
    bytes: sumOf(files, ({ bytes }) => bytes),
    free: await freeBytes(place),
    done: await PartialFolder.finishedIn(request.folder, digest, digests),
    notes: [...plan.notes, ...(await checkRooms(place, plan.files))],
  };
}

/**
 * All of it, or nothing under its final name. What was finished before it was cut off is kept for the same request.
 * @throws AppError usage, clip-unreadable, disk-full, output-unwritable, encoder-missing; Cancelled
 */
export async function deliver(request: DeliveryRequest, context: DeliveryContext): Promise<Delivered> {
  const { folder } = request;
  const { sources, plan, digest, digests } = await prepare(request, context);
  let partial: PartialFolder;
  try {
    partial = await PartialFolder.open(folder, digest);
  } catch (error) {
    throw inWords(error, DOING);
  }
  try {
    const files = await writeMedia({ plan, partial, digests, sources }, context);
    throwIfCancelled(context.signal);
    const { written, failed } = await writeBeside(request, sources, files, {
      partial,
      signal: context.signal,
    });
    throwIfCancelled(context.signal);
    await partial.publish();
    return {
      folder,
      files: files.map(({ facts, frames, bytes }) => ({ path: facts.path, frames, bytes })),
      timelines: written.map(({ format: { id, programs }, names, losses }) => {
        const [path, ...more] = names.map((name) => join(folder, name));
        return { format: id, programs, path: path!, more, losses };
      }),
      failed: failed.map(({ format: { id, programs }, line }) => ({ format: id, programs, line })),
      notes: plan.notes,
    };
  } catch (error) {
    await partial.leave();
    throw inWords(error, DOING);
  }
}

interface Prepared {
  readonly sources: Sources;
  readonly plan: Plan;
  readonly digest: string;
  /** Of each file, by its name. */
  readonly digests: ReadonlyMap<string, string>;
}

async function prepare(
  request: DeliveryRequest,
  context: Pick<DeliveryContext, 'probe' | 'enlargers' | 'signal'>,
): Promise<Prepared> {
  await requireNew(request.folder);
  if (request.resolve && request.timelines?.takes !== 'all')
    throw new AppError(
      'usage',
      'the script for Resolve adds the takes of a timeline, and none are asked for',
      {
        doing: DOING,
        hint: 'Export timelines with all takes, or leave the script out.',
      },
    );
  const sources = await readSources(request, context);
  const { enlargers, signal } = context;
  const plan = await planDelivery(request, sources, { enlargers, signal });
  const digests = digestsOf(plan, sources);
  return { sources, plan, digests, digest: digestOf([request.folder, [...digests]]) };
}

/** A file is the same if it is made in the same way of files that nobody has changed since. */
function digestsOf({ files }: Plan, sources: Sources): ReadonlyMap<string, string> {
  // Of sequences a line a picture: read and taken together once.
  const stamps = digestOf([...infosOf(sources).keys()].map((path) => [path, stampOf(path)]));
  return new Map(files.map(({ name, work }) => [name, digestOf([work, stamps])]));
}

/** The folder, or the one that it will be made in. */
async function nearestFolder(folder: string): Promise<string> {
  for (let place = folder; ; place = dirname(place))
    if ((await stat(place).catch(() => null))?.isDirectory() || dirname(place) === place) return place;
}

interface Media extends Pick<Prepared, 'plan' | 'sources' | 'digests'> {
  readonly partial: PartialFolder;
}

interface Written {
  readonly facts: MediaFacts;
  readonly bytes: number;
}

async function writeMedia(
  { plan: { files }, partial, digests, sources }: Media,
  { signal, onProgress, enlargers }: DeliveryContext,
): Promise<DeliveredFile[]> {
  const known = new Map<string, Written>();
  for (const { name } of files) {
    const found = (await partial.finished(name, digests.get(name)!)) as Written | undefined;
    if (found) known.set(name, found);
  }
  await checkRooms(
    partial.out,
    files.filter(({ name }) => !known.has(name)),
  );
  const infos = infosOf(sources);
  const all = sumOf(files, ({ frames }) => frames);
  const delivered: DeliveredFile[] = [];
  let before = 0;
  for (const [index, file] of files.entries()) {
    throwIfCancelled(signal);
    const { name, frames, takes, standsFor } = file;
    const tell = (frame: number) =>
      onProgress?.({
        ...{ folder: partial.folder, file: index + 1, files: files.length, name, frame, frames },
        fraction: all === 0 ? 1 : (before + frame) / all,
      });
    let written = known.get(name);
    if (!written) {
      written = await write(file, { partial, infos, tell, signal, enlargers });
      await partial.keep(name, digests.get(name)!, written);
    }
    tell(frames);
    before += frames;
    delivered.push({ name, ...written, frames, takes, standsFor });
  }
  return delivered;
}

/** @returns what speaks against it @throws AppError disk-full */
async function checkRooms(folder: string, files: readonly PlannedFile[]): Promise<string[]> {
  const together = {
    usual: sumOf(files, ({ forecast }) => forecast.usual),
    least: sumOf(files, ({ forecast }) => forecast.least),
  };
  const notes = [await checkRoom(folder, together, { doing: DOING, oneFile: false })];
  for (const { name, forecast, oneFile } of files)
    if (oneFile) notes.push(await checkRoom(folder, forecast, { doing: `writing ${name}`, oneFile }));
  return [...new Set(notes.filter((note) => note !== null))];
}

interface Writing {
  readonly partial: PartialFolder;
  readonly infos: Infos;
  readonly tell: (frame: number) => void;
  readonly signal: AbortSignal | undefined;
  readonly enlargers: Enlargers | undefined;
}

async function write(
  { name, frames, work }: PlannedFile,
  { partial, infos, tell, signal, enlargers }: Writing,
): Promise<Written> {
  const { out, folder } = partial;
  if (work.as === 'make') {
    const { movie, format } = work;
    const { extensions } = FORMATS[format];
    // Pictures lie in a folder of that name, and are called so too.
    const inside = extensions[0] === '' ? join(name, `${basename(name)}.####${extensions[1]}`) : name;
    await mkdir(dirname(join(out, name)), { recursive: true });
    const enlarger = movie.enlarged && (await enlargers!.open(movie.enlarged.dir, signal));
    try {
      const take = await makeMovie(
        { movie, format, infos },
        { out: join(out, inside), scratch: partial.root, signal, onFrame: tell, enlarger },
      );
      return { facts: factsOfTake(take, movie, infos, join(folder, inside)), bytes: take.bytes };
    } finally {
      await enlarger?.close();
    }
  }
  let bytes = 0;
  for (const [index, { from, to }] of work.copies.entries()) {
    throwIfCancelled(signal);
    await mkdir(dirname(join(out, to)), { recursive: true });
    await copyWhole(from, join(out, to));
    bytes += (await stat(join(out, to))).size;
    tell(Math.floor((frames * (index + 1)) / work.copies.length));
  }
  return { facts: work.facts, bytes };
}

/** What was written, as timelines say it. */
function factsOfTake(
  { rate, frames, width, height, timecode, reel, audioStreams }: TakeFile,
  movie: Movie,
  infos: Infos,
  path: string,
): MediaFacts {
  const heard = movie.pieces.length === 1 ? movie.pieces[0]!.sound : null;
  const track = heard ? infos.get(heard.path)!.audio[0]! : trackOf(movie, infos);
  const inside = audioStreams > 0 && track && !path.includes('####');
  return {
    ...{ path, rate, frames, width, height, reel },
    timecode: timecode === null ? null : parseTimecode(timecode, rate),
    sound: inside ? { channels: track.channels, sampleRate: track.sampleRate } : null,
  };
}

interface Beside {
  readonly written: readonly WrittenFormat[];
  readonly failed: readonly FailedFormat[];
}

/** Timelines, what to read first, and whatever else lies there. @throws AppError where plugins failed and nothing is left */
async function writeBeside(
  request: DeliveryRequest,
  sources: Sources,
  files: readonly DeliveredFile[],
  { partial, signal }: { readonly partial: PartialFolder; readonly signal: AbortSignal | undefined },
): Promise<Beside> {
  const { document, timelines, folder } = request;
  const { out } = partial;
  // An earlier run that was cut off may have left other timelines.
  await partial.keepOnly(files.map(({ name }) => name));
  const cut = timelines ? deliveredCut(request, sources, files) : null;
  const stem = portableName(document.name, 'Timeline');
  const writing = { out, folder, stem, signal };
  const own = cut && timelines ? await writeOwnTimelines(cut, timelines, writing) : [];
  const extras: ExtraFile[] = [];
  for (const extra of EXTRAS) extras.push(...(await extra({ request, stem, cut, files, out })));
  for (const { name, text } of extras) {
    await mkdir(dirname(join(out, name)), { recursive: true });
    await writeWhole(join(out, name), text);
  }
  const others =
    cut && timelines ? await writePluginTimelines(cut, timelines, writing) : { written: [], failed: [] };
  const beside = { written: [...own, ...others.written], failed: others.failed };
  const [first] = beside.failed;
  if (first && files.length === 0 && beside.written.length === 0)
    throw new AppError('plugin-failed', first.line, { doing: DOING });
  if (cut) await writeWhole(join(out, README), readmeOf(cut, beside, extras));
  return beside;
}

function sumOf<T>(items: readonly T[], count: (item: T) => number): number {
  return items.reduce((sum, item) => sum + count(item), 0);
}
