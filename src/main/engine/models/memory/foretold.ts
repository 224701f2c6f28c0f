/** What work with a bundle will take of memory. */
import type { Attending, DifferentiatedBy } from '../../diffusion/types.ts';

/** One call of the network. */
export interface Call extends Attending {
  readonly frames: number;
  /** Guidance branches of each. */
  readonly branches: number;
}

/** One call of the denoising network, and what it is followed back to. */
export interface RecordedCall extends Call {
  readonly by: DifferentiatedBy;
  /** Whether its frames are those of a clip that is learnt. */
  readonly causal?: boolean;
  /** Whether it gives its tokens to others. */
  readonly lends?: boolean;
}

/** Bytes. */
export interface RecordedBytes {
  /** Of weights in sessions of their own, whatever the size. */
  readonly weights: number;
  /** Values, which grow with the size at least as its area does. */
  readonly values: number;
}

export const NOTHING_RECORDED: RecordedBytes = { weights: 0, values: 0 };

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
  /** What calls that are followed backwards add; of a bundle that is opened for gradients. */
  recorded(calls: readonly RecordedCall[]): RecordedBytes;
  /** What a decoded picture that is followed back to its latent takes, with all weights; of a bundle that is opened to be steered. */
  recordedPicture(): RecordedBytes;
}
