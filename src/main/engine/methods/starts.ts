/** The two plain runs: from inverted noise, and from frames noised part of the way (SDEdit, Meng et al. 2021). */
import { noiseFor, sharedNoise } from '../diffusion/noise.ts';
import { visitsFrom } from '../diffusion/order.ts';
import { addNoise } from '../diffusion/parametrisation.ts';
import type { Run } from '../diffusion/run.ts';
import type { ShotFacts } from './types.ts';

/** How many of `steps` a strength in (0, 1] runs: its share, at least one. */
export function stepsOfStrength(steps: number, strength: number): number {
  return Math.max(1, Math.min(steps, Math.floor(steps * strength + 1e-9)));
}

/** Every frame by itself over the last levels, from its clean latent and seeded noise: one for all frames, or its own. */
export function noisedRun(shot: ShotFacts<'clean'>, options: { strength: number; shared: boolean }): Run {
  const { form, schedule, seed, shape } = shot;
  const count = shape.channels * shape.height * shape.width;
  const noise = (frame: number) => (options.shared ? sharedNoise(seed, count) : noiseFor(seed, frame, count));
  const levels = schedule.levels.slice(-stepsOfStrength(schedule.levels.length, options.strength));
  return {
    frames: allFrames(shot),
    schedule: { ...schedule, levels },
    noise,
    start: (frame) => addNoise(form, shot.have.clean(frame), noise(frame), levels[0]!),
  };
}

/** Every frame by itself over all levels, from its inverted noise. */
export function invertedRun(shot: ShotFacts<'inversion'>): Run {
  return {
    frames: allFrames(shot),
    schedule: shot.schedule,
    start: (frame) => shot.have.inversion(frame),
  };
}

/** The anchor first: it is what the artist looks at. */
function allFrames({ anchor, frames }: Pick<ShotFacts, 'anchor' | 'frames'>): number[] {
  return visitsFrom(anchor, frames).map(({ frame }) => frame);
}
