/** What an editing method may do inside a sampling step. Everything else of it (name, parameters) is methods/types.ts. */
import type { Visit } from './order.ts';
import type { Form } from './parametrisation.ts';
import type { Attention, Latent, Level } from './types.ts';

/** Where K and V of one frame's reference-attention sites come from. */
export interface References {
  /** Frames visited earlier in the same step, in the order of their tokens; one may stand twice. */
  readonly frames: readonly number[];
  /** Whether the frame's own tokens follow. */
  readonly self: boolean;
}

export interface StepPlan<P> {
  readonly params: P;
  /** 0-based index of the step and the count of steps of this run. */
  readonly step: number;
  readonly steps: number;
  readonly visits: readonly Visit[];
  readonly seed: number;
}

/** The predictions of one frame in this step: the network's own, and the one the solver stepped with. */
export interface Carry {
  readonly denoised: Latent;
  readonly used: Latent;
}

/** One frame in one step, with what the method may look at. Nothing of it may be written to, `next` in `correct` excepted. */
export interface Visited<P> {
  readonly params: P;
  readonly step: number;
  readonly steps: number;
  readonly frame: number;
  /** The neighbour towards the anchor in this step; null for the anchor. */
  readonly previous: Carry | null;
  readonly form: Form;
  readonly from: Level;
  readonly to: Level;
  /** The latent before the step, and the attention it was denoised with. */
  readonly latent: Latent;
  readonly attention: Attention | undefined;
  /** ẑ0 after guidance, before anything the method does. */
  readonly denoised: Latent;
}

/** The hooks, all optional and pure; without any, every frame is sampled for itself. */
export interface StepMethod<P> {
  /** Per visit of the step, which frames' features it attends to; null is the network's plain attention. */
  references?(plan: StepPlan<P>): readonly (References | null)[];
  /** The ẑ0 to step with instead of the network's own. */
  replace?(visited: Visited<P>): Latent;
  /** Corrects, in place, the latent after the step. */
  correct?(visited: Visited<P>, next: Latent): void | Promise<void>;
}
