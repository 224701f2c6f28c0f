/** What follows from document and view together. */
import type { ProjectDocument, Shot, Take, TimelineItem } from '../../common/project/document.ts';
import { newestFirst } from '../../common/project/edits-takes.ts';
import { isShot, itemAt, type Placed, place, type Timed } from '../../common/project/positions.ts';
import { getDocument, useDocument } from './project.ts';
import { getView, useView } from './view.ts';

interface Known {
  readonly clips: ProjectDocument['clips'];
  readonly placed: readonly Placed[];
}
const placedByTimeline = new WeakMap<readonly TimelineItem[], Known>();

/** Positions in a finished document (never in a draft), counted once per version of timeline and clips. */
export function placedOf({ timeline, clips }: Timed): readonly Placed[] {
  const known = placedByTimeline.get(timeline);
  if (known?.clips === clips) return known.placed;
  const placed = place({ timeline, clips });
  placedByTimeline.set(timeline, { clips, placed });
  return placed;
}

export function getPlaced(): readonly Placed[] {
  return placedOf(getDocument());
}

export function usePlaced(): readonly Placed[] {
  return useDocument(placedOf);
}

/** Frames of the timeline. */
export function lengthOfPlaced(placed: readonly Placed[]): number {
  return placed.at(-1)?.to ?? 0;
}

export function useLength(): number {
  return lengthOfPlaced(usePlaced());
}

/** The shot in hand: of several selected the one under the playhead, else the last; with none the one under it. */
function currentOf(
  placed: readonly Placed[],
  selection: readonly string[],
  playhead: number,
): Placed<Shot> | null {
  const under = itemAt(placed, playhead);
  const shown = isShot(under) ? under : null;
  if (selection.length === 0 || (shown && selection.includes(shown.item.id))) return shown;
  const id = selection.at(-1);
  const chosen = placed.find((one) => one.item.id === id);
  return isShot(chosen) ? chosen : shown;
}

export function getCurrentShot(): Placed<Shot> | null {
  const { selection, playhead } = getView();
  return currentOf(getPlaced(), selection, playhead);
}

export function useCurrentShot(): Placed<Shot> | null {
  const placed = usePlaced();
  // Selecting inside the hook keeps a moving playhead from drawing panels whose shot stays the same.
  return useView((view) => currentOf(placed, view.selection, view.playhead));
}

/** Selected shots in timeline order; the shot in hand when none is selected. */
export function getChosenShots(): readonly Placed<Shot>[] {
  const chosen = new Set(getView().selection);
  const shots = getPlaced().filter((one): one is Placed<Shot> => chosen.has(one.item.id) && isShot(one));
  if (shots.length > 0) return shots;
  const current = getCurrentShot();
  return current ? [current] : [];
}

const takesByShot = new WeakMap<ProjectDocument['takes'], ReadonlyMap<string, readonly Take[]>>();
const NO_TAKES: readonly Take[] = [];

/** Takes of a shot of a finished document, newest first, sorted once per version: cheap for a thousand shots. */
export function takesOfShot(document: ProjectDocument, shotId: string): readonly Take[] {
  let byShot = takesByShot.get(document.takes);
  if (!byShot) {
    const grouped = new Map<string, Take[]>();
    for (const take of Object.values(document.takes)) {
      const group = grouped.get(take.shotId);
      if (group) group.push(take);
      else grouped.set(take.shotId, [take]);
    }
    for (const group of grouped.values()) group.sort(newestFirst);
    byShot = grouped;
    takesByShot.set(document.takes, byShot);
  }
  return byShot.get(shotId) ?? NO_TAKES;
}
