/** A number by dragging; without a field it shows its value beside the label. */
import { Slider as AriaSlider, Label, SliderOutput, SliderThumb, SliderTrack } from 'react-aria-components';
import './controls.css';

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
}

export function Slider({ label, isLabelHidden, value, min, max, step, onChange, onEnd, format }: Props) {
  return (
    <AriaSlider
      className="slide"
      aria-label={isLabelHidden ? label : undefined}
      value={value}
      minValue={min}
      maxValue={max}
      step={step}
      onChange={onChange}
      onChangeEnd={onEnd}
    >
      {isLabelHidden ? null : <Label>{label}</Label>}
      {format ? <SliderOutput>{() => format(value)}</SliderOutput> : null}
      <SliderTrack className="slide-track">
        {({ state }) => (
          <>
            <span className="slide-filled" style={{ width: `${state.getThumbPercent(0) * 100}%` }} />
            <SliderThumb className="slide-thumb" />
          </>
        )}
      </SliderTrack>
    </AriaSlider>
  );
}
