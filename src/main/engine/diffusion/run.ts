/**
 * What a method asks of the driver. Whatever depends on the same step is an earlier pass of that step; whatever depends on
 * the end of something is a later run. So every method is sampled step by step, and can be resumed between any two visits.
 */
import type { Form } from './parametrisation.ts';
import type { Attention, Conditioning, Latent, Level, NoiseSchedule } from './types.ts';

/** Frames that go through the network together. The driver only needs to know who needs whom. */
export interface Pass {
  readonly frames: readonly number[];
  /**
   * Whose tokens are keys and values: each frame's own; all of this pass's, in its order; or those of frames of earlier
   * passes of this step, in this order, repeats allowed.
   */
  readonly keys: 'own' | 'joint' | readonly number[];
  /** Their own tokens too, after the named ones. */
  readonly self?: boolean;
  /** Frames of earlier passes of this step whose predictions `blend` and `settle` are shown. */
  readonly reads?: readonly number[];
}

/** The predictions of one frame in this step: the network's own, and the one that is stepped with. */
export interface Carry {
  readonly denoised: Latent;
  readonly used: Latent;
}

/** One frame in one step. Nothing of it may be written to. */
export interface Seen {
  /** 0-based, and how many the run has. */
  readonly step: number;
  readonly steps: number;
  readonly frame: number;
  readonly form: Form;
  readonly from: Level;
  readonly to: Level;
  /** The latent before the step, and the attention it was denoised with. */
  readonly latent: Latent;
  readonly attention: Attention | undefined;
  /** ẑ0 after guidance, before anything the method does. */
  readonly denoised: Latent;
  /** Of the frames that the pass reads, in its order. */
  readonly reads: readonly Carry[];
}

/** One descent from noise to clean of some of the shot's frames. */
export interface Run {
  /** In the order of their visits, where no passes say otherwise. */
  readonly frames: readonly number[];
  readonly schedule: NoiseSchedule;
  /** The frame's latent at the first level, in the solver's form; it may come from what earlier runs made. */
  start(frame: number, results: ReadonlyMap<number, Latent>): Latent;
  /** Guidance branches of a frame in a step where they are not the request's. */
  text?(frame: number, step: number): readonly Conditioning[];
  /** Every frame of the run once; by default each by itself. */
  passes?(step: number): readonly Pass[];
  /** The ẑ0 to step with instead of the network's own. */
  blend?(seen: Seen): Latent | Promise<Latent>;
  /** Whether this step waits for every frame's ẑ0 before any frame steps; `gather` then answers the ẑ0 to step with. */
  gathers?(step: number): boolean;
  gather?(step: number, clean: ReadonlyMap<number, Latent>): Clean | Promise<Clean>;
  /** The latent after the step; `next` is the solver's and may be changed in place. */
  settle?(seen: Seen, next: Latent): Latent | Promise<Latent>;
}

type Clean = ReadonlyMap<number, Latent>;

/** The passes of one step. */
export function passesOf(run: Run, step: number): readonly Pass[] {
  return run.passes?.(step) ?? run.frames.map((frame) => ({ frames: [frame], keys: 'own' }));
}

/** Frames that go through the network in all steps of these runs: the calls they cost. */
export function visitsOf(runs: readonly Run[]): number {
  return runs.reduce((sum, { frames, schedule }) => sum + frames.length * schedule.levels.length, 0);
}
