/** Models that are tried on a few frames, one at a time: which, how far, and what came of it. Goes on while its sheet is closed. */
import prettyBytes from 'pretty-bytes';
import { create } from 'zustand';
import type { Calls } from '../../common/contract/contract.ts';
import type { Progress } from '../../common/contract/jobs.ts';
import type { ModelTrial } from '../../common/model-trial.ts';

export interface Tried {
  /** Path of the model. */
  readonly model: string;
  readonly answer: Calls['model.try']['output'];
}

interface Trying {
  /** Path of the model that is asked about. */
  readonly about: string | null;
  readonly running: { readonly model: string; readonly abort: AbortController } | null;
  /** 0..1 of the one that runs. */
  readonly fraction: number;
  /** What came of the last one. */
  readonly tried: Tried | null;
  /** Why the last one came to nothing, by its model. */
  readonly fault: { readonly model: string; readonly text: string } | null;
}

export const tryingStore = create<Trying>(() => ({
  about: null,
  running: null,
  fraction: 0,
  tried: null,
  fault: null,
}));

export function useTrying<Part>(select: (trying: Trying) => Part): Part {
  return tryingStore(select);
}

export function onTrial({ fraction }: Progress): void {
  if (tryingStore.getState().running) tryingStore.setState({ fraction });
}

/** "tried: 3 frames, 4.1 s a frame, 2.3 GB" */
export function trialLine({ frames, secondsPerFrame, peakBytes, foretoldBytes }: ModelTrial): string {
  const bytes = peakBytes ?? foretoldBytes;
  const parts = [
    frames === 1 ? '1 frame' : `${frames} frames`,
    `${seconds(secondsPerFrame)} a frame`,
    ...(bytes === null ? [] : [prettyBytes(bytes)]),
  ];
  return `tried: ${parts.join(', ')}`;
}

/** "0.4 s", "12 s", "3 min" */
function seconds(value: number): string {
  if (value < 9.95) return `${value.toFixed(1)} s`;
  return value < 120 ? `${Math.round(value)} s` : `${Math.round(value / 60)} min`;
}
