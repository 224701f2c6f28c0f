/** Edits of a shot's mask: its parts, their key frames, strokes of the brush. Each changes only what it names. */
import { boxAt, polygonAt } from '../masks/keys.ts';
import {
  type BoxKey,
  isShape,
  type Mask,
  NEW_MASK,
  type Part,
  type Point,
  type PolygonKey,
  type Shape,
  type Stroke,
} from '../masks/mask.ts';
import type { ProjectDocument } from './document.ts';
import { refuse, shotIn } from './edits.ts';

const DOING = 'changing the mask';

/** What changes a mask in place. */
export type MaskEdit = (mask: Mask) => void;
/** Where a shape is, without the frame. */
export type Geometry = Omit<BoxKey, 'frame'> | Pick<PolygonKey, 'points'>;

/** A shot without a mask gets an empty one; one that has lost its last part has none. */
export function editMask(draft: ProjectDocument, shotId: string, edit: MaskEdit): void {
  const { guide } = shotIn(draft, shotId, DOING).settings;
  guide.mask ??= { ...NEW_MASK, parts: [] };
  edit(guide.mask);
  if (guide.mask.parts.length === 0) guide.mask = null;
}

export function partIn(mask: Mask, id: string): Part {
  return mask.parts.find((one) => one.id === id) ?? refuse(DOING, 'this part is not in the mask');
}

function shapeIn(mask: Mask, id: string): Shape {
  const one = partIn(mask, id);
  return isShape(one) ? one : refuse(DOING, 'this part has no key frames');
}

export function addPart(mask: Mask, part: Part): void {
  mask.parts.push(part);
}

export function removePart(mask: Mask, id: string): void {
  partIn(mask, id);
  mask.parts = mask.parts.filter((one) => one.id !== id);
}

/** Parts are applied in their order, so a later one covers those before it. */
export function orderPart(mask: Mask, id: string, by: -1 | 1): void {
  const at = mask.parts.indexOf(partIn(mask, id));
  const [part] = mask.parts.splice(at, 1);
  mask.parts.splice(Math.max(0, Math.min(mask.parts.length, at + by)), 0, part!);
}

/** Puts a shape somewhere at a frame: the key of that frame is changed, or one is made. */
export function putKey(mask: Mask, id: string, frame: number, geometry: Geometry): void {
  const keys: { frame: number }[] = shapeIn(mask, id).keys;
  const key = { frame, ...geometry };
  const at = keys.findIndex((one) => one.frame >= frame);
  if (at === -1) keys.push(key);
  else keys.splice(at, keys[at]!.frame === frame ? 1 : 0, key);
}

/** Holds a shape where it is at a frame. */
export function holdKey(mask: Mask, id: string, frame: number): void {
  putKey(mask, id, frame, geometryAt(shapeIn(mask, id), frame));
}

/** A box as it lies, or the corners, between the key frames too. */
export function geometryAt(shape: Shape, frame: number): Geometry {
  if (shape.kind !== 'polygon') return boxAt(shape.keys, frame);
  return { points: polygonAt(shape.keys, frame).map(([x, y]): Point => [x, y]) };
}

/** Takes what a part has at a frame: its key, or what was painted there. A part that has nothing else goes. */
export function removeKey(mask: Mask, id: string, frame: number): void {
  const one = partIn(mask, id);
  const frames = framesOf(one);
  if (!frames.includes(frame)) refuse(DOING, 'there is no key frame here');
  if (frames.length === 1) removePart(mask, id);
  else dropFrame(one, frame);
}

/** Moves what parts have at a frame to another frame, in place of what they have there. */
export function moveKeys(mask: Mask, ids: readonly string[], from: number, to: number): void {
  if (from === to) return;
  for (const id of ids) {
    const one = partIn(mask, id);
    if (!framesOf(one).includes(from)) continue;
    if (isShape(one)) {
      const { frame: _, ...geometry } = one.keys.find((key) => key.frame === from)!;
      putKey(mask, id, to, geometry);
      dropFrame(one, from);
    } else if (one.kind === 'brush') {
      dropFrame(one, to);
      for (const stroke of one.strokes) if (stroke.frame === from) stroke.frame = to;
    }
  }
}

