/** How sure the engine is of what was painted, where it was carried to. */
import { UNSURE } from '../../store/finished-mask.ts';
import texts from '../../ui/text.module.css';
import styles from './MaskBadge.module.css';

interface Props {
  readonly confidence: number | null;
  readonly isAsking: boolean;
  readonly problem: string | null;
}

export function MaskBadge({ confidence, isAsking, problem }: Props) {
  if (problem !== null) return <p className={`${styles.badge} ${texts.problem}`}>{problem}</p>;
  if (isAsking) return <p className={`${styles.badge} ${texts.quiet}`}>Working out the mask…</p>;
  if (confidence === null) return null;
  const percent = Math.round(confidence * 100);
  return confidence < UNSURE ? (
    <p className={`${styles.badge} ${texts.warn}`}>Mask {percent} % sure: paint again here</p>
  ) : (
    <p className={styles.badge}>Mask {percent} % sure</p>
  );
}

/** Why nothing of Keep is to be seen. */
export function KeepNote({ keep }: { readonly keep: number }) {
  return (
    <p className={`${styles.badge} ${texts.quiet}`}>
      {keep === 0
        ? 'Protect what stays is off: nothing is protected'
        : 'Preview this frame, or watch it render, to see what is protected'}
    </p>
  );
}
