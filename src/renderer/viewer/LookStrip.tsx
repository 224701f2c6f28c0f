/** Several frames of the shot that were rendered to be looked at, side by side over the foot of the picture. */
import { Button as Plain } from 'react-aria-components';
import type { QueueEntry } from '../../common/contract/queue.ts';
import type { Shot } from '../../common/project/document.ts';
import { isShot, timelineFrameOf } from '../../common/project/positions.ts';
import { getPlaced } from '../store/current.ts';
import { type PreviewFrame, useJobs } from '../store/jobs.ts';
import { useLooks } from '../store/stills.ts';
import { seek, useView } from '../store/view.ts';
import { Pixels } from '../ui/Pixels.tsx';
import styles from './LookStrip.module.css';
import type { Picture } from './use-picture.ts';

export function LookStrip({ picture: { shot, clipFrame, size } }: { readonly picture: Picture }) {
  const looks = useLooks(shot?.id ?? null);
  const entries = useJobs((jobs) => jobs.entries);
  const stands = useView((view) => view.shuttle === 0);
  if (!shot || !looks || looks.wanted.length < 2 || !stands) return null;
  return (
    <ul className={styles.strip} aria-label={`Preview of ${looks.wanted.length} frames`}>
      {looks.wanted.map((frame) => {
        const picture = looks.pictures[frame] ?? null;
        const state = stateOf(
          entries.find(({ id }) => id === looks.jobs[frame]),
          picture,
        );
        return (
          <li key={frame}>
            <Plain
              className={styles.cell}
              data-current={frame === clipFrame || undefined}
              aria-label={`Frame ${frame}, ${state || 'rendered'}`}
              onPress={() => goTo(shot, frame)}
            >
              <span
                className={styles.picture}
                aria-hidden="true"
                style={{ aspectRatio: `${size.width} / ${size.height}` }}
              >
                {picture ? (
                  <Pixels pixels={picture.pixels} width={picture.width} height={picture.height} />
                ) : null}
              </span>
              <span className={styles.words}>
                Frame {frame}
                {state ? ` · ${state}` : ''}
              </span>
            </Plain>
          </li>
        );
      })}
    </ul>
  );
}

function goTo(shot: Shot, frame: number): void {
  const placed = getPlaced().find(({ item }) => item.id === shot.id);
  if (isShot(placed)) seek(timelineFrameOf(placed, frame));
}

/** Empty once it is rendered: then the picture says so. */
function stateOf(entry: QueueEntry | undefined, picture: PreviewFrame | null): string {
  if (entry?.state === 'running') return `${Math.floor(entry.fraction * 100)} %`;
  if (entry?.state === 'failed') return 'failed';
  if (entry?.state === 'cancelled') return 'cancelled';
  return picture ? '' : 'waits';
}
