/** Which folds of the inspector are open: as the artist left them, for all shots and projects, kept on this machine. */
import { z } from 'zod';
import { create } from 'zustand';
import { keep, kept } from '../storage.ts';

const STORED = 'retake.folds';

const useStore = create<{ readonly open: Readonly<Record<string, boolean>> }>(() => ({
  open: kept(STORED, z.record(z.string(), z.boolean()), {}),
}));

export function useFold(id: string): boolean {
  return useStore(({ open }) => open[id] ?? false);
}

export function setFold(id: string, isOpen: boolean): void {
  const open = { ...useStore.getState().open, [id]: isOpen };
  keep(STORED, open);
  useStore.setState({ open });
}
