/** The timeline as stretches of one file each: what a layer of the viewer plays, one after the other. */
import type { Rational } from '../../common/media.ts';
import type { ProjectDocument, Shot, Take } from '../../common/project/document.ts';
import {
  type Conform,
  clipFrameAt,
  isShot,
  type Placed,
  timelineEdgeOf,
  timelineFrameAt,
} from '../../common/project/positions.ts';
import { takesOfShot } from '../store/current.ts';
import type { Choice } from '../store/viewer.ts';

export interface Segment {
  /** Timeline frames [from, to). */
  readonly from: number;
  readonly to: number;
  /** File on disk; null where nothing shows. */
  readonly path: string | null;
  /** Frames of the file [first, end) that it shows, and how they run along the timeline. */
  readonly first: number;
  readonly end: number;
  readonly conform: Conform;
  readonly rate: Rational;
  readonly clipId: string | null;
  readonly takeId: string | null;
}

/** The take that a choice means for a shot; null for its clip. */
export function takeFor(document: ProjectDocument, shot: Shot, choice: Choice): Take | null {
  if (choice === 'clip') return null;
  if (choice === 'newest') return takesOfShot(document, shot.id)[0] ?? null;
  const id = choice === 'timeline' ? shot.takeId : choice.take;
  const take = id === null ? undefined : document.takes[id];
  // A take chosen by name compares within its own shot only; other shots go on as the timeline has them.
  if (choice !== 'timeline' && take?.shotId !== shot.id) return takeFor(document, shot, 'timeline');
  return take ?? null;
}

/** The frame of the file that shows at a timeline frame. */
export function fileFrameAt({ conform, first, end }: Segment, timelineFrame: number): number {
  return Math.max(first, Math.min(end - 1, clipFrameAt(conform, timelineFrame)));
}

function segmentsOf(document: ProjectDocument, placed: Placed<Shot>, choice: Choice): Segment[] {
  const { item: shot, conform } = placed;
  const clip = document.clips[shot.clipId];
  const take = takeFor(document, shot, choice);
  /** Clip frames [start, end) out of a file whose first frame is the clip's frame `fileStart`. */
  const part = (start: number, end: number, path: string | null, fileStart: number): Segment => ({
    rate: clip?.rate ?? { num: 25, den: 1 },
    clipId: shot.clipId,
    from: timelineEdgeOf(placed, start),
    to: timelineEdgeOf(placed, end),
    path,
    first: start - fileStart,
    end: end - fileStart,
    conform: { ...conform, start: conform.start - fileStart },
    takeId: null,
  });
  const ofClip = (start: number, end: number) => part(start, end, clip?.path ?? null, 0);
  const start = take ? Math.max(take.start, shot.start) : 0;
  const end = take ? Math.min(take.end, shot.end) : 0;
  if (!take || end <= start) return [ofClip(shot.start, shot.end)];
  return [
    ofClip(shot.start, start),
    { ...part(start, end, take.path, take.start), takeId: take.id },
    ofClip(end, shot.end),
  ].filter((one) => one.to > one.from);
}

/** A shot that goes on where the one before ended, in the same file and run, plays on without a seam. */
function joins(last: Segment, next: Segment): boolean {
  return (
    last.path === next.path &&
    last.takeId === next.takeId &&
    last.end === next.first &&
    timelineFrameAt(last.conform, next.first) === next.from
  );
}

export function segmentsFor(
  document: ProjectDocument,
  placed: readonly Placed[],
  choice: Choice,
): readonly Segment[] {
  const joined: Segment[] = [];
  for (const one of placed) {
    const parts = isShot(one) ? segmentsOf(document, one, choice) : [];
    for (const part of parts) {
      const last = joined.at(-1);
      if (last && last.to === part.from && joins(last, part))
        joined[joined.length - 1] = { ...last, to: part.to, end: part.end };
      else joined.push(part);
    }
  }
  return joined;
}

/** Whether an edit may have changed what is played: names, settings, notes and markers are not seen in the viewer. */
export function showsOther(now: ProjectDocument, before: ProjectDocument): boolean {
  if (now.clips !== before.clips || now.takes !== before.takes) return true;
  if (now.timeline === before.timeline) return false;
  if (now.timeline.length !== before.timeline.length) return true;
  return now.timeline.some((one, index) => {
    const other = before.timeline[index]!;
    if (one === other) return false;
    if (one.kind === 'gap' || other.kind === 'gap') return true;
    return (['id', 'clipId', 'start', 'end', 'takeId'] as const).some((key) => one[key] !== other[key]);
  });
}

/** The segment at a timeline frame; null in gaps and past the end. */
export function segmentAt(segments: readonly Segment[], frame: number): Segment | null {
  let low = 0;
  let high = segments.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (segments[middle]!.to <= frame) low = middle + 1;
    else high = middle;
  }
  const found = segments[low];
  return found && found.from <= frame ? found : null;
}

/** The first segment that starts at or after a timeline frame: what to get ready next. */
export function segmentAfter(segments: readonly Segment[], frame: number): Segment | null {
  return segments.find((one) => one.from >= frame) ?? null;
}
