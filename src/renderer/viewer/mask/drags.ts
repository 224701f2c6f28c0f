/** What dragging in the picture does to a mask, one function per tool and handle. Points are pixels of the clip. */
import { isShape, type Mask, type Point, type Shape } from '../../../common/masks/mask.ts';
import {
  type Geometry,
  geometryAt,
  insertCorner,
  moveStrokes,
  partIn,
  putKey,
} from '../../../common/project/edits-mask.ts';
import { paint, takeTool } from '../../actions/mask.ts';
import { changeMask, type Masked, nameOfPart, putPart } from '../../actions/masked.ts';
import { getMasking, setMasking, takePart } from '../../store/masking.ts';
import { cancelGesture, endGesture, newId } from '../../store/project.ts';
import { boxBetween, isBox, moved, type Pull, resized, rounded, roundedAll, turned } from './geometry.ts';
import type { MaskHit } from './hit.ts';

export interface MaskDrag {
  /** A press without a drag does something already. */
  readonly atOnce: boolean;
  move(point: Point, pull: Pull): void;
  end(): void;
  /** As if the drag had not begun. */
  cancel(): void;
}

/** A stroke keeps a point for every so large a share of its radius. */
const POINTS_PER_RADIUS = 5;
/** A stroke that is longer goes on as another one. */
const MOST_POINTS = 4000;

/** Draws a rectangle or ellipse from corner to corner. */
export function drawBox(
  { shot, clip, frame }: Masked,
  kind: 'rectangle' | 'ellipse',
  start: Point,
): MaskDrag {
  const id = newId();
  const { mode, part: before } = getMasking();
  let drawn = false;
  return {
    atOnce: false,
    move(point, pull) {
      const box = boxBetween(start, point, pull);
      if (box.width < 1 || box.height < 1) return;
      drawn = true;
      const key = { frame, ...(rounded(box) as typeof box) };
      changeMask(
        shot.id,
        `Add ${kind} to the mask`,
        (mask) => putPart(mask, { id, mode, kind, keys: [key] }, clip),
        id,
      );
      takePart(id);
    },
    end() {
      endGesture();
      if (drawn) takeTool('select');
    },
    cancel() {
      if (drawn) cancelGesture();
      takePart(before);
    },
  };
}

/** Paints or erases along the pointer's way; a press alone is a dab. */
export function drawStroke(here: Masked, radius: number): MaskDrag {
  const before = getMasking().part;
  let gesture = newId();
  let points: Point[] = [];
  return {
    atOnce: true,
    move(point) {
      const last = points.at(-1);
      const step = Math.max(0.5, radius / POINTS_PER_RADIUS);
      if (last && Math.hypot(point[0] - last[0], point[1] - last[1]) < step) return;
      if (points.length >= MOST_POINTS) {
        endGesture();
        [points, gesture] = [points.slice(-1), newId()];
      }
      points.push(...roundedAll([point]));
      paint(here, points, gesture);
    },
    end: endGesture,
    cancel() {
      cancelGesture();
      takePart(before);
    },
  };
}

/** Drags what was hit; null where there is nothing to drag. */
export function dragHit(here: Masked, hit: MaskHit, start: Point): MaskDrag | null {
  const { mask, frame } = here;
  if (!mask) return null;
  const part = partIn(mask, hit.part);
  const { part: heldPart, corner: heldCorner } = getMasking();
  takePart(part.id, hit.kind === 'corner' ? hit.index : null);
  const name = nameOfPart(mask, part);
  const drag = (what: string, edit: PullEdit, atOnce = false): MaskDrag => ({
    ...pull(here, what, edit, atOnce),
    cancel() {
      cancelGesture();
      setMasking({ part: heldPart, corner: heldCorner });
    },
  });
  if (part.kind === 'brush')
    return drag(`Move ${name}`, (draft, [x, y]) =>
      moveStrokes(draft, part.id, frame, x - start[0], y - start[1]),
    );
  if (!isShape(part)) return null;
  if (hit.kind === 'edge') {
    takePart(part.id, hit.index + 1);
    return drag('Add corner to the mask', newCorner(part, hit, frame), true);
  }
  const verb = hit.kind === 'part' ? 'Move' : hit.kind === 'turn' ? 'Turn' : 'Shape';
  const geometry = geometryAt(part, frame);
  return drag(`${verb} ${name}`, (draft, point, how) =>
    putKey(draft, part.id, frame, rounded(pulled(geometry, hit, start, point, how))),
  );
}

/** Where what was hit brings a shape. */
function pulled(geometry: Geometry, hit: MaskHit, start: Point, point: Point, how: Pull): Geometry {
  if (hit.kind === 'part') return moved(geometry, point[0] - start[0], point[1] - start[1]);
  if (!isBox(geometry)) {
    if (hit.kind !== 'corner') return geometry;
    return { points: geometry.points.map((one, index): Point => (index === hit.index ? point : one)) };
  }
  if (hit.kind === 'turn') return turned(geometry, start, point, how.even);
  return hit.kind === 'handle' ? resized(geometry, hit.handle, point, how) : geometry;
}

/** A corner is put into an edge and follows the pointer. */
function newCorner(
  { id }: Shape,
  { index, share }: Extract<MaskHit, { kind: 'edge' }>,
  frame: number,
): PullEdit {
  return (draft, point) => {
    insertCorner(draft, id, index, share);
    const now = geometryAt(partIn(draft, id) as Shape, frame);
    if (isBox(now)) return;
    const points = now.points.map((one, at): Point => (at === index + 1 ? point : one));
    putKey(draft, id, frame, rounded({ points }));
  };
}

type PullEdit = (draft: Mask, point: Point, how: Pull) => void;

/** One gesture whose every change states the whole movement. */
function pull({ shot }: Masked, name: string, edit: PullEdit, atOnce: boolean): Omit<MaskDrag, 'cancel'> {
  const gesture = newId();
  return {
    atOnce,
    move: (point, how) => changeMask(shot.id, name, (draft) => edit(draft, point, how), gesture),
    end: endGesture,
  };
}
