/** Which bundle renders this project. */
import type { Shot } from '../../common/project/document.ts';
import { setProject } from '../../common/project/edits-settings.ts';
import { type Grouped, sameValue } from '../../common/settings/catalogue.ts';
import type { ModelSettings } from '../../common/settings/model-settings.ts';
import { SETTINGS } from '../../common/settings/settings.ts';
import { setChosenSettings } from '../actions/settings.ts';
import { useBundles, useModel } from '../store/bundles.ts';
import { change, useDocument } from '../store/project.ts';
import { setView } from '../store/view.ts';
import { Button } from '../ui/Button.tsx';
import { Select } from '../ui/Select.tsx';
import texts from '../ui/text.module.css';
import row from './Row.module.css';
import { Section } from './Section.tsx';

export function ModelSetting({ shot }: { readonly shot: Shot }) {
  const known = useBundles();
  const bundles = known ?? [];
  const bundle = useDocument((document) => document.bundle);
  const model = useModel();
  const standard = bundles.find((one) => one.isDefault);
  const problem = model?.problems[0];
  const wrong = problem
    ? `${model.name} cannot be used: ${problem}`
    : known && !model
      ? 'There is no model to render with'
      : null;
  const options = [
    { id: '', name: standard ? `Default (${standard.name})` : 'Default' },
    ...bundles.map((one) => ({
      id: one.dir,
      name: one.name,
      note: `${one.nativeSize} pixels`,
      disabled: one.problems[0] ?? null,
    })),
    ...(bundle !== null && !bundles.some((one) => one.dir === bundle) ? [{ id: bundle, name: bundle }] : []),
  ];
  return (
    <Section name="Model">
      <Select
        label="Model of this project"
        options={options}
        value={bundle ?? ''}
        onChange={(id) =>
          change({
            name: 'Choose model',
            edit: (draft) => setProject(draft, { bundle: id === '' ? null : id }),
          })
        }
      />
      {wrong ? <p className={`${row.note} ${texts.warn}`}>{wrong}</p> : null}
      <div>
        {model && differs(shot, model.settings) ? (
          <Button look="plain" onPress={() => setChosenSettings(model.settings)}>
            Use the settings that suit it
          </Button>
        ) : null}
        <Button look="plain" onPress={() => setView({ dialog: 'bundles' })}>
          Manage models…
        </Button>
      </div>
    </Section>
  );
}

/** A shot keeps its settings when another model is chosen; the way to those of the model is a button. */
function differs({ settings }: Shot, suitable: ModelSettings): boolean {
  return SETTINGS.fieldsOf('look').some(({ group, key }) => {
    const wanted = (suitable as Grouped)[group]?.[key];
    return wanted !== undefined && !sameValue((settings as Grouped)[group]?.[key], wanted);
  });
}
