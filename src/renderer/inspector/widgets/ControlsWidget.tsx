/** ControlNets: which, and what each of them follows. */
import { FilePlus2, FolderPlus } from 'lucide-react';
import type { Control } from '../../../common/settings/controls.ts';
import { addControlAt, addControlFile, addControlFolder, controlName } from '../../actions/controls.ts';
import { useLibraryOf } from '../../store/library.ts';
import { tryTo } from '../../store/notices.ts';
import { Button } from '../../ui/Button.tsx';
import layout from '../../ui/layout.module.css';
import { Select } from '../../ui/Select.tsx';
import texts from '../../ui/text.module.css';
import { count } from '../../words.ts';
import { ControlFields } from '../ControlFields.tsx';
import { DIFFERS } from '../NumberInput.tsx';
import { Row } from '../Row.tsx';
import styles from './ControlsWidget.module.css';
import type { WidgetProps } from './widget.ts';

export function ControlsWidget(props: WidgetProps<'controls'>) {
  const { shots, differs } = props;
  const known = useLibraryOf('controlnet');
  const controls = props.value as readonly Control[];
  const of = { shots: shots.map(({ id }) => id), controls };
  if (differs) return <Row {...props}>{() => <span className={texts.quiet}>{DIFFERS}</span>}</Row>;
  const ready = known.filter(({ state }) => state === 'ready');
  return (
    <Row {...props}>
      {() => (
        <>
          {controls.length > 0 ? (
            <ul className={styles.list} aria-label={count(controls.length, 'ControlNet')}>
              {controls.map(({ path }, index) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: the same network may follow two things, and nothing is moved
                <ControlFields key={`${path} ${index}`} of={of} index={index} />
              ))}
            </ul>
          ) : null}
          {ready.length > 0 ? (
            <Select
              label="Add a ControlNet from the library"
              options={ready.map(({ path, what }) => ({ id: path, name: controlName(path), note: what }))}
              value=""
              onChange={(path) => tryTo(() => addControlAt(of, path))}
            />
          ) : null}
          <div className={layout.row}>
            <Button look="plain" onPress={() => tryTo(() => addControlFile(of))}>
              <FilePlus2 aria-hidden="true" />
              Add a ControlNet…
            </Button>
            <Button look="plain" onPress={() => tryTo(() => addControlFolder(of))}>
              <FolderPlus aria-hidden="true" />
              Its folder…
            </Button>
          </div>
        </>
      )}
    </Row>
  );
}
