/** Words of a take; what differs stands out, also for who cannot see it. */
import type { Said } from './differ.ts';
import styles from './Words.module.css';

export function Words({ said, between }: { readonly said: readonly Said[]; readonly between: string }) {
  return said.map(({ text, differs }, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: words have no other identity, and no state
    <span key={index}>
      {index > 0 ? between : ''}
      {differs ? <strong className={styles.differs}>{text}</strong> : text}
    </span>
  ));
}
