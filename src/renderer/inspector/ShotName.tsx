/** A name that is edited where it stands: Enter or leaving takes it, Escape does not. */
import { useEffect, useState } from 'react';

interface Props {
  readonly name: string;
  readonly label?: string;
  readonly onRename: (name: string) => void;
}

export function ShotName({ name, label = 'Name of the shot', onRename }: Props) {
  const [text, setText] = useState(name);
  useEffect(() => setText(name), [name]);
  const take = () => {
    const trimmed = text.trim();
    if (trimmed === '' || trimmed === name) setText(name);
    else onRename(trimmed);
  };
  return (
    <input
      className="input bare"
      aria-label={label}
      maxLength={120}
      value={text}
      onChange={(event) => setText(event.target.value)}
      onBlur={take}
      onKeyDown={(event) => {
        if (event.key === 'Enter') event.currentTarget.blur();
        if (event.key === 'Escape') setText(name);
      }}
    />
  );
}
