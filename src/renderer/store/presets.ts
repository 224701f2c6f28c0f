/** Named settings that the artist keeps on this machine, for use in any project. */
import { z } from 'zod';
import { create } from 'zustand';
import { groupsOfFlat } from '../../common/settings/flat.ts';
import { SETTINGS, type ShotSettings } from '../../common/settings/settings.ts';
import { keep, keptText } from '../storage.ts';

const STORED = 'retake.presets';

/** A look at work, not at one shot: what the shot shows and its seed stay its own. What this version does not know goes. */
const presetSettings = z.preprocess(
  (kept) => SETTINGS.pick(Object(groupsOfFlat(kept)), 'preset'),
  SETTINGS.preset,
);
const presetList = z.array(z.object({ name: z.string().min(1).max(80), settings: presetSettings }));

export type Preset = z.infer<typeof presetList>[number];

/** What is stored, as far as it can be read: one damaged preset does not take the others with it. */
export function readPresets(text: string | null): readonly Preset[] {
  if (text === null) return [];
  try {
    const list = z.array(z.unknown()).parse(JSON.parse(text));
    return list.flatMap((one) => {
      const read = presetList.element.safeParse(one);
      return read.success ? [read.data] : [];
    });
  } catch {
    return [];
  }
}

/** With one added; one of the same name is replaced. In order of names. */
export function withPreset(list: readonly Preset[], name: string, settings: ShotSettings): readonly Preset[] {
  const kept: Preset = { name: name.trim(), settings: presetSettings.parse(settings) };
  const others = list.filter((one) => one.name.toLowerCase() !== kept.name.toLowerCase());
  return [...others, kept].sort((a, b) => a.name.localeCompare(b.name));
}

const useStore = create<{ readonly list: readonly Preset[] }>(() => ({
  list: readPresets(keptText(STORED)),
}));

function take(list: readonly Preset[]): void {
  keep(STORED, list);
  useStore.setState({ list });
}

export function usePresets(): readonly Preset[] {
  return useStore((state) => state.list);
}

export function getPresets(): readonly Preset[] {
  return useStore.getState().list;
}

export function savePreset(name: string, settings: ShotSettings): void {
  take(withPreset(useStore.getState().list, name, settings));
}

export function deletePreset(name: string): void {
  take(useStore.getState().list.filter((one) => one.name !== name));
}
