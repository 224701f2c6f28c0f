/** Which folds of the inspector are open: as the artist left them, for all shots and projects, kept on this machine. */
import { z } from 'zod';
import { create } from 'zustand';

const STORED = 'retake.folds';
const kept = z.record(z.string(), z.boolean());

function read(): Readonly<Record<string, boolean>> {
  try {
    return kept.parse(JSON.parse(localStorage.getItem(STORED) ?? '{}'));
  } catch {
    return {};
  }
}

const useStore = create<{ readonly open: Readonly<Record<string, boolean>> }>(() => ({ open: read() }));

export function useFold(id: string): boolean {
  return useStore(({ open }) => open[id] ?? false);
}

export function setFold(id: string, isOpen: boolean): void {
  const open = { ...useStore.getState().open, [id]: isOpen };
  localStorage.setItem(STORED, JSON.stringify(open));
  useStore.setState({ open });
}
