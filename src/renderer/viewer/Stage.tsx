/** The panes: one or two pictures with the same zoom and pan; wheel zooms at the cursor, dragging pans. */
import { type PointerEvent, type RefObject, useEffect, useRef, useState } from 'react';
import type { Take } from '../../common/project/document.ts';
import { setPainter } from '../store/painted.ts';
import { getDocument } from '../store/project.ts';
import { type Choice, getViewer, setViewer, useViewer } from '../store/viewer.ts';
import { panBy, placeOf, type Size, zoomAt } from './camera.ts';
import { MaskLayer } from './mask/MaskLayer.tsx';
import { Progressive } from './Progressive.tsx';
import { Player } from './player.ts';
import styles from './Stage.module.css';
import { takeFor } from './segments.ts';
import type { Picture } from './use-picture.ts';
import { WipeHandle } from './WipeHandle.tsx';

/** One notch of a common mouse wheel is 100 to 120 pixels. */
const WHEEL = 0.0015;

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

/** The take that a side shows at this frame; null for the clip. */
function takeOf({ shot, clipFrame }: Picture, choice: Choice): Take | null {
  const take = shot && takeFor(getDocument(), shot, choice);
  return take && clipFrame >= take.start && clipFrame < take.end ? take : null;
}

/** Where a running render shows in a comparison: never over the clip, nor over a take chosen by name. */
function sideOfRender(a: Choice, b: Choice): 'first' | 'second' | null {
  const fits = (choice: Choice) => choice === 'timeline' || choice === 'newest';
  return fits(b) ? 'second' : fits(a) ? 'first' : null;
}

export function Stage({ picture }: { readonly picture: Picture }) {
  const pane = useRef<HTMLDivElement>(null);
  const hosts = useRef<[HTMLDivElement | null, HTMLDivElement | null]>([null, null]);
  const paneSize = usePaneSize(pane);
  const { comparison, camera, wipe, onion, gain, peek, shown, shownSecond, a, b } = useViewer(
    ({ volume: _, muted: __, timecode: ___, pictures: ____, ...state }) => state,
  );

  useEffect(() => {
    const [first, second] = hosts.current;
    if (!first || !second) return;
    const player = new Player(first, second);
    setPainter(player);
    return () => {
      setPainter(null);
      player.dispose();
    };
  }, []);

  const size = picture.size;
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
      const y = event.clientY - box.top - box.height / 2;
      const factor = Math.exp(-event.deltaY * (event.deltaMode === 1 ? 20 : 1) * WHEEL);
      setViewer({
        camera: zoomAt(getViewer().camera, factor, { x, y }, latest.current.paneSize, latest.current.size),
      });
    };
    stage?.addEventListener('wheel', onWheel, { passive: false });
    return () => stage?.removeEventListener('wheel', onWheel);
  }, []);

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
  const comparing = comparison !== 'off';
  const second = comparing ? !peek : peek;
  const rendered = comparing ? sideOfRender(a, b) : 'first';
  return (
    <div
      className={styles.stage}
      data-comparison={comparison}
      data-shown-frame={shown ?? undefined}
      data-shown-second={shownSecond ?? undefined}
      data-pans={camera.zoom !== null || undefined}
      style={comparison === 'difference' && !peek ? { filter: `brightness(${gain})` } : undefined}
      onPointerDown={onPointerDown}
    >
      <div className={styles.pane} data-side="first" ref={pane}>
        <div className={styles.picture} data-picture="" style={style}>
          <div
            className={styles.videos}
            ref={(element) => {
              hosts.current[0] = element;
            }}
          />
          {rendered === 'first' ? <Progressive picture={picture} take={picture.take} side="first" /> : null}
        </div>
        {comparing && comparison !== 'difference' ? <span className={styles.name}>A</span> : null}
      </div>
      <div
        className={`${styles.pane} ${styles.second}`}
        data-side="second"
        hidden={!second}
        style={comparison === 'onion' ? { opacity: onion } : undefined}
      >
        <div
          className={styles.picture}
          style={{
            ...style,
            clipPath: comparison === 'wipe' ? `inset(0 0 0 ${wipe * 100}%)` : undefined,
          }}
        >
          <div
            className={styles.videos}
            ref={(element) => {
              hosts.current[1] = element;
            }}
          />
          {rendered === 'second' ? (
            <Progressive picture={picture} take={takeOf(picture, b)} side="second" />
          ) : null}
        </div>
        {comparing && comparison !== 'difference' ? (
          <span className={`${styles.name} ${styles.end}`}>B</span>
        ) : null}
      </div>
      <MaskLayer picture={picture} place={at} width={paneSize.width} />
      {comparison === 'wipe' && !peek ? <WipeHandle left={at.x} width={size.width * at.zoom} /> : null}
    </div>
  );
}
