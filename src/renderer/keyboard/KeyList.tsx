/** Every command and its keys, made from the key map itself; a press on a key gives the command another one. */
import { Fragment, type KeyboardEvent, useState } from 'react';
import { type Command, GROUPS } from '../actions/command.ts';
import { commands } from '../actions/registry.ts';
import { platform } from '../engine.ts';
import { Button } from '../ui/Button.tsx';
import { Select } from '../ui/Select.tsx';
import texts from '../ui/text.module.css';
import { rebind, resetBindings, takePreset, useKeyMap, useKeyPreset } from './bindings.ts';
import styles from './KeyList.module.css';
import { bindingOf, conflictsOf, type KeyMap, labelOf, partOf } from './keymap.ts';
import { PRESETS, presetOf } from './presets.ts';

/** A command with a condition has its keys before all others, and may have theirs. */
function hasCondition(id: string): boolean {
  return commands.find((command) => command.id === id)?.when !== undefined;
}

/** Name of the command that would share a press with `id` if it had these keys; null for none. */
function takenBy(map: KeyMap, id: string, keys: readonly string[]): string | null {
  const isLike = (one: string) => hasCondition(one) === hasCondition(id);
  const rivals = partOf({ ...map, [id]: keys }, isLike);
  const conflict = conflictsOf(rivals).find((one) => one.commands.includes(id));
  const other = conflict?.commands.find((one) => one !== id);
  return commands.find((command) => command.id === other)?.name ?? null;
}

export function KeyList() {
  const map = useKeyMap();
  const { preset, own } = useKeyPreset();
  const [waiting, setWaiting] = useState<string | null>(null);
  const [note, setNote] = useState('Press a key in the list to give the command another one.');

  const onKeyDown = (event: KeyboardEvent) => {
    if (waiting === null) return;
    const binding = bindingOf(event.nativeEvent);
    if (binding === null) return;
    event.preventDefault();
    event.stopPropagation();
    setWaiting(null);
    if (event.key === 'Escape') return setNote('Nothing was changed.');
    const clash = takenBy(map, waiting, [binding]);
    if (clash) return setNote(`That key is taken by “${clash}”. Nothing was changed.`);
    rebind(waiting, [binding]);
    setNote('Changed.');
  };

  return (
    <div onKeyDownCapture={onKeyDown}>
      <div className={styles.head}>
        <p role="status" className={texts.quiet}>
          {waiting === null ? note : 'Press the new key, or Escape to leave it as it is.'}
        </p>
        <div className={styles.preset}>
          <Select
            label="Keys as in"
            options={PRESETS}
            value={preset}
            onChange={(id) => {
              takePreset(id);
              setNote(
                `Keys are as in ${presetOf(id).name}${own > 0 ? '; those that you changed are yours still' : ''}.`,
              );
            }}
          />
        </div>
        <Button
          isDisabled={own === 0}
          onPress={() => {
            resetBindings();
            setNote(`All keys are as in ${presetOf(preset).name}.`);
          }}
        >
          Reset mine
        </Button>
      </div>
      <div className={styles.list}>
        {GROUPS.map((group) => (
          <section key={group}>
            <h3>{group}</h3>
            <ul>
              {commands
                .filter((command) => command.group === group)
                .map((command) => (
                  <Row
                    key={command.id}
                    command={command}
                    keys={map[command.id] ?? []}
                    isWaiting={waiting === command.id}
                    onChange={() => setWaiting(command.id)}
                  />
                ))}
            </ul>
          </section>
        ))}
      </div>
    </div>
  );
}

interface RowProps {
  readonly command: Command;
  readonly keys: readonly string[];
  readonly isWaiting: boolean;
  readonly onChange: () => void;
}

function Row({ command, keys, isWaiting, onChange }: RowProps) {
  const labels = keys.map((binding) => labelOf(binding, platform() === 'darwin'));
  return (
    <li>
      <span>{command.name}</span>
      <button type="button" className={styles.button} onClick={onChange}>
        <span className={texts.hidden}>
          {command.name}: {!isWaiting && labels.length === 0 ? 'no key' : ''}
        </span>
        {isWaiting ? <kbd className={styles.waiting}>…</kbd> : null}
        {isWaiting
          ? null
          : labels.map((label, i) => (
              <Fragment key={label}>
                {i > 0 ? <span className={texts.hidden}> or </span> : null}
                <kbd>{label}</kbd>
              </Fragment>
            ))}
        {!isWaiting && labels.length === 0 ? <kbd className={styles.none} /> : null}
      </button>
    </li>
  );
}
