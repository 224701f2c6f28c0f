/** The pointer on the picture while a mask tool is in hand. */
import type { Point } from '../../../common/masks/mask.ts';
import { closePolygon } from '../../actions/mask.ts';
import { brushRadius, getMasked, type Masked } from '../../actions/masked.ts';
import { getMasking, setMasking, takePart } from '../../store/masking.ts';
import { tellError } from '../../store/notices.ts';
import { dragHit, drawBox, drawStroke, type MaskDrag } from './drags.ts';
import { type Place, toClip } from './geometry.ts';
import { cursorOf, hitMask } from './hit.ts';

/** Pixels of the screen that a press may wander before it is a drag. */
const SLACK = 3;
/** Pixels of the screen around the first corner within which a press closes a polygon. */
const CLOSING = 10;

export interface Surface {
  readonly element: HTMLElement;
  /** Where the picture lies in the element. */
  place(): Place;
  /** The pointer is here, in pixels of the element; null where it left. */
  onHover(point: Point | null): void;
}

/** Starts listening; returns what stops it. */
export function listenToMaskPointer({ element, place, onHover }: Surface): () => void {
  let drag: MaskDrag | null = null;
  let pressed: Point | null = null;
  let moving = false;

  const at = (event: MouseEvent): Point => {
    const box = element.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  const follow = (event: PointerEvent | MouseEvent) => {
    try {
      drag?.move(toClip(at(event), place()), { even: event.shiftKey, central: event.altKey });
    } catch (error) {
      stop('cancel');
      tellError(error);
    }
  };
  const stop = (how: 'end' | 'cancel') => {
    const ended = drag;
    drag = null;
    pressed = null;
    if (ended) setMasking({ dragging: false });
    if (ended && (moving || how === 'cancel')) ended[how]();
    moving = false;
  };

  const onDown = (event: PointerEvent) => {
    const here = getMasked();
    // The wheel's button pans the picture, whatever is in hand.
    if (event.button !== 0 || !here) return;
    const screen = at(event);
    const point = toClip(screen, place());
    try {
      const begun = begin(here, point, place().zoom);
      // Beside all parts the picture is panned.
      if (begun === 'nothing') return;
      event.stopPropagation();
      event.preventDefault();
      if (begun === 'done') return;
      element.setPointerCapture(event.pointerId);
      drag = begun;
      pressed = screen;
      moving = drag.atOnce;
      setMasking({ dragging: true });
      if (moving) follow(event);
    } catch (error) {
      tellError(error);
    }
  };
  const onMove = (event: PointerEvent) => {
    const screen = at(event);
    onHover(screen);
    if (!drag || !pressed) {
      element.style.cursor = cursorAt(toClip(screen, place()), place().zoom);
      return;
    }
    if (!moving && Math.hypot(screen[0] - pressed[0], screen[1] - pressed[1]) < SLACK) return;
    moving = true;
    // Where the pointer moved faster than the screen, its way is known all the same.
    for (const one of event.getCoalescedEvents?.() ?? []) follow(one);
    follow(event);
  };
  const onUp = (event: PointerEvent) => {
    // Where it was let go, should no move have said so.
    if (moving) follow(event);
    stop('end');
  };
  const onCancel = () => stop('cancel');
  const onLeave = () => onHover(null);
  const onKey = (event: KeyboardEvent) => {
    if (event.key !== 'Escape' || !drag) return;
    event.preventDefault();
    event.stopPropagation();
    stop('cancel');
  };

  const listening = new AbortController();
  const { signal } = listening;
  element.addEventListener('pointerdown', onDown, { signal });
  element.addEventListener('pointermove', onMove, { signal });
  element.addEventListener('pointerup', onUp, { signal });
  element.addEventListener('pointercancel', onCancel, { signal });
  element.addEventListener('pointerleave', onLeave, { signal });
  window.addEventListener('keydown', onKey, { signal, capture: true });
  return () => {
    stop('cancel');
    listening.abort();
  };
}

/** What a press begins: a drag, something that is done with it, or nothing. */
function begin(here: Masked, point: Point, zoom: number): MaskDrag | 'done' | 'nothing' {
  const { tool, part } = getMasking();
  switch (tool) {
    case 'rectangle':
    case 'ellipse':
      return drawBox(here, tool, point);
    case 'brush':
    case 'eraser':
      return drawStroke(here, brushRadius(here.clip));
    case 'polygon':
      addCorner(here, point, zoom);
      return 'done';
    default: {
      const hit = here.mask && hitMask(here.mask, part, here.frame, point, zoom);
      if (!hit) {
        takePart(null);
        return 'nothing';
      }
      return dragHit(here, hit, point) ?? 'done';
    }
  }
}

/** A press on the first corner closes the polygon. */
function addCorner({ shot }: Masked, [x, y]: Point, zoom: number): void {
  const { corners } = getMasking();
  const points = corners?.shotId === shot.id ? corners.points : [];
  const [first] = points;
  const closes = points.length >= 3 && first && Math.hypot(first[0] - x, first[1] - y) * zoom <= CLOSING;
  if (closes) closePolygon();
  else {
    const corner: Point = [Math.round(x * 10) / 10, Math.round(y * 10) / 10];
    setMasking({ corners: { shotId: shot.id, points: [...points, corner] } });
  }
}

function cursorAt(point: Point, zoom: number): string {
  const { tool, part } = getMasking();
  if (tool !== 'select') return tool === 'brush' || tool === 'eraser' ? 'none' : 'crosshair';
  const here = getMasked();
  return cursorOf(here?.mask ? hitMask(here.mask, part, here.frame, point, zoom) : null);
}
