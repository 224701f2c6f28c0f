/** What of a mask lies under the pointer. Pure. */
import { isShape, type Mask, type Part, type Point } from '../../../common/masks/mask.ts';
import { geometryAt } from '../../../common/project/edits-mask.ts';
import { HANDLES, type Handle, handleAt, isBox, isInside, nearestOn, turnHandleAt } from './geometry.ts';

export type MaskHit =
  | { readonly kind: 'handle'; readonly part: string; readonly handle: Handle; readonly angle: number }
  | { readonly kind: 'turn'; readonly part: string }
  | { readonly kind: 'corner'; readonly part: string; readonly index: number }
  /** An edge of the polygon in hand, where a corner can be put in. */
  | { readonly kind: 'edge'; readonly part: string; readonly index: number; readonly share: number }
  | { readonly kind: 'part'; readonly part: string };

/** Pixels of the screen within which a handle, and an edge, is taken hold of. */
const GRAB = 8;
const EDGE = 6;
/** Pixels of the screen from the upper edge to the handle that turns. */
export const TURN_REACH = 26;

/**
 * @param held the part in hand, whose handles come before everything
 * @param zoom pixels of the screen per pixel of the clip
 */
export function hitMask(
  mask: Mask,
  held: string | null,
  frame: number,
  point: Point,
  zoom: number,
): MaskHit | null {
  const part = mask.parts.find(({ id }) => id === held);
  const hold = part && hitHandles(part, frame, point, zoom);
  if (hold) return hold;
  // The one in hand, then the topmost.
  const order = [...(part ? [part] : []), ...mask.parts.toReversed()];
  const found = order.find((one) => isUnder(one, frame, point, zoom));
  return found ? { kind: 'part', part: found.id } : null;
}

function hitHandles(part: Part, frame: number, point: Point, zoom: number): MaskHit | null {
  if (!isShape(part)) return null;
  const geometry = geometryAt(part, frame);
  const isNear = (other: Point, reach = GRAB) =>
    Math.hypot(point[0] - other[0], point[1] - other[1]) * zoom <= reach;
  if (isBox(geometry)) {
    if (isNear(turnHandleAt(geometry, TURN_REACH / zoom))) return { kind: 'turn', part: part.id };
    const handles = Object.keys(HANDLES) as Handle[];
    const handle = handles.find((one) => isNear(handleAt(geometry, one)));
    return handle ? { kind: 'handle', part: part.id, handle, angle: geometry.angle } : null;
  }
  const index = geometry.points.findIndex((corner) => isNear(corner));
  if (index >= 0) return { kind: 'corner', part: part.id, index };
  const edge = nearestOn(geometry.points, point, true);
  return edge.distance * zoom <= EDGE
    ? { kind: 'edge', part: part.id, index: edge.index, share: edge.share }
    : null;
}

function isUnder(part: Part, frame: number, point: Point, zoom: number): boolean {
  if (isShape(part)) return isInside(part.kind, geometryAt(part, frame), point);
  if (part.kind !== 'brush') return false;
  return part.strokes.some(
    (stroke) =>
      stroke.frame === frame &&
      stroke.mode === 'paint' &&
      nearestOn(stroke.points, point, false).distance <= Math.max(stroke.radius, GRAB / zoom),
  );
}

const ARROWS = ['ew-resize', 'nwse-resize', 'ns-resize', 'nesw-resize'] as const;

/** The pointer's picture over something; a handle of a turned box points where it pulls. */
export function cursorOf(hit: MaskHit | null): string {
  if (hit === null) return 'default';
  if (hit.kind === 'turn') return 'grab';
  if (hit.kind === 'edge') return 'copy';
  if (hit.kind !== 'handle') return 'move';
  const [across, down] = HANDLES[hit.handle];
  const degrees = (Math.atan2(down, across) * 180) / Math.PI + hit.angle;
  return ARROWS[((Math.round(degrees / 45) % 4) + 4) % 4]!;
}
