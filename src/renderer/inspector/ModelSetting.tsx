/** Which model renders this project, and what each shot adds to it. */
import type { ReactNode } from 'react';
import type { LibraryEntry } from '../../common/contract/library.ts';
import type { Shot } from '../../common/project/document.ts';
import { setProject } from '../../common/project/edits-settings.ts';
import { type Grouped, sameValue } from '../../common/settings/catalogue.ts';
import type { ModelSettings } from '../../common/settings/model-settings.ts';
import { SETTINGS } from '../../common/settings/settings.ts';
import { run } from '../actions/registry.ts';
import { setChosenSettings } from '../actions/settings.ts';
import { useLibrary, useLibraryOf, useModel } from '../store/library.ts';
import { change, useDocument } from '../store/project.ts';
import { trialLine } from '../store/trying.ts';
import { setView } from '../store/view.ts';
import { Button } from '../ui/Button.tsx';
import { Picker } from '../ui/Picker.tsx';
import texts from '../ui/text.module.css';
import { nameOfFile, sentence } from '../words.ts';
import row from './Row.module.css';

const DEFAULT = 'default';

interface Props {
  readonly shot: Shot;
  /** Fields of the shot. */
  readonly children: ReactNode;
}

/** Its name, for a header. */
export function useModelWord(): string | undefined {
  return useModel()?.name;
}

function useProblem(): string | null {
  const known = useLibrary();
  const models = useLibraryOf('model');
  const path = useDocument((document) => document.bundle);
  const model = useModel();
  const [problem] = model?.problems ?? [];
  if (problem) return `${model!.name} cannot be used: ${problem}`;
  if (known !== null && path !== null && !models.some((one) => one.path === path))
    return `${nameOfFile(path)} is not in the library. Put it back into its folder, add it, or choose another model.`;
  return known && !model ? 'There is no model to render with. Add one to the library.' : null;
}

/** Stands where it is seen, whether the fold of the model is open or not. */
export function ModelProblem() {
  const wrong = useProblem();
  return wrong ? <p className={`${row.note} ${texts.warn}`}>{wrong}</p> : null;
}

export function ModelSetting({ shot, children }: Props) {
  const models = useLibraryOf('model');
  const path = useDocument((document) => document.bundle);
  const model = useModel();
  const wrong = useProblem();
  const standard = models.find((one) => one.isDefault);
  const isAway = useLibrary() !== null && path !== null && !models.some((one) => one.path === path);
  const suited = model ? suitable(shot, model, models) : {};
  const options = [
    { id: DEFAULT, name: standard ? `Default (${standard.name})` : 'Default' },
    ...models.map((one) => ({
      id: one.path,
      name: one.name,
      note: [one.what, one.nativeSize ? `${one.nativeSize} pixels` : ''].filter(Boolean).join(' · '),
      disabled: one.problems[0] ?? null,
    })),
    ...(isAway ? [{ id: path, name: nameOfFile(path), note: path }] : []),
  ];
  return (
    <>
      <Picker
        label="Model of this project"
        options={options}
        value={path ?? DEFAULT}
        onChange={(id) =>
          change({
            name: 'Choose model',
            edit: (draft) => setProject(draft, { bundle: id === DEFAULT ? null : id }),
          })
        }
      />
      {model?.trial && !wrong ? (
        <p className={`${row.note} ${texts.quiet}`}>{sentence(trialLine(model.trial))}</p>
      ) : null}
      <div>
        {model && !wrong ? (
          <Button look="plain" onPress={() => void run('model.try')}>
            Test render…
          </Button>
        ) : null}
        {model && differs(shot, suited) ? (
          <Button look="plain" onPress={() => setChosenSettings(suited)}>
            Use the settings that suit it
          </Button>
        ) : null}
        <Button look="plain" onPress={() => setView({ dialog: 'library' })}>
          Open the library…
        </Button>
      </div>
      {children}
    </>
  );
}

/** Its own settings, and where the shot still has what another model brought, what shots start with. */
function suitable({ settings }: Shot, model: LibraryEntry, models: readonly LibraryEntry[]): ModelSettings {
  const left = SETTINGS.fieldsOf('look').filter(({ group, key }) => {
    const has = (settings as Grouped)[group]?.[key];
    return models.some((one) => sameValue((one.settings as Grouped)[group]?.[key], has));
  });
  const wanted: Record<string, Record<string, unknown>> = {};
  for (const { group, key } of left)
    wanted[group] = { ...wanted[group], [key]: (SETTINGS.defaults as Grouped)[group]?.[key] };
  for (const [group, values] of Object.entries(model.settings))
    wanted[group] = { ...wanted[group], ...values };
  return wanted as ModelSettings;
}

/** A shot keeps its settings when another model is chosen; the way to those of the model is a button. */
function differs({ settings }: Shot, suitable: ModelSettings): boolean {
  return SETTINGS.fieldsOf('look').some(({ group, key }) => {
    const wanted = (suitable as Grouped)[group]?.[key];
    return wanted !== undefined && !sameValue((settings as Grouped)[group]?.[key], wanted);
  });
}
