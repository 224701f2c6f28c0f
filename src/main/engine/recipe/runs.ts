/** The runs of a request's method, for planning and for sampling. */
import { assert } from '../../../common/errors.ts';
import type { FrameRange } from '../../../common/media.ts';
import type { EditSettings } from '../../../common/settings/settings.ts';
import { held } from '../diffusion/hold.ts';
import { ledByText } from '../diffusion/led-by-text.ts';
import { askedRun, type Run } from '../diffusion/run.ts';
import type { LatentShape, NoiseSchedule } from '../diffusion/types.ts';
import { give, type Have, wantsInversion } from '../methods/have.ts';
import type { AtWork } from '../methods/types.ts';
import type { Extension } from './extension.ts';
import { heldBy, holdOf, isHeld } from './hold.ts';
import { plannedShot } from './planned-shot.ts';
import type { ResolvedRequest } from './request.ts';

export interface RunsOf extends Pick<ResolvedRequest, 'method' | 'needs' | 'params' | 'solver'> {
  readonly range: Pick<FrameRange, 'start'>;
  readonly extension?: Extension | null;
  readonly frames: number;
  /** Anchor within the range. */
  readonly anchor: number;
  /** All that lead, within the range, ascending. */
  readonly anchors: readonly number[];
  readonly model: { readonly structureChannels: number };
  readonly schedule: NoiseSchedule;
  readonly shape: LatentShape;
  readonly settings: {
    readonly sampling: { readonly seed: number };
    readonly guide: Pick<EditSettings['guide'], 'mask' | 'pictures'>;
  };
}

/** @param made what was made, and the render that asks; without it the runs can only be counted */
export function runsOf(of: RunsOf, made: Partial<Have> = {}, atWork?: AtWork): readonly Run[] {
  const { method, needs, params, solver, schedule, shape, settings } = of;
  const { seed } = settings.sampling;
  const { form } = solver;
  const facts = {
    ...plannedShot(of),
    shape,
    have: give(method.needs(params), made),
    ...(atWork && { atWork }),
  };
  const led = needs.includes('nullText') && !method.needs(params).includes('nullText');
  const texts = (frame: number, step: number) => {
    assert(made.nullText, 'a shot whose texts are tuned has them');
    return made.nullText(frame, step);
  };
  const runs = method
    .runs(facts, params)
    .map((run) => askedRun(solver, led ? ledByText(run, schedule, texts) : run));
  const guide = heldBy(settings.guide, of);
  if (!isHeld(guide)) return runs;
  const hold = holdOf({ guide, first: of.range.start, needs, shape, schedule, form, seed }, made);
  return runs.map((run) => held(run, hold));
}

/**
 * Whether anything random is in it, so that another seed gives another take: a start that is not the inverted frame's own
 * noise, a solver that adds some, a method that picks.
 */
export function isSeeded({ method, params, solver }: Pick<RunsOf, 'method' | 'params' | 'solver'>): boolean {
  const inverted = wantsInversion(method.needs(params)) && solver.inversion !== null;
  return !inverted || (method.picks?.(params) ?? false);
}

/**
 * Prompts of the sampling branches: (negative, target), the target alone at guidance 1 and for networks that are told the
 * guidance, or (source, target) where parts are kept.
 */
export function branchPrompts(
  { prompts, sampling, guide }: Pick<EditSettings, 'prompts' | 'sampling' | 'guide'>,
  { toldGuidance }: { readonly toldGuidance: boolean },
): string[] {
  const { source, negative } = prompts;
  const target = prompts.target;
  if ((toldGuidance || sampling.guidance === 1) && guide.keep === 0) return [target];
  return [guide.keep > 0 ? source : negative, target];
}
