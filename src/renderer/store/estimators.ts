/** What the library has to look at pictures with, by what it is for; of plugins, those that the open project may use. */
import { useMemo } from 'react';
import type { LibraryEntry } from '../../common/contract/library.ts';
import type { EstimatorRole } from '../../common/plugins/manifest.ts';
import { getLibrary, useLibrary } from './library.ts';
import { isPluginHere, usePluginsHere } from './plugins.ts';

type Entries = readonly LibraryEntry[];

const of = (entries: Entries | null, role: EstimatorRole, isHere: (plugin: string) => boolean): Entries =>
  entries?.filter((one) => one.role === role && (one.plugin === null || isHere(one.plugin.id))) ?? [];

export function useEstimators(role: EstimatorRole): Entries {
  const entries = useLibrary();
  const isHere = usePluginsHere();
  return useMemo(() => of(entries, role, isHere), [entries, role, isHere]);
}

/** The same for what is not drawn; those that work. */
export function getUsableEstimators(role: EstimatorRole): Entries {
  return of(getLibrary(), role, isPluginHere).filter(({ state }) => state === 'ready');
}

/** As a list to choose from: the plugin beside the name, and what is wrong where it cannot be used. */
export function useEstimatorOptions(role: EstimatorRole) {
  const entries = useEstimators(role);
  return useMemo(
    () =>
      entries.map(({ path, name, plugin, state, problems }) => ({
        ...{ id: path, name, note: plugin?.name ?? '' },
        disabled: state === 'ready' ? null : (problems[0] ?? state),
      })),
    [entries],
  );
}
