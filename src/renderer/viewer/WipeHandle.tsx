/** The line between A and B of a wipe: drag it, or move it with the arrow keys. */
import type { KeyboardEvent, PointerEvent } from 'react';
import { getViewer, setViewer, useViewer } from '../store/viewer.ts';
import styles from './WipeHandle.module.css';

interface Props {
  /** Left edge and width of the picture in pixels of the pane. */
  readonly left: number;
  readonly width: number;
}

const clamp = (value: number) => Math.max(0, Math.min(1, value));

export function WipeHandle({ left, width }: Props) {
  const wipe = useViewer((state) => state.wipe);

  const onPointerDown = (event: PointerEvent<HTMLDivElement>) => {
    event.stopPropagation();
    const handle = event.currentTarget;
    handle.setPointerCapture(event.pointerId);
    const stage = handle.parentElement!.getBoundingClientRect();
    const over = new AbortController();
    const move = (moved: globalThis.PointerEvent) =>
      setViewer({ wipe: clamp((moved.clientX - stage.left - left) / width) });
    handle.addEventListener('pointermove', move, { signal: over.signal });
    for (const end of ['pointerup', 'pointercancel'])
      handle.addEventListener(end, () => over.abort(), { signal: over.signal });
  };

  const onKeyDown = (event: KeyboardEvent) => {
    const step = event.shiftKey ? 0.1 : 0.01;
    const now = getViewer().wipe;
    const to: Record<string, number> = {
      ArrowLeft: now - step,
      ArrowDown: now - step,
      ArrowRight: now + step,
      ArrowUp: now + step,
      Home: 0,
      End: 1,
    };
    const next = to[event.key];
    if (next === undefined) return;
    event.preventDefault();
    setViewer({ wipe: clamp(next) });
  };

  return (
    <div
      className={styles.handle}
      role="slider"
      tabIndex={0}
      aria-label="Wipe between A and B"
      aria-orientation="horizontal"
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(wipe * 100)}
      aria-valuetext={`${Math.round(wipe * 100)} % A`}
      style={{ left: left + wipe * width }}
      onPointerDown={onPointerDown}
      onKeyDown={onKeyDown}
    >
      <span />
    </div>
  );
}
