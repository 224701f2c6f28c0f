/** What work with a bundle will take of memory. */
import type { Attending } from '../../diffusion/types.ts';

/** One call of the network. */
export interface Call extends Attending {
  readonly frames: number;
  /** Guidance branches of each. */
  readonly branches: number;
}

/** Bytes, for pictures of one size. */
export interface Foretold {
  /** Weights of the UNet, and of the ControlNets beside it. */
  readonly unet: number;
  readonly controlNets: number;
  /** Each with its weights, while it works on one frame. */
  readonly vaeEncoder: number;
  readonly vaeDecoder: number;
  /** The same for pictures that sampling goes on from. */
  readonly vaeSteadyDecoder: number;
  readonly vaeWeights: { readonly encoder: number; readonly decoder: number };
  /** All text encoders with their weights. */
  readonly text: number;
  /** What one frame lends to others, in one guidance branch. */
  readonly features: number;
  /** What the depth made of one frame in one guidance branch, kept for the next calls; 0 where nothing is reused. */
  readonly deep: number;
  /**
   * What these calls of the UNet, one after the other, leave held beside its weights, with those of ControlNets: the runtime gives
   * nothing back while a session is open.
   */
  calls(calls: readonly Call[]): number;
  /** What calls of its outermost layers alone add, with the weights of those; 0 where nothing is reused. */
  shallow(calls: readonly Call[]): number;
}
