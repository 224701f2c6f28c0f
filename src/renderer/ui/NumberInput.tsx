/** A number to type: Enter or leaving takes it, Escape does not, arrows step; empty means null where that is allowed. */
import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import inputs from './input.module.css';
import texts from './text.module.css';

/** In place of a value that is not the same in all chosen shots. */
export const DIFFERS = 'differs';

interface Props {
  readonly label: string;
  readonly value: number | null;
  readonly onChange: (value: number | null) => void;
  readonly min?: number | null;
  readonly max?: number | null;
  readonly step?: number;
  readonly integer?: boolean;
  /** Shown for null; without it null is not allowed. */
  readonly empty?: string;
  readonly describedBy?: string;
  /** Several chosen shots have different values: none is shown, and leaving the field empty changes none. */
  readonly differs?: boolean;
}

/** React types these attributes as numbers, and HTML's numbers, unlike ARIA's, have exponents: 1e-7 is written out. */
const PLAIN = new Intl.NumberFormat('en', { useGrouping: false, maximumFractionDigits: 20 });
const spoken = (value: number | null | undefined) =>
  value === null || value === undefined ? undefined : (PLAIN.format(value) as unknown as number);

const shown = (value: number | null) => (value === null ? '' : String(Number(value.toPrecision(10))));

export function NumberInput({
  label,
  value,
  onChange,
  min,
  max,
  step = 1,
  integer,
  empty,
  describedBy,
  differs = false,
}: Props) {
  const own = differs ? '' : shown(value);
  const [text, setText] = useState(own);
  const editing = useRef(false);
  useEffect(() => {
    if (!editing.current) setText(own);
  }, [own]);

  const within = (wanted: number) => {
    const whole = integer ? Math.round(wanted) : Number(wanted.toPrecision(10));
    return Math.max(min ?? -Infinity, Math.min(max ?? Infinity, whole));
  };
  const take = (typed: string) => {
    editing.current = false;
    const trimmed = typed.trim().replace(',', '.');
    if (differs && trimmed === '') return;
    const wanted = Number(trimmed);
    let next = value;
    if (trimmed === '' && empty !== undefined) next = null;
    else if (trimmed !== '' && Number.isFinite(wanted)) next = within(wanted);
    setText(shown(next));
    if (differs || next !== value) onChange(next);
  };
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.key === 'Enter' && !event.ctrlKey && !event.metaKey) take(event.currentTarget.value);
    else if (event.key === 'Escape') {
      editing.current = false;
      setText(own);
      event.currentTarget.blur();
    } else if (event.key === 'ArrowUp' || event.key === 'ArrowDown') {
      event.preventDefault();
      const by = (event.key === 'ArrowUp' ? step : -step) * (event.shiftKey ? 10 : 1);
      const next = within((value ?? min ?? 0) + by);
      editing.current = false;
      setText(shown(next));
      if (differs || next !== value) onChange(next);
    }
  };
  return (
    <input
      className={`${inputs.input} ${texts.mono}`}
      type="text"
      inputMode="decimal"
      role="spinbutton"
      aria-label={label}
      aria-valuenow={differs ? undefined : spoken(value)}
      aria-valuetext={differs ? DIFFERS : value === null ? empty : undefined}
      aria-valuemin={spoken(min)}
      aria-valuemax={spoken(max)}
      aria-describedby={describedBy}
      placeholder={differs ? DIFFERS : empty}
      spellCheck={false}
      value={text}
      onChange={(event) => {
        editing.current = true;
        setText(event.target.value);
      }}
      onFocus={(event) => event.currentTarget.select()}
      onBlur={(event) => take(event.currentTarget.value)}
      onKeyDown={onKeyDown}
    />
  );
}
