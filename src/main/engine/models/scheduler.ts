/** scheduler_config.json as numbers. The absent fields get diffusers' defaults for the class. */
import { basename } from 'node:path';
import { z } from 'zod';
import { AppError } from '../../../common/errors.ts';
import { settingWord } from '../../../common/settings/setting-word.ts';
import type { SchedulerConfig } from '../diffusion/types.ts';
import { type Configuration, checkedJson, jsonOf } from './files.ts';
import type { AskedPrediction } from './types.ts';

const BETA_SCHEDULES = ['linear', 'scaled_linear', 'squaredcos_cap_v2'] as const;
const PREDICTIONS = ['epsilon', 'v_prediction', 'sample'] as const;
const SPACINGS = ['leading', 'linspace', 'trailing'] as const;

function oneOf<const T extends readonly [string, ...string[]]>(values: T, what: string) {
  return z.enum(values, {
    error: (issue) =>
      `unknown ${what} ${JSON.stringify(issue.input)}; known are ${values.map((value) => `"${value}"`).join(', ')}`,
  });
}

const nullable = <T extends z.ZodType>(schema: T) => schema.nullish().transform((value) => value ?? null);

const beta = z.number().gt(0).lt(1);

interface ClassDefaults {
  readonly betas?: readonly [number, number];
  readonly betaSchedule?: (typeof BETA_SCHEDULES)[number];
  readonly setAlphaToOne?: boolean;
  readonly clipSample?: boolean;
}

/** Heun and its kin were written for Stable Diffusion's ends, on a line. */
const HEUN: ClassDefaults = { betas: [0.00085, 0.012] };
const DISTILLED: ClassDefaults = {
  betas: [0.00085, 0.012],
  betaSchedule: 'scaled_linear',
  setAlphaToOne: true,
};
const DDIM: ClassDefaults = { setAlphaToOne: true, clipSample: true };

/**
 * Classes of diffusers whose ᾱ follow from betas, for any of which our own samplers stand in; and what each takes for
 * absent fields where it differs from betas of 0.0001 to 0.02 on a line, an end at ᾱ[0], nothing clipped.
 */
const CLASSES: Readonly<Record<string, ClassDefaults>> = {
  PNDMScheduler: {},
  DDIMScheduler: DDIM,
  DDIMParallelScheduler: DDIM,
  DDIMInverseScheduler: DDIM,
  DDPMScheduler: {},
  DDPMParallelScheduler: {},
  LMSDiscreteScheduler: {},
  EulerDiscreteScheduler: {},
  EulerAncestralDiscreteScheduler: {},
  HeunDiscreteScheduler: HEUN,
  KDPM2DiscreteScheduler: HEUN,
  KDPM2AncestralDiscreteScheduler: HEUN,
  DPMSolverSDEScheduler: HEUN,
  DPMSolverSinglestepScheduler: {},
  DPMSolverMultistepScheduler: {},
  DPMSolverMultistepInverseScheduler: {},
  DEISMultistepScheduler: {},
  UniPCMultistepScheduler: {},
  SASolverScheduler: {},
  LCMScheduler: DISTILLED,
  TCDScheduler: DISTILLED,
};

/** Of other kinds of diffusion, with the reason. */
const FOREIGN: readonly (readonly [RegExp, string])[] = [
  [/FlowMatch/i, 'flow-matching models are not supported, only Stable Diffusion'],
  [/EDM/, 'models with EDM preconditioning (sigma_data) are not supported'],
  [
    /^(CosineDPM|ScoreSde|KarrasVe|CMStochastic)/,
    'its noise does not follow from betas, so it is not supported',
  ],
];

function classProblem(name: string): string | null {
  const foreign = FOREIGN.find(([pattern]) => pattern.test(name));
  if (foreign) return foreign[1];
  if (Object.hasOwn(CLASSES, name)) return null;
  return `unknown scheduler class ${JSON.stringify(name.slice(0, 80))}`;
}

const OTHER_MODEL = 'Use a Stable Diffusion 1.x, 2.x or XL model with noise or v prediction.';
const TRAINED_CLASS =
  'If the model is a Stable Diffusion, name the class it was trained with as "_class_name", for instance DDIMScheduler.';
