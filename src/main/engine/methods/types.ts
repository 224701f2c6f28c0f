/** An editing method: what it is called, what it takes, where it starts, and what it does inside a step. */
import type { z } from 'zod';
import type { StepMethod } from '../diffusion/method.ts';
import type { AttentionSites } from '../diffusion/types.ts';

/** Latents a run starts from: the frames' own inverted noise, or the clean frames noised part of the way. */
export type Start =
  | { readonly from: 'inversion' }
  | { readonly from: 'noise'; readonly strength: number; readonly shared: boolean };

export interface Method<P = unknown> extends StepMethod<P> {
  readonly id: string;
  readonly label: string;
  /** One or two sentences for the artist. */
  readonly summary: string;
  /** Complete with defaults and descriptions: forms and help are made from it. Parses its own output unchanged. */
  readonly schema: z.ZodType<P>;
  /** Self-attention layers that need a bank when the network is loaded. */
  readonly sites: AttentionSites;
  /** Ids of the solvers with which the method is right, its default first; absent where every solver will do. */
  readonly solvers?: readonly string[];
  start(params: P): Start;
  /** Network calls per frame of a run of `steps`, without inversion. */
  callsPerFrame(steps: number, params: P): number;
}
