/** Euler's method on the probability-flow ODE (Karras et al. 2022, Alg. 1 without churn). Latents in VE form. */
import { throwIfCancelled } from '../../../../common/errors.ts';
import type { Denoise } from '../denoiser.ts';
import { assertFinite } from '../finite.ts';
import type { NoiseSchedule } from '../schedule.ts';
import type { Latent, Level } from '../types.ts';
import type { SampleOptions } from './ddim.ts';

/** x' = x + (σ'-σ)·(x-D)/σ, written D + (σ'/σ)(x-D) so that σ' = 0 gives D itself. */
export function eulerStep(x: Latent, denoised: Latent, from: Level, to: Level): Latent {
  const ratio = to.sigma / from.sigma;
  return x.map((value, i) => denoised[i]! + ratio * (value - denoised[i]!));
}

/** Samples one frame from x at the first level's σ to the final one (σ = 0). */
export async function sampleEuler(
  denoise: Denoise,
  x: Latent,
  { levels, final }: NoiseSchedule,
  options: SampleOptions = {},
): Promise<Latent> {
  let latent = x;
  for (const [step, level] of levels.entries()) {
    throwIfCancelled(options.signal);
    const { denoised } = await denoise(latent, level);
    latent = eulerStep(latent, denoised, level, levels[step + 1] ?? final);
    assertFinite(latent, 'sampling', step, options.frame);
    options.onStep?.(step, latent);
  }
  return latent;
}
