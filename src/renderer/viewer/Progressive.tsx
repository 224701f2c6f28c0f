/** Over the picture: what a running render predicts for this frame, or a finished preview of one frame. */
import { useLayoutEffect, useRef } from 'react';
import type { Take } from '../../common/project/document.ts';
import { useInterim } from '../store/interim.ts';
import { type PreviewFrame, useJobs } from '../store/jobs.ts';
import { setOverlay } from '../store/painted.ts';
import { useLooks } from '../store/stills.ts';
import { useView } from '../store/view.ts';
import { useViewer } from '../store/viewer.ts';
import styles from './Progressive.module.css';
import type { Picture } from './use-picture.ts';

type Shown = Pick<PreviewFrame, 'pixels' | 'width' | 'height'>;

/** The rendered picture for the frame under the playhead, if there is one. */
export function useRendered({ shot, clipFrame }: Picture): PreviewFrame | null {
  const running = useJobs((jobs) => (shot ? jobs.frames[shot.id] : undefined));
  const looks = useLooks(shot?.id ?? null);
  const isWanted = useIsWanted();
  if (!isWanted) return null;
  return [running, looks?.pictures[clipFrame]].find((one) => one?.frame === clipFrame) ?? null;
}

/** It stands still, and no key holds the clip in sight. */
function useIsWanted(): boolean {
  const stands = useView((view) => view.shuttle === 0);
  const peek = useViewer(({ peek, comparison }) => peek && comparison === 'off');
  return stands && !peek;
}

interface Props {
  readonly picture: Picture;
  /** Of the shot, that this side shows here; null where it shows the clip. */
  readonly take: Take | null;
  readonly side: 'first' | 'second';
}

export function Progressive({ picture, take, side }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const rendered = useRendered(picture);
  const playhead = useView((view) => view.playhead);
  const shown = useViewer((viewer) => (side === 'first' ? viewer.shown : viewer.shownSecond));
  const interim = useInterim(take, picture.clipFrame, shown === playhead);
  const isWanted = useIsWanted();
  const frame: Shown | null = rendered ?? (isWanted ? interim : null);
  // The scopes measure the first side.
  const measured = side === 'first';
  // Before it is shown: an empty canvas over the picture would be a flash.
  useLayoutEffect(() => {
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
