/** The files of a project, each looked at once. */
import type { DeliveryRequest } from '../../../common/contract/delivery.ts';
import { AppError, throwIfCancelled } from '../../../common/errors.ts';
import type { MediaFacts } from '../../../common/interchange/from-project.ts';
import type { ClipInfo, Rational } from '../../../common/media.ts';
import { runOfPattern } from '../../../common/sequence.ts';
import { sameRational, toNumber } from '../../../common/time/rational.ts';
import { parseTimecode } from '../../../common/time/timecode.ts';
import type { Probe } from '../media/remembering-probe.ts';

/** By the path that the project has. */
export type Sources = ReadonlyMap<string, ClipInfo>;

/** By their own path: a folder's is the pattern of its pictures. */
export type Infos = ReadonlyMap<string, ClipInfo>;

export function infosOf(sources: Sources): Infos {
  return new Map([...sources.values()].map((info) => [info.path, info]));
}

/**
 * What may be seen: clips of the shots on the timeline, and their takes.
 * @throws AppError clip-unreadable; Cancelled
 */
export async function readSources(
  { document, what, timelines }: Pick<DeliveryRequest, 'document' | 'what' | 'timelines'>,
  { probe, signal }: { readonly probe: Probe; readonly signal?: AbortSignal | undefined },
): Promise<Sources> {
  const wanted = new Map<string, Running>();
  const chosen = new Set(what.kind === 'takes' ? what.takes : []);
  for (const item of document.timeline) {
    if (item.kind !== 'shot') continue;
    const clip = document.clips[item.clipId]!;
    const { rate } = clip;
    const pictures = runOfPattern(clip.path) !== null;
    wanted.set(clip.path, { rate, take: null, pictures });
    for (const { id, shotId, path, name } of Object.values(document.takes))
      if (shotId === item.id && (timelines?.takes === 'all' || id === item.takeId || chosen.has(id)))
        wanted.set(path, { rate, take: `${name} of ${item.name}`, pictures });
  }
  const sources = new Map<string, ClipInfo>();
  for (const [path, running] of wanted) {
    throwIfCancelled(signal);
    const info = await probe(path, signal);
    requireRate(info, running);
    sources.set(path, atRate(info, running.rate));
  }
  return sources;
}

/** A file at the rate of its clip. */
interface Running {
  readonly rate: Rational;
  /** What the artist calls it; null is the clip itself. */
  readonly take: string | null;
  /** Whether the clip is a sequence of pictures. */
  readonly pictures: boolean;
}

/**
 * A take has a frame for each of its clip's, at the clip's rate. A picture sequence may have been given another since, and the file may be
 * another than was rendered: it would pass at a speed that is not its own.
 */
function requireRate(info: ClipInfo, { rate, take, pictures }: Running): void {
  const off = Math.abs(toNumber(info.rate) / toNumber(rate) - 1);
  // Of one frame no rate can be measured.
  if (take === null || info.sequence !== null || info.frames === 1 || off < 5e-4) return;
  const [made, now] = [info.rate, rate].map((one) => `${Number(toNumber(one).toFixed(3))} fps`);
  throw new AppError('usage', `${take} was rendered at ${made}, its clip now runs at ${now}`, {
    doing: 'exporting takes',
    hint: pictures
      ? 'Render the shot again, or give the clip its frame rate back in the panel Clips.'
      : 'Its file is another than was rendered: render the shot again.',
  });
}

/** Pictures of a clip or a take run as the project says. */
function atRate(info: ClipInfo, rate: Rational): ClipInfo {
  if (sameRational(info.rate, rate) || info.sequence === null) return info;
  return {
    ...info,
    rate,
    sequence: { ...info.sequence, rate },
    durationSeconds: info.frames / toNumber(rate),
  };
}

export function factsOf({ path, rate, frames, width, height, timecode, reel, audio }: ClipInfo): MediaFacts {
  const [sound] = audio;
  return {
    ...{ path, rate, frames, width, height, reel },
    timecode: timecode === null ? null : parseTimecode(timecode, rate),
    sound: sound ? { channels: sound.channels, sampleRate: sound.sampleRate } : null,
  };
}
