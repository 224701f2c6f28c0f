/** Which frames of its shot a take covers: a shot grown since then, or a test between In and Out, is covered in part. */
import type { Shot, Take } from './document.ts';

/** Clip frames, half-open. */
interface Span {
  readonly start: number;
  readonly end: number;
}

type Part = Pick<Take, 'start' | 'end'>;

/** Frames of the shot that the take shows; empty where it has none of them. */
function coveredSpan(take: Part, shot: Pick<Shot, 'start' | 'end'>): Span {
  const start = Math.max(take.start, shot.start);
  return { start, end: Math.max(start, Math.min(take.end, shot.end)) };
}

export function isPartial(take: Part, shot: Pick<Shot, 'start' | 'end'>): boolean {
  return take.start > shot.start || take.end < shot.end;
}

/** Frames of the shot at which its clip is seen instead, none to two stretches. */
export function uncoveredSpans(take: Part, shot: Pick<Shot, 'start' | 'end'>): Span[] {
  const { start, end } = coveredSpan(take, shot);
  if (start === end) return [{ start: shot.start, end: shot.end }];
  return [
    { start: shot.start, end: start },
    { start: end, end: shot.end },
  ].filter((one) => one.end > one.start);
}

/** "covers 12–48 of 0–120", by the frames of the clip, first and last; null where it covers the whole shot. */
export function coverageNote(take: Part, shot: Pick<Shot, 'start' | 'end'>): string | null {
  if (!isPartial(take, shot)) return null;
  const { start, end } = coveredSpan(take, shot);
  const of = `${shot.start}–${shot.end - 1}`;
  return start === end ? `covers nothing of ${of}` : `covers ${start}–${end - 1} of ${of}`;
}
