/** What dragging does, one function per thing that can be dragged. Each answers what follows the pointer until it ends. */
import { moveItem, resizeGap, trim } from '../../common/project/edits.ts';
import { moveAnchor } from '../../common/project/edits-anchors.ts';
import {
  clipFrameOf,
  clipFramesIn,
  isShot,
  itemAt,
  timelineFrameOf,
} from '../../common/project/positions.ts';
import { getPlaced, lengthOfPlaced } from '../store/current.ts';
import { cancelGesture, change, endGesture, newId } from '../store/project.ts';
import { getView, seek, select, setView } from '../store/view.ts';
import { clampScroll } from '../store/zoom.ts';
import { overviewScale } from './draw-marks.ts';
import { timecodeOf } from './ruler.ts';
import { type DragMark, frameAt, type Scene } from './scene.ts';
import { snapFrames, snapTo } from './snap.ts';

export interface Drag {
  readonly cursor: string;
  /** Called for every pointer position in canvas pixels; answers what to show. */
  move(x: number, y: number): DragMark | null;
  end(): void;
  /** As if the drag had not begun. */
  cancel(): void;
}

/** What is shown of a drag, beside what it changes. */
export const markOf = (more: Partial<DragMark>): DragMark => ({
  snap: null,
  insertAt: null,
  item: null,
  text: '',
  x: 0,
  y: 0,
  ...more,
});

export const signed = (frames: number) =>
  `${frames > 0 ? '+' : frames < 0 ? '−' : ''}${Math.abs(frames)} ${Math.abs(frames) === 1 ? 'frame' : 'frames'}`;

/** The playhead follows the pointer. */
export function scrub(scene: Scene): Drag {
  const stops = snapFrames(scene.placed, scene.view, false, scene.document.markers);
  const before = scene.view.playhead;
  setView({ shuttle: 0 });
  return {
    cursor: 'default',
    move(x) {
      const frame = frameAt(getView(), x);
      const snapped = snapTo(stops, frame, getView(), scene.lanes.unit);
      seek(snapped ?? frame);
      return null;
    },
    end() {},
    cancel: () => seek(before),
  };
}

/** An anchor moves within its shot; the viewer shows the frame it would stand on. */
export function dragAnchor(scene: Scene, shotId: string, frame: number): Drag {
  const placed = scene.placed.find((one) => one.item.id === shotId);
  const gesture = newId();
  const before = scene.view.playhead;
  let current = frame;
  return {
    cursor: 'ew-resize',
    move(x, y) {
      if (!isShot(placed)) return null;
      const { name } = placed.item;
      const under = frameAt(getView(), x);
      const snapped = snapTo([before], under, getView(), scene.lanes.unit);
      const target = clipFrameOf(placed, snapped ?? under);
      if (target !== current) {
        current = target;
        change({
          name: `Move anchor of ${name}`,
          gesture,
          edit: (draft) => moveAnchor(draft, shotId, frame, target),
        });
        select([shotId], { shotId, frame: target });
        seek(timelineFrameOf(placed, target));
      }
      return markOf({ text: `Frame ${target}`, x, y });
    },
    end: endGesture,
    cancel() {
      cancelGesture();
      select([shotId], { shotId, frame });
      seek(before);
    },
  };
}

/** An edge is trimmed; what follows moves along and the viewer shows the edge frame. */
export function dragEdge(scene: Scene, itemId: string, edge: 'start' | 'end', startX: number): Drag {
  const placed = scene.placed.find((one) => one.item.id === itemId);
  const gesture = newId();
  const before = scene.view.playhead;
  const stops = snapFrames(scene.placed, scene.view, true, scene.document.markers);
  let current = 0;
  const cutFrame = placed ? (edge === 'start' ? placed.from : placed.to) : 0;
  return {
    cursor: 'ew-resize',
    move(x, y) {
      if (!placed) return null;
      const raw = cutFrame + Math.round((x - startX) / getView().scale);
      const snapped = snapTo(stops, raw, getView(), scene.lanes.unit);
      const delta = (snapped ?? raw) - cutFrame;
      if (delta !== current) {
        current = delta;
        const { item } = placed;
        change({
          name: `Trim ${item.kind === 'shot' ? item.name : 'gap'}`,
          gesture,
          edit: (draft) =>
            item.kind === 'shot'
              ? trim(draft, itemId, edge, item[edge] + clipFramesIn(placed, delta))
              : resizeGap(draft, itemId, item.frames + delta),
        });
        const now = getPlaced().find((one) => one.item.id === itemId);
        if (now) seek(edge === 'start' ? now.from : now.to - 1);
      }
      const now = getPlaced().find((one) => one.item.id === itemId);
      const length = now ? now.to - now.from : 0;
      const grown = length - (placed.to - placed.from);
      return markOf({
        snap: snapped,
        text: `${signed(grown)} · ${timecodeOf(length, scene.rate)}`,
        x,
        y,
      });
    },
    end: endGesture,
    cancel() {
      cancelGesture();
      seek(before);
    },
  };
}

/** A shot or gap is put in elsewhere when it is let go. */
export function dragItem(scene: Scene, itemId: string): Drag {
  const from = scene.placed.findIndex((one) => one.item.id === itemId);
  let target = from;
  return {
    cursor: 'grabbing',
    move(x, y) {
      const frame = getView().scroll + x / getView().scale;
      const under = itemAt(scene.placed, Math.floor(frame));
      const gapIndex = under
        ? under.index + (frame > (under.from + under.to) / 2 ? 1 : 0)
        : frame < 0
          ? 0
          : scene.placed.length;
      target = gapIndex > from ? gapIndex - 1 : gapIndex;
      const insertAt =
        target === from ? null : (scene.placed[gapIndex]?.from ?? lengthOfPlaced(scene.placed));
      return markOf({ insertAt, item: itemId, x, y });
    },
    end() {
      const item = scene.placed[from]?.item;
      if (!item || target === from) return;
      const name = item.kind === 'shot' ? item.name : 'gap';
      change({ name: `Move ${name}`, edit: (draft) => moveItem(draft, itemId, target) });
      const moved = getPlaced().find((one) => one.item.id === itemId);
      if (moved) seek(moved.from);
      select([itemId]);
    },
    cancel() {},
  };
}

/** The timeline is pushed with the hand. */
export function pan(scene: Scene, startX: number): Drag {
  const { scroll } = scene.view;
  return {
    cursor: 'grabbing',
    move(x) {
      const { scale, timelineWidth } = getView();
      setView({ scroll: clampScroll(scroll - (x - startX) / scale, scale, timelineWidth, scene.length) });
      return null;
    },
    end() {},
    cancel: () => setView({ scroll }),
  };
}

/** The window of the overview is moved; a press beside it brings it there. */
export function dragOverview(scene: Scene, startX: number): Drag {
  const { scale: zoom, scroll } = scene.view;
  const perFrame = overviewScale(scene.width, scene.length);
  const shown = scene.width / zoom;
  const pressed = startX / perFrame;
  const hold = pressed >= scroll && pressed <= scroll + shown ? pressed - scroll : shown / 2;
  return {
    cursor: 'grabbing',
    move(x) {
      const { scale, timelineWidth } = getView();
      setView({ scroll: clampScroll(x / perFrame - hold, scale, timelineWidth, scene.length) });
      return null;
    },
    end() {},
    cancel: () => setView({ scroll }),
  };
}
