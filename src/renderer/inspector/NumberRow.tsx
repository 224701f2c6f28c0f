/** Label, slider and field of one number. */
import { RotateCcw } from 'lucide-react';
import { useId } from 'react';
import { endGesture } from '../store/project.ts';
import { IconButton } from '../ui/IconButton.tsx';
import { Slider } from '../ui/Slider.tsx';
import texts from '../ui/text.module.css';
import { NumberInput } from './NumberInput.tsx';
import setting from './setting.module.css';

interface Props {
  readonly label: string;
  readonly description?: string;
  readonly value: number;
  readonly fallback: number;
  readonly min: number | null;
  readonly max: number | null;
  /** End of the slider where the field allows more. */
  readonly sliderMax?: number;
  readonly step: number;
  readonly integer: boolean;
  /** Several chosen shots have different values; `value` is that of the shot in hand. */
  readonly differs?: boolean;
  readonly onChange: (value: number) => void;
}

export function NumberRow(props: Props) {
  const { label, description, value, fallback, min, max, sliderMax, step, integer, differs, onChange } =
    props;
  const note = useId();
  const end = sliderMax ?? max;
  return (
    <div className={setting.setting}>
      <Heading
        label={label}
        note={description}
        noteId={note}
        isDefault={value === fallback && !differs}
        onReset={() => onChange(fallback)}
      />
      <div className={differs ? `${setting.number} ${setting.differs}` : setting.number}>
        {min !== null && end !== null ? (
          <Slider
            label={label}
            isLabelHidden
            min={min}
            max={end}
            step={step}
            value={Math.min(value, end)}
            onChange={onChange}
            onEnd={endGesture}
          />
        ) : (
          <span />
        )}
        <NumberInput
          label={label}
          value={value}
          min={min}
          max={max}
          step={step}
          integer={integer}
          differs={differs}
          describedBy={description ? note : undefined}
          onChange={(next) => onChange(next ?? fallback)}
        />
      </div>
    </div>
  );
}

interface HeadingProps {
  readonly label: string;
  readonly note?: string;
  readonly noteId?: string;
  readonly isDefault: boolean;
  readonly onReset: () => void;
}

/** Name of a setting, what it does, and the way back to its default. */
export function Heading({ label, note, noteId, isDefault, onReset }: HeadingProps) {
  return (
    <>
      <div className={setting.head}>
        <span className={setting.name}>{label}</span>
        {isDefault ? null : (
          <IconButton name={`Reset ${label}`} onPress={onReset}>
            <RotateCcw />
          </IconButton>
        )}
      </div>
      {note ? (
        <p className={`${setting.note} ${texts.quiet}`} id={noteId}>
          {note}
        </p>
      ) : null}
    </>
  );
}
