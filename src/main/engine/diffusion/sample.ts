/** One frame sampled by itself: the driver of reconstructions and of tests. */
import { type CancelSignal, throwIfCancelled } from '../../../common/errors.ts';
import type { Denoise } from './denoiser.ts';
import { assertFinite } from './finite.ts';
import { stepNoise } from './noise.ts';
import { askedBy, type Solver } from './solvers/solver.ts';
import type { Latent, NoiseSchedule } from './types.ts';

export interface SampleOptions {
  readonly signal?: CancelSignal;
  /** Frame of the shot, for messages and for the noise of solvers that add some; 0 by default. */
  readonly frame?: number;
  readonly seed?: number;
  /** Called after every call of the network with its 0-based index and the latent it left. */
  readonly onStep?: (step: number, latent: Latent) => void;
}

/** From a latent at the first level, in the solver's form, to the final level. */
export async function sampleFrame(
  solver: Solver,
  denoise: Denoise,
  start: Latent,
  schedule: NoiseSchedule,
  options: SampleOptions = {},
): Promise<Latent> {
  const { frame = 0, seed = 0 } = options;
  const { levels, final } = askedBy(solver, schedule);
  let latent = start;
  let before = null;
  for (const [step, level] of levels.entries()) {
    throwIfCancelled(options.signal);
    const prediction = await denoise(latent, level);
    const to = levels[step + 1] ?? final;
    const noise = () => stepNoise(seed, frame, step, start.length);
    latent = solver.step({ latent, prediction, from: level, to, before, noise });
    assertFinite(latent, 'sampling', step, options.frame);
    if (solver.multistep) before = { denoised: prediction.denoised, level };
    options.onStep?.(step, latent);
  }
  return latent;
}
