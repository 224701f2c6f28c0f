/** How far something is. */
import styles from './Meter.module.css';

interface Props {
  /** Absent where the same is said in words beside it. */
  readonly label?: string;
  readonly percent: number;
}

export function Meter({ label, percent }: Props) {
  const filled = <span style={{ width: `${percent}%` }} />;
  return label === undefined ? (
    <div className={styles.meter} aria-hidden="true">
      {filled}
    </div>
  ) : (
    <div
      className={styles.meter}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent}
    >
      {filled}
    </div>
  );
}
