/** The key map in force: defaults and the artist's changes, kept on this machine. */

import { z } from 'zod';
import { create } from 'zustand';
import { commands } from '../actions/registry.ts';
import { platform } from '../engine.ts';
import { type KeyMap, keyMap, labelOf } from './keymap.ts';

const STORED = 'retake.keys';
const stored = z.record(z.string(), z.array(z.string()));

function read(): KeyMap {
  try {
    return stored.parse(JSON.parse(localStorage.getItem(STORED) ?? '{}'));
  } catch {
    return {};
  }
}

const useStore = create<{ readonly changes: KeyMap; readonly map: KeyMap }>(() => {
  const changes = read();
  return { changes, map: keyMap(commands, changes) };
});

export function useKeyMap(): KeyMap {
  return useStore((state) => state.map);
}

export function getKeyMap(): KeyMap {
  return useStore.getState().map;
}

function keep(changes: KeyMap): void {
  localStorage.setItem(STORED, JSON.stringify(changes));
  useStore.setState({ changes, map: keyMap(commands, changes) });
}

/** Gives a command other keys. */
export function rebind(id: string, keys: readonly string[]): void {
  keep({ ...useStore.getState().changes, [id]: keys });
}

export function resetBindings(): void {
  keep({});
}

/** Keys of a command as a tooltip shows them: "S", "Ctrl+B"; empty when it has none. */
export function useKeyLabel(id: string): string {
  const first = useKeyMap()[id]?.[0];
  return first === undefined ? '' : labelOf(first, platform() === 'darwin');
}
