/** A timeline of another program as a new project: its files are found, looked at, and cut as they were. */
import { randomUUID } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Calls } from '../../../common/contract/contract.ts';
import type { ImportedTimeline, SeenTimeline } from '../../../common/contract/timelines.ts';
import { AppError, throwIfCancelled } from '../../../common/errors.ts';
import type { Cut, CutMedia } from '../../../common/interchange/cut.ts';
import { fileNameOf } from '../../../common/interchange/file-url.ts';
import { readerOf } from '../../../common/interchange/read.ts';
import { projectOf } from '../../../common/interchange/to-project.ts';
import type { ClipRef, ProjectDocument } from '../../../common/project/document.ts';
import type { Probe } from '../media/remembering-probe.ts';
import { isClipThere } from '../media/sequence.ts';
import { clipRefOf } from '../project/clip-ref.ts';

const DOING = 'opening a timeline';
/** The timeline of a feature film takes a tenth. */
const MOST_BYTES = 200_000_000;
const MOST_ENTRIES = 100_000;

export interface ImportContext {
  readonly probe: Probe;
  /** Whether a path may be looked at: nothing on a server that is new here. */
  allows(path: string): Promise<boolean>;
  isTake(path: string): Promise<boolean>;
  readonly signal?: AbortSignal;
}

type ImportRequest = Omit<Calls['timeline.import']['input'], 'project'>;

/** What is in it and which of its files are there, before anything is made. @throws AppError usage; Cancelled */
export async function lookAtTimeline(
  request: ImportRequest,
  { probe, allows, signal }: Omit<ImportContext, 'isTake'>,
): Promise<SeenTimeline> {
  const { path, footage } = request;
  const { cut, leavesRateOpen } = await read(request, signal);
  const files: SeenTimeline['files'][number][] = [];
  for (const media of Object.values(cut.media)) {
    throwIfCancelled(signal);
    files.push({ name: media.name, foundAt: await whereIs(media, path, footage, allows) });
  }
  const shots = cut.items.filter(({ kind }) => kind === 'clip').length;
  const there = files.find(({ foundAt }) => foundAt !== null)?.foundAt;
  // A file that cannot be read is told when the timeline is opened.
  const info = there ? await probe(there, signal).catch(() => null) : null;
  throwIfCancelled(signal);
  return {
    ...{ name: cut.name, shots, files },
    rate: leavesRateOpen ? null : cut.rate,
    rateOfFiles: info?.rate ?? null,
  };
}

async function read(
  { path, rate }: ImportRequest,
  signal: AbortSignal | undefined,
): Promise<{ cut: Cut; losses: readonly string[]; leavesRateOpen: boolean }> {
  const about = await stat(path).catch(() => null);
  if (!about?.isFile())
    throw new AppError('usage', `there is no file ${basename(path)}`, {
      doing: DOING,
      hint: 'Name a timeline that another program exported.',
    });
  if (about.size > MOST_BYTES)
    throw new AppError('usage', `${basename(path)} is too large for a timeline`, { doing: DOING });
  const text = await readFile(path, 'utf8');
  const name = basename(path);
  const { leavesRateOpen, read } = readerOf(text, name);
  return { leavesRateOpen, ...(await read(text, { name, rate, signal })) };
}

/** @throws AppError usage, clip-unreadable for a file that is no timeline, or of which no clip is found; Cancelled */
export async function importTimeline(
  request: ImportRequest,
  { probe, allows, isTake, signal }: ImportContext,
): Promise<{ document: ProjectDocument } & Omit<ImportedTimeline, 'opened'>> {
  const { path, footage } = request;
  const { cut, losses } = await read(request, signal);
  const clips = new Map<string, ClipRef | null>();
  const takes = new Set<string>();
  const refused: string[] = [];
  for (const media of Object.values(cut.media)) {
    throwIfCancelled(signal);
    const found = await whereIs(media, path, footage, allows);
    try {
      clips.set(media.id, found === null ? null : await clipRefOf(await probe(found, signal)));
      if (found !== null && (await isTake(found))) takes.add(media.id);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      clips.set(media.id, null);
      refused.push(`${media.name}: ${error.message}`);
    }
  }
  const made = projectOf(cut, {
    clipOf: ({ id }) => clips.get(id) ?? null,
    isTake: ({ id }) => takes.has(id),
    newId: randomUUID,
  });
  if (made.document.timeline.length === 0)
    throw new AppError('usage', 'none of the files that the timeline shows was found', {
      doing: DOING,
      hint: 'Put them beside it, or name the folder that holds them (--footage).',
    });
  const shots = made.document.timeline.filter(({ kind }) => kind === 'shot').length;
  return { document: made.document, shots, losses: [...losses, ...made.losses, ...refused] };
}

/** Where the timeline says, beside it, in its folder of media, else anywhere below the folder of footage. */
async function whereIs(
  { path, name }: CutMedia,
  timeline: string,
  footage: string | null,
  allows: (path: string) => Promise<boolean>,
): Promise<string | null> {
  const folder = dirname(timeline);
  const names = [...new Set([fileNameOf(path), name])];
  const places = [path, ...names.flatMap((one) => [join(folder, one), join(folder, 'media', one)])];
  for (const place of places) if ((await allows(place)) && isClipThere(place)) return place;
  return footage === null ? null : await below(footage, names);
}

async function below(folder: string, names: readonly string[]): Promise<string | null> {
  let [level, seen] = [[folder], 0];
  while (level.length > 0 && seen < MOST_ENTRIES) {
    const deeper: string[] = [];
    for (const current of level) {
      const entries = await readdir(current, { withFileTypes: true }).catch(() => []);
      seen += entries.length;
      const found = entries.find((entry) => entry.isFile() && names.includes(entry.name));
      if (found) return join(current, found.name);
      for (const entry of entries) if (entry.isDirectory()) deeper.push(join(current, entry.name));
    }
    level = deeper;
  }
  return null;
}
