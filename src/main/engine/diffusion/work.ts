/** How much work calls of the network are, beside whole ones that only go forwards. */
import { shallowVisits } from './reuse.ts';
import { isRecorded, passesOf, type Run, visitsOf } from './run.ts';
import type { SampleRequest } from './sampling.ts';

/** Calls of the network, or frames that go through it. */
export interface Calls {
  readonly all: number;
  /** Of those, of the outermost layers alone. */
  readonly shallow: number;
  /** Of those, followed backwards. */
  readonly recorded: number;
}

/** All calls of these runs. */
export function callsOfRuns(
  runs: readonly Run[],
  how: Pick<SampleRequest, 'reuse' | 'guidanceRange'>,
): Calls {
  return { all: visitsOf(runs), shallow: shallowVisits(runs, how), recorded: recordedVisits(runs) };
}

function recordedVisits(runs: readonly Run[]): number {
  let visits = 0;
  for (const run of runs) {
    if (!run.differentiates) continue;
    for (const step of run.schedule.levels.keys())
      for (const pass of passesOf(run, step)) if (isRecorded(run, step, pass)) visits += pass.frames.length;
  }
  return visits;
}

/** What a call of the outermost layers spares of a whole one. */
const SHALLOW_SAVES = 0.8;
/** A call that is followed backwards, in calls that are not; whole, as progress is. docs/performance.md, "Gradients", has the measures. */
export const RECORDED_UNITS = 4;

/** The work of calls, of what it were if all were whole and only went forwards. */
export function shareOfWork({ all, shallow, recorded }: Calls): number {
  return 1 - (SHALLOW_SAVES * shallow) / all + ((RECORDED_UNITS - 1) * recorded) / all;
}
