/** What a render would take, in three short lines: the time first. */
import prettyBytes from 'pretty-bytes';
import type { RenderPlan } from '../../common/contract/queue.ts';
import { count } from '../words.ts';

export interface PlanText {
  /** "About 4 min · 540 calls of the model · 4.2 GB of memory" */
  readonly cost: string;
  /** "48 frames at 512 × 288: 30 from the cache, 18 to analyse" */
  readonly work: string;
  /** Of what the calls are, for who wants to know: "300 to analyse, 240 to make the frames, 96 without the prompt, 120 quick ones" */
  readonly calls: string;
}

export interface PlannedWork extends Omit<RenderPlan, 'derived' | 'againSeconds' | 'seeded'> {
  readonly derived: { readonly calls: Pick<RenderPlan['derived']['calls'], 'learn'> };
}

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
    recordedCalls: sum((plan) => plan.recordedCalls),
    controlCalls: sum((plan) => plan.controlCalls),
    derived: { calls: { learn: sum((plan) => plan.derived.calls.learn) } },
    reconstruction: lowest(plans.flatMap(({ reconstruction }) => reconstruction ?? [])),
    notes: [...new Set(plans.flatMap(({ notes }) => notes))],
    memoryBytes: highest(plans.map(({ memoryBytes }) => memoryBytes)),
    speed: plans.find(({ speed }) => speed !== 'known')?.speed ?? 'known',
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
  const { reconstruction, controlCalls, samplingBranches, shallowCalls, recordedCalls } = plan;
  const sampled = samplingCalls + controlCalls;
  const parts: string[] = [];
  if (cachedFrames > 0)
    parts.push(
      (cachedFrames === frames ? 'all from the cache' : `${cachedFrames} from the cache`) +
        (reconstruction === null ? '' : `, analysed at ${Math.round(reconstruction)} dB`),
    );
  if (framesToInvert > 0)
    parts.push(framesToInvert === frames ? 'all to analyse' : `${framesToInvert} to analyse`);
  const analysed = parts.length > 0 ? parts.join(', ') : 'nothing to analyse';
  // Where guidance rests, one branch of two is left out.
  const resting = 2 * samplingCalls - samplingBranches;
  const { learn } = plan.derived.calls;
  const calls = [
    ...(learn > 0 ? [`${count(learn, 'step')} of learning`] : []),
    ...(inversionCalls > 0 ? [`${inversionCalls.toLocaleString('en')} to analyse`] : []),
    `${sampled.toLocaleString('en')} to make the frames`,
    ...(resting > 0 && resting < samplingCalls
      ? [`${resting.toLocaleString('en')} of them without prompt strength`]
      : []),
    ...(shallowCalls > 0 ? [`${shallowCalls.toLocaleString('en')} of them quick`] : []),
    ...(recordedCalls > 0 ? [`${recordedCalls.toLocaleString('en')} of them there and back`] : []),
  ];
  return {
    cost: [
      timeText(plan),
      `${count(inversionCalls + sampled, 'call')} of the model`,
      ...memoryText(plan.memoryBytes),
    ].join(' · '),
    work: `${count(frames, 'frame')} at ${width} × ${height}: ${analysed}`,
    calls: calls.join(', '),
  };
}

/** "20 s", "4 min", "2 h 10 min": no more exact than a forecast is. */
function roughly(seconds: number): string {
  if (seconds < 55)
    return `${Math.max(1, seconds < 10 ? Math.round(seconds) : 5 * Math.round(seconds / 5))} s`;
  const minutes = Math.max(1, Math.round(seconds / 60));
  if (minutes < 60) return `${minutes} min`;
  const rest = 5 * Math.round((minutes % 60) / 5);
  const hours = Math.floor(minutes / 60) + (rest === 60 ? 1 : 0);
  return rest % 60 === 0 ? `${hours} h` : `${hours} h ${rest} min`;
}

const UNKNOWN = {
  known: 'Time not known yet: the first frames tell',
  coming: 'Time is being measured',
  'on-asking': 'Time not measured yet',
  later: 'Time not known yet: the first frames tell',
} as const;

/** Less sure where it is told from another size. */
function timeText({ speed, estimatedSeconds }: PlannedWork): string {
  if (estimatedSeconds === null) return UNKNOWN[speed];
  return `${speed === 'known' ? 'About' : 'Perhaps'} ${roughly(estimatedSeconds)}`;
}

/** Of shots that are rendered one after the other: the one that takes most. */
function memoryText(bytes: number | null): string[] {
  return bytes === null ? [] : [`${prettyBytes(bytes)} of memory`];
}
