/** The model bundles on this machine; every call that changes them answers the new list. */
import { useEffect } from 'react';
import { create } from 'zustand';
import type { BundleEntry } from '../../common/contract/bundles.ts';
import { call } from '../engine.ts';
import { tellError } from './notices.ts';
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

export function setBundles(bundles: readonly BundleEntry[]): void {
  useStore.setState({ bundles });
}
