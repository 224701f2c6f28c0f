/** Where the items of a timeline lie. Timeline frames are counted from 0; ranges are half-open. */
import { lengthOf, type ProjectDocument, type Shot, type TimelineItem } from './document.ts';

export interface Placed<Item extends TimelineItem = TimelineItem> {
  readonly item: Item;
  readonly index: number;
  /** Timeline frames [from, to). */
  readonly from: number;
  readonly to: number;
}

export function place(timeline: readonly TimelineItem[]): Placed[] {
  let from = 0;
  return timeline.map((item, index) => {
    const to = from + lengthOf(item);
    const placed = { item, index, from, to };
    from = to;
    return placed;
  });
}

export function timelineLength(timeline: readonly TimelineItem[]): number {
  return timeline.reduce((sum, item) => sum + lengthOf(item), 0);
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

export function clipFrameOf(placed: Placed<Shot>, timelineFrame: number): number {
  return placed.item.start + timelineFrame - placed.from;
}

export function timelineFrameOf(placed: Placed<Shot>, clipFrame: number): number {
  return placed.from + clipFrame - placed.item.start;
}

export function shotOf(document: ProjectDocument, id: string): Shot | null {
  const item = document.timeline.find((one) => one.id === id);
  return item?.kind === 'shot' ? item : null;
}
