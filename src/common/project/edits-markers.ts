/** Edits of markers: notes at frames of the timeline. */
import type { Marker, ProjectDocument } from './document.ts';
import { refuse } from './edits.ts';
import { inOrder } from './marker-ripple.ts';
import { timelineLength } from './positions.ts';

/** @throws AppError usage after the end of the timeline */
export function addMarker(draft: ProjectDocument, marker: Marker): void {
  const length = timelineLength(draft);
  if (marker.frame < 0 || marker.frame >= length)
    refuse('adding a marker', 'there is nothing on the timeline here');
  draft.markers = inOrder([...draft.markers, marker]);
}

/** Kept within the timeline. */
export function moveMarker(draft: ProjectDocument, id: string, frame: number): void {
  const marker = markerIn(draft, id, 'moving a marker');
  const target = Math.max(0, Math.min(Math.round(frame), timelineLength(draft) - 1));
  if (marker.frame === target) return;
  marker.frame = target;
  draft.markers = inOrder(draft.markers);
}

export function changeMarker(
  draft: ProjectDocument,
  id: string,
  values: Partial<Pick<Marker, 'name' | 'note' | 'colour'>>,
): void {
  Object.assign(markerIn(draft, id, 'changing a marker'), values);
}

export function removeMarker(draft: ProjectDocument, id: string): void {
  markerIn(draft, id, 'removing a marker');
  draft.markers = draft.markers.filter((one) => one.id !== id);
}

export function clearMarkers(draft: ProjectDocument): void {
  draft.markers = [];
}

function markerIn(draft: ProjectDocument, id: string, doing: string): Marker {
  return draft.markers.find((one) => one.id === id) ?? refuse(doing, 'this marker is no longer there');
}
