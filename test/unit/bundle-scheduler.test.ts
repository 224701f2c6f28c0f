import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readScheduler } from '../../src/main/engine/bundle/scheduler.ts';
import { tempFolder } from '../helpers/temp-folder.ts';

async function written(config: object): Promise<string> {
  const file = join(tempFolder(), 'scheduler_config.json');
  await writeFile(file, JSON.stringify(config));
  return file;
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
    [{ beta_end: '0.012' }, '"beta_end"'],
    [{ num_train_timesteps: 0 }, '"num_train_timesteps"'],
    [{ trained_betas: [0.1, 0.2] }, 'trained_betas and num_train_timesteps disagree'],
  ])('refuses %j', async (change, message) => {
    await expect(readScheduler(await written({ ...SD15, ...change }))).rejects.toMatchObject({
      code: 'bundle-invalid',
      message: expect.stringContaining(message),
      doing: expect.stringContaining('scheduler_config.json'),
    });
  });
});
