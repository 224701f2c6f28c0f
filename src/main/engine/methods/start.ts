/** The latents and levels a method starts from (SDEdit, Meng et al. 2021, for those that start from noised frames). */
import { noiseFor, sharedNoise } from '../diffusion/noise.ts';
import { addNoise } from '../diffusion/parametrisation.ts';
import type { Solver } from '../diffusion/solvers/solver.ts';
import type { Latent, NoiseSchedule } from '../diffusion/types.ts';
import type { Start } from './types.ts';

/** How many of `steps` a strength in (0, 1] runs: its share, at least one. */
export function stepsOfStrength(steps: number, strength: number): number {
  return Math.max(1, Math.min(steps, Math.floor(steps * strength + 1e-9)));
}

/** The levels still to be run; inversion runs them all. */
export function remainingLevels(start: Start, schedule: NoiseSchedule): NoiseSchedule {
  if (start.from === 'inversion') return schedule;
  return {
    ...schedule,
    levels: schedule.levels.slice(-stepsOfStrength(schedule.levels.length, start.strength)),
  };
}

/** One clean scaled latent to its noised start at the first remaining level, in the solver's form. */
export function noisedStart(
  start: Extract<Start, { from: 'noise' }>,
  clean: Latent,
  frame: number,
  options: { schedule: NoiseSchedule; solver: Pick<Solver, 'form'>; seed: number },
): Latent {
  const noise = start.shared
    ? sharedNoise(options.seed, clean.length)
    : noiseFor(options.seed, frame, clean.length);
  const [first] = remainingLevels(start, options.schedule).levels;
  return addNoise(options.solver.form, clean, noise, first!);
}
