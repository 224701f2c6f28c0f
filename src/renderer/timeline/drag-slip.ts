/** What leaves the timeline as long as it is: another part of the clip in a shot, a cut between two neighbours. */
import { roll, slip } from '../../common/project/edits-slip.ts';
import { clipFramesIn, isShot } from '../../common/project/positions.ts';
import { formatTimecode, parseTimecode } from '../../common/time/timecode.ts';
import { getPlaced } from '../store/current.ts';
import { cancelGesture, change, endGesture, newId } from '../store/project.ts';
import { getView, seek, select } from '../store/view.ts';
import { type Drag, markOf, signed } from './drags.ts';
import { timecodeOf } from './ruler.ts';
import type { Scene } from './scene.ts';
import { snapFrames, snapTo } from './snap.ts';

/** The picture goes with the hand: to the left shows what comes later in the clip. */
export function dragSlip(scene: Scene, id: string, startX: number): Drag {
  const placed = scene.placed.find(({ item }) => item.id === id);
  const gesture = newId();
  const before = scene.view.playhead;
  let current = 0;
  return {
    cursor: 'ew-resize',
    move(x, y) {
      if (!isShot(placed)) return null;
      const { item } = placed;
      const wanted = -clipFramesIn(placed, Math.round((x - startX) / getView().scale));
      if (wanted !== current) {
        current = wanted;
        change({ name: `Slip ${item.name}`, gesture, edit: (draft) => slip(draft, id, wanted) });
      }
      const now = getPlaced().find((one) => one.item.id === id);
      if (!isShot(now)) return null;
      const clip = scene.document.clips[item.clipId]!;
      const first = clip.timecode === null ? null : parseTimecode(clip.timecode, clip.rate);
      const label = (frame: number) =>
        formatTimecode({ frames: (first?.frames ?? 0) + frame, drop: first?.drop ?? false }, clip.rate);
      const { start, end } = now.item;
      return markOf({ text: `${signed(start - item.start)} · ${label(start)} – ${label(end - 1)}`, x, y });
    },
    end: endGesture,
    cancel() {
      cancelGesture();
      seek(before);
    },
  };
}

/** The viewer shows the first frame after the cut. */
export function dragRoll(scene: Scene, leftId: string, startX: number): Drag {
  const placed = scene.placed.find(({ item }) => item.id === leftId);
  const gesture = newId();
  const before = scene.view.playhead;
  const stops = snapFrames(scene.placed, scene.view, true, scene.document.markers);
  let current = 0;
  select([leftId]);
  return {
    cursor: 'col-resize',
    move(x, y) {
      if (!placed) return null;
      const raw = placed.to + Math.round((x - startX) / getView().scale);
      const snapped = snapTo(stops, raw, getView(), scene.lanes.unit);
      const wanted = (snapped ?? raw) - placed.to;
      if (wanted !== current) {
        current = wanted;
        change({ name: 'Roll cut', gesture, edit: (draft) => roll(draft, leftId, wanted) });
      }
      const left = getPlaced()[placed.index];
      const right = getPlaced()[placed.index + 1];
      if (!left || !right) return null;
      if (wanted !== 0) seek(right.from);
      const length = (one: typeof left) => timecodeOf(one.to - one.from, scene.rate);
      const text = `${signed(left.to - placed.to)} · ${length(left)} | ${length(right)}`;
      return markOf({ snap: snapped, text, x, y });
    },
    end: endGesture,
    cancel() {
      cancelGesture();
      select([leftId]);
      seek(before);
    },
  };
}
