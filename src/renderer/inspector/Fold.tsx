/** Settings for those who know what they are: open or folded as the artist left them, for all shots. */
import { ChevronRight } from 'lucide-react';
import type { ReactNode } from 'react';
import { Button, Disclosure, DisclosurePanel, Heading } from 'react-aria-components';
import { setView, useView } from '../store/view.ts';
import styles from './Fold.module.css';

export function Fold({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  const isOpen = useView((view) => view.finer);
  return (
    <Disclosure
      className={styles.fold}
      isExpanded={isOpen}
      onExpandedChange={(open) => setView({ finer: open })}
    >
      <Heading level={3}>
        <Button slot="trigger" className={styles.button}>
          <ChevronRight aria-hidden="true" />
          {title}
        </Button>
      </Heading>
      <DisclosurePanel className={styles.body}>{children}</DisclosurePanel>
    </Disclosure>
  );
}
