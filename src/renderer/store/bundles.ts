/** The model bundles on this machine; every call that changes them answers the new list. */
import { useEffect, useMemo } from 'react';
import { create } from 'zustand';
import type { BundleEntry } from '../../common/contract/bundles.ts';
import { type ShotSettings, shotSettings } from '../../common/project/document.ts';
import { call } from '../engine.ts';
import { tellError } from './notices.ts';
import { useDocument } from './project.ts';
import { useEngineState } from './session.ts';

const useStore = create<{ readonly bundles: readonly BundleEntry[] | null }>(() => ({ bundles: null }));

/** Null until they are known. */
export function useBundles(): readonly BundleEntry[] | null {
  const { engine } = useEngineState();
  const bundles = useStore((state) => state.bundles);
  useEffect(() => {
    if (engine === 'up') call('bundles.list', null).then(setBundles, tellError);
  }, [engine]);
  return bundles;
}

/** Settings of a new shot for a model (null is the default one): its own where it brings some, then Retake's. */
export function settingsFor(bundles: readonly BundleEntry[], dir: string | null): ShotSettings {
  const model = bundles.find((one) => (dir === null ? one.isDefault : one.dir === dir));
  return shotSettings.parse(model?.settings ?? {});
}

/** The same for the model of the open project. */
export function useModelDefaults(): ShotSettings {
  const bundles = useBundles();
  const dir = useDocument((document) => document.bundle);
  return useMemo(() => settingsFor(bundles ?? [], dir), [bundles, dir]);
}

export function setBundles(bundles: readonly BundleEntry[]): void {
  useStore.setState({ bundles });
}
