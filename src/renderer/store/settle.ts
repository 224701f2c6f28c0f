/** After every change of the timeline, nothing that is gone stays in hand and the playhead stays on a frame. */
import type { Shot, TimelineItem } from '../../common/project/document.ts';
import { lengthOfPlaced, placedOf } from './current.ts';
import { projectStore } from './project.ts';
import { getView, setView, type View } from './view.ts';

/** What of a view must change for a timeline; null when it fits already. */
export function settled(timeline: readonly TimelineItem[], view: View): Partial<View> | null {
  const length = lengthOfPlaced(placedOf(timeline));
  const byId = new Map(timeline.map((item) => [item.id, item]));
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
    const { timeline } = state.history.document;
    if (timeline === before.history.document.timeline) return;
    const patch = settled(timeline, getView());
    if (patch) setView(patch);
  });
}
