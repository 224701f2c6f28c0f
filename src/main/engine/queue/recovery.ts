/** What another session left in the queue. */
import { AppError, toWire } from '../../../common/errors.ts';
import type { DeskRows } from './desk.ts';
import { ENDED } from './state.ts';
import type { JobStore } from './store.ts';

/** A job that ended this often together with its process is not started again by itself. */
const MOST_DEATHS = 2;

/** Its running jobs wait again, unless they took it down too often. */
export function recover(store: JobStore, rows: DeskRows): void {
  rows.dropEndedPreviews();
  for (const { id, state, desk } of store.queue()) {
    if (ENDED.includes(state) || store.isClaimed(id)) continue;
    if (desk && desk.deaths >= MOST_DEATHS) store.move(id, 'failed', toWire(diedTooOften()));
    else if (state === 'running') store.move(id, 'queued');
  }
}

function diedTooOften(): AppError {
  return new AppError('engine-died', 'the engine stopped twice while working on this', {
    doing: 'rendering',
    hint: 'Try a smaller size or another processor, then retry.',
  });
}
