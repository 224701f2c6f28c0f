/**
 * Multistep consistency sampling of latent consistency models (Luo et al. 2023, Alg. 3), as diffusers' LCMScheduler: every step
 * goes to the clean latent and back to the next level under fresh noise. VP form.
 */
import { AppError } from '../../../../common/errors.ts';
import type { SchedulerConfig } from '../types.ts';
import { CLEAN, type Solver } from './solver.ts';

/** Steps of the teacher that was distilled: only its timesteps are ever visited. */
const TEACHER_STEPS = 50;
/** σ_data of the boundary condition, and what timesteps are multiplied by in it. */
const SIGMA_DATA = 0.5;
const TIMESTEP_SCALING = 10;

export const lcm: Solver = {
  id: 'lcm',
  label: 'LCM',
  aliases: ['sample_lcm', 'LCMScheduler'],
  form: 'vp',
  clips: true,
  multistep: false,
  final: () => CLEAN,
  timesteps: lcmTimesteps,
  step({ latent, prediction, from, to, noise }) {
    const { skip, out } = boundary(from.timestep);
    const clean = prediction.denoised.map((value, i) => out * value + skip * latent[i]!);
    if (to.alphaBar === 1) return clean;
    const [signal, amount] = [Math.sqrt(to.alphaBar), Math.sqrt(1 - to.alphaBar)];
    const fresh = noise();
    return clean.map((value, i) => signal * value + amount * fresh[i]!);
  },
  inversion: null,
};

/** c_skip and c_out: at timestep 0 the latent is the answer itself (Luo et al. 2023, Eq. 8). */
export function boundary(timestep: number): { skip: number; out: number } {
  const scaled = timestep * TIMESTEP_SCALING;
  const sum = scaled ** 2 + SIGMA_DATA ** 2;
  return { skip: SIGMA_DATA ** 2 / sum, out: scaled / Math.sqrt(sum) };
}

/** Of the teacher's, evenly spaced by place; ascending. */
function lcmTimesteps({ trainTimesteps }: SchedulerConfig, steps: number): number[] {
  const most = Math.min(TEACHER_STEPS, trainTimesteps);
  if (steps > most) {
    throw new AppError('usage', `LCM takes at most ${most} steps, not ${steps}`, {
      doing: 'planning the steps',
      hint: 'Choose 4 to 8.',
    });
  }
  const stride = Math.floor(trainTimesteps / most);
  const teacher = Array.from({ length: most }, (_, i) => (most - i) * stride - 1);
  return Array.from({ length: steps }, (_, i) => teacher[Math.floor((i * most) / steps)]!).reverse();
}
