/**
 * DDIM, η = 0 (Song et al. 2020, Eq. 12), and its inversion: the same step run upwards (Sec. 4.3; Mokady et al. 2022), with
 * fixed-point refinement. Latents in VP form; source prompt and guidance 1 are the inverting caller's, inside `denoise`.
 */
import { throwIfCancelled } from '../../../../common/errors.ts';
import type { Denoise } from '../denoiser.ts';
import { assertFinite } from '../finite.ts';
import type { Denoised } from '../parametrisation.ts';
import type { Latent, Level, NoiseSchedule } from '../types.ts';
import { CLEAN, type InversionOptions, type Solver } from './solver.ts';

export const ddim: Solver = {
  id: 'ddim',
  label: 'DDIM',
  aliases: ['sample_ddim', 'DDIMScheduler'],
  form: 'vp',
  clips: true,
  multistep: false,
  final: ({ setAlphaToOne }, first) => (setAlphaToOne ? CLEAN : { ...first, timestep: 0 }),
  step: ({ prediction, to }) => ddimStep(prediction, to),
  inversion: { id: 'ddim', modes: true, invert: invertDdim },
};

/** z' = √ᾱ'·ẑ0 + √(1-ᾱ')·ε */
export function ddimStep(prediction: Denoised, to: Level): Latent {
  const signal = Math.sqrt(to.alphaBar);
  const noise = Math.sqrt(1 - to.alphaBar);
  const { denoised, eps } = prediction;
  return denoised.map((value, i) => signal * value + noise * eps[i]!);
}

/** See Inversion. */
export async function invertDdim(
  denoise: Denoise,
  z0: Latent,
  { levels, final }: NoiseSchedule,
  options: InversionOptions = {},
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
