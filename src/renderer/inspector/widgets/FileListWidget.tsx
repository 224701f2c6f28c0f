/** Any number of files: which there are, and a path for one more. */
import { X } from 'lucide-react';
import { type KeyboardEvent, useState } from 'react';
import { LIBRARY_KINDS } from '../../../common/contract/library.ts';
import { endGesture } from '../../store/project.ts';
import { IconButton } from '../../ui/IconButton.tsx';
import inputs from '../../ui/input.module.css';
import layout from '../../ui/layout.module.css';
import texts from '../../ui/text.module.css';
import { FromLibrary } from '../FromLibrary.tsx';
import { DIFFERS } from '../NumberInput.tsx';
import { Row } from '../Row.tsx';
import type { WidgetProps } from './widget.ts';

export function FileListWidget(props: WidgetProps<'file-list'>) {
  const { control, differs, onChange } = props;
  const paths = props.value as readonly string[];
  const kind = LIBRARY_KINDS.find((one) => one === control.what.toLowerCase());
  const set = (list: readonly string[]) => {
    onChange([...new Set(list)]);
    endGesture();
  };
  return (
    <Row {...props}>
      {() =>
        differs ? (
          <span className={texts.quiet}>{DIFFERS}</span>
        ) : (
          <>
            {paths.map((path) => (
              <div key={path} className={layout.row}>
                <span title={path}>{path.split(/[\\/]/).at(-1)}</span>
                <span className={layout.spring} />
                <IconButton
                  name={`Without ${path.split(/[\\/]/).at(-1)}`}
                  onPress={() => set(paths.filter((one) => one !== path))}
                >
                  <X />
                </IconButton>
              </div>
            ))}
            {kind ? (
              <FromLibrary
                kind={kind}
                label={`Add from the library: ${control.what.toLowerCase()}`}
                used={paths}
                onAdd={(path) => set([...paths, path])}
              />
            ) : null}
            <PathField what={control.what} onPath={(path) => set([...paths, path])} />
          </>
        )
      }
    </Row>
  );
}

interface PathFieldProps {
  readonly what: string;
  readonly onPath: (path: string) => void;
}

/** For whoever has the path at hand; it is taken with Enter. */
function PathField({ what, onPath }: PathFieldProps) {
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
      aria-label={`Path of a file to add: ${what.toLowerCase()}`}
      placeholder="Path of a file; Enter adds it"
      spellCheck={false}
      value={text}
      onChange={(event) => setText(event.target.value)}
      onKeyDown={onKeyDown}
    />
  );
}
