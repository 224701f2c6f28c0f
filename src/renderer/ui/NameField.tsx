/** A name that is edited where it stands: Enter or leaving takes it, Escape does not. */
import { useEffect, useRef, useState } from 'react';
import inputs from './input.module.css';
import styles from './NameField.module.css';

interface Props {
  readonly name: string;
  readonly label: string;
  /** Takes the focus with all of the text chosen. */
  readonly startsEditing?: boolean;
  readonly onRename: (name: string) => void;
  /** The artist left, with or without a new name. */
  readonly onEnd?: () => void;
}

export function NameField({ name, label, startsEditing, onRename, onEnd }: Props) {
  const [text, setText] = useState(name);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => setText(name), [name]);
  useEffect(() => {
    if (startsEditing) field.current?.select();
  }, [startsEditing]);
  const take = () => {
    const trimmed = text.trim();
    if (trimmed === '' || trimmed === name) setText(name);
    else onRename(trimmed);
    onEnd?.();
  };
  return (
    <input
      ref={field}
      className={`${inputs.input} ${styles.name}`}
      aria-label={label}
      maxLength={120}
      value={text}
      onChange={(event) => setText(event.target.value)}
      onBlur={take}
      onKeyDown={(event) => {
        if (event.key === 'Enter') event.currentTarget.blur();
        if (event.key === 'Escape') {
          setText(name);
          onEnd?.();
        }
        // A list around it would take letters for typing ahead.
        if (!event.ctrlKey && !event.metaKey) event.stopPropagation();
      }}
    />
  );
}
