/**
 * Markers stand on the timeline and go with the picture under them when an edit moves it, as with the ripple of other
 * programs: what is put in before them pushes them, what closes up pulls them, a shot that is moved carries them. With a
 * shot that is removed they go; of frames that are trimmed off they come to the nearest that is left. Edits that move
 * nothing (split, merge, lift, slip, roll) leave them where they are.
 */
import type { Marker, ProjectDocument } from './document.ts';
import { clipFrameAt, isShot, itemAt, type Placed, place, timelineFrameAt } from './positions.ts';

/** Where a marker stands, in what does not move: a frame of an item, and how far after that frame begins. */
interface Hold {
  readonly id: string;
  readonly clipFrame: number | null;
  readonly rest: number;
}

/** Makes an edit of the timeline; markers go with what they stand on. One that stands after the end stays as far after it. */
export function riding(draft: ProjectDocument, edit: () => void): void {
  if (draft.markers.length === 0) {
    edit();
    return;
  }
  const before = place(draft);
  const length = before.at(-1)?.to ?? 0;
  const holds = draft.markers.map(({ frame }) => holdAt(itemAt(before, frame), frame));
  edit();
  const after = place(draft);
  const end = after.at(-1)?.to ?? 0;
  const byId = new Map(after.map((one) => [one.item.id, one]));
  const moved = draft.markers.flatMap((marker, index): Marker[] => {
    const hold = holds[index];
    if (!hold) return [{ ...marker, frame: marker.frame - length + end }];
    const item = byId.get(hold.id);
    return item ? [{ ...marker, frame: frameOf(item, hold) }] : [];
  });
  const same =
    moved.length === holds.length && moved.every((one, at) => one.frame === draft.markers[at]!.frame);
  if (!same) draft.markers = inOrder(moved);
}

/** Markers of one frame stay in the order in which they came. */
export function inOrder(markers: readonly Marker[]): Marker[] {
  return [...markers].sort((a, b) => a.frame - b.frame);
}

function holdAt(placed: Placed | null, frame: number): Hold | null {
  if (!placed) return null;
  const { id } = placed.item;
  if (!isShot(placed)) return { id, clipFrame: null, rest: frame - placed.from };
  const clipFrame = clipFrameAt(placed.conform, frame);
  return { id, clipFrame, rest: frame - timelineFrameAt(placed.conform, clipFrame) };
}

function frameOf({ from, to, conform }: Placed, { clipFrame, rest }: Hold): number {
  const frame = (clipFrame === null ? from : timelineFrameAt(conform, clipFrame)) + rest;
  return Math.max(from, Math.min(to - 1, frame));
}
