/** scheduler_config.json as numbers. The absent fields get diffusers' defaults for the PNDM and DDIM classes. */
import { z } from 'zod';
import type { SchedulerConfig } from '../diffusion/types.ts';
import { readJson } from './files.ts';

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

/**
 * Only diffusion schedules: flow-matching classes have no ᾱ. Unknown fields (skip_prk_steps, solver_order, …) belong to
 * samplers we replace by our own.
 */
const schema = z
  .object({
    _class_name: z
      .string({ error: 'the scheduler class is missing' })
      .refine(
        (name) => !/FlowMatch/i.test(name),
        'flow-matching models are not supported, only Stable Diffusion',
      ),
    num_train_timesteps: z.int().min(1).max(100_000).default(1000),
    beta_start: beta.default(0.0001),
    beta_end: beta.default(0.02),
    beta_schedule: oneOf(BETA_SCHEDULES, 'beta schedule').default('linear'),
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
  );

/** Throws a defect naming the field. @param file path of scheduler_config.json */
export async function readScheduler(file: string): Promise<SchedulerConfig> {
  const config = await readJson(file, schema);
  // The two classes disagree on their defaults: PNDM ends at ᾱ[0] and never clips, DDIM ends at 1 and clips.
  const ddim = config._class_name === 'DDIMScheduler';
  return {
    className: config._class_name,
    trainTimesteps: config.num_train_timesteps,
    betaStart: config.beta_start,
    betaEnd: config.beta_end,
    betaSchedule: config.beta_schedule,
    trainedBetas: config.trained_betas,
    setAlphaToOne: config.set_alpha_to_one ?? ddim,
    stepsOffset: config.steps_offset,
    timestepSpacing: config.timestep_spacing ?? 'leading',
    prediction: config.prediction_type ?? 'epsilon',
    clipSample: config.clip_sample ?? ddim,
    rescaleBetasZeroSnr: config.rescale_betas_zero_snr,
  };
}
