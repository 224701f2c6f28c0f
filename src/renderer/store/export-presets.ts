/** Export presets that the artist keeps on this machine, and the choice of the last export, of each project and at all. */
import { z } from 'zod';
import { create } from 'zustand';
import { type ExportChoice, exportChoice } from '../../common/delivery/choice.ts';
import {
  EXPORT_PRESETS,
  type OwnPreset,
  readOwnPresets,
  renamedPreset,
  withOwnPreset,
} from '../../common/delivery/presets.ts';
import { keep, kept, keptText } from '../storage.ts';

const PRESETS = 'retake.exportPresets';
const LAST = 'retake.exports';
const MOST_PROJECTS = 50;

const useStore = create<{ readonly list: readonly OwnPreset[] }>(() => ({
  list: readOwnPresets(keptText(PRESETS)),
}));

export function useOwnPresets(): readonly OwnPreset[] {
  return useStore((state) => state.list);
}

function getOwnPresets(): readonly OwnPreset[] {
  return useStore.getState().list;
}

function take(list: readonly OwnPreset[]): void {
  keep(PRESETS, list);
  useStore.setState({ list });
}

export function saveOwnPreset(name: string, choice: ExportChoice): void {
  take(withOwnPreset(getOwnPresets(), name, choice));
}

export function renameOwnPreset(from: string, to: string): void {
  take(renamedPreset(getOwnPresets(), from, to));
}

export function deleteOwnPreset(name: string): void {
  take(getOwnPresets().filter((one) => one.name !== name));
}

const last = z.object({
  project: z.string(),
  choice: exportChoice,
  folder: z.string(),
  /** It was written: the next one needs another folder. */
  written: z.boolean(),
});
type LastExport = z.infer<typeof last>;

/** Newest first. */
function readLast(): LastExport[] {
  return kept(LAST, z.array(z.unknown()), []).flatMap((one) => {
    const found = last.safeParse(one);
    return found.success ? [found.data] : [];
  });
}

/** How this project was last exported, else how any was, else the first preset; where it went is each project's own. */
export function lastExport(project: string): {
  readonly choice: ExportChoice;
  readonly folder: string | null;
} {
  const all = readLast();
  const own = all.find((one) => one.project === project);
  if (!own) return { choice: all[0]?.choice ?? EXPORT_PRESETS[0]!.choice, folder: null };
  return { choice: own.choice, folder: own.written ? nextFolder(own.folder) : own.folder };
}

/** "film export" → "film export 2" → "film export 3". */
export function nextFolder(folder: string): string {
  const numbered = /^(.*\S) (\d{1,4})$/.exec(folder);
  return numbered ? `${numbered[1]} ${Number(numbered[2]) + 1}` : `${folder} 2`;
}

export function keepLastExport(one: LastExport): void {
  const others = readLast().filter(({ project }) => project !== one.project);
  keep(LAST, [one, ...others].slice(0, MOST_PROJECTS));
}
