/** ControlNets: which, and what each of them follows. */
import { FilePlus2, FolderPlus } from 'lucide-react';
import type { Control } from '../../../common/settings/controls.ts';
import { addControlAt, addControlFile, addControlFolder } from '../../actions/controls.ts';
import { tryTo } from '../../store/notices.ts';
import { Button } from '../../ui/Button.tsx';
import layout from '../../ui/layout.module.css';
import { DIFFERS } from '../../ui/NumberInput.tsx';
import texts from '../../ui/text.module.css';
import { count } from '../../words.ts';
import { ControlFields } from '../ControlFields.tsx';
import { FromLibrary } from '../FromLibrary.tsx';
import { Row } from '../Row.tsx';
import styles from './ControlsWidget.module.css';
import type { WidgetProps } from './widget.ts';

export function ControlsWidget(props: WidgetProps<'controls'>) {
  const { shots, differs } = props;
  const controls = props.value as readonly Control[];
  const of = { shots: shots.map(({ id }) => id), controls };
  if (differs) return <Row {...props}>{() => <span className={texts.quiet}>{DIFFERS}</span>}</Row>;
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
          <FromLibrary
            kind="controlnet"
            label="Add a ControlNet from the library"
            used={[]}
            onAdd={(path) => tryTo(() => addControlAt(of, path))}
          />
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
