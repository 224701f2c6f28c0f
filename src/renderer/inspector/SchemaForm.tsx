/** Fields of a method's own parameters, made from its schema. */
import { useEffect, useId, useState } from 'react';
import { setChosenParameter } from '../actions/settings.ts';
import inputs from '../ui/input.module.css';
import { Select } from '../ui/Select.tsx';
import { Switch } from '../ui/Switch.tsx';
import texts from '../ui/text.module.css';
import { DIFFERS } from './differs.ts';
import {
  type Control,
  type Field,
  fieldsOf,
  isDefault,
  parseText,
  shownValue,
  textOf,
  withValue,
} from './form-model.ts';
import { Heading, NumberRow } from './NumberRow.tsx';
import setting from './setting.module.css';

interface Props {
  readonly schema: unknown;
  readonly method: string;
  /** Of the shot in hand, and of all chosen ones. */
  readonly params: Readonly<Record<string, unknown>>;
  readonly all: readonly Readonly<Record<string, unknown>>[];
}

export function SchemaForm({ method, schema, params, all }: Props) {
  return fieldsOf(schema).map((field) => (
    <SchemaField
      key={field.key}
      field={field}
      params={params}
      differs={new Set(all.map((one) => JSON.stringify(shownValue(field, one)))).size > 1}
      onChange={(value) => setChosenParameter(method, field.key, withValue(field, {}, value)[field.key])}
    />
  ));
}

interface FieldProps {
  readonly field: Field;
  readonly params: Readonly<Record<string, unknown>>;
  readonly differs: boolean;
  readonly onChange: (value: unknown) => void;
}

function SchemaField({ field, params, differs, onChange }: FieldProps) {
  const note = useId();
  const { control, label, description } = field;
  const value = shownValue(field, params);
  if (control.kind === 'number') {
    const fallback = typeof field.default === 'number' ? field.default : (control.min ?? 0);
    return (
      <NumberRow
        label={label}
        description={description}
        value={typeof value === 'number' ? value : fallback}
        fallback={fallback}
        min={control.min}
        max={control.max}
        step={control.step}
        integer={control.integer}
        differs={differs}
        onChange={onChange}
      />
    );
  }
  if (control.kind === 'switch') {
    return (
      <div className={setting.setting}>
        <Switch isOn={value === true} differs={differs} onChange={onChange}>
          {label}
        </Switch>
        <p className={`${setting.note} ${texts.quiet}`}>{description}</p>
      </div>
    );
  }
  return (
    <div className={setting.setting}>
      <Heading
        label={label}
        note={description}
        noteId={note}
        isDefault={isDefault(field, params) && !differs}
        onReset={() => onChange(undefined)}
      />
      {control.kind === 'choice' ? (
        <Select
          label={label}
          isLabelHidden
          describedBy={note}
          options={control.options.map(({ name }, index) => ({ id: String(index), name }))}
          value={String(control.options.findIndex((one) => one.value === value))}
          differs={differs}
          onChange={(id) => onChange(control.options[Number(id)]?.value)}
        />
      ) : (
        <TextValue
          label={label}
          control={control}
          value={differs ? undefined : value}
          differs={differs}
          describedBy={note}
          onChange={onChange}
        />
      )}
    </div>
  );
}

interface TextProps {
  readonly label: string;
  readonly control: Extract<Control, { kind: 'text' }>;
  readonly value: unknown;
  readonly differs: boolean;
  readonly describedBy: string;
  readonly onChange: (value: unknown) => void;
}

/** Taken on Enter or when the artist leaves, so that half a list is never an error. */
function TextValue({ label, control, value, differs, describedBy, onChange }: TextProps) {
  const [text, setText] = useState(textOf(value));
  useEffect(() => setText(textOf(value)), [value]);
  const parsed = parseText(text, control.accepts);
  const isWrong = parsed === undefined && text.trim() !== '';
  const take = () => {
    if (isWrong) setText(textOf(value));
    else if (text !== textOf(value)) onChange(parsed);
  };
  return (
    <input
      className={`${inputs.input} ${texts.mono}`}
      aria-label={label}
      aria-describedby={describedBy}
      aria-invalid={isWrong || undefined}
      placeholder={differs ? DIFFERS : undefined}
      spellCheck={false}
      value={text}
      onChange={(event) => setText(event.target.value)}
      onBlur={take}
      onKeyDown={(event) => {
        if (event.key === 'Enter' && !event.ctrlKey && !event.metaKey) take();
        if (event.key === 'Escape') setText(textOf(value));
      }}
    />
  );
}
