/** DDIM, η = 0 (Song et al. 2020, Eq. 12). Latents in VP form. */
import { type CancelSignal, throwIfCancelled } from '../../../../common/errors.ts';
import type { Denoise } from '../denoiser.ts';
import { assertFinite } from '../finite.ts';
import type { Denoised } from '../parametrisation.ts';
import type { NoiseSchedule } from '../schedule.ts';
import type { Latent, Level } from '../types.ts';

export interface SampleOptions {
  readonly signal?: CancelSignal;
  /** Frame of the shot, for messages. */
  readonly frame?: number;
  /** Called after every step with its 0-based index and the latent it left. */
  readonly onStep?: (step: number, latent: Latent) => void;
}

/** z' = √ᾱ'·ẑ0 + √(1-ᾱ')·ε */
export function ddimStep(prediction: Denoised, to: Level): Latent {
  const signal = Math.sqrt(to.alphaBar);
  const noise = Math.sqrt(1 - to.alphaBar);
  const { denoised, eps } = prediction;
  return denoised.map((value, i) => signal * value + noise * eps[i]!);
}

/** Samples one frame from z at the first level to the final one. */
export async function sampleDdim(
  denoise: Denoise,
  z: Latent,
  { levels, final }: NoiseSchedule,
  options: SampleOptions = {},
): Promise<Latent> {
  let latent = z;
  for (const [step, level] of levels.entries()) {
    throwIfCancelled(options.signal);
    latent = ddimStep(await denoise(latent, level), levels[step + 1] ?? final);
    assertFinite(latent, 'sampling', step, options.frame);
    options.onStep?.(step, latent);
  }
  return latent;
}
