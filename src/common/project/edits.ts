/**
 * Edits of the timeline. Each takes a draft of the document and changes it in place; history.ts runs them on immer
 * drafts, so the artist's document itself never changes. The timeline is magnetic: what follows moves up, only a lift
 * leaves a gap. Clip frames belong to the clip, timeline frames to the edit; ranges are half-open.
 */
import { AppError } from '../errors.ts';
import { SETTINGS } from '../settings/settings.ts';
import type { ClipRef, ProjectDocument, Shot, ShotSettings, TimelineItem } from './document.ts';
import { riding } from './marker-ripple.ts';
import { clipFrameOf, isShot, itemAt, place, timelineFrameOf, timelineLength } from './positions.ts';
import { freeNames, highestShotNumber } from './shot-names.ts';

/** Gives a fresh id; the page uses crypto.randomUUID, tests count. */
export type NewId = () => string;

export function refuse(doing: string, why: string, hint = ''): never {
  throw new AppError('usage', why, { doing, hint });
}

export function shotIn(draft: ProjectDocument, id: string, doing: string): Shot {
  const item = draft.timeline.find((one) => one.id === id);
  return item?.kind === 'shot' ? item : refuse(doing, 'this is no shot of the timeline');
}

/** Joins touching gaps and drops one at the end, which would show nothing. */
function tidyGaps(draft: ProjectDocument): void {
  const kept: TimelineItem[] = [];
  for (const item of draft.timeline) {
    const last = kept.at(-1);
    if (item.kind === 'gap' && last?.kind === 'gap') last.frames += item.frames;
    else kept.push(item);
  }
  const tail = kept.at(-1);
  if (tail?.kind === 'gap') {
    kept.pop();
    // What was marked in it is no longer there.
    const end = timelineLength({ ...draft, timeline: kept });
    if (draft.markers.some(({ frame }) => frame >= end && frame < end + tail.frames))
      draft.markers = draft.markers.filter(({ frame }) => frame < end || frame >= end + tail.frames);
  }
  if (kept.length !== draft.timeline.length) draft.timeline = kept;
}

/**
 * Adds a clip and one shot per stretch between cuts (first frames of the shots after the first), before the item at
 * `index` or at the end.
 */
export function addClip(
  draft: ProjectDocument,
  clip: ClipRef,
  cuts: readonly number[],
  newId: NewId,
  index = draft.timeline.length,
  settings: ShotSettings = SETTINGS.defaults,
): void {
  draft.clips[clip.id] = clip;
  const inside = cuts.filter((cut) => cut > 0 && cut < clip.frames);
  const starts = [0, ...new Set(inside.sort((a, b) => a - b))];
  let number = highestShotNumber(draft);
  const shots = starts.map((start, at): Shot => {
    number++;
    return {
      kind: 'shot',
      id: newId(),
      name: `Shot ${number}`,
      clipId: clip.id,
      start,
      end: starts[at + 1] ?? clip.frames,
      anchors: [start],
      leadAnchor: start,
      settings: structuredCloneOf(settings),
      takeId: null,
    };
  });
  riding(draft, () => void draft.timeline.splice(index, 0, ...shots));
}

/** Splits the shot under a timeline frame; the frame becomes the first of the second half, whose id is returned. */
export function split(draft: ProjectDocument, frame: number, newId: NewId): string {
  const under = itemAt(place(draft), frame);
  if (!isShot(under)) return refuse('splitting', 'there is no shot under the playhead');
  const cut = clipFrameOf(under, frame);
  if (cut === under.item.start) return refuse('splitting', 'there is a cut at this frame already');
  return splitShot(draft, under.item.id, cut, newId).id;
}

