/** A key frame of a mask is moved in time, within its shot; the viewer shows the frame it would stand on. */
import { editMask, moveKeys } from '../../common/project/edits-mask.ts';
import { clipFrameOf, isShot, timelineFrameOf } from '../../common/project/positions.ts';
import { partsAt } from '../actions/mask-keys.ts';
import { cancelGesture, change, endGesture, newId } from '../store/project.ts';
import { getView, seek, select } from '../store/view.ts';
import { type Drag, markOf } from './drags.ts';
import { frameAt, type Scene } from './scene.ts';
import { snapFrames, snapTo } from './snap.ts';

export function dragMaskKey(scene: Scene, shotId: string, frame: number): Drag {
  const placed = scene.placed.find((one) => one.item.id === shotId);
  const gesture = newId();
  const before = scene.view.playhead;
  const stops = snapFrames(scene.placed, scene.view);
  const ids = isShot(placed) ? partsAt(placed.item.settings.guide.mask, frame) : [];
  let current = frame;
  return {
    cursor: 'ew-resize',
    move(x, y) {
      if (!isShot(placed)) return null;
      const under = frameAt(getView(), x);
      const snapped = snapTo(stops, under, getView(), scene.lanes.unit);
      const target = clipFrameOf(placed, snapped ?? under);
      if (target !== current) {
        current = target;
        change({
          name: 'Move key frame of the mask',
          gesture,
          edit: (draft) => editMask(draft, shotId, (mask) => moveKeys(mask, ids, frame, target)),
        });
        select([shotId], null, { shotId, frame: target });
        seek(timelineFrameOf(placed, target));
      }
      return markOf({ text: `Frame ${target}`, x, y });
    },
    end: endGesture,
    cancel() {
      cancelGesture();
      select([shotId], null, { shotId, frame });
      seek(before);
    },
  };
}
