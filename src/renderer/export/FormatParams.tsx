/** What a timeline format of a plugin asks for: its parameters as fields. */
import { useId, useState } from 'react';
import type { ParamsSchema, ParamValue } from '../../common/plugins/params.ts';
import type { WayOfWriting } from '../store/timeline-ways.ts';
import inputs from '../ui/input.module.css';
import { NumberInput } from '../ui/NumberInput.tsx';
import { Select } from '../ui/Select.tsx';
import { Switch } from '../ui/Switch.tsx';
import texts from '../ui/text.module.css';
import { nameOf } from '../words.ts';
import styles from './Export.module.css';

type Values = Readonly<Record<string, ParamValue>>;

interface Props {
  readonly format: WayOfWriting;
  /** What is not as the plugin has it. */
  readonly values: Values;
  readonly onChange: (values: Values) => void;
}

export function FormatParams({ format: { label, params }, values, onChange }: Props) {
  const fields = Object.entries(params?.properties ?? {});
  if (fields.length === 0) return null;
  return (
    <fieldset className={styles.format}>
      <legend className={texts.quiet}>{label}</legend>
      {fields.map(([key, field]) => (
        <ParamField
          key={key}
          label={field.title ?? nameOf(key)}
          field={field}
          value={Object.hasOwn(values, key) ? values[key]! : field.default}
          onChange={(value) => {
            const { [key]: _, ...others } = values;
            onChange(value === field.default ? others : { ...others, [key]: value });
          }}
        />
      ))}
    </fieldset>
  );
}

interface FieldProps {
  readonly label: string;
  readonly field: ParamsSchema['properties'][string];
  readonly value: ParamValue;
  readonly onChange: (value: ParamValue) => void;
}

function ParamField({ label, field, value, onChange }: FieldProps) {
  const id = useId();
  const help = field.description ? (
    <p id={id} className={texts.quiet}>
      {field.description}
    </p>
  ) : null;
  const describedBy = help ? { describedBy: id } : {};
  if (field.type === 'boolean')
    return (
      <div className={styles.field}>
        <Switch isOn={value === true} onChange={onChange}>
          {label}
        </Switch>
        {help}
      </div>
    );
  if (field.type === 'string' && field.enum)
    return (
      <div className={styles.field}>
        <Select
          label={label}
          options={field.enum.map((one) => ({ id: one, name: field.names?.[one] ?? nameOf(one) }))}
          value={String(value)}
          onChange={onChange}
          {...describedBy}
        />
        {help}
      </div>
    );
  if (field.type === 'string')
    return (
      <div className={styles.field}>
        <TextInput label={label} value={String(value)} onChange={onChange} />
        {help}
      </div>
    );
  return (
    <div className={styles.field}>
      <span>{label}</span>
      <NumberInput
        label={label}
        value={Number(value)}
        onChange={(number) => onChange(number ?? field.default)}
        min={field.minimum ?? null}
        max={field.maximum ?? null}
        integer={field.type === 'integer'}
        {...describedBy}
      />
      {help}
    </div>
  );
}

function TextInput({
  label,
  value,
  onChange,
}: {
  label: string;
  value: string;
  onChange: (text: string) => void;
}) {
  const id = useId();
  const [text, setText] = useState(value);
  return (
    <>
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        className={inputs.input}
        value={text}
        maxLength={10_000}
        onChange={(event) => {
          setText(event.target.value);
          onChange(event.target.value);
        }}
      />
    </>
  );
}
