/** After every change of the timeline, nothing that is gone stays in hand and the playhead stays on a frame. */
import type { Shot } from '../../common/project/document.ts';
import type { Timed } from '../../common/project/positions.ts';
import { lengthOfPlaced, placedOf } from './current.ts';
import { projectStore } from './project.ts';
import { getView, setView, type View } from './view.ts';

/** What of a view must change for a document; null when it fits already. */
export function settled(document: Timed, view: View): Partial<View> | null {
  const length = lengthOfPlaced(placedOf(document));
  const byId = new Map(document.timeline.map((item) => [item.id, item]));
  const patch: { -readonly [Key in keyof View]?: View[Key] } = {};
  const selection = view.selection.filter((id) => byId.has(id));
  if (selection.length < view.selection.length) patch.selection = selection;
  if (view.anchor) {
    const shot = byId.get(view.anchor.shotId) as Shot | undefined;
    if (!shot?.anchors?.includes(view.anchor.frame)) patch.anchor = null;
  }
  const last = Math.max(0, length - 1);
  if (view.playhead > last) patch.playhead = last;
  if (view.inFrame !== null && view.inFrame > last) patch.inFrame = null;
  if (view.outFrame !== null && view.outFrame > length) patch.outFrame = null;
  return Object.keys(patch).length > 0 ? patch : null;
}

export function keepInHand(): () => void {
  return projectStore.subscribe((state, before) => {
    const { document } = state.history;
    const { timeline, clips } = before.history.document;
    if (document.timeline === timeline && document.clips === clips) return;
    const patch = settled(document, getView());
    if (patch) setView(patch);
  });
}
