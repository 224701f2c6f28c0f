/**
 * Renders of single frames to look at, one or several at once: what was asked of each shot last stays, with what has come of
 * it, until it is closed or a take comes.
 */
import { create } from 'zustand';
import type { QueueEntry } from '../../common/contract/queue.ts';
import { withHint } from '../../common/errors.ts';
import { jobsStore, type PreviewFrame } from './jobs.ts';
import { tell } from './notices.ts';

/** What was asked of a shot at one time. */
export interface Looks {
  /** Clip frames, in the order in which they are rendered. */
  readonly wanted: readonly number[];
  /** Of its renders, by frame, as soon as the queue has them. */
  readonly jobs: Readonly<Record<number, string>>;
  /** What has come so far, by frame. */
  readonly pictures: Readonly<Record<number, PreviewFrame>>;
}

interface Stills {
  /** By shot. */
  readonly shots: Readonly<Record<string, Looks>>;
}

const stillsStore = create<Stills>(() => ({ shots: {} }));

export function useLooks(shotId: string | null): Looks | null {
  return stillsStore(({ shots }) => (shotId === null ? null : (shots[shotId] ?? null)));
}

export function looksOf(shotId: string): Looks | null {
  return stillsStore.getState().shots[shotId] ?? null;
}

/** Takes the place of what was asked of the shot before. */
export function beginLooks(shotId: string, wanted: readonly number[]): void {
  set(shotId, { wanted, jobs: {}, pictures: {} });
}

/** The queue has them: `ids` in the order of what was asked. One that was kept may have come before this. */
export function noteJobs(shotId: string, wanted: readonly number[], ids: readonly string[]): void {
  const known = looksOf(shotId);
  if (known?.wanted !== wanted) return;
  const jobs = Object.fromEntries(wanted.map((frame, i) => [frame, ids[i]!]));
  set(shotId, { ...known, jobs });
}

export function dropLooks(shotId: string): void {
  stillsStore.setState(({ shots: { [shotId]: _, ...shots } }) => ({ shots }));
}

/** Renders of these looks that have not ended. */
export function pendingOf({ jobs }: Looks, entries: readonly QueueEntry[]): QueueEntry[] {
  const ids = new Set(Object.values(jobs));
  return entries.filter(({ id, state }) => ids.has(id) && (state === 'queued' || state === 'running'));
}

function set(shotId: string, looks: Looks): void {
  stillsStore.setState(({ shots }) => ({ shots: { ...shots, [shotId]: looks } }));
}

jobsStore.subscribe(({ entries, frames }, before) => {
  if (frames === before.frames) return;
  for (const [shotId, picture] of Object.entries(frames)) {
    if (picture === before.frames[shotId]) continue;
    const entry = entries.find((one) => one.id === picture.jobId);
    const looks = looksOf(shotId);
    if (entry?.preview) {
      // One of a session before this page was loaded was not asked for here.
      const known = looks?.wanted.includes(picture.frame)
        ? looks
        : { wanted: [picture.frame], jobs: {}, pictures: {} };
      set(shotId, { ...known, pictures: { ...known.pictures, [picture.frame]: picture } });
    } else if (entry && looks) dropLooks(shotId); // A whole render says more than the one frame did.
  }
});

/** A preview has no place where its failure would be looked for. */
jobsStore.subscribe(({ entries }, before) => {
  if (entries === before.entries) return;
  for (const { id, preview, state, label, error, hint } of entries) {
    if (!preview || state !== 'failed' || error === null) continue;
    const known = before.entries.find((one) => one.id === id);
    if (known && known.state !== 'failed') tell(`${label}: ${withHint(error, hint)}`, 'problem');
  }
});
