/** Which bundle renders this project. */
import { setProject } from '../../common/project/edits-settings.ts';
import { useBundles } from '../store/bundles.ts';
import { change, useDocument } from '../store/project.ts';
import { setView } from '../store/view.ts';
import { Button } from '../ui/Button.tsx';
import { Select } from '../ui/Select.tsx';

export function ModelSetting() {
  const bundles = useBundles() ?? [];
  const bundle = useDocument((document) => document.bundle);
  const standard = bundles.find((one) => one.isDefault);
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
    <section className="group" aria-label="Model">
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
      <div>
        <Button look="plain" onPress={() => setView({ dialog: 'bundles' })}>
          Manage models…
        </Button>
      </div>
    </section>
  );
}
