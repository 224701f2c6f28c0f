/** Renders of one frame to look at: the newest picture of each shot stays until it is closed or a take comes. */
import { create } from 'zustand';
import { jobsStore, type PreviewFrame } from './jobs.ts';
import { tell } from './notices.ts';

interface Stills {
  /** By shot. */
  readonly frames: Readonly<Record<string, PreviewFrame>>;
}

const stillsStore = create<Stills>(() => ({ frames: {} }));

export function useStill(shotId: string | null): PreviewFrame | null {
  return stillsStore(({ frames }) => (shotId === null ? null : (frames[shotId] ?? null)));
}

export function dropStill(shotId: string): void {
  stillsStore.setState(({ frames: { [shotId]: _, ...frames } }) => ({ frames }));
}

jobsStore.subscribe(({ entries, frames }, before) => {
  if (frames === before.frames) return;
  for (const [shotId, frame] of Object.entries(frames)) {
    if (frame === before.frames[shotId]) continue;
    const entry = entries.find((one) => one.id === frame.jobId);
    if (entry?.preview) stillsStore.setState((now) => ({ frames: { ...now.frames, [shotId]: frame } }));
    // A whole render says more than the one frame did.
    else if (stillsStore.getState().frames[shotId]) dropStill(shotId);
  }
});

/** A preview has no place where its failure would be looked for. */
jobsStore.subscribe(({ entries }, before) => {
  if (entries === before.entries) return;
  for (const { id, preview, state, label, error, hint } of entries) {
    if (!preview || state !== 'failed' || error === null) continue;
    const known = before.entries.find((one) => one.id === id);
    if (known && known.state !== 'failed')
      tell(`${label}: ${[error, hint].filter(Boolean).join('. ')}`, 'problem');
  }
});