function splitShot(draft: ProjectDocument, id: string, cut: number, newId: NewId): Shot {
  const left = shotIn(draft, id, 'splitting');
  const index = draft.timeline.findIndex((item) => item.id === id);
  const right: Shot = {
    ...left,
    id: newId(),
    name: freeNames(draft).after(left.name),
    start: cut,
    anchors: left.anchors.filter((anchor) => anchor >= cut),
    settings: structuredCloneOf(left.settings),
  };
  left.end = cut;
  left.anchors = left.anchors.filter((anchor) => anchor < cut);
  // A half without an anchor starts over with its first frame.
  settleAnchors(left, left.anchors.length > 0 ? left.leadAnchor : left.start);
  settleAnchors(right, Math.max(right.leadAnchor, cut));
  right.takeId = copyTakes(draft, left, right, newId);
  draft.timeline.splice(index + 1, 0, right);
  return draft.timeline[index + 1] as Shot;
}

/** Both go on showing their part of each take: the file is shared, the entry is not. Answers the one that `to` shows. */
export function copyTakes(draft: ProjectDocument, from: Shot, to: Shot, newId: NewId): string | null {
  let shown: string | null = null;
  for (const take of Object.values(draft.takes)) {
    if (take.shotId !== from.id) continue;
    const id = newId();
    if (from.takeId === take.id) shown = id;
    draft.takes[id] = { ...take, id, shotId: to.id, settings: structuredCloneOf(take.settings) };
  }
  return shown;
}

/**
 * Joins a shot with the `joins` next ones, each of which must go on where the one before ends; the first one's name and
 * settings stay.
 */
export function mergeWithNext(draft: ProjectDocument, id: string, joins = 1): void {
  const doing = 'merging';
  const index = draft.timeline.findIndex((item) => item.id === id);
  const left = draft.timeline[index];
  if (left?.kind !== 'shot') refuse(doing, 'this is no shot of the timeline');
  const others: Shot[] = [];
  let last: Shot = left;
  for (let at = index + 1; at <= index + joins; at++) {
    const right = draft.timeline[at];
    if (right?.kind !== 'shot') refuse(doing, `no shot follows ${last.name}`);
    if (right.clipId !== left.clipId || right.start !== last.end) {
      refuse(doing, `${right.name} does not go on where ${last.name} ends`, 'Undo trims between them first.');
    }
    others.push(right);
    last = right;
  }
  left.end = last.end;
  left.anchors = [left, ...others].flatMap(({ anchors }) => anchors);
  mergeTakes(draft, left, others);
  draft.timeline.splice(index + 1, joins);
}

/** Takes of all of them become the first one's; halves of one file become one entry again. */
function mergeTakes(draft: ProjectDocument, left: Shot, others: readonly Shot[]): void {
  const all = Object.values(draft.takes);
  const byPath = new Map(all.filter((take) => take.shotId === left.id).map((take) => [take.path, take.id]));
  const order = new Map(others.map((shot, at) => [shot.id, at]));
  const theirs = all.filter((take) => order.has(take.shotId));
  theirs.sort((a, b) => order.get(a.shotId)! - order.get(b.shotId)!);
  const shown = new Set(others.map(({ takeId }) => takeId));
  for (const take of theirs) {
    const twin = byPath.get(take.path);
    if (left.takeId === null && shown.has(take.id)) left.takeId = twin ?? take.id;
    if (twin !== undefined) delete draft.takes[take.id];
    else {
      take.shotId = left.id;
      byPath.set(take.path, take.id);
    }
  }
}

/**
 * Moves one edge of a shot to a clip frame, as far as the clip and one remaining frame allow; what follows moves along.
 * Anchors left outside go; the lead moves to the nearest frame if none is left.
 */
export function trim(draft: ProjectDocument, id: string, edge: 'start' | 'end', clipFrame: number): void {
  const shot = shotIn(draft, id, 'trimming');
  const clip = draft.clips[shot.clipId];
  if (!clip) refuse('trimming', 'the clip of this shot is not there');
  const wanted = Math.round(clipFrame);
  riding(draft, () => {
    if (edge === 'start') shot.start = Math.max(0, Math.min(wanted, shot.end - 1));
    else shot.end = Math.min(clip.frames, Math.max(wanted, shot.start + 1));
  });
  settleAnchors(shot, shot.leadAnchor);
}

