/** The network as a denoiser: parametrisation, guidance and scaling applied, so that samplers see ẑ0 and ε only. */
import { editMask, type Keep } from './edit-mask.ts';
import { activeBranches, combine, parted } from './guidance.ts';
import { type Denoised, type Form, networkInput, slopeOfDenoised, toDenoised } from './parametrisation.ts';
import type {
  Attention,
  Conditioning,
  ControlInput,
  DeepFeatures,
  DifferentiatedBy,
  Features,
  Latent,
  Level,
  Predict,
  PredictInput,
  PredictionType,
  PredictOutput,
  PulledBack,
  RecordCall,
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
  const answers = await denoiser.predict(asked(denoiser, frames, level), joint);
  return frames.map((frame, i) => answerOf(denoiser, frame, answers[i]!, level));
}

/** A call that can be followed backwards. */
export interface RecordedFrames {
  readonly answers: readonly Answer[];
  /**
   * Products of cotangents of ẑ0 with its Jacobian: of latents as they were given, of texts and pooled texts of the branches that ran, of weights.
   * Where an edit is confined, its mask is a constant.
   * @param cotangents per frame; null counts nothing
   */
  pull(cotangents: readonly (Latent | null)[], by: readonly DifferentiatedBy[]): Promise<PulledBack>;
}

/** The same as `denoiseFrames`, recorded. @param by whatever may be asked for afterwards */
export async function recordFrames(
  denoiser: Omit<Denoiser, 'predict'>,
  record: RecordCall,
  { frames, level, by, joint = false }: AskedFrames,
): Promise<RecordedFrames> {
  const { form, prediction, clip } = denoiser;
  const recorded = await record(asked(denoiser, frames, level), by, joint);
  const answers = frames.map((frame, i) => answerOf(denoiser, frame, recorded.outputs[i]!, level));
  const [guidance] = guidanceOf(denoiser);
  const slope = slopeOfDenoised(form, prediction, level);
  return {
    answers,
    async pull(cotangents, of) {
      const counted = cotangents.map((cotangent, i) =>
        cotangent && clip ? unlessClipped(cotangent, answers[i]!.denoised) : cotangent,
      );
      const pulled = await recorded.pull(
        counted.map((cotangent, i) => {
          const { outputs } = recorded.outputs[i]!;
          if (cotangent === null) return outputs.map(() => null);
          const raw = cotangent.map((value) => slope.raw * value);
          return parted(raw, outputs.length, guidance, answers[i]!.edit);
        }),
        of,
      );
      const { latents } = pulled;
      if (!latents) return pulled;
      const whole = latents.map((latent, i) => {
        const own = counted[i];
        return latent.map((value, at) => slope.input * value + (own ? slope.latent * own[at]! : 0));
      });
      return { ...pulled, latents: whole };
    },
  };
}

export interface AskedFrames {
  readonly frames: readonly FrameInput[];
  readonly level: Level;
  readonly by: readonly DifferentiatedBy[];
  readonly joint?: boolean;
}

/** What bounds ẑ0 hides how it would go on. */
function unlessClipped(cotangent: Latent, denoised: Latent): Latent {
  return cotangent.map((value, i) => (Math.abs(denoised[i]!) < 1 ? value : 0));
}

/** By which branches are weighed, and what the network is told. */
function guidanceOf({ toldGuidance, guidance }: Pick<Denoiser, 'toldGuidance' | 'guidance'>) {
  return toldGuidance ? ([1, guidance] as const) : ([guidance] as const);
}

function asked(
  denoiser: Omit<Denoiser, 'predict'>,
  frames: readonly FrameInput[],
  level: Level,
): PredictInput[] {
  const { form, keep } = denoiser;
  const [guidance, told] = guidanceOf(denoiser);
  return frames.map(
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
  );
}

function answerOf(
  denoiser: Omit<Denoiser, 'predict'>,
  { latent }: FrameInput,
  { outputs, features, deep }: PredictOutput,
  level: Level,
): Answer {
  const { form, prediction, clip, keep } = denoiser;
  // With `keep` the first branch is the source prompt's.
  const [source, target] = outputs;
  const edit = keep && source && target ? editMask(source, target, keep) : undefined;
  const raw = combine(outputs, guidanceOf(denoiser)[0], edit);
  const denoised = toDenoised(form, prediction, raw, latent, level, clip);
  return { ...denoised, ...(features && { features }), ...(deep && { deep }), ...(edit && { edit }) };
}

/** A denoiser bound to one frame, for the samplers and inversions of single frames. */
export function denoiseOf(denoiser: Denoiser, structure?: Float32Array): Denoise {
  return async (latent, level) => (await denoiseFrames(denoiser, [{ latent, structure }], level))[0]!;
}
