/**
 * Heun's method on the probability-flow ODE (Karras et al. 2022, Alg. 1 without churn): a step of Euler's on trial, then half of
 * what it and the network's answer at its end say. Second order for two calls a step. VE form.
 */
import type { Level } from '../types.ts';
import { eulerInversion, eulerStep } from './euler.ts';
import { CLEAN, type Solver } from './solver.ts';

export const heun: Solver = {
  id: 'heun',
  label: 'Heun',
  aliases: ['k_heun', 'sample_heun', 'HeunDiscreteScheduler'],
  form: 've',
  clips: false,
  multistep: true,
  final: () => CLEAN,
  /** The network is asked at both ends of a step; at σ = 0 it cannot be, and the step there is Euler's. */
  asked: ({ levels, final }) =>
    levels.flatMap((level, i): Level[] => {
      const to = levels[i + 1] ?? final;
      return to.sigma > 0 ? [level, { ...to, trial: true }] : [level];
    }),
  step({ latent, prediction: { denoised }, from, to, before }) {
    if (!from.trial || !before) return eulerStep(latent, denoised, from, to);
    const high = before.level.sigma;
    const half = (to.sigma - high) / 2;
    // The trial followed the first slope (x - D)/σ, which is therefore the one at its end too.
    return latent.map((trial, i) => {
      const first = (trial - before.denoised[i]!) / from.sigma;
      const second = (trial - denoised[i]!) / from.sigma;
      return before.denoised[i]! + high * first + half * (first + second);
    });
  },
  // It follows Euler's ODE, so Euler's way up leads to where it starts.
  inversion: eulerInversion,
};
