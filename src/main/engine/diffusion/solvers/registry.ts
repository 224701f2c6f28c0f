/** The solvers as one shape, for the step-major driver. */
import type { Denoised, Form } from '../parametrisation.ts';
import type { SolverId } from '../schedule.ts';
import type { Latent, Level } from '../types.ts';
import { ddimStep } from './ddim.ts';
import { eulerStep } from './euler.ts';

export interface Solver {
  readonly form: Form;
  step(latent: Latent, prediction: Denoised, from: Level, to: Level): Latent;
}

export const solvers: Readonly<Record<SolverId, Solver>> = {
  ddim: { form: 'vp', step: (_latent, prediction, _from, to) => ddimStep(prediction, to) },
  euler: {
    form: 've',
    step: (latent, prediction, from, to) => eulerStep(latent, prediction.denoised, from, to),
  },
};
