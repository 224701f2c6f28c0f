/** A part behind its header, open or folded. Folded, the header says what is not as usual inside. */
import { ChevronRight } from 'lucide-react';
import { memo, type ReactNode } from 'react';
import { Button, Disclosure, DisclosurePanel, Heading } from 'react-aria-components';
import styles from './Fold.module.css';
import texts from './text.module.css';

interface Props {
  readonly id: string;
  readonly title: string;
  readonly isOpen: boolean;
  readonly onToggle: (id: string, isOpen: boolean) => void;
  /** What is chosen inside, always said: "SD 1.5". */
  readonly chosen?: string | undefined;
  /** Names of what is not as usual inside, in one line. */
  readonly changed?: string;
  readonly children: ReactNode;
}

/** Drawn again only when something of it has changed: folded, it has no children. */
export const Fold = memo(({ id, title, isOpen, onToggle, chosen, changed = '', children }: Props) => {
  const said = [chosen, changed].filter(Boolean).join(', ');
  return (
    <Disclosure className={styles.fold} isExpanded={isOpen} onExpandedChange={(open) => onToggle(id, open)}>
      <Heading level={2}>
        <Button slot="trigger" className={styles.button}>
          <ChevronRight aria-hidden="true" />
          <span className={styles.title}>{title}</span>
          {said ? (
            <span className={`${styles.said} ${texts.oneLine}`} title={said}>
              {changed ? <span className={styles.mark} aria-hidden="true" /> : null}
              <span className={texts.hidden}>{changed ? ', changed: ' : ': '}</span>
              {said}
            </span>
          ) : null}
        </Button>
      </Heading>
      <DisclosurePanel className={styles.body}>{children}</DisclosurePanel>
    </Disclosure>
  );
});
Fold.displayName = 'Fold';
