/** How many frames one call of the network takes; what cannot be divided and is too much for memory is refused. */
import { TooLittleMemory } from '../../../common/errors.ts';
import { attendingOf, type Pass, passesOf, type Run } from './run.ts';
import type { Attending } from './types.ts';

export interface Capacity {
  /** Frames worth putting together where nothing binds them. */
  readonly together: number;
  /** Frames of one call that memory holds; Infinity where it is not known. */
  fits(attending: Attending): number;
}

export const ONE_BY_ONE: Capacity = { together: 1, fits: () => Number.POSITIVE_INFINITY };

/** For `schedule`: at least one frame, for whether that fits after all only trying can tell. */
export function mostOf({ together, fits }: Capacity): (pass: Pass) => number {
  // What fits takes a while to find out.
  return (pass) => (together === 1 ? 1 : Math.max(1, Math.min(together, fits(attendingOf(pass)))));
}

/** @throws AppError usage where frames that must go together are more than fit */
export function checkCapacity(runs: readonly Run[], { fits }: Capacity): void {
  for (const run of runs) {
    for (const step of run.schedule.levels.keys()) {
      for (const pass of passesOf(run, step)) {
        if (pass.keys !== 'joint') continue;
        const room = Math.max(0, fits(attendingOf(pass)));
        if (pass.frames.length <= room) continue;
        const most = room < 2 ? 'not even two fit' : `${room} fit`;
        throw new TooLittleMemory(
          `this edit looks at ${pass.frames.length} frames at once; of this size ${most} into memory`,
          {
            doing: 'planning the memory',
            hint:
              run.fewer ??
              'Choose fewer frames (or fewer at once, where the method has a setting for it) or a smaller size, close other programs, or use another method.',
          },
        );
      }
    }
  }
}
