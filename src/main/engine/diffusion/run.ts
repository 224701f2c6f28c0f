/**
 * What a method asks of the driver. Whatever depends on the same step is an earlier pass of that step; whatever depends on
 * the end of something is a later run. So every method is sampled step by step, and can be resumed between any two visits.
 */
import { assert } from '../../../common/errors.ts';
import type { Form } from './parametrisation.ts';
import { askedBy, type Solver } from './solvers/solver.ts';
import type { Attending, Attention, Conditioning, Latent, Level, NoiseSchedule } from './types.ts';

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

/** Of a frame that a pass reads. */
export interface Read extends Carry {
  readonly frame: number;
  /** Its latent after this step, with all that `settle` did; null while the step waits for every frame. */
  readonly next: Latent | null;
}

/** What earlier runs made. Nothing of it may be written to. */
export interface Earlier {
  /** The frame's latent at the end of the last run before this one that has it. */
  result(frame: number): Latent;
  /** The same on its way there, where this run says that it recalls it. */
  history(frame: number, level: number): Latent;
}

/** A frame at a level of the last earlier run that has it: 0 is where it started, k what its first k steps left. */
export interface Recall {
  readonly frame: number;
  readonly level: number;
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
  readonly reads: readonly Read[];
  /** How the predictions of its call depend on the latents, where the run differentiates; for `blend`, and for `settle` where the step does not gather. */
  readonly slope?: Slope;
}

/**
 * The derivative of a call: of ẑ0 after guidance by the latents before the step, in the solver's form. What is attended to of earlier
 * passes is a constant, and so is the mask of an edit that is confined. Of a joint pass it has all frames, else the one.
 */
export interface Slope {
  /** ẑ0 of its frames, the network's own. */
  readonly denoised: ReadonlyMap<number, Latent>;
  /**
   * Σ over frames of cotangent · ∂ẑ0/∂latent, for every frame it has.
   * @param cotangents by frame; those that are not named count nothing
   * @throws AppError not-finite naming step and frame, Cancelled
   */
  pull(cotangents: ReadonlyMap<number, Latent>): Promise<ReadonlyMap<number, Latent>>;
}

/** One descent from noise to clean of some of the shot's frames. */
export interface Run {
  /** In the order of their visits, where no passes say otherwise. */
  readonly frames: readonly number[];
  /**
   * Which frame of the shot a frame is, where a run takes some twice: as they were, beside as they become. Itself by
   * default; only such frames are results.
   */
  standsFor?(frame: number): number;
  readonly schedule: NoiseSchedule;
  /** What it reads of earlier runs besides their results: only that is kept. */
  readonly recalls?: readonly Recall[];
  /** The frame's latent at the first level, in the solver's form. */
  start(frame: number, earlier: Earlier): Latent;
  /**
   * Unit noise that a frame begins under, where that is neither its inversion nor seeded by the frame: what is held to the
   * clip is noised alike.
   */
  noise?(frame: number): Latent;
  /** Guidance branches of a frame in a step, where they are not those `asked` for. */
  text?(frame: number, step: number, asked: readonly Conditioning[]): readonly Conditioning[];
  /** What the artist may choose where frames that go together do not fit into memory: a sentence. */
  readonly fewer?: string;
  /** Every frame of the run once; by default each by itself. */
  passes?(step: number): readonly Pass[];
  /**
   * Whether `blend` and `settle` are shown the slope in a pass of a step (of so many): it goes through the whole network by itself,
   * for about four times the time.
   */
  differentiates?(step: number, steps: number, pass: Pass): boolean;
  /** The ẑ0 to step with instead of the network's own. */
  blend?(seen: Seen, earlier: Earlier): Latent | Promise<Latent>;
  /** Whether this step waits for every frame's ẑ0 before any frame steps; `gather` then answers the ẑ0 to step with. */
  gathers?(step: number): boolean;
  gather?(step: number, clean: ReadonlyMap<number, Latent>, earlier: Earlier): Clean | Promise<Clean>;
  /** Whether a ẑ0 that `gather` changed takes the latent along, with the noise as it was predicted; else the noise is what then lies between the two. */
  readonly keepsNoise?: boolean;
  /** The latent after the step; `next` is the solver's and may be changed in place. */
  settle?(seen: Seen, next: Latent, earlier: Earlier): Latent | Promise<Latent>;
}

type Clean = ReadonlyMap<number, Latent>;

/** The frame of the shot that a frame of the run is. */
export function shotFrame(run: Run, frame: number): number {
  return run.standsFor?.(frame) ?? frame;
}

/** The run as the solver has the network asked, which may be more than once a step. */
export function askedRun(solver: Solver, run: Run): Run {
  const schedule = askedBy(solver, run.schedule);
  if (schedule === run.schedule) return run;
  assert(!run.recalls?.length, 'what a run recalls is counted in steps of one call');
  return { ...run, schedule };
}

/** The passes of one step. */
export function passesOf(run: Run, step: number): readonly Pass[] {
  return run.passes?.(step) ?? run.frames.map((frame) => ({ frames: [frame], keys: 'own' }));
}

/** Whether a pass of a step is one that can be followed backwards. */
export function isRecorded(run: Run, step: number, pass: Pass): boolean {
  return run.differentiates?.(step, run.schedule.levels.length, pass) ?? false;
}

/** Frames that go through the network in all steps of these runs: the calls they cost. */
export function visitsOf(runs: readonly Run[]): number {
  return runs.reduce((sum, { frames, schedule }) => sum + frames.length * schedule.levels.length, 0);
}

/** Frames of earlier passes of the step whose tokens a pass attends to. */
export function keysOf({ keys }: Pass): readonly number[] {
  return keys === 'own' || keys === 'joint' ? [] : keys;
}

export function attendingOf(pass: Pass): Attending {
  const named = pass.keys !== 'own' && pass.keys !== 'joint';
  return {
    bank: keysOf(pass).length,
    self: named ? (pass.self ?? false) : true,
    joint: pass.keys === 'joint',
  };
}
