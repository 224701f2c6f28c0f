/** Pointer and wheel on the timeline's canvas. */
import { coverageNote } from '../../common/project/coverage.ts';
import { showTake } from '../../common/project/edits-takes.ts';
import { isShot, shotOf, timelineFrameOf } from '../../common/project/positions.ts';
import { getPlaced, lengthOfPlaced } from '../store/current.ts';
import { tellError } from '../store/notices.ts';
import { change } from '../store/project.ts';
import { rateNote } from '../store/rates.ts';
import { getView, seek, select, setView, takeMarker } from '../store/view.ts';
import { scrollBy, zoomAt } from '../store/zoom.ts';
import { dragMarker } from './drag-marker.ts';
import { dragMaskKey } from './drag-mask-key.ts';
import { dragRoll, dragSlip } from './drag-slip.ts';
import { type Drag, dragAnchor, dragEdge, dragItem, dragOverview, pan, scrub } from './drags.ts';
import { hitTest } from './hit.ts';
import { restingNote } from './labels.ts';
import { type DragMark, frameAt, type Hit, type Scene, xOf } from './scene.ts';

/** Pixels a press may wander before it becomes a drag of a shot. */
const SLACK = 4;

export interface PointerState {
  hover: Hit | null;
  mark: DragMark | null;
}

export interface Surface {
  readonly canvas: HTMLCanvasElement;
  scene(): Scene;
  /** Something that only the pointer changed must be drawn. */
  redraw(): void;
}

const CURSORS: Readonly<Record<Hit['kind'], string>> = {
  ruler: 'default',
  overview: 'grab',
  empty: 'default',
  marker: 'ew-resize',
  anchor: 'ew-resize',
  'mask-key': 'ew-resize',
  edge: 'e-resize',
  take: 'pointer',
  item: 'default',
};

