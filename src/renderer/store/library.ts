/** What there is to render with; every call that changes it answers the new list, and an event says when it changed by itself. */
import { useMemo } from 'react';
import type { LibraryEntry, LibraryKind, WatchedFolder } from '../../common/contract/library.ts';
import { type ShotSettings, shotSettings } from '../../common/project/document.ts';
import { call, onEngineEvent } from '../engine.ts';
import { nameOfFile } from '../words.ts';
import { engineList, useEngineList } from './engine-list.ts';
import { getDocument, useDocument } from './project.ts';

const list = engineList<LibraryEntry>(() => call('library.list', { kind: null }));
const folders = engineList<WatchedFolder>(() => call('library.folders', null));

/** Null until it is known. */
export function useLibrary(): readonly LibraryEntry[] | null {
  return useEngineList(list);
}

/** The same for what is not drawn. */
export function getLibrary(): readonly LibraryEntry[] | null {
  return list.store.getState().list;
}

/** Of one kind; empty until they are known. */
export function useLibraryOf(kind: LibraryKind): readonly LibraryEntry[] {
  const all = useLibrary();
  return useMemo(() => all?.filter((one) => one.kind === kind) ?? [], [all, kind]);
}

export function useWatchedFolders(): readonly WatchedFolder[] | null {
  return useEngineList(folders);
}

export async function refreshLibrary(): Promise<readonly LibraryEntry[]> {
  const [entries] = await Promise.all([list.refresh(), folders.refresh()]);
  return entries;
}

/** Takes in what a call answers that changes the list. */
export async function takeLibrary(
  answer: Promise<readonly LibraryEntry[]>,
): Promise<readonly LibraryEntry[]> {
  const entries = await list.take(answer);
  await folders.refresh();
  return entries;
}

/** Follows what changes by itself in folders that are watched; returns what stops it. */
export function followLibrary(): () => void {
  return onEngineEvent((event) => {
    // What nobody has asked for yet needs no refreshing.
    if ((event.kind === 'library' || event.kind === 'plugins') && list.store.getState().list !== null)
      void refreshLibrary().catch(() => {});
  });
}

/** The model at a path (null is the default one); null where it is not on the list, or the list is not known. */
function modelAt(entries: readonly LibraryEntry[], path: string | null): LibraryEntry | null {
  return entries.find((one) => (path === null ? one.isDefault : one.path === path)) ?? null;
}

/** Settings of a new shot for a model (null is the default one): its own where it brings some, then Retake's. */
export function settingsFor(entries: readonly LibraryEntry[], path: string | null): ShotSettings {
  return shotSettings.parse(modelAt(entries, path)?.settings ?? {});
}

/** What the library calls a model; what is not in it has the name of its file. */
export function useModelName(path: string): string {
  const known = useLibrary()?.find((one) => one.path === path);
  return known?.name ?? nameOfFile(path).replace(/\.safetensors$/i, '');
}

/** The model of the open project. */
export function useModel(): LibraryEntry | null {
  const entries = useLibrary();
  const path = useDocument((document) => document.bundle);
  return modelAt(entries ?? [], path);
}

/** The same for what is not drawn. */
export function getModel(): LibraryEntry | null {
  return modelAt(list.store.getState().list ?? [], getDocument().bundle);
}

/** What a new shot of the open project starts with. */
export function useModelDefaults(): ShotSettings {
  const model = useModel();
  return useMemo(() => shotSettings.parse(model?.settings ?? {}), [model]);
}
