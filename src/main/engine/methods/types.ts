/** An editing method: what it is called, what it takes, what it starts from, and how it runs. */
import type { z } from 'zod';
import type { PluginFacts } from '../../../common/plugins/built-in.ts';
import type { Learning } from '../diffusion/learn.ts';
import type { Form } from '../diffusion/parametrisation.ts';
import type { Run } from '../diffusion/run.ts';
import type { AttentionSites, LatentShape, NoiseSchedule } from '../diffusion/types.ts';
import type { Given, Need } from './have.ts';

/** How the network is prepared for a method. */
export interface AttentionUse {
  readonly sites: AttentionSites;
  readonly joint: boolean;
}

/** The render that a run's own functions work in. */
export interface AtWork {
  /** Number of the shot's first frame in the clip, for messages. */
  readonly first: number;
  readonly signal: AbortSignal;
  readonly warn: (line: string) => void;
}

/** The shot that is to be edited; frames count from 0 within it. */
export interface ShotFacts<N extends Need = Need> {
  readonly frames: number;
  /** Those that the clip has, ascending, where others are to be made beside them; absent where all are the clip's. */
  readonly fixed?: readonly number[];
  /** The frame whose look leads the others. */
  readonly anchor: number;
  /** All frames that lead, ascending, the one above among them; it alone where the method does not follow several. */
  readonly anchors: readonly number[];
  readonly seed: number;
  /** Whether the network is told something of each frame: its depth, or what is around the mask. */
  readonly structured: boolean;
  readonly schedule: NoiseSchedule;
  /** Form of the solver's latents. */
  readonly form: Form;
  readonly shape: LatentShape;
  /** What the method needs, and nothing else. Planning has none of it: only a run's own functions may ask. */
  readonly have: Given<N>;
  /** Absent while runs are only counted. */
  readonly atWork?: AtWork;
}

/** What is known of a shot before its runs are counted, whatever its size. */
export type PlannedShot = Pick<
  ShotFacts,
  'frames' | 'fixed' | 'anchor' | 'anchors' | 'seed' | 'structured' | 'schedule' | 'form'
>;

/** Of whom a method is, where it does not come with Retake. */
export interface MethodPlugin extends PluginFacts {
  /** Digest of its files. */
  readonly files: string;
  /** Whether the same from the same is promised, always. */
  readonly deterministic: boolean;
  /** Digest of the runs that it answered with, once it was asked. */
  readonly runs?: string;
}

export interface Method<P = unknown, N extends Need = Need> {
  readonly id: string;
  /** An artist's word for what it does. */
  readonly label: string;
  /** What papers call it, and whose it is: the tooltip and the terminal say it too. */
  readonly term?: string;
  /** One or two sentences for the artist. */
  readonly summary: string;
  /**
   * Complete with defaults and what is said of each parameter: forms and help are made from it (`title` is the artist's word,
   * `term` the paper's, `names` those of choices). Parses its own output unchanged.
   */
  readonly schema: z.ZodType<P>;
  /** Self-attention layers that need a bank when the network is loaded. */
  readonly sites: AttentionSites;
  /** Whether frames of one pass attend to each other. */
  readonly joint?: boolean;
  /** What of these two depends on parameters and on how many anchors lead. */
  attends?(params: P, anchors: number): Partial<AttentionUse>;
  /** Whether the mask is its own matter, with these parameters: outside, frames are then not kept to the clip. */
  masksItself?(params: P): boolean;
  /** Parameters with which it starts from the inversion, where it leaves that open. */
  readonly inverting?: Readonly<Record<string, unknown>>;
  /** Ids of the solvers with which the method is right, its default first; absent where every solver will do. */
  readonly solvers?: readonly string[];
  /** Whether all anchors of a shot lead; by default its lead anchor alone. */
  readonly severalAnchors?: boolean;
  /** Whether it makes frames that the clip does not have, and leaves those alone that it has. */
  readonly makesFrames?: true;
  /** Whether it picks by chance, with these parameters; what it starts from and what a solver adds is known without it. */
  picks?(params: P): boolean;
  /** Absent for methods of Retake. */
  readonly plugin?: MethodPlugin;
  /**
   * A method that is asked elsewhere: the same one with its `needs` at hand, and its `runs` where the shot is given. Absent where
   * both are at hand. @throws AppError plugin-failed, Cancelled
   */
  resolve?(params: P, shot: PlannedShot | null, signal?: AbortSignal): Promise<Method<P, N>>;
  /** What takes less memory, with these parameters, where the network is followed backwards: a clause; null where nothing does. */
  lighter?(params: P): string | null;
  /** Whether it pulls frames to what the guide names. */
  readonly steers?: true;
  /** How the network learns the shot before it is sampled; of methods that need `tuned`. */
  learns?(params: P): Learning;
  needs(params: P): readonly N[];
  /** Almost always one. */
  runs(shot: ShotFacts<N>, params: P): readonly Run[];
}
