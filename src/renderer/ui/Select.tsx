/** One of a few: a button that opens a list. */
import { ChevronDown } from 'lucide-react';
import {
  Button as AriaButton,
  Select as AriaSelect,
  Label,
  ListBox,
  ListBoxItem,
  Popover,
  SelectValue,
  Text,
} from 'react-aria-components';
import inputs from './input.module.css';
import popover from './popover.module.css';
import styles from './Select.module.css';
import texts from './text.module.css';

export interface Option {
  readonly id: string;
  readonly name: string;
  readonly note?: string;
  /** Why it cannot be chosen; null or absent when it can. */
  readonly disabled?: string | null;
}

interface Props {
  readonly label: string;
  /** The label is read aloud only. */
  readonly isLabelHidden?: boolean;
  readonly options: readonly Option[];
  readonly value: string;
  readonly onChange: (id: string) => void;
  readonly isDisabled?: boolean;
  readonly describedBy?: string;
  /** Shown where the value is none of the options. */
  readonly placeholder?: string;
  /** Several things are chosen and differ: no option is, until one is. */
  readonly differs?: boolean;
}

export function Select(props: Props) {
  const { label, isLabelHidden, options, value, onChange, isDisabled, describedBy, differs } = props;
  const { placeholder = 'Choose…' } = props;
  return (
    <AriaSelect
      className={styles.field}
      aria-label={isLabelHidden ? label : undefined}
      aria-describedby={describedBy}
      selectedKey={differs ? null : value}
      isDisabled={isDisabled}
      disabledKeys={options.filter((one) => one.disabled).map((one) => one.id)}
      onSelectionChange={(key) => {
        if (key !== null) onChange(String(key));
      }}
    >
      {isLabelHidden ? null : <Label className={styles.label}>{label}</Label>}
      <AriaButton className={`${inputs.input} ${styles.button}`}>
        <SelectValue>
          {({ selectedText }) => (differs ? 'differs' : selectedText || value || placeholder)}
        </SelectValue>
        <ChevronDown aria-hidden="true" />
      </AriaButton>
      <Popover className={popover.popover} offset={4}>
        <ListBox className={popover.options}>
          {options.map((option) => (
            <ListBoxItem key={option.id} id={option.id} textValue={option.name} className={popover.option}>
              <Text slot="label">{option.name}</Text>
              {option.disabled || option.note ? (
                <Text slot="description" className={texts.quiet}>
                  {option.disabled ?? option.note}
                </Text>
              ) : null}
            </ListBoxItem>
          ))}
        </ListBox>
      </Popover>
    </AriaSelect>
  );
}
