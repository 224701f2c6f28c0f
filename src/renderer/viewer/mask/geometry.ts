/** Boxes and polygons of a mask as they are drawn and pulled about, in pixels of the clip. Pure. */
import type { BoxKey, Point, Shape } from '../../../common/masks/mask.ts';
import type { Geometry } from '../../../common/project/edits-mask.ts';

export type Box = Omit<BoxKey, 'frame'>;

/** Where the picture lies in the pane, and pixels of the screen per pixel of the clip. */
export interface Place {
  readonly x: number;
  readonly y: number;
  readonly zoom: number;
}

/** Which edges a handle moves: -1 left or top, 1 right or bottom. */
export const HANDLES = {
  nw: [-1, -1],
  n: [0, -1],
  ne: [1, -1],
  e: [1, 0],
  se: [1, 1],
  s: [0, 1],
  sw: [-1, 1],
  w: [-1, 0],
} as const satisfies Readonly<Record<string, Point>>;
export type Handle = keyof typeof HANDLES;

/** The smallest box that can still be taken hold of. */
const LEAST = 1;

export const toScreen = ([x, y]: Point, place: Place): Point => [
  place.x + x * place.zoom,
  place.y + y * place.zoom,
];
export const toClip = ([x, y]: Point, place: Place): Point => [
  (x - place.x) / place.zoom,
  (y - place.y) / place.zoom,
];

export function isBox(geometry: Geometry): geometry is Box {
  return !('points' in geometry);
}

export function middleOf({ x, y, width, height }: Box): Point {
  return [x + width / 2, y + height / 2];
}

function turn([x, y]: Point, degrees: number): Point {
  const [sin, cos] = [Math.sin((degrees * Math.PI) / 180), Math.cos((degrees * Math.PI) / 180)];
  return [x * cos - y * sin, x * sin + y * cos];
}

/** A point seen from the middle of a box, along its sides. */
function seenFrom(box: Box, [x, y]: Point): Point {
  const [middleX, middleY] = middleOf(box);
  return turn([x - middleX, y - middleY], -box.angle);
}

/** The other way: `across` and `down` from the middle, along its sides. */
function placedIn(box: Box, local: Point): Point {
  const [middleX, middleY] = middleOf(box);
  const [x, y] = turn(local, box.angle);
  return [middleX + x, middleY + y];
}

export function handleAt(box: Box, handle: Handle): Point {
  const [across, down] = HANDLES[handle];
  return placedIn(box, [(across * box.width) / 2, (down * box.height) / 2]);
}

/** The handle that turns stands `reach` above the middle of the upper edge. */
export function turnHandleAt(box: Box, reach: number): Point {
  return placedIn(box, [0, -box.height / 2 - reach]);
}

export function cornersOf(box: Box): Point[] {
  return (['nw', 'ne', 'se', 'sw'] as const).map((handle) => handleAt(box, handle));
}

export interface Pull {
  /** The shape keeps its proportions, or turns in steps. */
  readonly even: boolean;
  /** The middle stays where it is. */
  readonly central: boolean;
}

/** A box drawn from one point to another. */
export function boxBetween([fromX, fromY]: Point, [toX, toY]: Point, { even, central }: Pull): Box {
  let [across, down] = [toX - fromX, toY - fromY];
  if (even) {
    const side = Math.max(Math.abs(across), Math.abs(down));
    [across, down] = [across < 0 ? -side : side, down < 0 ? -side : side];
  }
  const [width, height] = [Math.abs(across), Math.abs(down)];
  if (central) return { x: fromX - width, y: fromY - height, width: 2 * width, height: 2 * height, angle: 0 };
  return { x: Math.min(fromX, fromX + across), y: Math.min(fromY, fromY + down), width, height, angle: 0 };
}

/** A box whose handle is pulled to a point; the opposite side stays, or with `central` the middle. */
export function resized(box: Box, handle: Handle, to: Point, { even, central }: Pull): Box {
  const signs = HANDLES[handle];
  const half: Point = [box.width / 2, box.height / 2];
  const pulled = seenFrom(box, to);
  // How far the pulled side goes beyond where it was; a side that no handle moves stays.
  const size = [0, 1].map((axis) => {
    const sign = signs[axis]!;
    if (sign === 0) return 2 * half[axis]!;
    const side = sign * pulled[axis]!;
    return Math.max(LEAST, central ? 2 * side : side + half[axis]!);
  }) as unknown as Point;
  let [width, height] = size;
  if (even && signs[0] !== 0 && signs[1] !== 0) {
    const scale = Math.max(width / box.width, height / box.height);
    [width, height] = [box.width * scale, box.height * scale];
  }
  const shift: Point = central
    ? [0, 0]
    : [(signs[0] * (width - box.width)) / 2, (signs[1] * (height - box.height)) / 2];
  const [middleX, middleY] = placedIn(box, shift);
  return { x: middleX - width / 2, y: middleY - height / 2, width, height, angle: box.angle };
}

