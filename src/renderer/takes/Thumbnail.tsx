/** One frame of a clip or take, cut out of its sheet; asked for when the row comes into sight. */
import { type CSSProperties, useEffect, useRef, useState } from 'react';
import type { ClipPreview } from '../../common/contract/clips.ts';
import type { Rational } from '../../common/media.ts';
import { previewUrl } from '../engine.ts';
import { useClipPreview } from '../store/previews.ts';
import { cellAt } from './sheet.ts';
import styles from './Thumbnail.module.css';
import { useDragOut } from './use-drag-out.ts';

interface Props {
  readonly path: string;
  /** Of the file. */
  readonly frame: number;
  /** The timeline shows it. */
  readonly isShown: boolean;
  /** Where it is shown large: the frame out of the preview, whose rate this is. */
  readonly sharp?: Rational | null;
  /** Files that a drag of it takes to another program; absent where it is not dragged. */
  readonly drags?: () => readonly string[];
}

export function Thumbnail({ path, frame, isShown, sharp, drags }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const [seen, setSeen] = useState(false);
  useEffect(() => {
    if (!box.current) return;
    const observer = new IntersectionObserver((entries) => {
      if (!entries.some((one) => one.isIntersecting)) return;
      setSeen(true);
      observer.disconnect();
    });
    observer.observe(box.current);
    return () => observer.disconnect();
  }, []);
  const known = useClipPreview(seen ? path : null);
  const thumbnails = known?.state === 'ready' ? known.preview.thumbnails : null;
  const dragging = useDragOut(drags, { thumbnails, frame });
  return (
    <div
      ref={box}
      {...dragging}
      className={styles.thumbnail}
      data-state={known?.state ?? 'making'}
      title={known?.state === 'failed' ? known.why : undefined}
    >
      {thumbnails ? <div className={styles.cell} style={cutOut(thumbnails, frame)} /> : null}
      {sharp && known?.state === 'ready' ? (
        <Sharp url={previewUrl(known.preview.proxy)} frame={frame} rate={sharp} />
      ) : null}
      {isShown ? <span className={styles.shown}>shown</span> : null}
    </div>
  );
}

function Sharp({
  url,
  frame,
  rate,
}: {
  readonly url: string;
  readonly frame: number;
  readonly rate: Rational;
}) {
  return (
    <video
      className={styles.sharp}
      src={url}
      muted
      preload="auto"
      tabIndex={-1}
      aria-hidden="true"
      onLoadedMetadata={({ currentTarget }) => {
        // A quarter into the frame: players show the one that began last.
        currentTarget.currentTime = ((frame + 0.25) * rate.den) / rate.num;
      }}
      onSeeked={({ currentTarget }) => currentTarget.setAttribute('data-there', '')}
    />
  );
}

/** A sheet as background, moved so that one of its cells fills the box. */
function cutOut(thumbnails: ClipPreview['thumbnails'], frame: number): CSSProperties {
  const { sheet, width, height } = thumbnails;
  const { column, row, columns, rows } = cellAt(thumbnails, frame);
  const percent = (at: number, of: number) => (of < 2 ? 0 : (at / (of - 1)) * 100);
  return {
    aspectRatio: `${width} / ${height}`,
    // As large as the box of 16:9 lets it be, never stretched.
    [width / height > 16 / 9 ? 'width' : 'height']: '100%',
    backgroundImage: `url("${previewUrl(sheet)}")`,
    backgroundSize: `${columns * 100}% ${rows * 100}%`,
    backgroundPosition: `${percent(column, columns)}% ${percent(row, rows)}%`,
  };
}
