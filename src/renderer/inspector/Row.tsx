/** A setting of the form: its name, what it does, the way back to its default, and its widget. */
import { RotateCcw } from 'lucide-react';
import { type ReactNode, useId } from 'react';
import { sameValue } from '../../common/settings/catalogue.ts';
import { IconButton } from '../ui/IconButton.tsx';
import texts from '../ui/text.module.css';
import styles from './Row.module.css';
import type { WidgetProps } from './widgets/widget.ts';

interface Props extends Pick<WidgetProps, 'field' | 'value' | 'fallback' | 'differs' | 'onChange'> {
  /** Given the id of what describes the field. */
  readonly children: (note: string | undefined) => ReactNode;
}

/** What the tooltip says, and what is read aloud after the help. */
export const inPapers = (term: string | null | undefined) => (term ? `In papers: ${term}` : undefined);

export function Row({ field, value, fallback, differs, onChange, children }: Props) {
  const id = useId();
  const { label, term, help } = field;
  const isDefault = fallback === undefined || (sameValue(value, fallback) && !differs);
  return (
    <div className={styles.row}>
      <div className={styles.head}>
        <span className={styles.name} title={[help, inPapers(term)].filter(Boolean).join('. ')}>
          {label}
        </span>
        {isDefault ? null : (
          <IconButton name={`Reset ${label}`} onPress={() => onChange(fallback)}>
            <RotateCcw />
          </IconButton>
        )}
      </div>
      {help ? (
        <p className={`${styles.note} ${texts.quiet}`} id={id}>
          {help}
          {term ? <span className={texts.hidden}> {inPapers(term)}</span> : null}
        </p>
      ) : null}
      {children(help ? id : undefined)}
    </div>
  );
}
