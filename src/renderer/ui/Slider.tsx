/** A number by dragging; without a field it shows its value beside the label. */
import { Slider as AriaSlider, Label, SliderOutput, SliderThumb, SliderTrack } from 'react-aria-components';
import styles from './Slider.module.css';

interface Props {
  readonly label: string;
  readonly isLabelHidden?: boolean;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly onChange: (value: number) => void;
  /** The artist let go of the thumb. */
  readonly onEnd?: () => void;
  readonly format?: (value: number) => string;
  /** The value beside the track, not above it. */
  readonly isInline?: boolean;
}

export function Slider(props: Props) {
  const { label, isLabelHidden, value, min, max, step, onChange, onEnd, format, isInline } = props;
  return (
    <AriaSlider
      className={isInline ? `${styles.slider} ${styles.inline}` : styles.slider}
      aria-label={isLabelHidden ? label : undefined}
      value={value}
      minValue={min}
      maxValue={max}
      step={step}
      onChange={onChange}
      onChangeEnd={onEnd}
    >
      {isLabelHidden ? null : <Label className={styles.label}>{label}</Label>}
      {format ? <SliderOutput>{() => format(value)}</SliderOutput> : null}
      <SliderTrack className={styles.track}>
        {({ state }) => (
          <>
            <span className={styles.filled} style={{ width: `${state.getThumbPercent(0) * 100}%` }} />
            <SliderThumb className={styles.thumb} />
          </>
        )}
      </SliderTrack>
    </AriaSlider>
  );
}
