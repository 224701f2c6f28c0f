/** The network as a denoiser: parametrisation, guidance and scaling applied, so that samplers see ẑ0 and ε only. */
import type { Keep } from './edit-mask.ts';
import { activeBranches, combine } from './guidance.ts';
import { type Denoised, type Form, networkInput, toDenoised } from './parametrisation.ts';
import type { Attention, Conditioning, Features, Latent, Level, Predict, PredictionType } from './types.ts';

/**
 * ẑ0 and ε of a latent. The level says how noisy the latent is (ᾱ, σ) and at which timestep the network is asked;
 * inversion asks at one level's timestep about a latent of another.
 */
export type Denoise = (latent: Latent, level: Level) => Promise<Denoised>;

export interface Denoiser {
  readonly predict: Predict;
  readonly prediction: PredictionType;
  readonly form: Form;
  /** (unconditional, conditional), or the conditional alone with guidance 1. */
  readonly branches: readonly Conditioning[];
  readonly guidance: number;
  /** The first branch is the source prompt's, and stays where the prompts agree. */
  readonly keep?: Keep;
  /** clip_sample of the scheduler's configuration; off unless said. DDIM only. */
  readonly clip?: boolean;
}

export interface FramePass {
  /** Extra input channels (k, h, w), never scaled. */
  readonly structure?: Float32Array;
  readonly attention?: Attention;
  readonly capture?: boolean;
}

/** One network call for one frame. */
export async function denoiseFrame(
  denoiser: Denoiser,
  latent: Latent,
  level: Level,
  pass: FramePass = {},
): Promise<Denoised & { readonly features?: Features }> {
  const { outputs, features } = await denoiser.predict({
    latent: networkInput(denoiser.form, latent, level),
    timestep: level.timestep,
    branches: activeBranches(denoiser.branches, denoiser.guidance, denoiser.keep),
    ...pass,
  });
  const raw = combine(outputs, denoiser.guidance, denoiser.keep);
  const denoised = toDenoised(denoiser.form, denoiser.prediction, raw, latent, level, denoiser.clip);
  return features ? { ...denoised, features } : denoised;
}

/** A denoiser bound to one frame, for the samplers and inversions of single frames. */
export function denoiseOf(denoiser: Denoiser, structure?: Float32Array): Denoise {
  return (latent, level) => denoiseFrame(denoiser, latent, level, structure ? { structure } : {});
}
