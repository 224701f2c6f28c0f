/** What follows from document and view together. */
import { useSyncExternalStore } from 'react';
import { useShallow } from 'zustand/react/shallow';
import type { ProjectDocument, Shot, Take, TimelineItem } from '../../common/project/document.ts';
import { newestFirst } from '../../common/project/edits-takes.ts';
import { isShot, itemAt, type Placed, place, type Timed } from '../../common/project/positions.ts';
import { sameRational } from '../../common/time/rational.ts';
import { getDocument, projectStore, useDocument } from './project.ts';
import { getView, viewStore } from './view.ts';

interface Known {
  readonly clips: ProjectDocument['clips'];
  readonly placed: readonly Placed[];
}
const placedByTimeline = new WeakMap<readonly TimelineItem[], Known>();

/** As they were counted last: what has not moved since stays the same object, so that nothing is drawn again for it. */
let latest: readonly Placed[] = [];

function isSame(a: Placed, b: Placed | undefined): b is Placed {
  if (!b || a.item !== b.item || a.index !== b.index || a.from !== b.from || a.to !== b.to) return false;
  const { from, start, step } = b.conform;
  return a.conform.from === from && a.conform.start === start && sameRational(a.conform.step, step);
}

function keepSame(placed: readonly Placed[], before: readonly Placed[]): readonly Placed[] {
  const kept = placed.map((one, index) => {
    const same = before[index];
    return isSame(one, same) ? same : one;
  });
  return kept.length === before.length && kept.every((one, index) => one === before[index]) ? before : kept;
}

/** Positions in a finished document (never in a draft), counted once per version of timeline and clips. */
export function placedOf({ timeline, clips }: Timed): readonly Placed[] {
  const known = placedByTimeline.get(timeline);
  if (known?.clips === clips) return known.placed;
  const placed = keepSame(place({ timeline, clips }), latest);
  latest = placed;
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
  // The number alone, so that an edit that keeps it draws nothing.
  return useDocument((document) => lengthOfPlaced(placedOf(document)));
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

function onEither(listener: () => void): () => void {
  const stops = [projectStore.subscribe(listener), viewStore.subscribe(listener)];
  return () => {
    for (const stop of stops) stop();
  };
}

/** Neither a moving playhead nor an edit elsewhere draws a panel whose shot stays the same. */
export function useCurrentShot(): Placed<Shot> | null {
  return useSyncExternalStore(onEither, getCurrentShot);
}

/** A part of it: typing in what is not named draws nothing. The part is compared member by member. */
export function useOfCurrentShot<Part>(select: (shot: Shot) => Part): Part | null {
  const stable = useShallow((shot: Shot | null) => shot && select(shot));
  return useSyncExternalStore(onEither, () => stable(getCurrentShot()?.item ?? null));
}

/** Selected shots in timeline order; the shot in hand when none is selected. */
export function getChosenShots(): readonly Placed<Shot>[] {
  const chosen = new Set(getView().selection);
  const shots = getPlaced().filter((one): one is Placed<Shot> => chosen.has(one.item.id) && isShot(one));
  if (shots.length > 0) return shots;
  const current = getCurrentShot();
  return current ? [current] : [];
}

type Taken = Pick<ProjectDocument, 'takes'>;
const takesByShot = new WeakMap<Taken['takes'], ReadonlyMap<string, readonly Take[]>>();
const NO_TAKES: readonly Take[] = [];

/** Takes of a shot of a finished document, newest first, sorted once per version: cheap for a thousand shots. */
export function takesOfShot({ takes }: Taken, shotId: string): readonly Take[] {
  let byShot = takesByShot.get(takes);
  if (!byShot) {
    const grouped = new Map<string, Take[]>();
    for (const take of Object.values(takes)) {
      const group = grouped.get(take.shotId);
      if (group) group.push(take);
      else grouped.set(take.shotId, [take]);
    }
    for (const group of grouped.values()) group.sort(newestFirst);
    byShot = grouped;
    takesByShot.set(takes, byShot);
  }
  return byShot.get(shotId) ?? NO_TAKES;
}
