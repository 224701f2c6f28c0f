/** A path for whoever has it at hand; what is typed is taken with Enter. */
import { type KeyboardEvent, useState } from 'react';
import inputs from '../ui/input.module.css';

interface Props {
  /** What lies there: "a LoRA". */
  readonly what: string;
  readonly onPath: (path: string) => void;
}

export function PathField({ what, onPath }: Props) {
  const [text, setText] = useState('');
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    const path = text.trim().replace(/^"(.*)"$/, '$1');
    if (event.key === 'Escape') setText('');
    if (event.key !== 'Enter' || path === '') return;
    onPath(path);
    setText('');
  };
  return (
    <input
      className={inputs.input}
      aria-label={`Path of ${what} to add`}
      placeholder="Or type its path and press Enter"
      spellCheck={false}
      value={text}
      onChange={(event) => setText(event.target.value)}
      onKeyDown={onKeyDown}
    />
  );
}
