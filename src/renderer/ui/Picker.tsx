/** One of many, found by typing: for lists too long to open. */
import { ChevronDown } from 'lucide-react';
import { useEffect, useState } from 'react';
import { Button, ComboBox, Input, Label, ListBox, ListBoxItem, Popover, Text } from 'react-aria-components';
import inputs from './input.module.css';
import styles from './Picker.module.css';
import popover from './popover.module.css';
import type { Option } from './Select.tsx';
import texts from './text.module.css';

interface Props {
  readonly label: string;
  readonly isLabelHidden?: boolean;
  readonly placeholder?: string;
  readonly options: readonly Option[];
  /** Null where nothing is chosen: the field is empty again after a choice that is taken elsewhere. */
  readonly value: string | null;
  readonly onChange: (id: string) => void;
  readonly isDisabled?: boolean;
  readonly describedBy?: string;
}

export function Picker(props: Props) {
  const { label, isLabelHidden, placeholder, options, value, onChange, isDisabled, describedBy } = props;
  const [taken, setTaken] = useState<string | null>(null);
  // Chosen for a moment closes the list; chosen no more empties the field, which keeps the focus.
  useEffect(() => {
    if (taken !== null) setTaken(null);
  }, [taken]);
  return (
    <ComboBox
      className={styles.field}
      aria-label={isLabelHidden ? label : undefined}
      aria-describedby={describedBy}
      defaultItems={options}
      selectedKey={value ?? taken}
      isDisabled={isDisabled}
      disabledKeys={options.filter((one) => one.disabled).map((one) => one.id)}
      menuTrigger="focus"
      onSelectionChange={(key) => {
        if (key === null) return;
        if (value === null) setTaken(String(key));
        onChange(String(key));
      }}
    >
      {isLabelHidden ? null : <Label className={styles.label}>{label}</Label>}
      <div className={styles.box}>
        <Input
          className={`${inputs.input} ${styles.input}`}
          placeholder={placeholder}
          // Longer than the field.
          title={options.find(({ id }) => id === value)?.name}
          spellCheck={false}
          // What is typed takes the place of what is chosen; while one types, focus is only played to the field.
          onFocus={({ isTrusted, currentTarget }) => {
            if (isTrusted) currentTarget.select();
          }}
        />
        <Button className={styles.open} aria-label={`Show ${label}`}>
          <ChevronDown aria-hidden="true" />
        </Button>
      </div>
      <Popover className={popover.popover} offset={4}>
        <ListBox
          className={popover.options}
          renderEmptyState={() => <p className={texts.quiet}>Nothing of this name</p>}
        >
          {(option: Option) => (
            <ListBoxItem id={option.id} textValue={option.name} className={popover.option}>
              <Text slot="label">{option.name}</Text>
              {option.disabled || option.note ? (
                <Text slot="description" className={texts.quiet}>
                  {option.disabled ?? option.note}
                </Text>
              ) : null}
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </ComboBox>
  );
}
