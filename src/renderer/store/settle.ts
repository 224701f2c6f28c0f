/** After every change of the timeline, nothing that is gone stays in hand, and the shot in hand is the one in sight. */
import type { Marker, Shot } from '../../common/project/document.ts';
import { keyFramesOf } from '../../common/project/edits-mask.ts';
import { isShot, itemAt, type Placed, type Timed } from '../../common/project/positions.ts';
import { getPlaced, lengthOfPlaced, placedOf } from './current.ts';
import { getDocument, projectStore } from './project.ts';
import { getView, setView, type View, viewStore } from './view.ts';

/** What of a view must change for a document; null when it fits already. */
export function settled(
  document: Timed & { readonly markers: readonly Marker[] },
  view: View,
): Partial<View> | null {
  const length = lengthOfPlaced(placedOf(document));
  const byId = new Map(document.timeline.map((item) => [item.id, item]));
  const patch: { -readonly [Key in keyof View]?: View[Key] } = {};
  const selection = view.selection.filter((id) => byId.has(id));
  if (selection.length < view.selection.length) patch.selection = selection;
  if (view.anchor) {
    const shot = byId.get(view.anchor.shotId) as Shot | undefined;
    if (!shot?.anchors?.includes(view.anchor.frame)) patch.anchor = null;
  }
  if (view.maskKey) {
    const shot = byId.get(view.maskKey.shotId) as Shot | undefined;
    const frames = keyFramesOf(shot?.settings?.guide.mask ?? null);
    if (!frames.includes(view.maskKey.frame)) patch.maskKey = null;
  }
  if (view.marker !== null && !document.markers.some(({ id }) => id === view.marker)) {
    patch.marker = null;
    patch.markerOpen = false;
  }
  const last = Math.max(0, length - 1);
  if (view.playhead > last) patch.playhead = last;
  if (view.inFrame !== null && view.inFrame > last) patch.inFrame = null;
  if (view.outFrame !== null && view.outFrame > length) patch.outFrame = null;
  return Object.keys(patch).length > 0 ? patch : null;
}

/**
 * One shot in hand is the one in sight. Choosing a shot brings the playhead to it; a playhead that leaves it takes the
 * shot under it in hand. While it plays the panels wait, and a choice of several stays for what is done to all of them.
 */
export function agreed(placed: readonly Placed[], view: View, before: View): Partial<View> | null {
  const [id, ...others] = view.selection;
  if (view.shuttle !== 0 || id === undefined || others.length > 0) return null;
  const chosen = placed.find(({ item }) => item.id === id);
  if (!chosen || (view.playhead >= chosen.from && view.playhead < chosen.to)) return null;
  if (before.selection !== view.selection && before.selection.at(-1) !== id) return { playhead: chosen.from };
  const under = itemAt(placed, view.playhead);
  return { selection: isShot(under) ? [under.item.id] : [], anchor: null, maskKey: null };
}

/** A playhead that moves on leaves the marker in hand behind: Delete is then for the shot in sight again. */
export function leavesMarker(markers: readonly Marker[], view: View, before: View): boolean {
  if (view.marker === null || view.markerOpen || view.playhead === before.playhead) return false;
  return markers.find(({ id }) => id === view.marker)?.frame !== view.playhead;
}

function keepAgreed(): () => void {
  return viewStore.subscribe((view, before) => {
    const patch = {
      ...agreed(getPlaced(), view, before),
      ...(leavesMarker(getDocument().markers, view, before) && { marker: null }),
    };
    if (Object.keys(patch).length > 0) setView(patch);
  });
}

export function keepInHand(): () => void {
  const stops = [keepAgreed(), keepOnTimeline()];
  return () => {
    for (const stop of stops) stop();
  };
}

function keepOnTimeline(): () => void {
  return projectStore.subscribe((state, before) => {
    const { document } = state.history;
    const { timeline, clips, markers } = before.history.document;
    if (document.timeline === timeline && document.clips === clips && document.markers === markers) return;
    const patch = settled(document, getView());
    if (patch) setView(patch);
    // What was in hand is gone: the shot in sight takes its place.
    if (patch?.selection?.length === 0) {
      const under = itemAt(getPlaced(), getView().playhead);
      if (isShot(under)) setView({ selection: [under.item.id] });
    }
    const now = getView();
    const moved = agreed(getPlaced(), now, now);
    if (moved) setView(moved);
  });
}