/** Starts listening; `state` tells the drawing what is hovered and dragged. Returns what stops it. */
export function listenToPointer(surface: Surface, state: PointerState): () => void {
  const { canvas } = surface;
  let drag: Drag | null = null;
  let pending: { readonly x: number; readonly itemId: string } | null = null;

  const at = (event: MouseEvent) => {
    const box = canvas.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  const follow = (x: number, y: number) => {
    try {
      state.mark = drag?.move(x, y) ?? null;
    } catch (error) {
      stop('cancel');
      tellError(error);
    }
    surface.redraw();
  };
  const stop = (how: 'end' | 'cancel') => {
    const ended = drag;
    drag = null;
    pending = null;
    state.mark = null;
    canvas.style.cursor = '';
    ended?.[how]();
    surface.redraw();
  };

  const onDown = (event: PointerEvent) => {
    if (event.button > 1) return;
    const { x, y } = at(event);
    const scene = surface.scene();
    canvas.setPointerCapture(event.pointerId);
    event.preventDefault();
    if (event.button === 1) drag = pan(scene, x);
    else {
      const hit = hitTest(scene, x, y);
      const { tool } = scene.view;
      const cut = rollsAt(scene, hit, x, event);
      if (cut !== null) drag = dragRoll(scene, cut, x);
      else if (tool === 'slip' && (hit.kind === 'item' || hit.kind === 'edge')) {
        press(hit.itemId, frameAt(scene.view, x), event);
        drag = dragSlip(surface.scene(), hit.itemId, x);
      } else if (hit.kind === 'item') {
        pending = { x, itemId: hit.itemId };
        press(hit.itemId, frameAt(scene.view, x), event);
      } else drag = begin(scene, hit, x);
    }
    if (drag) {
      canvas.style.cursor = drag.cursor;
      follow(x, y);
    }
  };
  const onMove = (event: PointerEvent) => {
    const { x, y } = at(event);
    if (pending && Math.abs(x - pending.x) > SLACK) {
      drag = dragItem(surface.scene(), pending.itemId);
      canvas.style.cursor = drag.cursor;
      pending = null;
    }
    if (drag) return follow(x, y);
    const hit = hitTest(surface.scene(), x, y);
    canvas.style.cursor = cursorOf(surface.scene(), hit, x, event);
    if (JSON.stringify(hit) === JSON.stringify(state.hover)) return;
    canvas.title = titleOf(surface.scene(), hit);
    state.hover = hit;
    surface.redraw();
  };
  const onDouble = (event: MouseEvent) => {
    const { x, y } = at(event);
    const hit = hitTest(surface.scene(), x, y);
    if (hit.kind === 'marker') takeMarker(hit.id, true);
  };
  const onUp = () => stop('end');
  const onCancel = () => stop('cancel');
  const onLeave = () => {
    state.hover = null;
    surface.redraw();
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.key !== 'Escape' || !drag) return;
    event.preventDefault();
    event.stopPropagation();
    stop('cancel');
  };
  const onWheel = (event: WheelEvent) => {
    event.preventDefault();
    const view = getView();
    const frames = lengthOfPlaced(getPlaced());
    const step = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 32 : 1;
    if (event.ctrlKey || event.metaKey) {
      // A notch of a wheel is 100 or 120; a pinch sends many small steps.
      const factor = Math.exp(-Math.max(-120, Math.min(120, event.deltaY * step)) * 0.0035);
      setView(zoomAt(view, at(event).x, factor, frames));
    } else {
      const sideways = Math.abs(event.deltaX) > Math.abs(event.deltaY) ? event.deltaX : event.deltaY;
      setView(scrollBy(view, sideways * step, frames));
    }
  };

  // The menu acts on what it was asked over; a choice of several stays.
  const onMenu = (event: MouseEvent) => {
    const { x, y } = at(event);
    const current = surface.scene();
    const hit = hitTest(current, x, y);
    if (hit.kind === 'anchor' || hit.kind === 'mask-key' || hit.kind === 'marker') begin(current, hit, x);
    else if ('itemId' in hit && !getView().selection.includes(hit.itemId)) select([hit.itemId]);
    if (hit.kind === 'item' && getView().selection.length < 2) seek(frameAt(current.view, x));
  };

  const listening = new AbortController();
  const { signal } = listening;
  canvas.addEventListener('pointerdown', onDown, { signal });
  canvas.addEventListener('pointermove', onMove, { signal });
  canvas.addEventListener('dblclick', onDouble, { signal });
  canvas.addEventListener('pointerup', onUp, { signal });
  canvas.addEventListener('pointercancel', onCancel, { signal });
  canvas.addEventListener('pointerleave', onLeave, { signal });
  canvas.addEventListener('contextmenu', onMenu, { signal });
  canvas.addEventListener('wheel', onWheel, { signal, passive: false });
  window.addEventListener('keydown', onKey, { signal, capture: true });
  return () => {
    if (drag) stop('cancel');
    listening.abort();
  };
}

/** Item before the cut that a press rolls: with its tool the nearest one, with Ctrl (Cmd) the one that is grabbed. */
function rollsAt(
  { placed, view }: Scene,
  hit: Hit,
  x: number,
  { ctrlKey, metaKey }: Pick<MouseEvent, 'ctrlKey' | 'metaKey'>,
): string | null {
  const grabbed = hit.kind === 'edge' ? hit : null;
  if (view.tool !== 'roll' && !(grabbed && (ctrlKey || metaKey))) return null;
  if (hit.kind !== 'item' && !grabbed) return null;
  const index = placed.findIndex(({ item }) => item.id === (grabbed ?? (hit as { itemId: string })).itemId);
  const one = placed[index];
  if (!one) return null;
  const atStart = grabbed ? grabbed.edge === 'start' : x < xOf(view, (one.from + one.to) / 2);
  const left = atStart ? index - 1 : index;
  return placed[left + 1] ? (placed[left]?.item.id ?? null) : null;
}

