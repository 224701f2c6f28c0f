/** A number by slider and field. */
import { endGesture } from '../../store/project.ts';
import { NumberInput } from '../../ui/NumberInput.tsx';
import { Slider } from '../../ui/Slider.tsx';
import { Row } from '../Row.tsx';
import styles from './NumberWidget.module.css';
import type { WidgetProps } from './widget.ts';

export function NumberWidget(props: WidgetProps<'number'>) {
  const { field, control, value, fallback, differs, onChange } = props;
  const { min, max, end, step, integer } = control;
  const number = typeof value === 'number' ? value : typeof fallback === 'number' ? fallback : (min ?? 0);
  return (
    <Row {...props}>
      {(note) => (
        <div className={differs ? `${styles.number} ${styles.differs}` : styles.number}>
          {min !== null && end !== null ? (
            <Slider
              label={field.label}
              isLabelHidden
              min={min}
              max={end}
              step={step}
              value={Math.min(number, end)}
              onChange={onChange}
              onEnd={endGesture}
            />
          ) : (
            <span />
          )}
          <NumberInput
            label={field.label}
            value={number}
            min={min}
            max={max}
            step={step}
            integer={integer}
            differs={differs}
            describedBy={note}
            onChange={(next) => onChange(next ?? fallback)}
          />
        </div>
      )}
    </Row>
  );
}
