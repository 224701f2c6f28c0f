/** The plugin that is looked into before it is installed. */
import { create } from 'zustand';
import type { PluginLook } from '../../common/contract/plugins.ts';

interface Installing {
  /** Its .zip or folder. */
  readonly path: string;
  /** In a developer folder it runs where it lies. */
  readonly as: 'copy' | 'developer';
  readonly state: 'looking' | 'asking' | 'installing';
  /** Null until it was looked into, and where that failed. */
  readonly look: PluginLook | null;
  readonly problem: string | null;
}

const useStore = create<{ readonly installing: Installing | null }>(() => ({ installing: null }));

export function useInstalling(): Installing | null {
  return useStore((state) => state.installing);
}

export function getInstalling(): Installing | null {
  return useStore.getState().installing;
}

export function beginInstalling(path: string, as: Installing['as']): void {
  useStore.setState({ installing: { path, as, state: 'looking', look: null, problem: null } });
}

export function patchInstalling(patch: Partial<Installing>): void {
  useStore.setState(({ installing }) => ({ installing: installing && { ...installing, ...patch } }));
}

export function endInstalling(): void {
  useStore.setState({ installing: null });
}
