/** The model bundles on this machine; every call that changes them answers the new list. */
import { useMemo } from 'react';
import type { BundleEntry } from '../../common/contract/bundles.ts';
import { type ShotSettings, shotSettings } from '../../common/project/document.ts';
import { call } from '../engine.ts';
import { engineList, useEngineList } from './engine-list.ts';
import { useDocument } from './project.ts';

const list = engineList<BundleEntry>(() => call('bundles.list', null));

/** Null until they are known. */
export function useBundles(): readonly BundleEntry[] | null {
  return useEngineList(list);
}

export const refreshBundles = list.refresh;
export const takeBundles = list.take;

/** The model of a folder (null is the default one); null where it is not on the list, or the list is not known. */
function modelAt(bundles: readonly BundleEntry[], dir: string | null): BundleEntry | null {
  return bundles.find((one) => (dir === null ? one.isDefault : one.dir === dir)) ?? null;
}

/** Settings of a new shot for a model (null is the default one): its own where it brings some, then Retake's. */
export function settingsFor(bundles: readonly BundleEntry[], dir: string | null): ShotSettings {
  return shotSettings.parse(modelAt(bundles, dir)?.settings ?? {});
}

/** The model of the open project. */
export function useModel(): BundleEntry | null {
  const bundles = useBundles();
  const dir = useDocument((document) => document.bundle);
  return modelAt(bundles ?? [], dir);
}

/** What a new shot of the open project starts with. */
export function useModelDefaults(): ShotSettings {
  const model = useModel();
  return useMemo(() => shotSettings.parse(model?.settings ?? {}), [model]);
}
