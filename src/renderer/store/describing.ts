/** The frame that a captioner is looking at, one at a time. */
import { create } from 'zustand';
import type { DesktopEvent } from '../../common/contract/events.ts';

interface Describing {
  readonly running: { readonly shotId: string; readonly abort: AbortController } | null;
  /** 0..1 */
  readonly fraction: number;
}

export const describingStore = create<Describing>(() => ({ running: null, fraction: 0 }));

export function useDescribing<Part>(select: (describing: Describing) => Part): Part {
  return describingStore(select);
}

export function onDescribing({ fraction }: Extract<DesktopEvent, { kind: 'describing' }>): void {
  if (describingStore.getState().running) describingStore.setState({ fraction });
}
