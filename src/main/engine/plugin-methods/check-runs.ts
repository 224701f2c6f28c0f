/** What a plugin answers to `runs`, held against what it may ask for: refused before the first frame, in words for its author. */
import type { Manifest } from '../../../common/plugins/manifest.ts';
import type {
  PluginHook,
  PluginNeed,
  PluginPass,
  PluginRun,
  PluginShot,
  Shown,
} from '../../../common/plugins/sampling-v1.ts';
import { stepsOfStrength } from '../methods/starts.ts';

/** A method as its plugin's manifest has it. */
export type MethodContribution = NonNullable<Manifest['contributes']['methods']>[number];

/** How often a frame may be visited in all runs, for every step of the shot. */
const MOST_VISITS = 16;
const HOOKS = ['blend', 'gather', 'settle'] as const;
/** What has to be needed to be shown. */
const NEEDED: Readonly<Record<Shown, PluginNeed | null>> = {
  latent: null,
  result: null,
  inversion: 'inversion',
  clean: 'clean',
  trajectory: 'trajectory',
  flow: 'flow',
  mask: 'mask',
  pictures: 'pictures',
};

export interface RunsChecked {
  readonly contribution: Pick<MethodContribution, 'hooks' | 'attention'>;
  readonly needs: readonly PluginNeed[];
  readonly shot: Pick<PluginShot, 'frames' | 'levels'>;
}

/** How many of the shot's steps a run takes: its last ones. */
function stepsOf({ start }: PluginRun, steps: number): number {
  return 'strength' in start ? stepsOfStrength(steps, start.strength) : steps;
}

/** The frame of the shot that each frame beyond those of the shot stands for. */
export function standing({ standsFor }: PluginRun): ReadonlyMap<number, number> {
  return new Map(standsFor.map(({ frame, as }) => [frame, as]));
}

/** What runs before one have made: whose results there are, and the steps of the last run that has a frame. */
interface Earlier {
  readonly results: Set<number>;
  readonly steps: Map<number, number>;
}

/** What is wrong with them first; null where nothing is. A stranger wrote them: no time here grows faster than they are long. */
export function faultOfRuns(runs: readonly PluginRun[], of: RunsChecked): string | null {
  const { frames, levels } = of.shot;
  const earlier: Earlier = { results: new Set(), steps: new Map() };
  for (const [at, run] of runs.entries()) {
    const fault = faultOfRun(run, earlier, of);
    if (fault !== null) return `run ${at + 1} ${fault}`;
    const stands = standing(run);
    for (const frame of run.frames) {
      if (!stands.has(frame)) earlier.results.add(frame);
      earlier.steps.set(frame, stepsOf(run, levels.length));
    }
  }
  const left = Array.from({ length: frames }, (_, frame) => frame).find(
    (frame) => !earlier.results.has(frame),
  );
  if (left !== undefined) return `no run makes frame ${left}`;
  const visits = runs.reduce((sum, run) => sum + run.frames.length * stepsOf(run, levels.length), 0);
  const most = MOST_VISITS * frames * levels.length;
  return visits > most
    ? `they visit frames ${visits} times, and ${most} times is the most for this shot`
    : null;
}

function faultOfRun(run: PluginRun, earlier: Earlier, of: RunsChecked): string | null {
  const steps = stepsOf(run, of.shot.levels.length);
  return (
    faultOfFrames(run, of.shot.frames) ??
    faultOfStart(run, earlier, of.needs) ??
    faultOfSteps(run, steps, of.contribution.attention) ??
    faultOfHooks(run, earlier, steps, of) ??
    faultOfRecalls(run, earlier, steps)
  );
}

function faultOfFrames(run: PluginRun, frames: number): string | null {
  const stands = standing(run);
  if (stands.size < run.standsFor.length) return 'says twice what a frame stands for';
  const own = new Set(run.frames);
  for (const [frame, as] of stands) {
    if (frame < frames) return `lets frame ${frame} stand for another, which is a frame of the shot itself`;
    if (as >= frames || !own.has(frame)) return `lets frame ${frame} stand for ${as}, which cannot be`;
  }
  const seen = new Set<number>();
  const twice = run.frames.find((frame) => seen.size === seen.add(frame).size);
  if (twice !== undefined) return `has frame ${twice} twice`;
  const none = run.frames.find((frame) => frame >= frames && !stands.has(frame));
  return none === undefined ? null : `has frame ${none}; the shot has frames 0 to ${frames - 1}`;
}

