/** What a render would do, in three short lines. */
import prettyBytes from 'pretty-bytes';
import type { RenderPlan } from '../../common/contract/queue.ts';
import { duration } from '../../common/time/duration.ts';
import { count } from '../words.ts';

export interface PlanText {
  /** "48 frames at 512 × 288: 30 from the cache, 18 to invert" */
  readonly work: string;
  /** "300 + 240 network calls, 96 unguided, 120 in part" */
  readonly calls: string;
  /** "about 1:20 · 4.2 GB of memory" */
  readonly cost: string;
}

export type PlannedWork = Omit<RenderPlan, 'derived'>;

/** Several shots as one piece of work; the size is that of the first. */
export function sumPlans(plans: readonly PlannedWork[]): PlannedWork | null {
  const [first] = plans;
  if (!first) return null;
  const sum = (of: (plan: PlannedWork) => number) => plans.reduce((total, plan) => total + of(plan), 0);
  const known = plans.every((plan) => plan.estimatedSeconds !== null);
  return {
    frames: sum((plan) => plan.frames),
    width: first.width,
    height: first.height,
    cachedFrames: sum((plan) => plan.cachedFrames),
    framesToInvert: sum((plan) => plan.framesToInvert),
    inversionCalls: sum((plan) => plan.inversionCalls),
    samplingCalls: sum((plan) => plan.samplingCalls),
    samplingBranches: sum((plan) => plan.samplingBranches),
    shallowCalls: sum((plan) => plan.shallowCalls),
    controlCalls: sum((plan) => plan.controlCalls),
    reconstruction: lowest(plans.flatMap(({ reconstruction }) => reconstruction ?? [])),
    notes: [...new Set(plans.flatMap(({ notes }) => notes))],
    memoryBytes: highest(plans.map(({ memoryBytes }) => memoryBytes)),
    estimatedSeconds: known ? sum((plan) => plan.estimatedSeconds ?? 0) : null,
  };
}

function highest(numbers: readonly (number | null)[]): number | null {
  return numbers.some((one) => one === null) ? null : Math.max(...(numbers as number[]));
}

function lowest(numbers: readonly number[]): number | null {
  return numbers.length > 0 ? Math.min(...numbers) : null;
}

export function planText(plan: PlannedWork): PlanText {
  const { frames, width, height, cachedFrames, framesToInvert, inversionCalls, samplingCalls } = plan;
  const { reconstruction, controlCalls, samplingBranches, shallowCalls } = plan;
  const sampled = samplingCalls + controlCalls;
  const parts: string[] = [];
  if (cachedFrames > 0)
    parts.push(
      (cachedFrames === frames ? 'all from the cache' : `${cachedFrames} from the cache`) +
        (reconstruction === null ? '' : `, inverted at ${Math.round(reconstruction)} dB`),
    );
  if (framesToInvert > 0)
    parts.push(framesToInvert === frames ? 'all to invert' : `${framesToInvert} to invert`);
  const inverted = parts.length > 0 ? parts.join(', ') : 'nothing to invert';
  const calls =
    inversionCalls > 0
      ? `${inversionCalls.toLocaleString('en')} + ${sampled.toLocaleString('en')} network calls`
      : count(sampled, 'network call');
  // Where guidance rests, one branch of two is left out.
  const resting = 2 * samplingCalls - samplingBranches;
  const unguided = resting > 0 && resting < samplingCalls ? `, ${resting.toLocaleString('en')} unguided` : '';
  const inPart = shallowCalls > 0 ? `, ${shallowCalls.toLocaleString('en')} in part` : '';
  const time =
    plan.estimatedSeconds === null
      ? 'time known after the first frames'
      : `about ${duration(plan.estimatedSeconds)}`;
  return {
    work: `${count(frames, 'frame')} at ${width} × ${height}: ${inverted}`,
    calls: `${calls}${unguided}${inPart}`,
    cost: [time, ...memoryText(plan.memoryBytes)].join(' · '),
  };
}

/** Of shots that are rendered one after the other: the one that takes most. */
function memoryText(bytes: number | null): string[] {
  return bytes === null ? [] : [`${prettyBytes(bytes)} of memory`];
}
