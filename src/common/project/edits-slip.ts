/**
 * Edits that leave the timeline as long as it is: another part of the clip in a shot's place, a cut that moves between
 * its neighbours. Anchors and takes are treated as by a trim: what lies outside goes or does not show.
 */
import type { ProjectDocument, TimelineItem } from './document.ts';
import { refuse, settleAnchors, shotIn } from './edits.ts';
import { clipFramesIn, type Placed, place } from './positions.ts';

/** Shows the clip `frames` of it later (earlier below 0), as far as the clip has any. */
export function slip(draft: ProjectDocument, id: string, frames: number): void {
  const doing = 'slipping';
  const shot = shotIn(draft, id, doing);
  const clip = draft.clips[shot.clipId] ?? refuse(doing, 'the clip of this shot is not there');
  const by = Math.max(-shot.start, Math.min(Math.round(frames), clip.frames - shot.end)) + 0;
  if (by === 0) return;
  shot.start += by;
  shot.end += by;
  settleAnchors(shot, shot.leadAnchor);
}

/**
 * Moves the cut after an item by `frames` of the timeline: what it gains its neighbour loses. As far as both clips have
 * frames and one remains of each; with a clip of another rate to the nearest frame of it.
 */
export function roll(draft: ProjectDocument, id: string, frames: number): void {
  const doing = 'rolling';
  const placed = place(draft);
  const at = placed.findIndex(({ item }) => item.id === id);
  const [left, right] = [placed[at], placed[at + 1]];
  if (!left || !right)
    refuse(doing, 'there is no cut between two shots here', 'Take a shot in hand that another follows.');
  const most = Math.min(after(draft, left), right.to - right.from - 1);
  const least = -Math.min(left.to - left.from - 1, before(right));
  const by = Math.max(least, Math.min(Math.round(frames), most)) + 0;
  if (by === 0) return;
  moveEnd(draft, left, by);
  moveStart(right, by);
}

/** Frames of the timeline that an item can show after its end, and before its start. */
function after({ clips }: ProjectDocument, { item, conform }: Placed): number {
  if (item.kind === 'gap') return Number.POSITIVE_INFINITY;
  const spare = (clips[item.clipId]?.frames ?? item.end) - item.end;
  return Math.floor((spare * conform.step.den) / conform.step.num);
}

function before({ item, conform }: Placed): number {
  if (item.kind === 'gap') return Number.POSITIVE_INFINITY;
  return Math.floor((item.start * conform.step.den) / conform.step.num);
}

function moveEnd({ clips }: ProjectDocument, placed: Placed, by: number): void {
  const item: TimelineItem = placed.item;
  if (item.kind === 'gap') {
    item.frames += by;
    return;
  }
  const limit = clips[item.clipId]?.frames ?? item.end;
  item.end = Math.max(item.start + 1, Math.min(limit, item.end + clipFramesIn(placed, by)));
  settleAnchors(item, item.leadAnchor);
}

function moveStart(placed: Placed, by: number): void {
  const item: TimelineItem = placed.item;
  if (item.kind === 'gap') {
    item.frames -= by;
    return;
  }
  item.start = Math.max(0, Math.min(item.end - 1, item.start + clipFramesIn(placed, by)));
  settleAnchors(item, item.leadAnchor);
}