function dropFrame(part: Part, frame: number): void {
  if (part.kind === 'brush') part.strokes = part.strokes.filter((one) => one.frame !== frame);
  else if (part.kind === 'polygon') part.keys = part.keys.filter((key) => key.frame !== frame);
  else if (isShape(part)) part.keys = part.keys.filter((key) => key.frame !== frame);
}

/** Puts a corner into the edge that begins at `index`, `share` of the way along it, at every key frame alike. */
export function insertCorner(mask: Mask, id: string, index: number, share: number): void {
  const shape = shapeIn(mask, id);
  if (shape.kind !== 'polygon') refuse(DOING, 'only a polygon has corners');
  for (const { points } of shape.keys) {
    const at = Math.min(index, points.length - 1);
    const [[x, y], [nextX, nextY]] = [points[at]!, points[(at + 1) % points.length]!];
    points.splice(at + 1, 0, [x + (nextX - x) * share, y + (nextY - y) * share]);
  }
}

/** Takes a corner away at every key frame. */
export function removeCorner(mask: Mask, id: string, index: number): void {
  const shape = shapeIn(mask, id);
  if (shape.kind !== 'polygon') refuse(DOING, 'only a polygon has corners');
  if (shape.keys.some(({ points }) => points.length <= 3)) {
    refuse(
      'removing a corner',
      'a polygon keeps three corners',
      'Remove the whole polygon in the inspector.',
    );
  }
  for (const { points } of shape.keys) points.splice(Math.min(index, points.length - 1), 1);
}

/** Paints, or erases, with a part of the mask that is a brush. */
export function addStroke(mask: Mask, id: string, stroke: Stroke): void {
  const one = partIn(mask, id);
  if (one.kind !== 'brush') refuse(DOING, 'this part is not painted');
  one.strokes.push(stroke);
}

/** Moves what was painted on a frame. */
export function moveStrokes(mask: Mask, id: string, frame: number, across: number, down: number): void {
  const one = partIn(mask, id);
  if (one.kind !== 'brush') refuse(DOING, 'this part is not painted');
  const strokes = one.strokes.filter((stroke) => stroke.frame === frame);
  if (strokes.length === 0)
    refuse(DOING, 'nothing is painted on this frame', 'Paint here, or go to a key frame.');
  for (const stroke of strokes)
    stroke.points = stroke.points.map(([x, y]): Point => [round(x + across), round(y + down)]);
}

const round = (value: number) => Math.round(value * 10) / 10;

/** Frames at which a part was put or painted, ascending. */
export function framesOf(part: Part): number[] {
  if (isShape(part)) return part.keys.map(({ frame }) => frame);
  if (part.kind !== 'brush') return [];
  return [...new Set(part.strokes.map(({ frame }) => frame))].sort((a, b) => a - b);
}

/** The same of all parts, or of one. */
export function keyFramesOf(mask: Mask | null, id: string | null = null): number[] {
  const parts = mask?.parts.filter((one) => id === null || one.id === id) ?? [];
  return [...new Set(parts.flatMap(framesOf))].sort((a, b) => a - b);
}

const KINDS: Readonly<Record<Part['kind'], string>> = {
  rectangle: 'Rectangle',
  ellipse: 'Ellipse',
  polygon: 'Polygon',
  brush: 'Brush',
  matte: 'Matte',
  segmenter: 'Segmenter',
};

/** "Rectangle 2": its kind, numbered where there are several. */
export function partName(mask: Mask, part: Part): string {
  const alike = mask.parts.filter(({ kind }) => kind === part.kind);
  const name = KINDS[part.kind];
  return alike.length < 2 ? name : `${name} ${alike.findIndex(({ id }) => id === part.id) + 1}`;
}
