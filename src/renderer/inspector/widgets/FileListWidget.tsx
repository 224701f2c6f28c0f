/** Any number of files: which there are, and more of them, from the library, the disk or by their path. */
import { FilePlus2, X } from 'lucide-react';
import { LIBRARY_KINDS } from '../../../common/contract/library.ts';
import { shell } from '../../engine.ts';
import { tryTo } from '../../store/notices.ts';
import { endGesture } from '../../store/project.ts';
import { Button } from '../../ui/Button.tsx';
import { IconButton } from '../../ui/IconButton.tsx';
import layout from '../../ui/layout.module.css';
import { DIFFERS } from '../../ui/NumberInput.tsx';
import texts from '../../ui/text.module.css';
import { nameOfFile } from '../../words.ts';
import { FromLibrary } from '../FromLibrary.tsx';
import { PathField } from '../PathField.tsx';
import { Row } from '../Row.tsx';
import type { WidgetProps } from './widget.ts';

export function FileListWidget(props: WidgetProps<'file-list'>) {
  const { control, differs, onChange } = props;
  const { what } = control;
  const paths = props.value as readonly string[];
  const kind = LIBRARY_KINDS.find((one) => one === control.library);
  const set = (list: readonly string[]) => {
    onChange([...new Set(list)]);
    // Each file is a change of its own, to be undone by itself.
    endGesture();
  };
  const choose = async () => {
    const asked = control.pictures ? shell().openClipDialog() : shell().openModelDialog();
    const chosen = (await asked) ?? [];
    if (chosen.length > 0) set([...paths, ...chosen]);
  };
  if (differs) return <Row {...props}>{() => <span className={texts.quiet}>{DIFFERS}</span>}</Row>;
  return (
    <Row {...props}>
      {() => (
        <>
          {paths.map((path) => (
            <div key={path} className={layout.row}>
              <span className={texts.oneLine} title={path}>
                {nameOfFile(path)}
              </span>
              <IconButton
                name={`Remove ${nameOfFile(path)}`}
                onPress={() => set(paths.filter((one) => one !== path))}
              >
                <X />
              </IconButton>
            </div>
          ))}
          {kind ? (
            <FromLibrary
              kind={kind}
              label={`Add ${what} from the library`}
              used={paths}
              onAdd={(path) => set([...paths, path])}
            />
          ) : null}
          <Button look="plain" onPress={() => tryTo(choose)}>
            <FilePlus2 aria-hidden="true" />
            {`Add ${what}…`}
          </Button>
          <PathField what={what} onPath={(path) => set([...paths, path])} />
        </>
      )}
    </Row>
  );
}
