/** A part of the form; its fields say what it is about, so its name is read aloud only. */
import type { ReactNode } from 'react';
import styles from './Section.module.css';

export function Section({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <section className={styles.section} aria-label={name}>
      {children}
    </section>
  );
}