function faultOfStart(
  { frames, start, standsFor }: PluginRun,
  { results }: Earlier,
  needs: readonly PluginNeed[],
): string | null {
  const needed = start.from === 'inversion' ? 'inversion' : start.from === 'clip' ? 'clean' : null;
  if (needed && !needs.includes(needed)) return `begins from what it did not say it needs: "${needed}"`;
  if (start.from !== 'result') return null;
  const of = start.of ?? frames;
  if (of.length !== frames.length) return `names ${of.length} results for its ${frames.length} frames`;
  if (standsFor.length > 0 && !start.of)
    return 'has frames that stand for others, and must say whose result each begins from';
  const none = of.find((frame) => !results.has(frame));
  return none === undefined ? null : `begins from frame ${none}, which no run before it makes`;
}

function faultOfSteps(
  { frames, passes, passesByStep }: PluginRun,
  steps: number,
  attention: MethodContribution['attention'],
): string | null {
  if (passes && passesByStep) return 'has passes for all steps and others by step';
  if (passesByStep && passesByStep.length !== steps)
    return `has passes for ${passesByStep.length} steps, and takes ${steps}`;
  for (const [step, list] of (passesByStep ?? (passes ? [passes] : [])).entries()) {
    const fault = faultOfPasses(list, frames, attention);
    if (fault !== null) return passesByStep ? `step ${step + 1} ${fault}` : fault;
  }
  return null;
}

/** Each frame once, and nobody before whom it looks at. */
function faultOfPasses(
  passes: readonly PluginPass[],
  frames: readonly number[],
  attention: MethodContribution['attention'],
): string | null {
  const own = new Set(frames);
  const visited = new Set<number>();
  for (const { frames: together, keys, reads } of passes) {
    const named = typeof keys === 'string' ? [] : keys;
    if (keys === 'joint' && attention !== 'joint')
      return 'lets frames look at each other; its manifest says no attention "joint"';
    if (named.length > 0 && attention === 'own')
      return 'lets frames look at others; its manifest says attention "own"';
    const early = [...named, ...reads].find((frame) => !visited.has(frame));
    if (early !== undefined)
      return `has frame ${together[0]} look at frame ${early}, which no earlier pass of the step visits`;
    if (new Set(reads).size < reads.length) return `has frame ${together[0]} read a frame twice`;
    for (const frame of together) {
      if (!own.has(frame)) return `visits frame ${frame}, which is none of the run's`;
      if (visited.has(frame)) return `visits frame ${frame} twice`;
      visited.add(frame);
    }
  }
  const left = frames.find((frame) => !visited.has(frame));
  return left === undefined ? null : `does not visit frame ${left}`;
}

function faultOfHooks(
  run: PluginRun,
  { results }: Earlier,
  steps: number,
  { contribution, needs }: RunsChecked,
): string | null {
  const stands = standing(run);
  for (const name of HOOKS) {
    const hook: PluginHook | undefined = run[name];
    if (!hook) continue;
    if (!contribution.hooks.includes(name)) return `calls "${name}", which its manifest does not name`;
    const beyond = hook.steps === 'all' ? undefined : hook.steps.find((step) => step >= steps);
    if (beyond !== undefined) return `calls "${name}" in step ${beyond + 1}, and has ${steps}`;
    for (const shown of hook.shows) {
      const need = NEEDED[shown];
      if (need && !needs.includes(need))
        return `wants "${shown}" shown in "${name}" and did not say that it needs "${need}"`;
      if (shown !== 'result') continue;
      const none = run.frames.find((frame) => !results.has(stands.get(frame) ?? frame));
      if (none !== undefined) return `wants the result of frame ${none}, which no run before it makes`;
    }
  }
  return null;
}

function faultOfRecalls({ frames, recalls }: PluginRun, earlier: Earlier, steps: number): string | null {
  const own = new Set(frames);
  for (const { by, step, frame, level } of recalls) {
    if (!own.has(by) || step >= steps)
      return `recalls for frame ${by} in step ${step + 1}, which it does not have`;
    const made = earlier.steps.get(frame);
    if (made === undefined) return `recalls frame ${frame}, which no run before it makes`;
    if (level > made) return `recalls frame ${frame} after ${level} steps, and its run has ${made}`;
  }
  return null;
}
