import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeLevels } from '../../src/main/engine/diffusion/schedule.ts';
import { ddim } from '../../src/main/engine/diffusion/solvers/ddim.ts';
import { readScheduler } from '../../src/main/engine/models/scheduler.ts';
import { tempFolder } from '../helpers/temp-folder.ts';

async function written(config: object): Promise<{ file: string }> {
  const file = join(tempFolder(), 'scheduler_config.json');
  await writeFile(file, JSON.stringify(config));
  return { file };
}

const SD15 = {
  _class_name: 'PNDMScheduler',
  beta_end: 0.012,
  beta_schedule: 'scaled_linear',
  beta_start: 0.00085,
  num_train_timesteps: 1000,
  set_alpha_to_one: false,
  skip_prk_steps: true,
  steps_offset: 1,
  trained_betas: null,
  clip_sample: false,
};

describe('scheduler_config.json', () => {
  it('reads what Stable Diffusion 1.5 ships, absent fields as diffusers takes them', async () => {
    expect(await readScheduler(await written(SD15))).toEqual({
      className: 'PNDMScheduler',
      trainTimesteps: 1000,
      betaStart: 0.00085,
      betaEnd: 0.012,
      betaSchedule: 'scaled_linear',
      trainedBetas: null,
      setAlphaToOne: false,
      stepsOffset: 1,
      timestepSpacing: 'leading',
      prediction: 'epsilon',
      clipSample: false,
      rescaleBetasZeroSnr: false,
    });
  });

  it('gives DDIM its own defaults', async () => {
    const config = await readScheduler(await written({ _class_name: 'DDIMScheduler' }));
    expect(config).toMatchObject({
      setAlphaToOne: true,
      clipSample: true,
      betaSchedule: 'linear',
      betaEnd: 0.02,
    });
  });

  it('reads the fields newer models set', async () => {
    const config = await readScheduler(
      await written({
        ...SD15,
        _class_name: 'EulerDiscreteScheduler',
        prediction_type: 'v_prediction',
        timestep_spacing: 'trailing',
        rescale_betas_zero_snr: true,
        use_karras_sigmas: false,
      }),
    );
    expect(config).toMatchObject({
      prediction: 'v_prediction',
      timestepSpacing: 'trailing',
      rescaleBetasZeroSnr: true,
    });
  });

  it.each([
    [{ beta_schedule: 'sigmoid' }, 'unknown beta schedule "sigmoid"'],
    [{ prediction_type: 'flow_prediction' }, 'unknown prediction type "flow_prediction"'],
    [{ timestep_spacing: 'log' }, 'unknown timestep spacing "log"'],
    [{ _class_name: 'FlowMatchEulerDiscreteScheduler' }, 'flow-matching'],
    [{ _class_name: 'EDMEulerScheduler', sigma_data: 0.5 }, 'EDM preconditioning (sigma_data)'],
    [{ _class_name: 'EDMDPMSolverMultistepScheduler' }, 'EDM preconditioning'],
    [{ _class_name: 'ScoreSdeVeScheduler' }, 'does not follow from betas'],
    [{ _class_name: 'CosineDPMSolverMultistepScheduler' }, 'does not follow from betas'],
    [{ _class_name: 'MyOwnScheduler' }, 'unknown scheduler class "MyOwnScheduler"'],
    [{ _class_name: '__proto__' }, 'unknown scheduler class'],
    [{ _class_name: 'toString' }, 'unknown scheduler class'],
    [
      { rescale_betas_zero_snr: true, timestep_spacing: 'trailing' },
      'zero terminal SNR and noise prediction',
    ],
    [{ rescale_betas_zero_snr: true, timestep_spacing: 'linspace' }, 'the first step divides by zero'],
    [{ beta_end: '0.012' }, '"beta_end"'],
    [{ num_train_timesteps: 0 }, '"num_train_timesteps"'],
    [{ trained_betas: [0.1, 0.2] }, 'trained_betas and num_train_timesteps disagree'],
  ])('refuses %j', async (change, message) => {
    await expect(readScheduler(await written({ ...SD15, ...change }))).rejects.toMatchObject({
      code: 'bundle-invalid',
      message: expect.stringContaining(message),
      doing: expect.stringContaining('scheduler_config.json'),
      // A copy of the same file says the same.
      hint: expect.not.stringMatching(/download/i),
    });
  });
});

describe('schedules whose last timestep is pure noise', () => {
  const zeroSnr = { ...SD15, rescale_betas_zero_snr: true };
  const levels = async (change: object, steps: number) =>
    makeLevels(await readScheduler(await written({ ...zeroSnr, ...change })), steps, {
      solver: ddim,
    });

  it('are finite with noise prediction while that timestep is not visited, and refused where it is', async () => {
    const { levels: some } = await levels({}, 50);
    expect(some.every(({ alphaBar }) => alphaBar > 0)).toBe(true);
    await expect(levels({}, 1000)).rejects.toMatchObject({
      code: 'usage',
      hint: expect.stringContaining('fewer steps'),
    });
    expect((await levels({}, 333)).levels.every(({ alphaBar }) => alphaBar > 0)).toBe(true);
  });

  it('are visited with v prediction', async () => {
    const spacing = { prediction_type: 'v_prediction', timestep_spacing: 'trailing' };
    expect((await levels(spacing, 50)).levels[0]!.alphaBar).toBe(0);
  });
});

it.each([
  [
    'HeunDiscreteScheduler',
    { betaStart: 0.00085, betaEnd: 0.012, betaSchedule: 'linear', setAlphaToOne: false },
  ],
  [
    'LCMScheduler',
    { betaStart: 0.00085, betaSchedule: 'scaled_linear', setAlphaToOne: true, clipSample: false },
  ],
  ['EulerDiscreteScheduler', { betaStart: 0.0001, betaEnd: 0.02, betaSchedule: 'linear', clipSample: false }],
])('gives %s its own defaults', async (name, expected) => {
  expect(await readScheduler(await written({ _class_name: name }))).toMatchObject(expected);
});

describe('what the network predicts', () => {
  const made = { ...SD15, prediction_type: undefined };
  const file = '/models/sd2.safetensors';

  it('is what the artist says, else what the file says', async () => {
    const place = await written({ ...SD15, prediction_type: 'epsilon' });
    expect((await readScheduler(place)).prediction).toBe('epsilon');
    expect((await readScheduler(place, 'v_prediction')).prediction).toBe('v_prediction');
  });

  it('is asked for where nothing says it, and never guessed', async () => {
    const place = { file, made, predictionUnknown: true };
    await expect(readScheduler(place)).rejects.toMatchObject({
      code: 'usage',
      message: 'nothing says whether sd2.safetensors predicts noise or v',
      hint: expect.stringContaining('(prediction)'),
    });
    expect((await readScheduler(place, 'v_prediction')).prediction).toBe('v_prediction');
  });
});
