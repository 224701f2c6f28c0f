/** The files of a project, each looked at once. */
import type { DeliveryRequest } from '../../../common/contract/delivery.ts';
import { throwIfCancelled } from '../../../common/errors.ts';
import type { MediaFacts } from '../../../common/interchange/from-project.ts';
import type { ClipInfo, Rational } from '../../../common/media.ts';
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
  const wanted = new Map<string, Rational | null>();
  const chosen = new Set(what.kind === 'takes' ? what.takes : []);
  for (const item of document.timeline) {
    if (item.kind !== 'shot') continue;
    const clip = document.clips[item.clipId]!;
    wanted.set(clip.path, null);
    for (const { id, shotId, path } of Object.values(document.takes))
      if (shotId === item.id && (timelines?.takes === 'all' || id === item.takeId || chosen.has(id)))
        wanted.set(path, clip.rate);
  }
  const sources = new Map<string, ClipInfo>();
  for (const [path, rate] of wanted) {
    throwIfCancelled(signal);
    const info = await probe(path, signal);
    sources.set(path, rate && info.sequence ? atRate(info, rate) : info);
  }
  return sources;
}

/** Pictures of a take do not say their rate: it is the clip's. */
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
