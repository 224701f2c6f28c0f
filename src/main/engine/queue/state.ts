/** The life of a job: which state may follow which. One word for each, from the table to the window. */
import type { JobState } from '../../../common/contract/jobs.ts';

export const NEXT: Readonly<Record<JobState, readonly JobState[]>> = {
  queued: ['running', 'cancelled', 'failed'],
  // Running again: its process died, and another one has claimed it.
  running: ['running', 'queued', 'paused', 'done', 'failed', 'cancelled'],
  paused: ['running', 'cancelled', 'failed'],
  done: [],
  failed: ['queued', 'running'],
  cancelled: ['queued', 'running'],
};

/** The states from which a job may come to this one. */
export function before(state: JobState): JobState[] {
  return (Object.keys(NEXT) as JobState[]).filter((from) => NEXT[from].includes(state));
}

/** Nothing works at them; two of them can be asked for again. */
export const ENDED: readonly JobState[] = ['done', 'failed', 'cancelled'];
