/** Edits of clips and of whole shots of them: what the bin and copying do. */
import type { Rational } from '../media.ts';
import { runOfPattern } from '../sequence.ts';
import { SETTINGS } from '../settings/settings.ts';
import { sameRational } from '../time/rational.ts';
import type { ProjectDocument, Shot, ShotSettings } from './document.ts';
import { copyTakes, type NewId, refuse, split, structuredCloneOf } from './edits.ts';
import { riding } from './marker-ripple.ts';
import { clipFrameOf, itemAt, place, timelineRate } from './positions.ts';
import { freeNames, highestShotNumber } from './shot-names.ts';

/** Puts the whole of a clip of the project before the item at `index`, as one shot, whose id is answered. */
export function insertClip(
  draft: ProjectDocument,
  clipId: string,
  index: number,
  newId: NewId,
  settings: ShotSettings = SETTINGS.defaults,
): string {
  const clip = draft.clips[clipId] ?? refuse('adding a clip', 'this clip is not in the project');
  const shot: Shot = {
    ...{ kind: 'shot', id: newId(), name: `Shot ${highestShotNumber(draft) + 1}`, clipId },
    ...{ start: 0, end: clip.frames, anchors: [0], leadAnchor: 0 },
    ...{ settings: structuredCloneOf(settings), takeId: null },
  };
  riding(draft, () => void draft.timeline.splice(index, 0, shot));
  return shot.id;
}

/** The same at a frame of the timeline: what is under it is split there. */
export function insertClipAt(
  draft: ProjectDocument,
  clipId: string,
  frame: number,
  newId: NewId,
  settings?: ShotSettings,
): string {
  const under = itemAt(place(draft), frame);
  if (!under) return insertClip(draft, clipId, draft.timeline.length, newId, settings);
  if (frame === under.from) return insertClip(draft, clipId, under.index, newId, settings);
  if (under.item.kind === 'gap') {
    const rest = under.to - frame;
    under.item.frames -= rest;
    draft.timeline.splice(under.index + 1, 0, { kind: 'gap', id: newId(), frames: rest });
  } else if (clipFrameOf({ ...under, item: under.item }, frame) > under.item.start)
    split(draft, frame, newId);
  else return insertClip(draft, clipId, under.index, newId, settings);
  return insertClip(draft, clipId, under.index + 1, newId, settings);
}

export function renameClip(draft: ProjectDocument, clipId: string, name: string): void {
  const doing = 'renaming a clip';
  const clip = draft.clips[clipId] ?? refuse(doing, 'this clip is not in the project');
  clip.name = name.trim() || refuse(doing, 'the name is empty');
}

/**
 * How many pictures of a picture sequence pass in a second. Shots and takes keep their frames; the timeline counts at it where the
 * clip was its first, and shots of clips of other rates then take their real time by it.
 * @throws AppError for a movie, which has a rate of its own
 */
export function setClipRate(draft: ProjectDocument, clipId: string, rate: Rational): void {
  const doing = 'setting the frame rate';
  const clip = draft.clips[clipId] ?? refuse(doing, 'this clip is not in the project');
  if (!runOfPattern(clip.path)) refuse(doing, `${clip.name} is a movie and has a frame rate of its own`);
  if (sameRational(clip.rate, rate)) return;
  riding(draft, () => {
    clip.rate = rate;
  });
}

/** Takes a clip out of the project; its file stays. @throws AppError while a shot shows it or the timeline counts by it */
export function removeClip(draft: ProjectDocument, clipId: string): void {
  const doing = 'removing a clip';
  const clip = draft.clips[clipId] ?? refuse(doing, 'this clip is not in the project');
  if (draft.timeline.some((item) => item.kind === 'shot' && item.clipId === clipId))
    refuse(doing, `shots show ${clip.name}`, 'Delete them first.');
  const { [clipId]: _, ...others } = draft.clips;
  if (draft.timeline.length > 0 && !sameRational(timelineRate({ clips: others }), timelineRate(draft)))
    refuse(doing, `the timeline counts at the rate of ${clip.name}, which was its first clip`);
  delete draft.clips[clipId];
}

/**
 * Puts copies of shots after the last of them, in their order: with settings, anchors and takes, so that what is seen is
 * the same. Files of takes are shared. Answers their ids.
 */
export function duplicateShots(draft: ProjectDocument, ids: readonly string[], newId: NewId): string[] {
  const wanted = new Set(ids);
  const shots = draft.timeline.filter((item): item is Shot => item.kind === 'shot' && wanted.has(item.id));
  const last = shots.at(-1) ?? refuse('duplicating', 'no shot is chosen');
  const names = freeNames(draft);
  const copies = shots.map((shot): Shot => {
    const copy: Shot = {
      ...shot,
      id: newId(),
      name: names.after(shot.name),
      anchors: [...shot.anchors],
      settings: structuredCloneOf(shot.settings),
    };
    copy.takeId = copyTakes(draft, shot, copy, newId);
    return copy;
  });
  const index = draft.timeline.findIndex(({ id }) => id === last.id) + 1;
  riding(draft, () => void draft.timeline.splice(index, 0, ...copies));
  return copies.map(({ id }) => id);
}
