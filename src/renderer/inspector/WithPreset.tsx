/** Clips that were added together: one preset for all of their shots, or none. */
import { useState } from 'react';
import { isShot } from '../../common/project/positions.ts';
import { shortWords } from '../../common/settings/in-words.ts';
import { SETTINGS } from '../../common/settings/settings.ts';
import { applyPreset } from '../actions/settings.ts';
import { usePlaced } from '../store/current.ts';
import { useMethods } from '../store/methods.ts';
import { tryTo } from '../store/notices.ts';
import { useInTheWay } from '../store/plugins.ts';
import { usePresets } from '../store/presets.ts';
import { setView, useView } from '../store/view.ts';
import { Button } from '../ui/Button.tsx';
import layout from '../ui/layout.module.css';
import { Select } from '../ui/Select.tsx';
import texts from '../ui/text.module.css';
import { count } from '../words.ts';
import styles from './WithPreset.module.css';

const SHOWN = SETTINGS.fieldsOf('look').filter(({ finer }) => !finer);

export function WithPreset() {
  const presets = usePresets();
  const methods = useMethods();
  const selection = useView((view) => view.selection);
  const shots = usePlaced().filter((one) => isShot(one) && selection.includes(one.item.id)).length;
  const wayOf = useInTheWay('preset');
  const [name, setName] = useState(presets[0]?.name ?? '');
  const preset = presets.find((one) => one.name === name);
  const close = () => setView({ dialog: null });
  return (
    <form
      className={styles.sheet}
      onSubmit={(event) => {
        event.preventDefault();
        if (preset)
          tryTo(() => {
            applyPreset(preset);
            close();
          });
      }}
    >
      <p className={texts.quiet}>
        {count(shots, 'shot')} were added, and all of them are chosen: what you write in the inspector now is
        theirs.
      </p>
      <Select
        label="Preset for all of them"
        value={name}
        onChange={setName}
        options={presets.map(({ name, settings }) => ({
          id: name,
          name,
          disabled: wayOf(settings),
          note: shortWords(settings, SHOWN, methods?.find(({ id }) => id === settings.method.id)?.label).join(
            ', ',
          ),
        }))}
      />
      <div className={layout.row}>
        <Button type="submit" look="primary" isDisabled={!preset || wayOf(preset.settings) !== null}>
          Use the preset
        </Button>
        <Button onPress={close}>As they are</Button>
      </div>
    </form>
  );
}
