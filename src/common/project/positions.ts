/**
 * Where the items of a timeline lie. Timeline frames are counted from 0 at the timeline's one rate; ranges are half-open.
 * A shot's own frames are its clip's and never change with the timeline: positions follow from them. A clip of another
 * rate takes its real time, so its frames and the timeline's do not pass one by one; everything that goes from one to the
 * other goes through `clipFrameAt` and `timelineFrameAt`.
 */
import type { Rational } from '../media.ts';
import { divide, rational, sameRational } from '../time/rational.ts';
import type { ProjectDocument, Shot, TimelineItem } from './document.ts';

/** How a clip (or a file of some of its frames) runs along a timeline. */
export interface Conform {
  /** Timeline frame at which frame `start` begins. */
  readonly from: number;
  readonly start: number;
  /** Frames of the clip that pass in one timeline frame; 1 for a clip of the timeline's own rate. */
  readonly step: Rational;
}

export interface Placed<Item extends TimelineItem = TimelineItem> {
  readonly item: Item;
  readonly index: number;
  /** Timeline frames [from, to). */
  readonly from: number;
  readonly to: number;
  /** Of a shot; a gap runs one to one. */
  readonly conform: Conform;
}

/** What positions follow from. */
export type Timed = Pick<ProjectDocument, 'timeline' | 'clips'>;

const ONE: Rational = rational(1);
const NO_CLIP: Rational = rational(25);

/** Rate at which a timeline counts: that of the clip that was imported first, wherever its shots are moved. */
export function timelineRate({ clips }: Pick<ProjectDocument, 'clips'>): Rational {
  for (const id in clips) return clips[id]!.rate;
  return NO_CLIP;
}

/** The clip frame that shows at a timeline frame: the one that has begun by then. May lie outside the shot. */
export function clipFrameAt({ from, start, step }: Conform, timelineFrame: number): number {
  return start + Math.floor(((timelineFrame - from) * step.num) / step.den);
}

/** The first timeline frame that shows a clip frame, or a later one where some are passed over. */
export function timelineFrameAt({ from, start, step }: Conform, clipFrame: number): number {
  return from + Math.ceil(((clipFrame - start) * step.den) / step.num);
}

/**
 * Every item with its place. A shot that goes on where the one before ends, in the same clip, shares its run, so that
 * splitting and merging never move what follows. Each item takes at least one timeline frame.
 */
export function place({ timeline, clips }: Timed): Placed[] {
  const rate = timelineRate({ clips });
  const steps = new Map<string, Rational>();
  const stepOf = (clipId: string): Rational => {
    let step = steps.get(clipId);
    if (!step) {
      const own = clips[clipId]?.rate ?? rate;
      step = sameRational(own, rate) ? ONE : divide(own, rate);
      steps.set(clipId, step);
    }
    return step;
  };
  let from = 0;
  let run: { readonly clipId: string; readonly end: number; readonly conform: Conform } | null = null;
  return timeline.map((item, index) => {
    let to: number;
    let conform: Conform;
    if (item.kind === 'gap') {
      to = from + item.frames;
      conform = { from, start: 0, step: ONE };
      run = null;
    } else {
      const { clipId, start, end } = item;
      conform =
        run?.clipId === clipId && run.end === start ? run.conform : { from, start, step: stepOf(clipId) };
      to = timelineFrameAt(conform, end);
      run = { clipId, end, conform };
      if (to <= from) {
        to = from + 1;
        run = null;
      }
    }
    const placed = { item, index, from, to, conform };
    from = to;
    return placed;
  });
}

export function timelineLength(document: Timed): number {
  return place(document).at(-1)?.to ?? 0;
}

/** Index of the first item that ends after `frame`; the count of items when there is none. */
export function indexAt(placed: readonly Placed[], frame: number): number {
  let low = 0;
  let high = placed.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (placed[middle]!.to <= frame) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The item that shows at a timeline frame; null before 0 and past the end. */
export function itemAt(placed: readonly Placed[], frame: number): Placed | null {
  return frame < 0 ? null : (placed[indexAt(placed, frame)] ?? null);
}

export function isShot(placed: Placed | null | undefined): placed is Placed<Shot> {
  return placed?.item.kind === 'shot';
}

/** The frame of a shot that shows at a timeline frame; its first or last one for frames before or after it. */
export function clipFrameOf({ item, conform }: Placed<Shot>, timelineFrame: number): number {
  return Math.max(item.start, Math.min(item.end - 1, clipFrameAt(conform, timelineFrame)));
}

/** The first timeline frame that shows a frame of a shot; within the shot's place for frames of it. */
export function timelineFrameOf({ item, conform, from, to }: Placed<Shot>, clipFrame: number): number {
  const frame = timelineFrameAt(conform, clipFrame);
  const inside = clipFrame >= item.start && clipFrame < item.end;
  return inside ? Math.max(from, Math.min(to - 1, frame)) : frame;
}

/** Where what shows frames of a shot from this one on begins: its end where a clip of a faster rate passes over all of them. */
export function timelineEdgeOf({ item, conform, from, to }: Placed<Shot>, clipFrame: number): number {
  if (clipFrame <= item.start) return from;
  return clipFrame >= item.end ? to : Math.max(from, Math.min(to, timelineFrameAt(conform, clipFrame)));
}

/** How many clip frames pass in so many timeline frames, to the nearest: what a drag of an edge trims. */
export function clipFramesIn({ conform }: Placed, timelineFrames: number): number {
  return Math.round((timelineFrames * conform.step.num) / conform.step.den);
}

export function shotOf(document: ProjectDocument, id: string): Shot | null {
  const item = document.timeline.find((one) => one.id === id);
  return item?.kind === 'shot' ? item : null;
}
