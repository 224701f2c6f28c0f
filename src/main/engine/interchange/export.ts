/** A project's timeline as a folder for other programs: a file for each, what it shows, and what to read first. */
import { mkdir, readdir, rm, rmdir, stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import type { ExportedTimeline, TimelineRequest } from '../../../common/contract/timelines.ts';
import { AppError, throwIfCancelled } from '../../../common/errors.ts';
import { portableName } from '../../../common/file-name.ts';
import type { Cut, CutMedia } from '../../../common/interchange/cut.ts';
import { cutOf, type MediaFacts } from '../../../common/interchange/from-project.ts';
import { TIMELINES } from '../../../common/interchange/registry.ts';
import type { ClipInfo } from '../../../common/media.ts';
import { parseTimecode } from '../../../common/time/timecode.ts';
import { copyWhole, publish, sync, temporaryFor, writeWhole } from '../../atomic-files.ts';
import { requireRoom } from '../disk.ts';
import type { Probe } from '../media/remembering-probe.ts';
import { filesOfClip } from '../media/sequence.ts';
import { inWords } from '../media/target.ts';
import { readmeOf } from './readme.ts';

const DOING = 'exporting the timeline';

export interface ExportContext {
  readonly probe: Probe;
  readonly signal?: AbortSignal;
  readonly onFraction?: (fraction: number) => void;
}

/**
 * All of it, or nothing.
 * @throws AppError usage for a folder that holds something, clip-unreadable for what is missing, disk-full, output-unwritable; Cancelled
 */
export async function exportTimeline(
  request: Omit<TimelineRequest, 'project'>,
  { probe, signal, onFraction }: ExportContext,
): Promise<ExportedTimeline> {
  const { document, folder, formats, takes, range } = request;
  await requireNew(folder);
  const facts = new Map<string, MediaFacts>();
  for (const path of filesOf(request)) facts.set(path, factsOf(await probe(path, signal)));
  const asked = {
    takes,
    facts: (path: string) => facts.get(path) ?? null,
    ...(range && { range }),
  };
  const own = cutOf(document, asked);
  const partial = temporaryFor(folder);
  try {
    await mkdir(partial, { recursive: true });
    const { cut, copied } =
      request.media === 'copy'
        ? await withCopies(own, { folder, partial, signal, onFraction })
        : { cut: own, copied: 0 };
    const stem = portableName(document.name, 'Timeline');
    const written: { format: (typeof formats)[number]; name: string; losses: readonly string[] }[] = [];
    for (const format of new Set(formats)) {
      throwIfCancelled(signal);
      const { ending, write } = TIMELINES[format];
      const { text, losses } = write(cut, { fcpxml: request.fcpxml });
      const name = `${stem}${ending}`;
      await writeWhole(join(partial, name), text);
      written.push({ format, name, losses: [...losses, ...sequenceLosses(cut)] });
    }
    await writeWhole(join(partial, 'README.txt'), readmeOf(cut, written));
    await sync(partial);
    throwIfCancelled(signal);
    // An empty one of that name: not every system renames over it.
    await rmdir(folder).catch(() => {});
    await publish(partial, folder);
    const files = written.map(({ format, name, losses }) => ({ format, path: join(folder, name), losses }));
    return { folder, files, copied };
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    throw inWords(error, DOING);
  }
}

/** What lies there already is never mixed with what is exported. */
async function requireNew(folder: string): Promise<void> {
  const about = await stat(folder).catch(() => null);
  if (!about) return;
  const holds = about.isDirectory() ? await readdir(folder) : ['a file'];
  if (holds.length === 0) return;
  throw new AppError('usage', `${basename(folder)} is there already and holds something`, {
    doing: DOING,
    hint: 'Name a folder that is not there yet.',
  });
}

/** Every file that may be seen, each once. */
function filesOf({ document, takes }: Pick<TimelineRequest, 'document' | 'takes'>): string[] {
  const paths = new Set<string>();
  for (const item of document.timeline) {
    if (item.kind !== 'shot') continue;
    paths.add(document.clips[item.clipId]!.path);
    for (const { id, shotId, path } of Object.values(document.takes))
      if (shotId === item.id && (takes === 'all' || id === item.takeId)) paths.add(path);
  }
  return [...paths];
}

function factsOf({ path, rate, frames, width, height, timecode, reel, audio }: ClipInfo): MediaFacts {
  const [sound] = audio;
  return {
    ...{ path, rate, frames, width, height, reel },
    timecode: timecode === null ? null : parseTimecode(timecode, rate),
    sound: sound ? { channels: sound.channels, sampleRate: sound.sampleRate } : null,
  };
}

interface Copying {
  readonly folder: string;
  readonly partial: string;
  readonly signal: AbortSignal | undefined;
  readonly onFraction: ((fraction: number) => void) | undefined;
}

/** The same cut, of files that lie in the folder. */
async function withCopies(cut: Cut, { folder, partial, signal, onFraction }: Copying) {
  const names = new Set<string>();
  const media: Record<string, CutMedia> = {};
  const copies: { from: string; to: string; bytes: number }[] = [];
  for (const [id, one] of Object.entries(cut.media)) {
    const files = filesOfClip(one.path);
    const whole = files.length === 1 && files[0] === one.path;
    const name = freeName(whole ? basename(one.path) : basename(dirname(one.path)), names);
    for (const from of files) {
      const to = whole ? join(partial, 'media', name) : join(partial, 'media', name, basename(from));
      copies.push({ from, to, bytes: (await stat(from)).size });
    }
    const path = whole ? join(folder, 'media', name) : join(folder, 'media', name, basename(one.path));
    media[id] = { ...one, path, name: basename(path) };
  }
  const bytes = copies.reduce((sum, copy) => sum + copy.bytes, 0);
  for (const { to } of copies) await mkdir(dirname(to), { recursive: true });
  await requireRoom(partial, bytes, DOING);
  let done = 0;
  for (const { from, to, bytes: size } of copies) {
    throwIfCancelled(signal);
    await copyWhole(from, to);
    done += size;
    onFraction?.(bytes === 0 ? 1 : done / bytes);
  }
  return { cut: { ...cut, media }, copied: bytes };
}

function freeName(name: string, taken: Set<string>): string {
  const ending = extname(name);
  const stem = name.slice(0, name.length - ending.length);
  let free = name;
  for (let n = 2; taken.has(free.toLowerCase()); n += 1) free = `${stem} ${n}${ending}`;
  taken.add(free.toLowerCase());
  return free;
}

function sequenceLosses({ media }: Cut): string[] {
  return Object.values(media)
    .filter(({ name }) => /#/.test(name))
    .map(({ name }) => `${name} is a sequence of pictures, which most programs want to be shown by hand`);
}
