/** Euler inversion in VE form from σ = 0 (residual-noise mixing, Eq. 7), with fixed-point refinement. */
import { throwIfCancelled } from '../../../../common/errors.ts';
import type { Denoise } from '../denoiser.ts';
import { assertFinite } from '../finite.ts';
import type { NoiseSchedule } from '../schedule.ts';
import type { Latent, Level } from '../types.ts';
import type { InversionOptions } from './ddim.ts';

/** Clean latent at σ = 0 to the latent at the schedule's first (noisiest) level. steps·(1+k) network calls. */
export async function invertEuler(
  denoise: Denoise,
  z0: Latent,
  { levels, final }: NoiseSchedule,
  options: InversionOptions = {},
): Promise<Latent> {
  const { refinement = 0 } = options;
  const total = levels.length * (1 + refinement);
  let calls = 0;
  let x = z0;
  let low = final;
  options.onLevel?.(0, x);
  for (const [index, high] of levels.toReversed().entries()) {
    // The plain step asks about the lower latent as if it stood at the upper σ; each refinement about the upper one itself.
    let up = x;
    for (let k = 0; k <= refinement; k++) {
      throwIfCancelled(options.signal);
      const { denoised } = await denoise(up, high);
      options.onCall?.(++calls, total);
      up = climb(x, up, denoised, low, high);
    }
    assertFinite(up, 'inverting', index, options.frame);
    x = up;
    low = high;
    options.onLevel?.(index + 1, x);
  }
  return x;
}

/** x_hi = x_lo + (σ_hi-σ_lo)·(x_at - D(x_at; σ_hi))/σ_hi */
function climb(from: Latent, at: Latent, denoised: Latent, low: Level, high: Level): Latent {
  const share = (high.sigma - low.sigma) / high.sigma;
  return from.map((value, i) => value + share * (at[i]! - denoised[i]!));
}
