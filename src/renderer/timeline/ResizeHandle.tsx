/** The upper edge of the timeline: drag it, or focus it and press ↑ ↓. */
import type { KeyboardEvent, PointerEvent } from 'react';
import { setView } from '../store/view.ts';
import styles from './ResizeHandle.module.css';

const LEAST = 170;
const MOST = 640;

const resize = (height: number) =>
  setView({ timelineHeight: Math.max(LEAST, Math.min(MOST, Math.round(height))) });

export function ResizeHandle({ height }: { readonly height: number }) {
  const onPointerDown = (event: PointerEvent<HTMLDivElement>) => {
    const handle = event.currentTarget;
    const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize) / 13;
    const start = height + event.clientY / rem;
    handle.setPointerCapture(event.pointerId);
    handle.onpointermove = (move) => resize(start - move.clientY / rem);
    handle.onlostpointercapture = () => {
      handle.onpointermove = null;
    };
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowUp: 16, ArrowDown: -16 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    resize(height + step);
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: an hr cannot be dragged
    <div
      className={styles.handle}
      role="separator"
      aria-label="Height of the timeline"
      aria-orientation="horizontal"
      aria-valuenow={height}
      aria-valuemin={LEAST}
      aria-valuemax={MOST}
      tabIndex={0}
      onPointerDown={onPointerDown}
      onKeyDown={onKeyDown}
    />
  );
}
