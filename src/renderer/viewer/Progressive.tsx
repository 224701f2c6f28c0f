/** Over the picture: what a running render predicts for this frame, or a finished preview of one frame. */
import { useEffect, useRef } from 'react';
import { type PreviewFrame, useJobs } from '../store/jobs.ts';
import { setOverlay } from '../store/painted.ts';
import { useLooks } from '../store/stills.ts';
import { useView } from '../store/view.ts';
import { useViewer } from '../store/viewer.ts';
import styles from './Progressive.module.css';
import type { Picture } from './use-picture.ts';

/** The rendered picture for the frame under the playhead, if there is one. */
export function useRendered({ shot, clipFrame }: Picture): PreviewFrame | null {
  const running = useJobs((jobs) => (shot ? jobs.frames[shot.id] : undefined));
  const looks = useLooks(shot?.id ?? null);
  const stands = useView((view) => view.shuttle === 0);
  const peek = useViewer(({ peek, comparison }) => peek && comparison === 'off');
  if (!stands || peek) return null;
  return [running, looks?.pictures[clipFrame]].find((one) => one?.frame === clipFrame) ?? null;
}

interface Props {
  readonly picture: Picture;
  /** It lies over the picture that the scopes measure. */
  readonly measured: boolean;
}

export function Progressive({ picture, measured }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const frame = useRendered(picture);
  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!context || !frame) return;
    // A copy: pixels may be a view of a larger buffer, and ImageData wants its own.
    const pixels = new Uint8ClampedArray(frame.pixels);
    context.putImageData(new ImageData(pixels, frame.width, frame.height), 0, 0);
    if (!measured) return;
    setOverlay(context.canvas);
    return () => setOverlay(null);
  }, [frame, measured]);
  if (!frame) return null;
  return (
    <canvas
      ref={canvas}
      className={styles.picture}
      width={frame.width}
      height={frame.height}
      role="img"
      aria-label="Rendered picture"
    />
  );
}
