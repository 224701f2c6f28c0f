/** Presets: those that suit a program, and the artist's own. */
import { useState } from 'react';
import type { ExportChoice } from '../../common/delivery/choice.ts';
import { EXPORT_PRESETS, nameFault, presetOf } from '../../common/delivery/presets.ts';
import { pluginOf } from '../../common/plugins/ids.ts';
import { choose } from '../actions/export.ts';
import { deleteOwnPreset, renameOwnPreset, saveOwnPreset, useOwnPresets } from '../store/export-presets.ts';
import { useTimelineFormats, type WayOfWriting } from '../store/timeline-ways.ts';
import { Button } from '../ui/Button.tsx';
import inputs from '../ui/input.module.css';
import { Select } from '../ui/Select.tsx';
import texts from '../ui/text.module.css';
import styles from './Export.module.css';

export function PresetBar({ choice }: { readonly choice: ExportChoice }) {
  const own = useOwnPresets();
  const current = presetOf(choice, own);
  const isOwn = own.some(({ name }) => name === current);
  const ways = useTimelineFormats();
  const [naming, setNaming] = useState<'new' | 'rename' | null>(null);
  const all = [...EXPORT_PRESETS, ...own.map((one) => ({ ...one, note: noteOf(one.choice, ways) }))];
  if (naming !== null)
    return (
      <NamePreset
        renamed={naming === 'rename' ? current : null}
        onDone={(name) => {
          setNaming(null);
          if (name === null) return;
          if (naming === 'rename' && current !== null) renameOwnPreset(current, name);
          else saveOwnPreset(name, choice);
        }}
      />
    );
  return (
    <div className={styles.presets}>
      <div className={styles.preset}>
        <Select
          label="Preset"
          options={all.map(({ name, note }) => ({ id: name, name, note }))}
          value={current ?? ''}
          placeholder="Your own choice"
          onChange={(name) => {
            const chosen = all.find((one) => one.name === name);
            if (chosen) choose(chosen.choice);
          }}
        />
      </div>
      {current === null ? <Button onPress={() => setNaming('new')}>Save as a preset…</Button> : null}
      {isOwn && current !== null ? (
        <>
          <Button onPress={() => setNaming('rename')}>Rename…</Button>
          <Button onPress={() => deleteOwnPreset(current)}>Delete preset</Button>
        </>
      ) : null}
    </div>
  );
}

/** A preset that names what is not there says so before it is chosen. */
function noteOf({ timelines }: ExportChoice, ways: readonly WayOfWriting[] | null): string {
  const away = ways && timelines?.formats.find((id) => !ways.some((one) => one.id === id));
  return away
    ? `Your own; needs the plugin ${pluginOf(away) ?? away}, which is not there or not on`
    : 'Your own';
}

interface NameProps {
  /** The preset that gets another name; null for a new one. */
  readonly renamed: string | null;
  /** Null where nothing is to be done. */
  readonly onDone: (name: string | null) => void;
}

function NamePreset({ renamed, onDone }: NameProps) {
  const own = useOwnPresets();
  const [name, setName] = useState(renamed ?? '');
  const fault = nameFault(own, name, renamed);
  return (
    <div className={styles.presets}>
      <div className={styles.field}>
        <span className={texts.quiet}>Name of the preset</span>
        <input
          // biome-ignore lint/a11y/noAutofocus: the artist has just asked for it
          autoFocus
          className={inputs.input}
          aria-label="Name of the preset"
          maxLength={80}
          value={name}
          onChange={(event) => setName(event.target.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Enter' && event.key !== 'Escape') return;
            // Neither the form nor the sheet is meant.
            event.preventDefault();
            event.stopPropagation();
            if (event.key === 'Escape') onDone(null);
            else if (fault === null) onDone(name);
          }}
        />
      </div>
      <Button isDisabled={fault !== null} onPress={() => onDone(name)}>
        {renamed === null ? 'Save' : 'Rename'}
      </Button>
      <Button onPress={() => onDone(null)}>Cancel</Button>
      {fault !== null && name.trim() !== '' ? <p className={texts.problem}>{fault}</p> : null}
    </div>
  );
}
