/**
 * Which calls of a run go through the whole network, where those between reuse what its depth made (DeepCache, Ma, Fang, Wang 2024,
 * Alg. 1 with uniform intervals). All frames of a step are of one kind, so what they lend to each other fits.
 */
import { isRecorded, passesOf, type Run } from './run.ts';
import type { SampleRequest } from './sampling.ts';
import { isWithin } from './share.ts';
import { stepAt } from './solvers/solver.ts';

type Reuse = Pick<SampleRequest, 'reuse' | 'guidanceRange'>;

/** The first of every `reuse` calls, those in which guidance comes back, of whose branch nothing was kept, and those that are followed backwards. */
export function wholeCalls(run: Run, { reuse = 1, guidanceRange }: Reuse): boolean[] {
  const { schedule } = run;
  if (reuse === 1) return schedule.levels.map(() => true);
  const steps = stepAt(schedule, schedule.levels.length - 1) + 1;
  const guided = schedule.levels.map(
    (_, call) => !guidanceRange || isWithin(guidanceRange, stepAt(schedule, call), steps),
  );
  let last = Number.NEGATIVE_INFINITY;
  return guided.map((isGuided, call) => {
    const whole = call - last >= reuse || (isGuided && !guided[last]) || isFollowed(run, call);
    if (whole) last = call;
    return whole;
  });
}

function isFollowed(run: Run, call: number): boolean {
  if (!run.differentiates) return false;
  return passesOf(run, call).some((pass) => isRecorded(run, call, pass));
}

/** Frames that go through the outermost layers alone in all calls of these runs. */
export function shallowVisits(runs: readonly Run[], reuse: Reuse): number {
  return runs.reduce((sum, run) => {
    const shallow = wholeCalls(run, reuse).filter((whole) => !whole);
    return sum + run.frames.length * shallow.length;
  }, 0);
}
