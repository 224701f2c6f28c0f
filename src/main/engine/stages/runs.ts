/** The runs of a request's method, for planning and for sampling. */
import { assert } from '../../../common/errors.ts';
import type { Run } from '../diffusion/run.ts';
import type { Latent, NoiseSchedule } from '../diffusion/types.ts';
import type { ResolvedRequest } from './request.ts';

export interface RunsOf extends Pick<ResolvedRequest, 'method' | 'need' | 'params' | 'solver'> {
  readonly frames: number;
  /** Anchor within the range. */
  readonly anchor: number;
  readonly schedule: NoiseSchedule;
  readonly settings: { readonly seed: number };
}

/** @param have the latents that the method needs, one a frame; without them the runs can only be counted */
export function runsOf(
  { method, need, params, solver, frames, anchor, schedule, settings }: RunsOf,
  have: readonly Latent[] | null = null,
): readonly Run[] {
  const facts = {
    frames,
    anchor,
    schedule,
    seed: settings.seed,
    form: solver.form,
    have(asked: typeof need, frame: number) {
      const latent = asked === need ? have?.[frame] : undefined;
      assert(latent, `the method asked for the ${need} latents beforehand`);
      return latent;
    },
  };
  return method.runs(facts, params);
}
