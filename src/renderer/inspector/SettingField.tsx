/** One setting of the chosen shots, drawn as its field says. */
import { Dices } from 'lucide-react';
import type { Shot } from '../../common/project/document.ts';
import { type Grouped, type Placed, sameValue } from '../../common/settings/catalogue.ts';
import type { Choice } from '../../common/settings/field.ts';
import { setChosenSettings } from '../actions/settings.ts';
import { useBundles, useModelDefaults } from '../store/bundles.ts';
import { useMethods } from '../store/methods.ts';
import { useDocument } from '../store/project.ts';
import { IconButton } from '../ui/IconButton.tsx';
import { Select } from '../ui/Select.tsx';
import { Switch } from '../ui/Switch.tsx';
import texts from '../ui/text.module.css';
import { nameOf } from '../words.ts';
import { differIn } from './differs.ts';
import { NumberInput } from './NumberInput.tsx';
import { Heading, NumberRow } from './NumberRow.tsx';
import setting from './setting.module.css';

interface Props {
  readonly field: Placed;
  readonly shot: Shot;
  readonly shots: readonly Shot[];
}

export function SettingField({ field, shot, shots }: Props) {
  const { group, key, label, help, widget, limits } = field;
  const defaults = useModelDefaults();
  const of = (settings: object) => (settings as Grouped)[group]?.[key];
  const value = of(shot.settings);
  const fallback = of(defaults);
  const differs = differIn(shots, of);
  const onChange = (next: unknown) => setChosenSettings({ [group]: { [key]: next } });
  const heading = {
    label,
    isDefault: sameValue(value, fallback) && !differs,
    onReset: () => onChange(fallback),
  };
  const number = { min: limits.min, max: limits.max, integer: limits.kind === 'integer', differs };
  switch (widget.kind) {
    case 'slider':
      return (
        <NumberRow
          {...number}
          label={label}
          description={help}
          value={value as number}
          fallback={fallback as number}
          sliderMax={widget.end}
          step={widget.step}
          onChange={onChange}
        />
      );
    case 'seed':
      return (
        <div className={setting.setting}>
          <Heading {...heading} />
          <div className={setting.seed}>
            <NumberInput
              {...number}
              label={label}
              value={value as number}
              onChange={(next) => onChange(next ?? fallback)}
            />
            <IconButton
              name="Another seed by chance"
              onPress={() => onChange(crypto.getRandomValues(new Uint32Array(1))[0]!)}
            >
              <Dices />
            </IconButton>
          </div>
        </div>
      );
    case 'size':
      return (
        <div className={setting.setting}>
          <Heading {...heading} note={help} />
          <SizeInput {...number} step={widget.step} value={value as number | null} onChange={onChange} />
        </div>
      );
    case 'switch':
      return (
        <div className={setting.setting}>
          <Switch isOn={value === true} differs={differs} onChange={onChange}>
            {label}
          </Switch>
          <p className={`${setting.note} ${texts.quiet}`}>{help}</p>
        </div>
      );
    case 'choice': {
      const options = widget.options ?? limits.choices?.map((id) => ({ id, name: nameOf(id) })) ?? [];
      return (
        <Select
          label={label}
          options={known(options, value as string)}
          value={value as string}
          differs={differs}
          onChange={onChange}
        />
      );
    }
    case 'solver':
      return (
        <SolverSelect
          label={label}
          method={shot.settings.method.id}
          value={value as string | null}
          differs={differs}
          onChange={onChange}
        />
      );
    // Drawn where they belong: beside the prompts, the method, the shot's own place and its project.
    default:
      return null;
  }
}

/** What the project has, also where this version of the list does not know it. */
function known(options: readonly Choice[], value: string): readonly Choice[] {
  return options.some((one) => one.id === value) ? options : [...options, { id: value, name: value }];
}

interface SizeProps {
  readonly value: number | null;
  readonly min: number | null;
  readonly max: number | null;
  readonly step: number;
  readonly integer: boolean;
  readonly differs: boolean;
  readonly onChange: (size: number | null) => void;
}

function SizeInput(props: SizeProps) {
  const bundles = useBundles();
  const dir = useDocument((document) => document.bundle);
  const bundle = bundles?.find((one) => (dir === null ? one.isDefault : one.dir === dir));
  const empty = bundle ? `${bundle.nativeSize}, as trained` : 'As trained';
  return <NumberInput {...props} label="Size in pixels" empty={empty} />;
}

interface SolverProps {
  readonly label: string;
  readonly method: string;
  /** Null is the method's own. */
  readonly value: string | null;
  readonly differs: boolean;
  readonly onChange: (id: string | null) => void;
}

/** Those with which the method is right. */
function SolverSelect({ label, method, value, differs, onChange }: SolverProps) {
  const found = useMethods()?.find(({ id }) => id === method)?.solvers ?? [];
  const solvers = [
    { id: '', name: "The method's own" },
    ...found.map(({ id, label: name }) => ({ id, name })),
  ];
  return (
    <Select
      label={label}
      options={known(solvers, value ?? '')}
      value={value ?? ''}
      differs={differs}
      onChange={(id) => onChange(id === '' ? null : id)}
    />
  );
}