/** Sets the length of a gap; at least one frame. */
export function resizeGap(draft: ProjectDocument, id: string, frames: number): void {
  const item = draft.timeline.find((one) => one.id === id);
  if (item?.kind !== 'gap') refuse('trimming', 'this is no gap of the timeline');
  riding(draft, () => {
    item.frames = Math.max(1, Math.round(frames));
  });
}

/** Keeps the anchors inside the shot and one of them leading; `lead` is brought inside if no other is left. */
export function settleAnchors(shot: Shot, lead: number): void {
  const inside = shot.anchors.filter((anchor) => anchor >= shot.start && anchor < shot.end);
  const nearest = Math.max(shot.start, Math.min(lead, shot.end - 1));
  if (inside.length === 0) inside.push(nearest);
  const settled = [...new Set(inside)].sort((a, b) => a - b);
  // An equal list stays the same list, so that a trim against its limit is no change at all.
  if (settled.join() !== shot.anchors.join()) shot.anchors = settled;
  shot.leadAnchor = shot.anchors.includes(lead) ? lead : shot.anchors[0]!;
}

/** Removes items. `gap` leaves their length behind (lift), else what follows moves up (ripple delete). */
export function removeItems(draft: ProjectDocument, ids: readonly string[], gap: NewId | null): void {
  const gone = new Set(ids);
  const remove = () => {
    draft.timeline = place(draft).flatMap(({ item, from, to }): TimelineItem[] => {
      if (!gone.has(item.id)) return [item];
      return gap ? [{ kind: 'gap', id: gap(), frames: to - from }] : [];
    });
  };
  // What a lift leaves is as long as what it took: marks stay where they are.
  if (gap) remove();
  else riding(draft, remove);
  tidyGaps(draft);
}

/** Removes the timeline frames [from, to), cutting shots at its ends. */
export function removeRange(
  draft: ProjectDocument,
  range: { readonly from: number; readonly to: number },
  newId: NewId,
  leaveGap: boolean,
): void {
  const from = Math.max(0, range.from);
  const to = Math.min(timelineLength(draft), range.to);
  if (to <= from) refuse('removing the range', 'it is empty', 'Set In and Out around what shall go.');
  const [first, end] = [cutAt(draft, from, newId), cutAt(draft, to, newId)];
  const inside = place(draft).filter((one) => one.from >= first && one.to <= end);
  removeItems(
    draft,
    inside.map(({ item }) => item.id),
    leaveGap ? newId : null,
  );
}

/** Answers where the cut lies: a frame that shows longer than one timeline frame is not cut in two. */
function cutAt(draft: ProjectDocument, frame: number, newId: NewId): number {
  const under = itemAt(place(draft), frame);
  if (!under || under.from === frame) return frame;
  if (isShot(under)) {
    const cut = clipFrameOf(under, frame);
    if (cut === under.item.start) return under.from;
    splitShot(draft, under.item.id, cut, newId);
    return timelineFrameOf(under, cut);
  }
  if (under.item.kind === 'shot') return frame;
  const rest = under.to - frame;
  under.item.frames -= rest;
  draft.timeline.splice(under.index + 1, 0, { kind: 'gap', id: newId(), frames: rest });
  return frame;
}

/** Moves an item so that it comes to stand at `index` of the list without it. */
export function moveItem(draft: ProjectDocument, id: string, index: number): void {
  const from = draft.timeline.findIndex((item) => item.id === id);
  if (from < 0) refuse('moving', 'this item is not on the timeline');
  riding(draft, () => {
    const [item] = draft.timeline.splice(from, 1);
    draft.timeline.splice(Math.max(0, Math.min(index, draft.timeline.length)), 0, item!);
  });
  tidyGaps(draft);
}

/** Settings are plain JSON; a copy through JSON also reads an immer draft. */
export function structuredCloneOf(settings: ShotSettings): ShotSettings {
  return JSON.parse(JSON.stringify(settings)) as ShotSettings;
}
