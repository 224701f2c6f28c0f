/** A seed, and another one by chance. */
import { Dices } from 'lucide-react';
import { IconButton } from '../../ui/IconButton.tsx';
import { NumberInput } from '../../ui/NumberInput.tsx';
import { Row } from '../Row.tsx';
import styles from './SeedWidget.module.css';
import type { WidgetProps } from './widget.ts';

export function SeedWidget(props: WidgetProps<'seed'>) {
  const { field, control, value, fallback, differs, onChange } = props;
  return (
    <Row {...props}>
      {(note) => (
        <div className={styles.seed}>
          <NumberInput
            label={field.label}
            value={value as number}
            min={control.min}
            max={control.max}
            integer
            differs={differs}
            describedBy={note}
            onChange={(next) => onChange(next ?? fallback)}
          />
          <IconButton
            name="Another seed by chance"
            onPress={() => onChange(crypto.getRandomValues(new Uint32Array(1))[0])}
          >
            <Dices />
          </IconButton>
        </div>
      )}
    </Row>
  );
}
