/** Speeds that forecasts go by: how often one came to be known, and what is measured because the artist asked. */
import { create } from 'zustand';

interface Speeds {
  /** Counts what was measured: a plan made before is asked for anew. */
  readonly measured: number;
  readonly measuring: AbortController | null;
}

export const speedsStore = create<Speeds>(() => ({ measured: 0, measuring: null }));

export function useSpeeds<Part>(select: (speeds: Speeds) => Part): Part {
  return speedsStore(select);
}

export function onSpeeds(): void {
  speedsStore.setState(({ measured }) => ({ measured: measured + 1 }));
}
