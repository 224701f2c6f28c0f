/** A marker is moved in time; the viewer shows the frame it would stand on. */
import { moveMarker } from '../../common/project/edits-markers.ts';
import { timecodeAt } from '../../common/project/start-timecode.ts';
import { cancelGesture, change, endGesture, getDocument, newId } from '../store/project.ts';
import { getView, seek } from '../store/view.ts';
import { type Drag, markOf } from './drags.ts';
import { frameAt, type Scene } from './scene.ts';
import { snapFrames, snapTo } from './snap.ts';

export function dragMarker(scene: Scene, id: string): Drag {
  const gesture = newId();
  const before = scene.view.playhead;
  const stops = snapFrames(scene.placed, scene.view);
  let current = scene.document.markers.find((one) => one.id === id)?.frame ?? 0;
  return {
    cursor: 'ew-resize',
    move(x, y) {
      const under = frameAt(getView(), x);
      const snapped = snapTo(stops, under, getView(), scene.lanes.unit);
      const target = Math.max(0, Math.min(scene.length - 1, snapped ?? under));
      if (target !== current) {
        current = target;
        change({ name: 'Move marker', gesture, edit: (draft) => moveMarker(draft, id, target) });
        seek(target);
      }
      return markOf({ snap: snapped, text: timecodeAt(getDocument(), current), x, y });
    },
    end: endGesture,
    cancel() {
      cancelGesture();
      seek(before);
    },
  };
}
