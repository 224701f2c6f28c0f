/** What a solver is: one value that owns its step, its end, its latents' form, what it remembers, and its way back. */
import type { CancelSignal } from '../../../../common/errors.ts';
import type { Denoise } from '../denoiser.ts';
import type { Denoised, Form } from '../parametrisation.ts';
import type { Latent, Level, NoiseSchedule, SchedulerConfig } from '../types.ts';

/** One step of one frame, from the level at which `latent` stands to the next. */
interface Step {
  readonly latent: Latent;
  /** ẑ0 and ε to step with. */
  readonly prediction: Denoised;
  readonly from: Level;
  readonly to: Level;
  /** The ẑ0 that the frame's step before used, and its level; null in the first step and for solvers without memory. */
  readonly before: { readonly denoised: Latent; readonly level: Level } | null;
  /** Unit noise of this frame and step, always the same for one seed. */
  noise(): Latent;
}

export interface Solver {
  readonly id: string;
  /** For people. */
  readonly label: string;
  /** Other names it is known by: k-diffusion's, diffusers', those of interfaces. */
  readonly aliases: readonly string[];
  /** Form of the latents it steps. */
  readonly form: Form;
  /** Whether it obeys clip_sample of the scheduler's configuration. */
  readonly clips: boolean;
  /** Whether a step reads the ẑ0 of the frame's step before; the driver then keeps it. */
  readonly multistep: boolean;
  /**
   * Levels at which the network is asked on this road, one call of each frame at each, the first of each step among them;
   * absent where those are all. A step from the end of a trial leads to the same level, without trial.
   */
  asked?(schedule: NoiseSchedule): readonly Level[];
  /** Timesteps that a model's own spacing gives way to, ascending; AppError usage where there are not so many. */
  timesteps?(config: SchedulerConfig, steps: number): readonly number[];
  /** The level after the last step; `first` is the least noisy trained one. */
  final(config: SchedulerConfig, first: Level): Level;
  step(step: Step): Latent;
  /** The way from clean to noise; null where there is none, as for solvers that add noise. */
  readonly inversion: Inversion | null;
}

export interface Inversion {
  /** Part of the cache's keys: solvers that share an inversion share what is kept. */
  readonly id: string;
  /** Whether it can ask at the lower timestep as well as at the upper one. */
  readonly modes: boolean;
  /** Clean latent at the schedule's final level to the latent at its first (noisiest) one. steps·(1+k) network calls. */
  invert(
    denoise: Denoise,
    clean: Latent,
    schedule: NoiseSchedule,
    options?: InversionOptions,
  ): Promise<Latent>;
}

export interface InversionOptions {
  /** Timestep at which the network sees the lower latent: the step's `upper` (as Pix2Video's reference does) or `lower` one. */
  readonly mode?: 'upper' | 'lower';
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

/** The road of one sampling, as the network is asked on it. */
export function askedBy(solver: Solver, schedule: NoiseSchedule): NoiseSchedule {
  return solver.asked ? { ...schedule, levels: solver.asked(schedule) } : schedule;
}

/** Which step of a run it is to which a call at this place of the road belongs, 0-based. */
export function stepAt({ levels }: NoiseSchedule, place: number): number {
  return levels.slice(0, place + 1).filter(({ trial }) => !trial).length - 1;
}

/** Where the probability-flow ODE ends: no noise at all. */
export const CLEAN: Level = { timestep: 0, alphaBar: 1, sigma: 0 };
