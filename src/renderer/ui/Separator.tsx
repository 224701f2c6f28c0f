/** An edge between two panels: drag it, focus it and press the arrows, press it twice to have it as delivered. */
import type { KeyboardEvent, PointerEvent } from 'react';
import styles from './Separator.module.css';

interface Props {
  readonly label: string;
  /** Edge of the panel on which it lies. */
  readonly edge: 'top' | 'left' | 'right';
  /** Of the panel, in design pixels (13 to a rem). */
  readonly size: number;
  readonly least: number;
  readonly most: number;
  readonly onResize: (size: number) => void;
  readonly onReset: () => void;
}

const STEP = 16;

/** Design pixels of the panel as it is: a small window gives it less than it was given. */
function shownSize(handle: HTMLElement, isUpright: boolean): number {
  const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize) / 13;
  const { width, height } = handle.parentElement!.getBoundingClientRect();
  return (isUpright ? width : height) / rem;
}

export function Separator({ label, edge, size, least, most, onResize, onReset }: Props) {
  const isUpright = edge !== 'top';
  /** Design pixels by which the panel grows for one to the right or down. */
  const grows = edge === 'right' ? 1 : -1;
  const onPointerDown = (event: PointerEvent<HTMLDivElement>) => {
    const handle = event.currentTarget;
    const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize) / 13;
    const along = (move: { clientX: number; clientY: number }) => (isUpright ? move.clientX : move.clientY);
    const start = along(event);
    const begins = shownSize(handle, isUpright);
    handle.setPointerCapture(event.pointerId);
    handle.onpointermove = (move) => onResize(begins + (grows * (along(move) - start)) / rem);
    handle.onlostpointercapture = () => {
      handle.onpointermove = null;
    };
  };
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    const now = shownSize(event.currentTarget, isUpright);
    const step = STEP * grows * (event.shiftKey ? 4 : 1);
    const targets: Readonly<Record<string, number>> = {
      [isUpright ? 'ArrowRight' : 'ArrowDown']: now + step,
      [isUpright ? 'ArrowLeft' : 'ArrowUp']: now - step,
      Home: least,
      End: most,
    };
    const target = targets[event.key];
    if (target === undefined && event.key !== 'Enter') return;
    event.preventDefault();
    if (target === undefined) onReset();
    else onResize(target);
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: an hr cannot be dragged
    <div
      className={styles.handle}
      role="separator"
      data-edge={edge}
      aria-label={label}
      aria-orientation={isUpright ? 'vertical' : 'horizontal'}
      aria-valuenow={Math.round(size)}
      aria-valuemin={least}
      aria-valuemax={most}
      title="Drag to resize; double-click to reset"
      tabIndex={0}
      onPointerDown={onPointerDown}
      onKeyDown={onKeyDown}
      onDoubleClick={onReset}
    />
  );
}
