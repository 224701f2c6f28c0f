/**
 * Euler's method on the probability-flow ODE (Karras et al. 2022, Alg. 1 without churn), and its inversion from σ = 0
 * (residual-noise mixing, Eq. 7) with fixed-point refinement. Latents in VE form.
 */
import { throwIfCancelled } from '../../../../common/errors.ts';
import type { Denoise } from '../denoiser.ts';
import { assertFinite } from '../finite.ts';
import type { Latent, Level, NoiseSchedule } from '../types.ts';
import { CLEAN, type Inversion, type InversionOptions, type Solver } from './solver.ts';

/** The way up for every solver that follows the same ODE in this form. */
export const eulerInversion: Inversion = { id: 'euler', modes: false, invert: invertEuler };

export const euler: Solver = {
  id: 'euler',
  label: 'Euler',
  aliases: ['k_euler', 'sample_euler', 'EulerDiscreteScheduler'],
  form: 've',
  clips: false,
  multistep: false,
  final: () => CLEAN,
  step: ({ latent, prediction, from, to }) => eulerStep(latent, prediction.denoised, from, to),
  inversion: eulerInversion,
};

/** x' = x + (σ'-σ)·(x-D)/σ, written D + (σ'/σ)(x-D) so that σ' = 0 gives D itself. */
export function eulerStep(
  x: Latent,
  denoised: Latent,
  from: Pick<Level, 'sigma'>,
  to: Pick<Level, 'sigma'>,
): Latent {
  const ratio = to.sigma / from.sigma;
  return x.map((value, i) => denoised[i]! + ratio * (value - denoised[i]!));
}

/** See Inversion. */
async function invertEuler(
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
