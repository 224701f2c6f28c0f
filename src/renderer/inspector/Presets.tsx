/** Settings kept under a name. */
import { Bookmark, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { Button as AriaButton, Dialog, DialogTrigger, Heading, Popover } from 'react-aria-components';
import type { Shot } from '../../common/project/document.ts';
import { shortWords } from '../../common/settings/in-words.ts';
import { SETTINGS } from '../../common/settings/settings.ts';
import { applyPreset } from '../actions/settings.ts';
import { useMethods } from '../store/methods.ts';
import { tryTo } from '../store/notices.ts';
import { useInTheWay } from '../store/plugins.ts';
import { deletePreset, type Preset, savePreset, usePresets } from '../store/presets.ts';
import { Button } from '../ui/Button.tsx';
import { IconButton } from '../ui/IconButton.tsx';
import inputs from '../ui/input.module.css';
import popover from '../ui/popover.module.css';
import texts from '../ui/text.module.css';
import styles from './Presets.module.css';

const SHOWN = SETTINGS.fieldsOf('look').filter(({ finer }) => !finer);

export function Presets({ shot }: { readonly shot: Shot }) {
  return (
    <DialogTrigger>
      <Button look="plain">
        <Bookmark aria-hidden="true" />
        Presets
      </Button>
      <Popover className={popover.popover} placement="bottom start">
        <Dialog className={styles.dialog}>{({ close }) => <PresetList shot={shot} close={close} />}</Dialog>
      </Popover>
    </DialogTrigger>
  );
}

function PresetList({ shot, close }: { readonly shot: Shot; readonly close: () => void }) {
  const presets = usePresets();
  const [name, setName] = useState('');
  const save = () => {
    if (name.trim() === '') return;
    savePreset(name, shot.settings);
    setName('');
  };
  return (
    <>
      <Heading slot="title" level={3}>
        Presets
      </Heading>
      {presets.length === 0 ? (
        <p className={texts.quiet}>
          A preset keeps method, steps, guidance and the like, without prompt and seed.
        </p>
      ) : (
        <ul>
          {presets.map((preset) => (
            <PresetRow
              key={preset.name}
              preset={preset}
              onApply={() => {
                tryTo(() => applyPreset(preset));
                close();
              }}
            />
          ))}
        </ul>
      )}
      <form
        className={styles.save}
        onSubmit={(event) => {
          event.preventDefault();
          save();
        }}
      >
        <input
          className={inputs.input}
          aria-label="Name of a new preset"
          placeholder="Name of a new preset"
          maxLength={80}
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
        <Button type="submit" isDisabled={name.trim() === ''}>
          Save
        </Button>
      </form>
    </>
  );
}

function PresetRow({ preset, onApply }: { readonly preset: Preset; readonly onApply: () => void }) {
  const { settings } = preset;
  const method = useMethods()?.find(({ id }) => id === settings.method.id)?.label;
  const away = useInTheWay('preset')(settings);
  return (
    <li className={styles.preset}>
      <AriaButton className={styles.apply} isDisabled={away !== null} onPress={onApply}>
        <span>{preset.name}</span>
        <span className={texts.quiet}>{shortWords(settings, SHOWN, method).join(', ')}</span>
        {away ? <span className={texts.warn}>{away}</span> : null}
      </AriaButton>
      <IconButton name={`Delete preset ${preset.name}`} onPress={() => deletePreset(preset.name)}>
        <Trash2 />
      </IconButton>
    </li>
  );
}
