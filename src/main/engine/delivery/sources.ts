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

/**
 * What may be seen: clips of the shots on the timeline, and their takes.
 * @throws AppError clip-unreadable; Cancelled
 */
export async function readSources(
  { document, what, timelines }: Pick<DeliveryRequest, 'document' | 'what' | 'timelines'>,
  { probe, signal }: { readonly probe: Probe; readonly signal?: AbortSignal | undefined },
): Promise<Sources> {
  const wanted = new Map<string, { readonly rate: Rational; readonly take: string | null }>();
  const chosen = new Set(what.kind === 'takes' ? what.takes : []);
  for (const item of document.timeline) {
    if (item.kind !== 'shot') continue;
    const clip = document.clips[item.clipId]!;
    wanted.set(clip.path, { rate: clip.rate, take: null });
    for (const { id, shotId, path, name } of Object.values(document.takes))
      if (shotId === item.id && (timelines?.takes === 'all' || id === item.takeId || chosen.has(id)))
        wanted.set(path, {
          rate: clip.rate,
          take: runOfPattern(clip.path) ? `${name} of ${item.name}` : null,
        });
  }
  const sources = new Map<string, ClipInfo>();
  for (const [path, { rate, take }] of wanted) {
    throwIfCancelled(signal);
    const info = await probe(path, signal);
    if (take !== null) requireRate(info, rate, take);
    sources.set(path, atRate(info, rate));
  }
  return sources;
}

/** A picture sequence may have been given another rate since: its takes would then pass at a speed that is not theirs. */
function requireRate(info: ClipInfo, rate: Rational, take: string): void {
  const off = Math.abs(toNumber(info.rate) / toNumber(rate) - 1);
  // Of one frame no rate can be measured.
  if (info.sequence !== null || info.frames === 1 || off < 5e-4) return;
  const [made, now] = [info.rate, rate].map((one) => `${Number(toNumber(one).toFixed(3))} fps`);
  throw new AppError('usage', `${take} was rendered at ${made}, its clip now runs at ${now}`, {
    doing: 'exporting takes',
    hint: 'Render the shot again, or give the clip its frame rate back in the panel Clips.',
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
