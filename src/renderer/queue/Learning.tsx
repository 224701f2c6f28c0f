/** How learning goes, while it goes: its loss as a curve and in numbers, and the button that ends it. */
import type { LearningCurve } from '../../common/learning-curve.ts';
import { stopLearning } from '../actions/queue.ts';
import { useJobs } from '../store/jobs.ts';
import { attempt } from '../store/notices.ts';
import { Button } from '../ui/Button.tsx';
import texts from '../ui/text.module.css';
import styles from './Learning.module.css';
import { curveLines, curveText, learningText, type Place } from './learning.ts';

const [WIDTH, HEIGHT] = [240, 48];
/** A single place is drawn as a line to itself, which is a dot. */
const drawn = (places: readonly Place[]) =>
  [...places, places.at(-1)!].map(([x, y]) => `${x * WIDTH},${y * HEIGHT}`).join(' ');

interface Props {
  readonly id: string;
  readonly curve: LearningCurve;
}

export function Learning({ id, curve }: Props) {
  const isStopping = useJobs((jobs) => jobs.stopping === id);
  const { losses, trend } = curveLines(curve);
  return (
    <div className={styles.learning}>
      <svg
        role="img"
        aria-label={curveText(curve)}
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
      >
        <polyline className={styles.losses} points={drawn(losses)} />
        <polyline className={styles.trend} points={drawn(trend)} />
      </svg>
      <p className={texts.quiet}>{learningText(curve)}</p>
      <Button
        isDisabled={isStopping}
        onPress={({ target }) => {
          // A button that is pressed and goes would take the keys with it.
          target.closest<HTMLElement>('[data-entry]')?.focus();
          void attempt(stopLearning(id));
        }}
      >
        {isStopping ? 'Stops after this step' : 'Stop learning, keep'}
      </Button>
    </div>
  );
}
