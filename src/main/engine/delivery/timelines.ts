/** The timelines of a delivery: one cut of the project, its pictures the delivered files, in every format asked for. */
import { mkdir, readdir } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative } from 'node:path';
import type { DeliveryRequest } from '../../../common/contract/delivery.ts';
import { AppError, errorLine, throwIfCancelled } from '../../../common/errors.ts';
import { isPortableName } from '../../../common/file-name.ts';
import type { Cut, CutMedia } from '../../../common/interchange/cut.ts';
import { cutOf, type MediaFacts, type StandIn } from '../../../common/interchange/from-project.ts';
import {
  type Params,
  type TimelineFiles,
  type TimelineFormat,
  timelineFormat,
  timelineFormats,
} from '../../../common/interchange/registry.ts';
import { issueText } from '../../../common/issue.ts';
import { isBuiltIn } from '../../../common/plugins/built-in.ts';
import { paramsCheck } from '../../../common/plugins/params.ts';
import type { Shot } from '../../../common/project/document.ts';
import { type Placed, timelineRate } from '../../../common/project/positions.ts';
import { type Exact, framesLast, subtract } from '../../../common/time/exact.ts';
import { writeWhole } from '../../atomic-files.ts';
import { requireOn, startOf } from './chosen.ts';
import type { StandsFor } from './planned.ts';
import { factsOf, type Sources } from './sources.ts';

const DOING = 'exporting timelines';

type Timelines = NonNullable<DeliveryRequest['timelines']>;

interface Standing {
  readonly standsFor: StandsFor;
  readonly facts: MediaFacts;
}

/** What is not delivered stays where it lies. */
export function deliveredCut(
  request: Pick<DeliveryRequest, 'document' | 'what' | 'timelines' | 'startTimecode'>,
  sources: Sources,
  delivered: readonly Standing[],
): Cut {
  const { document, what, timelines } = request;
  const byPath = new Map<string, MediaFacts>();
  for (const { standsFor, facts } of delivered)
    byPath.set(standsFor.kind === 'file' ? standsFor.path : facts.path, facts);
  const facts = (path: string) => {
    const info = sources.get(path);
    return byPath.get(info?.path ?? path) ?? (info ? factsOf(info) : null);
  };
  const rate = timelineRate(document);
  const standIn = (placed: Placed<Shot>, from: number, time: Exact): StandIn | null => {
    for (const { standsFor, facts } of delivered) {
      if (standsFor.kind === 'timeline')
        return { path: facts.path, from: framesLast(from - standsFor.from, rate) };
      if (standsFor.kind !== 'shot' || standsFor.id !== placed.item.id) continue;
      const clip = document.clips[placed.item.clipId]!;
      return { path: facts.path, from: subtract(time, framesLast(standsFor.start, clip.rate)) };
    }
    return null;
  };
  const range = what.kind === 'timeline' ? what.range : null;
  const takes = timelines?.takes ?? 'shown';
  return cutOf(document, { takes, facts, standIn, start: startOf(request), ...(range && { range }) });
}

/** What is asked of a format, and what it asks. @throws AppError usage, plugin-missing before anything is made */
export function checkTimelines({ formats, params }: Timelines, document: DeliveryRequest['document']): void {
  for (const id of formats) {
    requireOn(id, document, DOING);
    paramsOf(timelineFormat(id, DOING), params);
  }
}

function paramsOf({ id, params }: TimelineFormat, given: Timelines['params']): Params {
  const said = given && Object.hasOwn(given, id) ? given[id] : undefined;
  if (params === null) {
    if (said === undefined || Object.keys(said).length === 0) return {};
    throw new AppError('usage', `${id} asks for nothing that could be said`, { doing: DOING });
  }
  const read = paramsCheck(params).safeParse(said ?? {});
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw new AppError('usage', `${[id, ...issue!.path].join(': ')} ${issueText(issue!)}`, {
    doing: DOING,
    hint: `It takes ${Object.keys(params.properties).join(', ')}.`,
  });
}

interface Writing {
  /** Where all of it lies until it has its final name. */
  readonly out: string;
  /** Its final name. */
  readonly folder: string;
  readonly stem: string;
  readonly signal: AbortSignal | undefined;
}

export interface WrittenFormat {
  readonly format: TimelineFormat;
  /** Places inside the folder, at least one. */
  readonly names: readonly string[];
  readonly losses: readonly string[];
}

export interface FailedFormat {
  readonly format: TimelineFormat;
  /** Why, in a line. */
  readonly line: string;
}

/** @throws AppError disk-full, output-unwritable */
export async function writeOwnTimelines(
  cut: Cut,
  asked: Timelines,
  writing: Writing,
): Promise<WrittenFormat[]> {
  const written: WrittenFormat[] = [];
  for (const format of chosen(asked)) {
    if (!isOwn(format)) continue;
    const { files, losses } = await format.write(cut, optionsOf(format, asked, writing));
    const names = await writeFiles(files, writing.out);
    written.push({ format, names, losses: [...losses, ...sequenceLosses(cut)] });
  }
  return written;
}

