/** The network as a denoiser: parametrisation, guidance and scaling applied, so that samplers see ẑ0 and ε only. */
import { editMask, type Keep } from './edit-mask.ts';
import { activeBranches, combine } from './guidance.ts';
import { type Denoised, type Form, networkInput, toDenoised } from './parametrisation.ts';
import type {
  Attention,
  Conditioning,
  ControlInput,
  DeepFeatures,
  Features,
  Latent,
  Level,
  Predict,
  PredictionType,
} from './types.ts';

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
  /** The network is told the guidance; its branches are then not weighed against each other. */
  readonly toldGuidance?: boolean;
  /** The first branch is the source prompt's, and stays where the prompts agree. */
  readonly keep?: Keep;
  /** clip_sample of the scheduler's configuration; off unless said. DDIM only. */
  readonly clip?: boolean;
}

/** One frame on its way through the network. */
export interface FrameInput {
  readonly latent: Latent;
  /** Extra input channels (k, h, w), never scaled. */
  readonly structure?: Float32Array | undefined;
  readonly attention?: Attention | undefined;
  readonly control?: readonly ControlInput[] | undefined;
  readonly capture?: boolean;
  /** Of this frame's last whole call, where this one shall not be whole. */
  readonly deep?: DeepFeatures | undefined;
  readonly keepDeep?: boolean;
  /** Where they are not the denoiser's. */
  readonly branches?: readonly Conditioning[] | undefined;
}

export interface Answer extends Denoised {
  readonly features?: Features;
  readonly deep?: DeepFeatures;
  /** (h, w), 0..1: where the edit was let in, when something is kept. */
  readonly edit?: Float32Array;
}

/** One network call for some frames at one level. */
export async function denoiseFrames(
  denoiser: Denoiser,
  frames: readonly FrameInput[],
  level: Level,
  joint = false,
): Promise<Answer[]> {
  const { form, keep } = denoiser;
  const [guidance, told] = denoiser.toldGuidance ? [1, denoiser.guidance] : [denoiser.guidance];
  const answers = await denoiser.predict(
    frames.map(
      ({ latent, structure, attention, control, capture, deep, keepDeep, branches = denoiser.branches }) => ({
        latent: networkInput(form, latent, level),
        timestep: level.timestep,
        branches: activeBranches(branches, guidance, keep),
        ...(told !== undefined && { guidance: told }),
        ...(structure && { structure }),
        ...(attention && { attention }),
        ...(control && control.length > 0 && { control }),
        ...(capture && { capture }),
        ...(deep && { deep }),
        ...(keepDeep && { keepDeep }),
      }),
    ),
    joint,
  );
  return frames.map(({ latent }, i) => {
    const { outputs, features, deep } = answers[i]!;
    // With `keep` the first branch is the source prompt's.
    const [source, target] = outputs;
    const edit = keep && source && target ? editMask(source, target, keep) : undefined;
    const raw = combine(outputs, guidance, edit);
    const denoised = toDenoised(form, denoiser.prediction, raw, latent, level, denoiser.clip);
    return { ...denoised, ...(features && { features }), ...(deep && { deep }), ...(edit && { edit }) };
  });
}

/** A denoiser bound to one frame, for the samplers and inversions of single frames. */
export function denoiseOf(denoiser: Denoiser, structure?: Float32Array): Denoise {
  return async (latent, level) => (await denoiseFrames(denoiser, [{ latent, structure }], level))[0]!;
}
