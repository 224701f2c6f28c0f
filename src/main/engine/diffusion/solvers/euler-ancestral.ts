/** Euler's method with fresh noise in every step (ancestral sampling; k-diffusion's sample_euler_ancestral, η = 1). VE form. */
import { eulerStep } from './euler.ts';
import { CLEAN, type Solver } from './solver.ts';

export const eulerAncestral: Solver = {
  id: 'euler_a',
  label: 'Euler ancestral',
  aliases: ['k_euler_a', 'euler_ancestral', 'sample_euler_ancestral', 'EulerAncestralDiscreteScheduler'],
  form: 've',
  clips: false,
  multistep: false,
  final: () => CLEAN,
  step({ latent, prediction, from, to, noise }) {
    const { down, up } = ancestral(from.sigma, to.sigma);
    const next = eulerStep(latent, prediction.denoised, from, { sigma: down });
    if (up === 0) return next;
    const fresh = noise();
    return next.map((value, i) => value + up * fresh[i]!);
  },
  inversion: null,
};

/** A step from σ to σ' goes down to `down` and adds noise of σ `up`, with down² + up² = σ'². */
function ancestral(sigma: number, next: number): { down: number; up: number } {
  const up = Math.min(next, next * Math.sqrt(1 - (next / sigma) ** 2));
  return { down: Math.sqrt(next ** 2 - up ** 2), up };
}
