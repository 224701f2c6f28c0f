/** What is said of reuse between steps before a render. */

import type { EditSettings } from '../../../common/settings/settings.ts';
import { shallowVisits } from '../diffusion/reuse.ts';
import type { Run } from '../diffusion/run.ts';
import { stepAt } from '../diffusion/solvers/solver.ts';

/** Fewer steps lie too far apart for the depth of one to do for the next. */
const ENOUGH_STEPS = 10;

/** What is likely not meant. */
export function reuseNotes(runs: readonly Run[], { sampling }: Pick<EditSettings, 'sampling'>): string[] {
  if (sampling.reuse === 1) return [];
  if (shallowVisits(runs, sampling) === 0) return ['nothing is reused between steps: there is but one'];
  const steps = Math.max(...runs.map(({ schedule }) => stepAt(schedule, schedule.levels.length - 1) + 1));
  if (steps >= ENOUGH_STEPS) return [];
  return [
    `in ${steps} steps each differs much from the one before, so what is reused shows; it is meant for 20 steps and more`,
  ];
}
