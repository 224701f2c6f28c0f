/** A word in a frame beside a name. */
import type { ReactNode } from 'react';
import styles from './Tag.module.css';

export function Tag({ isStrong, children }: { readonly isStrong?: boolean; readonly children: ReactNode }) {
  return <span className={isStrong ? `${styles.tag} ${styles.strong}` : styles.tag}>{children}</span>;
}
