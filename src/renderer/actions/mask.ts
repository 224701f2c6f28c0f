/** Masks by keys and buttons: the tools, shapes put into the middle, what is in hand removed. */
import type { BoxKey, Part, Point } from '../../common/masks/mask.ts';
import { refuse } from '../../common/project/edits.ts';
import { addStroke, removeCorner, removePart } from '../../common/project/edits-mask.ts';
import { getMasking, setMasking, type Tool, takePart } from '../store/masking.ts';
import { endGesture, newId } from '../store/project.ts';
import { getView, setView } from '../store/view.ts';
import type { Command } from './command.ts';
import {
  brushRadius,
  changeMask,
  getMasked,
  type Masked,
  maskedOrRefuse,
  nameOfPart,
  partInHand,
  putPart,
} from './masked.ts';

const DOING = 'drawing a mask';
/** How much larger ] makes the brush. */
const LARGER = 1.2;

/** Takes a tool in hand, and lets go of the one that is. */
export function takeTool(tool: Tool | null): void {
  if (tool !== null) maskedOrRefuse(DOING);
  setMasking({ tool, corners: null });
  // What is drawn is to be seen, and a picture that moves cannot be drawn on.
  if (tool !== null) setView({ shuttle: 0 });
  if (tool !== null && getMasking().overlay === 'off') setMasking({ overlay: 'mask' });
}

/** The same tool again lays it down. */
function toggle(tool: Tool): void {
  takeTool(getMasking().tool === tool ? null : tool);
}

/** Makes a part of the polygon that is being drawn. */
export function closePolygon(): void {
  const { corners } = getMasking();
  const here = maskedOrRefuse(DOING);
  if (!corners || corners.shotId !== here.shot.id) return;
  if (corners.points.length < 3) refuse('closing the polygon', 'it has fewer than three corners');
  setMasking({ corners: null });
  addShape(here, {
    id: newId(),
    mode: getMasking().mode,
    kind: 'polygon',
    keys: [{ frame: here.frame, points: corners.points.map(([x, y]): Point => [x, y]) }],
  });
}

/** Adds a part, takes it in hand and the tool for changing it. */
function addShape({ shot, clip }: Masked, part: Part): void {
  changeMask(shot.id, `Add ${part.kind} to the mask`, (mask) => putPart(mask, part, clip));
  takePart(part.id);
  setMasking({ tool: 'select' });
}

function middleBox({ clip, frame }: Masked): BoxKey {
  const [width, height] = [Math.round(clip.width / 3), Math.round(clip.height / 3)];
  const [x, y] = [(clip.width - width) / 2, (clip.height - height) / 2];
  return { frame, x, y, width, height, angle: 0 };
}

/** What the tool in hand draws, in the middle of the picture. */
export function addInMiddle(): void {
  addThere();
  // Its place was not pointed at: it is brought where it belongs by keys, or by the pointer as well.
  setMasking({ focus: getMasking().part });
}

function addThere(): void {
  const here = maskedOrRefuse(DOING);
  const { tool, mode } = getMasking();
  const box = middleBox(here);
  const [left, top, right, bottom] = [box.x, box.y, box.x + box.width, box.y + box.height];
  const shared = { id: newId(), mode };
  if (tool === 'rectangle' || tool === 'ellipse') addShape(here, { ...shared, kind: tool, keys: [box] });
  else if (tool === 'polygon') {
    const middle = (left + right) / 2;
    const points: Point[] = [
      [middle, top],
      [right, (top + bottom) / 2],
      [middle, bottom],
      [left, (top + bottom) / 2],
    ];
    addShape(here, { ...shared, kind: 'polygon', keys: [{ frame: here.frame, points }] });
  } else if (tool === 'brush' || tool === 'eraser') {
    paint(here, [[here.clip.width / 2, here.clip.height / 2]], newId());
    endGesture();
  } else refuse(DOING, 'no tool is in hand that adds something');
}

/**
 * Paints or erases, with the part in hand if it is painted, else with the last one that is, else with a new one.
 *
 * @param gesture changes with the same one state the whole stroke
 */
