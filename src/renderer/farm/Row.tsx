/** A row of the list, at its place; the keys go to one of them. */
import type { ReactNode } from 'react';
import styles from './Row.module.css';

export interface Place {
  readonly id: string;
  /** From 0. */
  readonly index: number;
  /** Pixels from the top of the list. */
  readonly start: number;
  /** Rows of the whole list. */
  readonly size: number;
  readonly isActive: boolean;
  readonly measure: (element: HTMLElement | null) => void;
  readonly onFocus: () => void;
}

interface Props {
  readonly place: Place;
  readonly kind: 'job' | 'shot';
  /** All of it in one line, read aloud. */
  readonly label: string;
  readonly children: ReactNode;
}

export function Row({ place, kind, label, children }: Props) {
  return (
    <li
      ref={place.measure}
      className={styles.row}
      data-index={place.index}
      data-row={place.id}
      data-kind={kind}
      aria-posinset={place.index + 1}
      aria-setsize={place.size}
      aria-label={label}
      tabIndex={place.isActive ? 0 : -1}
      style={{ transform: `translateY(${place.start}px)` }}
      onFocus={place.onFocus}
    >
      {children}
    </li>
  );
}