/**
 * Of plugins: when all else is there, and whole or not at all. What is wrong with one is told, and takes nothing with it.
 * @throws AppError disk-full, output-unwritable; Cancelled
 */
export async function writePluginTimelines(
  cut: Cut,
  asked: Timelines,
  writing: Writing,
): Promise<{ readonly written: readonly WrittenFormat[]; readonly failed: readonly FailedFormat[] }> {
  const written: WrittenFormat[] = [];
  const failed: FailedFormat[] = [];
  for (const format of chosen(asked)) {
    if (isOwn(format)) continue;
    throwIfCancelled(writing.signal);
    let given: TimelineFiles;
    try {
      given = await format.write(cut, optionsOf(format, asked, writing));
      requirePlaces(given.files, await namesIn(writing.out), format);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      failed.push({ format, line: errorLine(error) });
      continue;
    }
    const names = await writeFiles(given.files, writing.out);
    written.push({ format, names, losses: given.losses });
  }
  return { written, failed };
}

const isOwn = ({ id }: TimelineFormat) => isBuiltIn(timelineFormats.ownerOf(id)!);
const chosen = ({ formats }: Timelines) => [...new Set(formats)].map((id) => timelineFormat(id, DOING));

function optionsOf(format: TimelineFormat, { fcpxml, params }: Timelines, { folder, stem, signal }: Writing) {
  const place = ({ path }: CutMedia) => placeBelow(folder, path);
  return { stem, place, fcpxml, params: paramsOf(format, params), signal };
}

/** With "/", below the folder; null elsewhere. */
function placeBelow(folder: string, path: string): string | null {
  const place = relative(folder, path);
  return place === '' || place.startsWith('..') || isAbsolute(place) ? null : place.replaceAll('\\', '/');
}

async function writeFiles(files: TimelineFiles['files'], out: string): Promise<string[]> {
  for (const file of files) {
    const path = join(out, file.path);
    await mkdir(dirname(path), { recursive: true });
    await writeWhole(path, 'text' in file ? file.text : file.bytes);
  }
  return files.map(({ path }) => path);
}

/** What Retake itself writes last. */
export const README = 'README.txt';
const MOST_BYTES = 64_000_000;
const DEEPEST = 8;
const LONGEST = 200;

/** All that lies there, in lower case: file systems of two platforms out of three do not tell cases apart. */
async function namesIn(out: string): Promise<ReadonlySet<string>> {
  const found = await readdir(out, { recursive: true, withFileTypes: true });
  const places = found.map((one) => relative(out, join(one.parentPath, one.name)).replaceAll('\\', '/'));
  return new Set([README, ...places].map((one) => one.normalize('NFC').toLowerCase()));
}

/** Nothing of a plugin leads out of the folder, takes the place of anything in it, or fills the disk. @throws AppError plugin-failed */
function requirePlaces(
  files: TimelineFiles['files'],
  there: ReadonlySet<string>,
  { id }: TimelineFormat,
): void {
  const owner = timelineFormats.ownerOf(id)!;
  const refuse = (what: string) =>
    new AppError('plugin-failed', what, {
      doing: `${owner.name} ${owner.version}`,
      hint: 'Tell whoever made the plugin, or leave the format out.',
    });
  const own = new Set<string>();
  const folders = new Set<string>();
  let bytes = 0;
  for (const file of files) {
    const shown = JSON.stringify(file.path.slice(0, LONGEST));
    const parts = file.path.split('/');
    const portable = parts.every((part) => isPortableName(part) && !part.startsWith('.'));
    if (!portable || file.path.length > LONGEST || parts.length > DEEPEST)
      throw refuse(`it names a file ${shown}, which is no name inside the exported folder`);
    const plain = file.path.normalize('NFC').toLowerCase();
    const above = parts.slice(0, -1).map((_, i) =>
      plain
        .split('/')
        .slice(0, i + 1)
        .join('/'),
    );
    const clash =
      there.has(plain) || own.has(plain) || folders.has(plain) || above.some((one) => own.has(one));
    // A folder of its own is its own: it puts nothing among media.
    if (clash || above.some((one) => there.has(one)))
      throw refuse(`it names a file ${shown}, where something else lies already`);
    own.add(plain);
    for (const one of above) folders.add(one);
    bytes += 'text' in file ? Buffer.byteLength(file.text) : file.bytes.byteLength;
  }
  if (bytes > MOST_BYTES) throw refuse('its files are larger than 64 MB together');
}

function sequenceLosses({ media }: Cut): string[] {
  return Object.values(media)
    .filter(({ name }) => /#/.test(name))
    .map(({ name }) => `${name} is a sequence of pictures, which most programs want to be shown by hand`);
}