function cursorOf(scene: Scene, hit: Hit, x: number, event: MouseEvent): string {
  if (rollsAt(scene, hit, x, event) !== null) return 'col-resize';
  if (scene.view.tool === 'slip' && 'itemId' in hit) return 'ew-resize';
  return CURSORS[hit.kind];
}

/** What a mark means where that is not plain; of a shot what its picture does not say; empty for nothing. */
function titleOf({ document, followsSeveral }: Scene, hit: Hit): string {
  if (hit.kind === 'anchor') {
    const shot = shotOf(document, hit.shotId);
    return (shot && restingNote(shot, hit.frame, followsSeveral(shot))) ?? '';
  }
  if (hit.kind === 'take') {
    const [take, shot] = [document.takes[hit.takeId], shotOf(document, hit.shotId)];
    const part = take && shot && coverageNote(take, shot);
    return part ? `${take.name}: ${part}, the clip is seen around it` : (take?.name ?? '');
  }
  const shot = hit.kind === 'item' ? shotOf(document, hit.itemId) : null;
  const mixed = shot && rateNote(document, shot.clipId);
  return shot && mixed ? `${shot.name}: ${mixed}` : '';
}

function begin(scene: Scene, hit: Exclude<Hit, { kind: 'item' }>, x: number): Drag | null {
  switch (hit.kind) {
    case 'marker': {
      const marker = scene.document.markers.find(({ id }) => id === hit.id);
      takeMarker(hit.id);
      if (marker) seek(marker.frame);
      return dragMarker(scene, hit.id);
    }
    case 'anchor': {
      const placed = scene.placed.find((one) => one.item.id === hit.shotId);
      select([hit.shotId], { shotId: hit.shotId, frame: hit.frame });
      if (placed?.item.kind === 'shot') {
        seek(timelineFrameOf({ ...placed, item: placed.item }, hit.frame));
      }
      return dragAnchor(scene, hit.shotId, hit.frame);
    }
    case 'mask-key': {
      const shot = scene.placed.find((one) => one.item.id === hit.shotId);
      select([hit.shotId], null, { shotId: hit.shotId, frame: hit.frame });
      if (isShot(shot)) seek(timelineFrameOf(shot, hit.frame));
      return dragMaskKey(scene, hit.shotId, hit.frame);
    }
    case 'edge':
      select([hit.itemId]);
      return dragEdge(scene, hit.itemId, hit.edge, x);
    case 'take': {
      const document = scene.document;
      const shot = scene.placed.find((one) => one.item.id === hit.shotId)?.item;
      const shown = shot?.kind === 'shot' && shot.takeId === hit.takeId ? null : hit.takeId;
      select([hit.shotId]);
      change({
        name: shown ? `Show ${document.takes[shown]?.name ?? 'take'}` : 'Show the clip',
        edit: (draft) => showTake(draft, hit.shotId, shown),
      });
      return null;
    }
    case 'overview':
      return dragOverview(scene, x);
    case 'empty':
      select([]);
      return scrub(scene);
    case 'ruler':
      return scrub(scene);
  }
}

/** Click takes in hand and shows the frame; Ctrl adds or takes away, Shift reaches from the last one. */
function press(itemId: string, frame: number, event: PointerEvent): void {
  const { selection } = getView();
  if (event.ctrlKey || event.metaKey) {
    select(selection.includes(itemId) ? selection.filter((id) => id !== itemId) : [...selection, itemId]);
    return;
  }
  if (event.shiftKey) {
    const placed = getPlaced();
    const index = (id: string | undefined) => placed.findIndex((one) => one.item.id === id);
    const here = index(itemId);
    const there = Math.max(0, index(selection.at(-1)));
    const between = placed.slice(Math.min(here, there), Math.max(here, there) + 1).map(({ item }) => item.id);
    select(here >= there ? between : between.reverse());
    return;
  }
  setView({ shuttle: 0 });
  select([itemId]);
  seek(frame);
}
