/**
 * Numbers published in the tests of diffusers (tests/schedulers, Apache-2.0): its closed-form model run through the
 * schedulers. No network is needed, so they check schedule, parametrisation and solvers alone.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Denoise } from '../../src/main/engine/diffusion/denoiser.ts';
import { networkInput, toDenoised } from '../../src/main/engine/diffusion/parametrisation.ts';
import { sampleFrame } from '../../src/main/engine/diffusion/sample.ts';
import { makeLevels } from '../../src/main/engine/diffusion/schedule.ts';
import { ddim, invertDdim } from '../../src/main/engine/diffusion/solvers/ddim.ts';
import { euler, eulerStep } from '../../src/main/engine/diffusion/solvers/euler.ts';
import { lcm } from '../../src/main/engine/diffusion/solvers/lcm.ts';
import type { Latent, SchedulerConfig } from '../../src/main/engine/diffusion/types.ts';
import { SD_SCHEDULER } from '../helpers/smooth-network.ts';

const LINEAR: SchedulerConfig = {
  ...SD_SCHEDULER,
  betaSchedule: 'linear',
  betaStart: 0.0001,
  betaEnd: 0.02,
  setAlphaToOne: true,
  stepsOffset: 0,
  clipSample: true,
};

/** Their deterministic sample: a ramp over 4·3·8·8 elements. Only |x| is summed, so its axes may stay unpermuted. */
const ramp = (): Latent => Float32Array.from({ length: 768 }, (_, i) => i / 768);

const model = (x: Latent, t: number): Latent => x.map((value) => (value * t) / (t + 1));

const denoiseWith =
  (config: SchedulerConfig): Denoise =>
  async (z, level) =>
    toDenoised('vp', config.prediction, model(z, level.timestep), z, level, config.clipSample);

const sumOfMagnitudes = (x: Latent) => x.reduce((sum, value) => sum + Math.abs(value), 0);

it.each([
  ['plain', {}, 172.0067],
  ['v-prediction', { prediction: 'v_prediction' }, 52.5302],
  ['alpha set to one', { betaStart: 0.01, setAlphaToOne: true }, 149.8295],
  ['alpha not set to one', { betaStart: 0.01, setAlphaToOne: false }, 149.0784],
] as const)('DDIM, ten steps, %s', async (_, change, published) => {
  const config = { ...LINEAR, ...change };
  const schedule = makeLevels(config, 10, { solver: ddim });
  const sample = await sampleFrame(ddim, denoiseWith(config), ramp(), schedule);
  expect(Math.abs(sumOfMagnitudes(sample) - published)).toBeLessThan(0.01);
});

it.each([
  ['plain', {}, 671.6816],
  ['v-prediction', { prediction: 'v_prediction' }, 1394.2185],
  ['alpha set to one', { betaStart: 0.01, setAlphaToOne: true }, 539.9622],
  ['alpha not set to one', { betaStart: 0.01, setAlphaToOne: false }, 542.6722],
] as const)('DDIM inversion, ten steps, %s', async (_, change, published) => {
  const config = { ...LINEAR, ...change };
  const schedule = makeLevels(config, 10, { solver: ddim });
  const noise = await invertDdim(denoiseWith(config), ramp(), schedule);
  expect(Math.abs(sumOfMagnitudes(noise) - published)).toBeLessThan(0.01);
});

it.each([
  ['plain', undefined, 10.0807],
  ['Karras', 'karras', 124.52299499511719],
] as const)('Euler, ten steps between timesteps, %s', (_, bend, published) => {
  const config: SchedulerConfig = { ...LINEAR, trainTimesteps: 1100, timestepSpacing: 'linspace' };
  const { levels, final } = makeLevels(config, 10, {
    solver: euler,
    schedule: bend ?? 'bundle',
    quantise: false,
  });
  const start = levels[0]!.sigma;
  let x: Latent = ramp().map((value) => value * start);
  for (const [step, level] of levels.entries()) {
    // Their test steps from the scaled network input itself.
    x = networkInput('ve', x, level);
    const raw = model(x, level.timestep);
    const denoised = x.map((value, i) => value - level.sigma * raw[i]!);
    x = eulerStep(x, denoised, level, levels[step + 1] ?? final);
  }
  expect(Math.abs(sumOfMagnitudes(x) - published)).toBeLessThan(0.01);
});

it('LCM, ten steps under the noise of their seed', () => {
  const { levels, final } = makeLevels(SD_SCHEDULER, 10, { solver: lcm });
  const bytes = readFileSync(join(import.meta.dirname, 'lcm-noise.f32'));
  const noises = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  // Their ramp counts the batch fastest, its noise slowest.
  let x: Latent = ramp().map((_, i) => ((i % 192) * 4 + Math.floor(i / 192)) / 768);
  for (const [i, from] of levels.entries()) {
    const prediction = toDenoised('vp', 'epsilon', model(x, from.timestep), x, from);
    const noise = () => noises.subarray(i * 768, (i + 1) * 768);
    x = lcm.step({ latent: x, prediction, from, to: levels[i + 1] ?? final, before: null, noise });
  }
  expect(Math.abs(sumOfMagnitudes(x) - 197.7616)).toBeLessThan(0.001);
});

it('LCM, one step', async () => {
  const schedule = makeLevels(SD_SCHEDULER, 1, { solver: lcm });
  const sample = await sampleFrame(lcm, denoiseWith(SD_SCHEDULER), ramp(), schedule);
  expect(Math.abs(sumOfMagnitudes(sample) - 18.7097)).toBeLessThan(0.001);
});
