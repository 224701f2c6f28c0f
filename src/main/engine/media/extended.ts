/** A take with frames that its clip does not have, as the clip and the range that it would be a plain take of. Pure. */
import type { ClipInfo, FrameRange } from '../../../common/media.ts';
import { toNumber } from '../../../common/time/rational.ts';
import { labelAtRate } from '../../../common/time/timecode.ts';

type Alpha = 'auto' | 'off' | 'given';

interface Took {
  readonly clip: ClipInfo;
  readonly range: FrameRange;
  readonly alpha: Alpha;
}

interface ExtendedBy {
  /** Of the take. */
  readonly frames: number;
  readonly before: number;
  /** Frames of the take for one of the clip. */
  readonly every: number;
}

/**
 * Sound, timecode and chapters go by the range, which may begin before the clip and end after it: there is silence, and the count goes
 * on. Of a take in slow motion only its timecode counts on, from its first frame.
 */
export function asExtended(
  { clip, range, alpha }: Took,
  extension: ExtendedBy | null,
  { pace }: { readonly pace: 'slow' | 'rate' },
): Took & { readonly notes: readonly string[] } {
  if (!extension) return { clip, range, alpha, notes: [] };
  const { frames, before, every } = extension;
  const notes: string[] = [];
  const opaque = clip.alpha && alpha !== 'off';
  if (opaque) notes.push('transparency is left out: frames that are made have none');
  const given = { ...clip, alpha: false };
  const rangeFrom = (first: number) => ({ start: first - before, end: first - before + frames });
  const how = { alpha: 'off' as const, notes };
  if (every === 1) return { ...how, clip: given, range: rangeFrom(range.start) };
  if (pace === 'rate') {
    const rate = { num: clip.rate.num * every, den: clip.rate.den };
    const timecode = clip.timecode && labelAtRate(clip.timecode, clip.rate, rate);
    if (clip.timecode !== null && timecode === null)
      notes.push(`timecode ${clip.timecode} does not fit ${toNumber(rate)} frames a second and is left out`);
    return { ...how, clip: { ...given, rate, timecode }, range: rangeFrom(range.start * every) };
  }
  if (clip.audio.length > 0)
    notes.push(`sound is left out: the take runs ${every} times as long as its clip`);
  if (clip.chapters.length > 0)
    notes.push(`chapters are left out: the take runs ${every} times as long as its clip`);
  return { ...how, clip: { ...given, audio: [], chapters: [] }, range: rangeFrom(range.start) };
}
