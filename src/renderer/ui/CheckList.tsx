/** Any of a few. */
import { Check } from 'lucide-react';
import { Checkbox, CheckboxGroup, Label } from 'react-aria-components';
import styles from './CheckList.module.css';
import texts from './text.module.css';

interface Props {
  readonly label: string;
  readonly options: readonly { readonly id: string; readonly name: string; readonly note?: string }[];
  readonly value: readonly string[];
  readonly onChange: (ids: string[]) => void;
}

export function CheckList({ label, options, value, onChange }: Props) {
  return (
    <CheckboxGroup className={styles.list} value={[...value]} onChange={onChange}>
      <Label className={styles.label}>{label}</Label>
      {options.map(({ id, name, note }) => (
        <Checkbox key={id} value={id} className={styles.option}>
          <span className={styles.box} aria-hidden="true">
            <Check />
          </span>
          <span>{name}</span>
          {note ? <span className={`${styles.note} ${texts.quiet}`}>{note}</span> : null}
        </Checkbox>
      ))}
    </CheckboxGroup>
  );
}
