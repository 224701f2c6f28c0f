/**
 * DDIM inversion: the DDIM step run upwards (Song et al. 2020, Sec. 4.3; Mokady et al. 2022), with fixed-point refinement.
 * Latents in VP form; source prompt and guidance 1 are the caller's, inside `denoise`.
 */
import { type CancelSignal, throwIfCancelled } from '../../../../common/errors.ts';
import type { Denoise } from '../denoiser.ts';
import { assertFinite } from '../finite.ts';
import type { NoiseSchedule } from '../schedule.ts';
import { ddimStep } from '../solvers/ddim.ts';
import type { Latent, Level } from '../types.ts';

export interface InversionOptions {
  /** Fixed-point iterations per step, k ≥ 0; each costs one more network call. */
  readonly refinement?: number;
  readonly signal?: CancelSignal;
  /** Frame of the shot, for messages. */
  readonly frame?: number;
  /** Called after every network call with the count so far and the total. */
  readonly onCall?: (done: number, total: number) => void;
  /** Called with every latent of the trajectory, the clean one first (index 0). */
  readonly onLevel?: (index: number, latent: Latent) => void;
}

export interface DdimInversionOptions extends InversionOptions {
  /** Timestep at which the network sees the lower latent: the step's `upper` (as Pix2Video's reference does) or `lower` one. */
  readonly mode?: 'upper' | 'lower';
}

/** Clean latent at the schedule's final level to the latent at its first (noisiest) level. steps·(1+k) network calls. */
export async function invertDdim(
  denoise: Denoise,
  z0: Latent,
  { levels, final }: NoiseSchedule,
  options: DdimInversionOptions = {},
): Promise<Latent> {
  const { mode = 'upper', refinement = 0 } = options;
  const total = levels.length * (1 + refinement);
  let calls = 0;
  const ask = async (latent: Latent, level: Level) => {
    throwIfCancelled(options.signal);
    const answer = await denoise(latent, level);
    options.onCall?.(++calls, total);
    return answer;
  };

  let z = z0;
  let low = final;
  options.onLevel?.(0, z);
  for (const [index, high] of levels.toReversed().entries()) {
    // Whatever timestep the network is asked at, the latent stands at the lower level and is converted there.
    const asked = mode === 'upper' ? { ...low, timestep: high.timestep } : low;
    let up = ddimStep(await ask(z, asked), high);
    for (let k = 0; k < refinement; k++) {
      const { eps } = await ask(up, high);
      up = ddimStep({ denoised: cleanWith(z, eps, low), eps }, high);
    }
    assertFinite(up, 'inverting', index, options.frame);
    z = up;
    low = high;
    options.onLevel?.(index + 1, z);
  }
  return z;
}

/** ẑ0 = (z - √(1-ᾱ)·ε)/√ᾱ at the level where z stands. */
function cleanWith(z: Latent, eps: Latent, level: Level): Latent {
  const signal = Math.sqrt(level.alphaBar);
  const noise = Math.sqrt(1 - level.alphaBar);
  return z.map((value, i) => (value - noise * eps[i]!) / signal);
}