/** A box turned as the pointer goes around its middle; `even` turns in steps of 15 degrees. */
export function turned(box: Box, from: Point, to: Point, even: boolean): Box {
  const [middleX, middleY] = middleOf(box);
  const bearing = ([x, y]: Point) => (Math.atan2(y - middleY, x - middleX) * 180) / Math.PI;
  // The short way round, so that a drag across the left does not spin it.
  const by = ((bearing(to) - bearing(from) + 540) % 360) - 180;
  const angle = box.angle + by;
  return { ...box, angle: even ? Math.round(angle / 15) * 15 : angle };
}

export function moved(geometry: Geometry, across: number, down: number): Geometry {
  if (isBox(geometry)) return { ...geometry, x: geometry.x + across, y: geometry.y + down };
  return { points: geometry.points.map(([x, y]): Point => [x + across, y + down]) };
}

/** Wider and higher by so many pixels, around the middle. */
export function grown(geometry: Geometry, across: number, down: number): Geometry {
  if (isBox(geometry)) {
    const [width, height] = [
      Math.max(LEAST, geometry.width + across),
      Math.max(LEAST, geometry.height + down),
    ];
    const [x, y] = middleOf(geometry);
    return { ...geometry, x: x - width / 2, y: y - height / 2, width, height };
  }
  const { x, y, width, height } = boundsOf(geometry);
  const scale = (size: number, by: number) => (size > 0 ? Math.max(LEAST, size + by) / size : 1);
  const [scaleX, scaleY] = [scale(width, across), scale(height, down)];
  const [middleX, middleY] = [x + width / 2, y + height / 2];
  return {
    points: geometry.points.map(
      ([px, py]): Point => [middleX + (px - middleX) * scaleX, middleY + (py - middleY) * scaleY],
    ),
  };
}

/** The upright box around a shape. */
export function boundsOf(geometry: Geometry): Box {
  const points = isBox(geometry) ? cornersOf(geometry) : geometry.points;
  return boundsOfPoints(points);
}

export function boundsOfPoints(points: readonly Point[], margin = 0): Box {
  const xs = points.map(([x]) => x);
  const ys = points.map(([, y]) => y);
  const [left, top] = [Math.min(...xs) - margin, Math.min(...ys) - margin];
  return {
    x: left,
    y: top,
    width: Math.max(...xs) + margin - left,
    height: Math.max(...ys) + margin - top,
    angle: 0,
  };
}

export function isInside(kind: Shape['kind'], geometry: Geometry, point: Point): boolean {
  if (!isBox(geometry)) return isInPolygon(geometry.points, point);
  const [x, y] = seenFrom(geometry, point);
  const [across, down] = [x / (geometry.width / 2), y / (geometry.height / 2)];
  return kind === 'ellipse' ? across ** 2 + down ** 2 <= 1 : Math.abs(across) <= 1 && Math.abs(down) <= 1;
}

/** Whatever the outline goes around is inside, however often: as masks are filled. */
function isInPolygon(points: readonly Point[], [x, y]: Point): boolean {
  let winding = 0;
  points.forEach(([fromX, fromY], index) => {
    const [toX, toY] = points[(index + 1) % points.length]!;
    if (fromY > y === toY > y) return;
    if (x < fromX + ((y - fromY) / (toY - fromY)) * (toX - fromX)) winding += toY > fromY ? 1 : -1;
  });
  return winding !== 0;
}

/** The place on a way of points that is nearest to a point: the edge that begins at `index`, and how far along it. */
export function nearestOn(
  points: readonly Point[],
  [x, y]: Point,
  closed: boolean,
): { readonly index: number; readonly share: number; readonly distance: number } {
  let best = { index: 0, share: 0, distance: Number.POSITIVE_INFINITY };
  const edges = closed ? points.length : Math.max(1, points.length - 1);
  for (let index = 0; index < edges; index++) {
    const [fromX, fromY] = points[index]!;
    const [toX, toY] = points[(index + 1) % points.length]!;
    const [across, down] = [toX - fromX, toY - fromY];
    const length = across ** 2 + down ** 2;
    const along = length === 0 ? 0 : ((x - fromX) * across + (y - fromY) * down) / length;
    const share = Math.max(0, Math.min(1, along));
    const distance = Math.hypot(x - fromX - share * across, y - fromY - share * down);
    if (distance < best.distance) best = { index, share, distance };
  }
  return best;
}

/** Kept to a tenth of a pixel of the clip: finer is seen by nobody. */
const round = (value: number) => Math.round(value * 10) / 10;

export function roundedAll(points: readonly Point[]): Point[] {
  return points.map(([x, y]): Point => [round(x), round(y)]);
}

export function rounded(geometry: Geometry): Geometry {
  if (!isBox(geometry)) return { points: roundedAll(geometry.points) };
  const { x, y, width, height, angle } = geometry;
  return {
    x: round(x),
    y: round(y),
    width: Math.max(0.1, round(width)),
    height: Math.max(0.1, round(height)),
    angle: round(angle),
  };
}
