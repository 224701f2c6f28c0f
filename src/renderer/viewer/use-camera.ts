/** Zoom and pan of panes that all show the same part of their pictures: the wheel zooms at the cursor, dragging pans. */
import { type CSSProperties, type PointerEvent, type RefObject, useEffect, useRef, useState } from 'react';
import { getViewer, setViewer, useViewer } from '../store/viewer.ts';
import { panBy, placeOf, type Size, zoomAt } from './camera.ts';

/** One notch of a common mouse wheel is 100 to 120 pixels. */
const WHEEL = 0.0015;

export interface CameraHands {
  /** CSS pixels. */
  readonly paneSize: Size;
  /** Left and top edge of the picture within a pane. */
  readonly at: ReturnType<typeof placeOf>;
  /** Of a picture in any of the panes. */
  readonly style: CSSProperties;
  /** Of the element that holds the panes. */
  onPointerDown(event: PointerEvent<HTMLElement>): void;
}

function usePaneSize(pane: RefObject<HTMLElement | null>): Size {
  const [size, setSize] = useState<Size>({ width: 1, height: 1 });
  useEffect(() => {
    if (!pane.current) return;
    const observer = new ResizeObserver(([entry]) => {
      if (entry) setSize({ width: entry.contentRect.width, height: entry.contentRect.height });
    });
    observer.observe(pane.current);
    return () => observer.disconnect();
  }, [pane]);
  return size;
}

/** @param pane the first of panes of one size, side by side in the element that holds them */
export function useCamera(pane: RefObject<HTMLElement | null>, size: Size): CameraHands {
  const paneSize = usePaneSize(pane);
  const camera = useViewer((state) => state.camera);
  const latest = useRef({ paneSize, size });
  latest.current = { paneSize, size };
  useEffect(() => {
    const stage = pane.current?.parentElement;
    // React listens passively, and a wheel that zooms must not scroll as well.
    const onWheel = (event: WheelEvent) => {
      const box = pane.current?.getBoundingClientRect();
      if (!box) return;
      event.preventDefault();
      const x = ((event.clientX - box.left) % box.width) - box.width / 2;
      const y = ((event.clientY - box.top) % box.height) - box.height / 2;
      const factor = Math.exp(-event.deltaY * (event.deltaMode === 1 ? 20 : 1) * WHEEL);
      setViewer({
        camera: zoomAt(getViewer().camera, factor, { x, y }, latest.current.paneSize, latest.current.size),
      });
    };
    stage?.addEventListener('wheel', onWheel, { passive: false });
    return () => stage?.removeEventListener('wheel', onWheel);
  }, [pane]);

  const onPointerDown = (event: PointerEvent<HTMLElement>) => {
    if (event.button > 1 || getViewer().camera.zoom === null) return;
    const stage = event.currentTarget;
    const { pointerId } = event;
    let { clientX, clientY } = event;
    stage.setPointerCapture(pointerId);
    const move = (moved: globalThis.PointerEvent) => {
      const { paneSize, size } = latest.current;
      const { camera } = getViewer();
      setViewer({ camera: panBy(camera, moved.clientX - clientX, moved.clientY - clientY, paneSize, size) });
      clientX = moved.clientX;
      clientY = moved.clientY;
    };
    const over = new AbortController();
    stage.addEventListener('pointermove', move, { signal: over.signal });
    for (const end of ['pointerup', 'pointercancel'])
      stage.addEventListener(end, () => over.abort(), { signal: over.signal });
  };

  const at = placeOf(camera, paneSize, size);
  const style = {
    width: size.width,
    height: size.height,
    transform: `translate(${at.x}px, ${at.y}px) scale(${at.zoom})`,
    imageRendering:
      camera.zoom !== null && at.zoom * devicePixelRatio >= 3 ? ('pixelated' as const) : undefined,
  };
  return { paneSize, at, style, onPointerDown };
}
