/** One picture cut out of a sheet of them; told when it comes into sight, so that nothing is asked for before. */
import { type CSSProperties, type HTMLAttributes, useEffect, useRef } from 'react';
import styles from './Still.module.css';
import { cellAt } from './sheet-cell.ts';

/** Pictures in rows, one of every so many frames. */
interface Sheet {
  readonly url: string;
  readonly columns: number;
  readonly count: number;
  readonly every: number;
  /** Of one picture. */
  readonly width: number;
  readonly height: number;
}

interface Props extends Omit<HTMLAttributes<HTMLDivElement>, 'className' | 'title' | 'style'> {
  readonly sheet: Sheet | null;
  readonly frame: number;
  readonly state: string;
  /** Why there is none. */
  readonly why?: string | undefined;
  readonly onSeen: () => void;
}

/** Children lie over it. */
export function Still({ sheet, frame, state, why, onSeen, children, ...rest }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const seen = useRef(onSeen);
  seen.current = onSeen;
  useEffect(() => {
    if (!box.current) return;
    const observer = new IntersectionObserver((entries) => {
      if (!entries.some((one) => one.isIntersecting)) return;
      seen.current();
      observer.disconnect();
    });
    observer.observe(box.current);
    return () => observer.disconnect();
  }, []);
  return (
    <div {...rest} ref={box} className={styles.still} data-state={state} title={why}>
      {sheet ? <div className={styles.cell} style={cutOut(sheet, frame)} /> : null}
      {children}
    </div>
  );
}

/** A sheet as background, moved so that one of its cells fills the box. */
function cutOut(sheet: Sheet, frame: number): CSSProperties {
  const { url, width, height } = sheet;
  const { column, row, columns, rows } = cellAt(sheet, frame);
  const percent = (at: number, of: number) => (of < 2 ? 0 : (at / (of - 1)) * 100);
  return {
    aspectRatio: `${width} / ${height}`,
    // As large as the box of 16:9 lets it be, never stretched.
    [width / height > 16 / 9 ? 'width' : 'height']: '100%',
    backgroundImage: `url("${url}")`,
    backgroundSize: `${columns * 100}% ${rows * 100}%`,
    backgroundPosition: `${percent(column, columns)}% ${percent(row, rows)}%`,
  };
}
