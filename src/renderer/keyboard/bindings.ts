/** The key map in force: defaults and the artist's changes, kept on this machine. */

import { z } from 'zod';
import { create } from 'zustand';
import { commands } from '../actions/registry.ts';
import { platform } from '../engine.ts';
import { keep, keepText, kept, keptText } from '../storage.ts';
import { type KeyMap, keyMap, labelOf } from './keymap.ts';
import { presetOf } from './presets.ts';

const STORED = 'retake.keys';
const PRESET = 'retake.keyPreset';
const stored = z.record(z.string(), z.array(z.string()));

interface Bindings {
  /** Whose keys they are, before the artist's changes. */
  readonly preset: string;
  readonly changes: KeyMap;
  readonly map: KeyMap;
}

function bindings(preset: string, changes: KeyMap): Bindings {
  return { preset, changes, map: keyMap(commands, changes, presetOf(preset).keys) };
}

const useStore = create<Bindings>(() =>
  bindings(presetOf(keptText(PRESET) ?? '').id, kept(STORED, stored, {})),
);

export function useKeyPreset(): { readonly preset: string; readonly own: number } {
  const preset = useStore((state) => state.preset);
  const own = useStore(({ changes }) => Object.keys(changes).length);
  return { preset, own };
}

/** Keys of another program; what the artist changed stays. */
export function takePreset(id: string): void {
  keepText(PRESET, id);
  useStore.setState(bindings(id, useStore.getState().changes));
}

export function useKeyMap(): KeyMap {
  return useStore((state) => state.map);
}

export function getKeyMap(): KeyMap {
  return useStore.getState().map;
}

function take(changes: KeyMap): void {
  keep(STORED, changes);
  useStore.setState(bindings(useStore.getState().preset, changes));
}

/** Gives a command other keys. */
export function rebind(id: string, keys: readonly string[]): void {
  take({ ...useStore.getState().changes, [id]: keys });
}

export function resetBindings(): void {
  take({});
}

/** Keys of a command as a tooltip shows them: "S", "Ctrl+B"; empty when it has none. */
export function useKeyLabel(id: string): string {
  const first = useKeyMap()[id]?.[0];
  return first === undefined ? '' : labelOf(first, platform() === 'darwin');
}