const ZERO_SNR_HINT =
  'Models for zero SNR predict v: correct "prediction_type" or "rescale_betas_zero_snr", or set "timestep_spacing" to "leading".';

/**
 * Unknown fields (skip_prk_steps, solver_order, …) belong to samplers we replace by our own.
 */
const schema = z
  .object({
    _class_name: z.string({ error: 'the scheduler class is missing' }).superRefine((name, about) => {
      const problem = classProblem(name);
      if (problem === null) return;
      const hint = problem.startsWith('unknown') ? TRAINED_CLASS : OTHER_MODEL;
      about.addIssue({ code: 'custom', message: problem, params: { hint } });
    }),
    num_train_timesteps: z.int().min(1).max(100_000).default(1000),
    beta_start: nullable(beta),
    beta_end: nullable(beta),
    beta_schedule: nullable(oneOf(BETA_SCHEDULES, 'beta schedule')),
    trained_betas: nullable(z.array(beta).min(1)),
    set_alpha_to_one: nullable(z.boolean()),
    steps_offset: z.int().min(0).default(0),
    timestep_spacing: nullable(oneOf(SPACINGS, 'timestep spacing')),
    prediction_type: nullable(oneOf(PREDICTIONS, 'prediction type')),
    clip_sample: nullable(z.boolean()),
    rescale_betas_zero_snr: z.boolean().default(false),
  })
  .refine(
    (config) => config.trained_betas === null || config.trained_betas.length === config.num_train_timesteps,
    'trained_betas and num_train_timesteps disagree',
  )
  .superRefine(({ rescale_betas_zero_snr, prediction_type, timestep_spacing }, about) => {
    // At the last timestep nothing of the picture is left, and noise alone says nothing about it.
    const visitsLast = timestep_spacing === 'linspace' || timestep_spacing === 'trailing';
    if (!rescale_betas_zero_snr || (prediction_type ?? 'epsilon') !== 'epsilon' || !visitsLast) return;
    const message =
      'zero terminal SNR and noise prediction do not go together: the first step divides by zero';
    about.addIssue({ code: 'custom', message, params: { hint: ZERO_SNR_HINT } });
  });

/** Never guessed: the wrong one gives noise instead of pictures. */
function predictionUnknown(file: string): AppError {
  const message = `nothing says whether ${basename(file)} predicts noise or v`;
  const hint = `Set ${settingWord('model.prediction')} to noise (epsilon) or velocity (v_prediction): the page of the model tells; of Stable Diffusion 2, what was trained at 768 predicts v, the base of 512 epsilon.`;
  return new AppError('usage', message, { doing: `opening ${basename(file)}`, hint });
}

/** scheduler_config.json, and whether it leaves open what the network predicts. */
export interface SchedulerPlace extends Configuration {
  readonly predictionUnknown?: boolean;
}

/**
 * Throws a defect naming the field, or AppError usage where nobody says what the network predicts.
 * @param asked what the artist says that it predicts; "auto" leaves it to the file
 */
export async function readScheduler(
  place: SchedulerPlace,
  asked: AskedPrediction = 'auto',
): Promise<SchedulerConfig> {
  const json = jsonOf(place);
  if (asked === 'auto' && place.predictionUnknown) throw predictionUnknown(place.file);
  const said = asked === 'auto' || typeof json !== 'object' ? json : { ...json, prediction_type: asked };
  const config = checkedJson(place.file, said, schema);
  const usual = CLASSES[config._class_name]!;
  const [start, end] = usual.betas ?? [0.0001, 0.02];
  return {
    className: config._class_name,
    trainTimesteps: config.num_train_timesteps,
    betaStart: config.beta_start ?? start,
    betaEnd: config.beta_end ?? end,
    betaSchedule: config.beta_schedule ?? usual.betaSchedule ?? 'linear',
    trainedBetas: config.trained_betas,
    setAlphaToOne: config.set_alpha_to_one ?? usual.setAlphaToOne ?? false,
    stepsOffset: config.steps_offset,
    timestepSpacing: config.timestep_spacing ?? 'leading',
    prediction: config.prediction_type ?? 'epsilon',
    clipSample: config.clip_sample ?? usual.clipSample ?? false,
    rescaleBetasZeroSnr: config.rescale_betas_zero_snr,
  };
}
