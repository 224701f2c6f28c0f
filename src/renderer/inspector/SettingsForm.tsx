/** The settings of the chosen shots, group by group as they are declared; the finer ones of all groups behind a fold. */
import { useMemo } from 'react';
import type { Shot } from '../../common/project/document.ts';
import { SETTINGS } from '../../common/settings/settings.ts';
import { useMethods } from '../store/methods.ts';
import { Fields } from './Fields.tsx';
import { Fold } from './Fold.tsx';
import { formOf, MODEL_GROUP } from './form-model.ts';
import { ModelSetting } from './ModelSetting.tsx';
import { Section } from './Section.tsx';

interface Props {
  /** The shot in hand, and all that a change goes to. */
  readonly shot: Shot;
  readonly shots: readonly Shot[];
}

export function SettingsForm({ shot, shots }: Props) {
  const methods = useMethods();
  const { id } = shot.settings.method;
  const isShared = shots.every(({ settings }) => settings.method.id === id);
  const method = (isShared && methods?.find((one) => one.id === id)) || null;
  const { groups, finer } = useMemo(() => formOf(SETTINGS, method), [method]);
  return (
    <>
      {groups.map(({ name, fields }) =>
        name === MODEL_GROUP ? null : (
          <Section key={name} name={name}>
            <Fields fields={fields} shot={shot} shots={shots} />
          </Section>
        ),
      )}
      <Fold title="Finer settings">
        <Fields fields={finer} shot={shot} shots={shots} />
      </Fold>
      <ModelSetting shot={shot}>
        <Fields
          fields={groups.find(({ name }) => name === MODEL_GROUP)?.fields ?? []}
          shot={shot}
          shots={shots}
        />
      </ModelSetting>
    </>
  );
}
