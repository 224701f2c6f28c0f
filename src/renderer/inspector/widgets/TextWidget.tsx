/** A line of text; a number, a list or JSON where the field takes them. */
import { useEffect, useState } from 'react';
import inputs from '../../ui/input.module.css';
import { DIFFERS } from '../../ui/NumberInput.tsx';
import texts from '../../ui/text.module.css';
import { Row } from '../Row.tsx';
import { parseText, textOf } from '../typed-text.ts';
import type { WidgetProps } from './widget.ts';

/** Taken on Enter or when the artist leaves, so that half a list is never an error. */
export function TextWidget(props: WidgetProps<'text'>) {
  const { field, control, value, differs, onChange } = props;
  const shown = differs ? '' : textOf(value);
  const [text, setText] = useState(shown);
  useEffect(() => setText(shown), [shown]);
  const parsed = parseText(text, control.accepts);
  const isWrong = parsed === undefined && text.trim() !== '';
  const take = () => {
    if (isWrong) setText(shown);
    else if (text !== shown) onChange(text.trim() === '' ? control.empty : parsed);
  };
  return (
    <Row {...props}>
      {(note) => (
        <input
          className={`${inputs.input} ${texts.mono}`}
          aria-label={field.label}
          aria-describedby={note}
          aria-invalid={isWrong || undefined}
          placeholder={differs ? DIFFERS : undefined}
          spellCheck={false}
          value={text}
          onChange={(event) => setText(event.target.value)}
          onBlur={take}
          onKeyDown={(event) => {
            if (event.key === 'Enter' && !event.ctrlKey && !event.metaKey) take();
            if (event.key === 'Escape') setText(shown);
          }}
        />
      )}
    </Row>
  );
}
