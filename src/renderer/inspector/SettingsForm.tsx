/** The settings of the chosen shots: what every render asks for first, the rest in folds that say what is changed in them. */
import { useMemo } from 'react';
import type { Shot } from '../../common/project/document.ts';
import { SETTINGS } from '../../common/settings/settings.ts';
import { setFold, useFold } from '../store/folds.ts';
import { useModelDefaults } from '../store/library.ts';
import { useMethods } from '../store/methods.ts';
import { useOffered } from '../store/plugins.ts';
import { Fold } from '../ui/Fold.tsx';
import { Fields } from './Fields.tsx';
import { changedIn, type FormField, type FormGroup, formOf } from './form-model.ts';
import { ModelProblem, ModelSetting, useModelWord } from './ModelSetting.tsx';
import { Section } from './Section.tsx';
import styles from './SettingsForm.module.css';

interface Props {
  /** The shot in hand, and all that a change goes to. */
  readonly shot: Shot;
  readonly shots: readonly Shot[];
}

const isPrompt = ({ control }: FormField) => control.kind === 'prompt';

export function SettingsForm({ shot, shots }: Props) {
  const methods = useMethods();
  const offered = useOffered(methods);
  const { id } = shot.settings.method;
  const isShared = shots.every(({ settings }) => settings.method.id === id);
  // One that is away has no fields: what was set for it is read, not changed.
  const method = (isShared && offered?.find((one) => one.id === id)) || null;
  const { top, folds } = useMemo(() => formOf(SETTINGS, method), [method]);
  const model = useModelWord();
  const chosen: Readonly<Record<string, string | null | undefined>> = {
    // One that is away is named all the same.
    method: isShared ? methods && (methods.find((one) => one.id === id)?.label ?? id) : 'differs',
    model,
  };
  return (
    <>
      <Section name="Prompts">
        <Fields fields={top.filter(isPrompt)} shot={shot} shots={shots} />
      </Section>
      {/* In one line each, so that they are seen with the prompts also in a small window. */}
      <div className={styles.compact} data-compact>
        <Fields fields={top.filter((field) => !isPrompt(field))} shot={shot} shots={shots} />
      </div>
      <ModelProblem />
      <div>
        {folds.map((fold) => (
          <SettingsFold
            key={fold.id}
            fold={fold}
            chosen={chosen[fold.id] ?? undefined}
            shot={shot}
            shots={shots}
          />
        ))}
      </div>
    </>
  );
}

interface FoldProps extends Props {
  readonly fold: FormGroup;
  readonly chosen: string | undefined;
}

function SettingsFold({ fold, chosen, shot, shots }: FoldProps) {
  const defaults = useModelDefaults();
  const set = changedIn(fold.fields, shots, defaults);
  // What a header says by itself is not said twice.
  const changed = set.filter(({ control }) => control.kind !== 'method');
  const isOpen = useFold(fold.id);
  // What is set can be reset, also where it does nothing.
  const shown = fold.fields.filter((field) => !field.idle || set.includes(field));
  const fields = isOpen ? <Fields fields={shown} shot={shot} shots={shots} /> : null;
  return (
    <Fold
      id={fold.id}
      title={fold.name}
      isOpen={isOpen}
      onToggle={setFold}
      chosen={chosen}
      changed={changed.map(({ label }) => label).join(', ')}
    >
      {isOpen && fold.id === 'model' ? <ModelSetting shot={shot}>{fields}</ModelSetting> : fields}
    </Fold>
  );
}