export function paint({ shot, clip, frame, mask }: Masked, points: readonly Point[], gesture: string): void {
  const { tool, mode } = getMasking();
  const held = partInHand(mask);
  const brush = held?.kind === 'brush' ? held : mask?.parts.findLast((one) => one.kind === 'brush');
  if (!brush && tool === 'eraser') refuse('erasing', 'nothing is painted yet', 'Take the brush first.');
  const way = tool === 'eraser' ? 'erase' : 'paint';
  const stroke = {
    frame,
    mode: way,
    radius: brushRadius(clip),
    points: points.map(([x, y]): Point => [x, y]),
  } as const;
  // The first change of a gesture made it: each of those that follow starts over from before it.
  const id = brush?.id ?? gesture;
  const isNew = !brush || id === gesture;
  changeMask(
    shot.id,
    way === 'paint' ? 'Paint the mask' : 'Erase from the mask',
    (draft) => {
      if (isNew) putPart(draft, { id, mode, kind: 'brush', strokes: [stroke] }, clip);
      else addStroke(draft, id, stroke);
    },
    gesture,
  );
  takePart(id);
}

/** Removes the last corner drawn, else the corner in hand, else the part in hand. */
function removeInHand(): void {
  const { corners, corner } = getMasking();
  if (corners) {
    const points = corners.points.slice(0, -1);
    setMasking({ corners: points.length > 0 ? { ...corners, points } : null });
    return;
  }
  const { shot, mask } = maskedOrRefuse(DOING);
  const part = partInHand(mask);
  if (!part) refuse('removing', 'no part of the mask is in hand', 'Press Escape to leave the mask tools.');
  if (part.kind === 'polygon' && corner !== null) {
    changeMask(shot.id, 'Remove corner of the mask', (draft) => removeCorner(draft, part.id, corner));
    // The one before it is next, so that a second press does not take the whole polygon.
    setMasking({ corner: Math.max(0, corner - 1) });
    return;
  }
  changeMask(shot.id, `Remove ${nameOfPart(mask, part)}`, (draft) => removePart(draft, part.id));
  takePart(null);
}

function leave(): void {
  if (getMasking().corners) setMasking({ corners: null });
  else setMasking({ tool: null, part: null, corner: null });
}

function resize(factor: number): void {
  const here = getMasked();
  if (!here) return;
  const most = Math.max(here.clip.width, here.clip.height);
  const radius = brushRadius(here.clip);
  // At least a pixel, so that a small brush grows too.
  const step = factor > 1 ? Math.max(radius + 1, radius * factor) : Math.min(radius - 1, radius * factor);
  setMasking({ radius: Math.round(Math.max(1, Math.min(most, step))) });
}

const isDrawing = () => getMasking().tool !== null;
const isPainting = () => getMasking().tool === 'brush' || getMasking().tool === 'eraser';
/** Not while something of the timeline is in hand. */
const isPartInHand = () => isDrawing() && getView().anchor === null && getView().maskKey === null;

const tool = (id: Tool, name: string, keys: string[]): Command => ({
  id: `mask.${id}`,
  name,
  group: 'Mask',
  keys,
  run: () => toggle(id),
});

export const maskCommands: readonly Command[] = [
  tool('select', 'Change the mask', ['e']),
  tool('rectangle', 'Mask with a rectangle', ['r']),
  tool('ellipse', 'Mask with an ellipse', ['Shift+r']),
  tool('polygon', 'Mask with a polygon', ['p']),
  tool('brush', 'Paint the mask', ['b']),
  tool('eraser', 'Erase from the mask', ['Shift+b']),
  {
    id: 'mask.add',
    name: 'Close the polygon, or add in the middle',
    group: 'Mask',
    keys: ['Enter'],
    when: isDrawing,
    run: () => (getMasking().corners ? closePolygon() : addInMiddle()),
  },
  {
    id: 'mask.smaller',
    name: 'Smaller brush',
    group: 'Mask',
    keys: ['BracketLeft'],
    repeats: true,
    when: isPainting,
    run: () => resize(1 / LARGER),
  },
  {
    id: 'mask.larger',
    name: 'Larger brush',
    group: 'Mask',
    keys: ['BracketRight'],
    repeats: true,
    when: isPainting,
    run: () => resize(LARGER),
  },
  {
    id: 'mask.remove',
    name: 'Remove the part in hand',
    group: 'Mask',
    keys: ['Delete', 'Backspace'],
    when: isPartInHand,
    run: removeInHand,
  },
  {
    id: 'mask.leave',
    name: 'Leave the mask tools',
    group: 'Mask',
    keys: ['Escape'],
    when: isDrawing,
    run: leave,
  },
  {
    id: 'mask.overlay',
    name: 'Show the mask on the picture',
    group: 'Mask',
    keys: ['h'],
    run: () => setMasking({ overlay: getMasking().overlay === 'off' ? 'mask' : 'off' }),
  },
];
