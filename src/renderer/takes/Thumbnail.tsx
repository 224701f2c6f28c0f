/** One frame of a clip or take, cut out of its sheet; asked for when the row comes into sight. */
import { useState } from 'react';
import type { Rational } from '../../common/media.ts';
import { previewUrl } from '../engine.ts';
import { useClipPreview } from '../store/previews.ts';
import { Still } from '../ui/Still.tsx';
import styles from './Thumbnail.module.css';
import { useDragOut } from './use-drag-out.ts';

interface Props {
  readonly path: string;
  /** Of the file. */
  readonly frame: number;
  /** The timeline shows it. */
  readonly isShown: boolean;
  /** Where it is shown large: the frame out of the preview. */
  readonly isSharp?: boolean;
  /** Files that a drag of it takes to another program; absent where it is not dragged. */
  readonly drags?: () => readonly string[];
}

export function Thumbnail({ path, frame, isShown, isSharp, drags }: Props) {
  const [seen, setSeen] = useState(false);
  const known = useClipPreview(seen ? path : null);
  const thumbnails = known?.state === 'ready' ? known.preview.thumbnails : null;
  const dragging = useDragOut(drags, { thumbnails, frame });
  return (
    <Still
      {...dragging}
      sheet={thumbnails && { ...thumbnails, url: previewUrl(thumbnails.sheet) }}
      frame={frame}
      state={known?.state ?? 'making'}
      why={known?.state === 'failed' ? known.why : undefined}
      onSeen={() => setSeen(true)}
    >
      {isSharp && known?.state === 'ready' ? (
        <Sharp url={previewUrl(known.preview.proxy)} frame={frame} rate={known.preview.rate} />
      ) : null}
      {isShown ? <span className={styles.shown}>shown</span> : null}
    </Still>
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
