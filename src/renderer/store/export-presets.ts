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

const PRESETS = 'retake.exportPresets';
const LAST = 'retake.exports';
const MOST_PROJECTS = 50;

const read = (key: string) => (typeof localStorage === 'undefined' ? null : localStorage.getItem(key));

const useStore = create<{ readonly list: readonly OwnPreset[] }>(() => ({
  list: readOwnPresets(read(PRESETS)),
}));

export function useOwnPresets(): readonly OwnPreset[] {
  return useStore((state) => state.list);
}

function getOwnPresets(): readonly OwnPreset[] {
  return useStore.getState().list;
}

function keep(list: readonly OwnPreset[]): void {
  localStorage.setItem(PRESETS, JSON.stringify(list));
  useStore.setState({ list });
}

export function saveOwnPreset(name: string, choice: ExportChoice): void {
  keep(withOwnPreset(getOwnPresets(), name, choice));
}

export function renameOwnPreset(from: string, to: string): void {
  keep(renamedPreset(getOwnPresets(), from, to));
}

export function deleteOwnPreset(name: string): void {
  keep(getOwnPresets().filter((one) => one.name !== name));
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
  try {
    return z
      .array(z.unknown())
      .parse(JSON.parse(read(LAST) ?? '[]'))
      .flatMap((one) => {
        const found = last.safeParse(one);
        return found.success ? [found.data] : [];
      });
  } catch {
    return [];
  }
}

/** How this project was last exported, else how any was, else the first preset; where it went is each project's own. */
export function lastExport(project: string): {
  readonly choice: ExportChoice;
  readonly folder: string | null;
} {
  const kept = readLast();
  const own = kept.find((one) => one.project === project);
  if (!own) return { choice: kept[0]?.choice ?? EXPORT_PRESETS[0]!.choice, folder: null };
  return { choice: own.choice, folder: own.written ? nextFolder(own.folder) : own.folder };
}

/** "film export" → "film export 2" → "film export 3". */
export function nextFolder(folder: string): string {
  const numbered = /^(.*\S) (\d{1,4})$/.exec(folder);
  return numbered ? `${numbered[1]} ${Number(numbered[2]) + 1}` : `${folder} 2`;
}

export function keepLastExport(one: LastExport): void {
  const others = readLast().filter(({ project }) => project !== one.project);
  localStorage.setItem(LAST, JSON.stringify([one, ...others].slice(0, MOST_PROJECTS)));
}
