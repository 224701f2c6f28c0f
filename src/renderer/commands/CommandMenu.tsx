/** A menu of commands with their keys, at a point of its container. */
import { useRef } from 'react';
import { Keyboard, Menu, MenuItem, Popover, Separator, Text } from 'react-aria-components';
import { commands, run } from '../actions/registry.ts';
import { platform } from '../engine.ts';
import { useKeyMap } from '../keyboard/bindings.ts';
import { labelOf } from '../keyboard/keymap.ts';
import styles from './CommandMenu.module.css';

interface Props {
  readonly label: string;
  /** Command ids; null is a line between groups. */
  readonly entries: readonly (string | null)[];
  /** Pixels within the container; null keeps the menu closed. */
  readonly at: { readonly x: number; readonly y: number } | null;
  readonly onClose: () => void;
}

export function CommandMenu({ label, entries, at, onClose }: Props) {
  const point = useRef<HTMLSpanElement>(null);
  const map = useKeyMap();
  const mac = platform() === 'darwin';
  return (
    <>
      <span ref={point} className={styles.point} style={{ left: at?.x ?? 0, top: at?.y ?? 0 }} />
      <Popover
        className={styles.popover}
        triggerRef={point}
        placement="bottom start"
        isOpen={at !== null}
        onOpenChange={(open) => {
          if (!open) onClose();
        }}
      >
        <Menu
          className={styles.menu}
          aria-label={label}
          autoFocus="first"
          onAction={(id) => {
            onClose();
            void run(String(id));
          }}
        >
          {entries.map((id, index) => {
            // biome-ignore lint/suspicious/noArrayIndexKey: lines have no name, and the list never changes
            if (id === null) return <Separator key={`line ${index}`} className={styles.line} />;
            const name = commands.find((command) => command.id === id)?.name ?? id;
            const binding = map[id]?.[0];
            return (
              <MenuItem key={id} id={id} className={styles.item} textValue={name}>
                <Text slot="label">{name}</Text>
                {binding === undefined ? null : <Keyboard>{labelOf(binding, mac)}</Keyboard>}
              </MenuItem>
            );
          })}
        </Menu>
      </Popover>
    </>
  );
}
