/** A file or folder: typed, or chosen in a dialog of the system. What is typed is taken with Enter or on leaving. */
import { useEffect, useId, useRef, useState } from 'react';
import { Button } from './Button.tsx';
import inputs from './input.module.css';
import styles from './PlaceField.module.css';
import texts from './text.module.css';

interface Props {
  readonly label: string;
  readonly path: string;
  /** Shown while there is none. */
  readonly placeholder?: string;
  /** Why it will not do, in one line; null where it will. */
  readonly problem?: string | null;
  /** What may be known of it, where nothing is wrong. */
  readonly note?: string;
  readonly isDisabled?: boolean;
  readonly onChange: (path: string) => void;
  readonly onChoose: () => void;
}

export function PlaceField(props: Props) {
  const { label, path, placeholder, problem = null, note, isDisabled, onChange, onChoose } = props;
  const [text, setText] = useState(path);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => setText(path), [path]);
  // The end of a path says more than its beginning.
  // biome-ignore lint/correctness/useExhaustiveDependencies: of every new text
  useEffect(() => {
    const { current } = field;
    if (current && current !== globalThis.document.activeElement) current.scrollLeft = current.scrollWidth;
  }, [text]);
  const id = useId();
  const take = () => {
    const plain = text.trim().replace(/^"(.*)"$/, '$1');
    setText(plain);
    if (plain !== path) onChange(plain);
  };
  const line = problem ?? note;
  return (
    <div className={styles.field}>
      <label htmlFor={id}>{label}</label>
      <div className={styles.row}>
        <input
          id={id}
          ref={field}
          className={inputs.input}
          value={text}
          title={text}
          placeholder={placeholder}
          spellCheck={false}
          disabled={isDisabled}
          aria-invalid={problem !== null}
          aria-describedby={line ? `${id}-line` : undefined}
          onChange={(event) => setText(event.target.value)}
          onBlur={take}
          onKeyDown={(event) => {
            if (event.key === 'Enter') take();
          }}
        />
        <Button isDisabled={isDisabled ?? false} aria-label={`Choose: ${label}`} onPress={onChoose}>
          Choose…
        </Button>
      </div>
      {line ? (
        <p id={`${id}-line`} className={problem === null ? texts.quiet : texts.problem}>
          {line}
        </p>
      ) : null}
    </div>
  );
}
