/** A network by its folder: of the library, of the artist's own, or none, which leaves it to the model. */
import { FolderOpen } from 'lucide-react';
import { shell } from '../../engine.ts';
import { useEstimatorOptions } from '../../store/estimators.ts';
import { tryTo } from '../../store/notices.ts';
import { endGesture } from '../../store/project.ts';
import { Button } from '../../ui/Button.tsx';
import layout from '../../ui/layout.module.css';
import { DIFFERS } from '../../ui/NumberInput.tsx';
import { Picker } from '../../ui/Picker.tsx';
import texts from '../../ui/text.module.css';
import { nameOfFile } from '../../words.ts';
import { Row } from '../Row.tsx';
import type { WidgetProps } from './widget.ts';

/** No path is called so. */
const OWN = 'own';

export function EstimatorWidget(props: WidgetProps<'estimator'>) {
  const { field, control, differs, onChange } = props;
  const chosen = props.value as string | null;
  const known = useEstimatorOptions(control.role);
  const options = [
    { id: OWN, name: 'None chosen' },
    ...known,
    ...(chosen === null || known.some(({ id }) => id === chosen)
      ? []
      : [{ id: chosen, name: nameOfFile(chosen), note: chosen }]),
  ];
  const set = (path: string | null) => {
    onChange(path);
    endGesture();
  };
  const choose = async () => {
    const path = await shell().openFolderDialog(`Folder: ${field.label.toLowerCase()}`);
    if (path !== null) set(path);
  };
  if (differs) return <Row {...props}>{() => <span className={texts.quiet}>{DIFFERS}</span>}</Row>;
  return (
    <Row {...props}>
      {(note) => (
        <>
          {options.length > 1 ? (
            <Picker
              // The list of a picker is read when it is drawn first.
              key={JSON.stringify([chosen, ...known.map(({ id }) => id)])}
              label={field.label}
              isLabelHidden
              describedBy={note}
              options={options}
              value={chosen ?? OWN}
              onChange={(id) => set(id === OWN ? null : id)}
            />
          ) : null}
          <div className={layout.row}>
            <Button
              look="plain"
              aria-label={`${field.label}: choose a folder…`}
              onPress={() => tryTo(choose)}
            >
              <FolderOpen aria-hidden="true" />
              Choose a folder…
            </Button>
          </div>
        </>
      )}
    </Row>
  );
}
