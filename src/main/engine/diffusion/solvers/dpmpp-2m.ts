/** DPM-Solver++(2M) (Lu et al. 2022, Alg. 2), in VE form, where λ = -log σ. Second order by the ẑ0 of the step before. */
import { eulerInversion } from './euler.ts';
import { CLEAN, type Solver } from './solver.ts';

export const dpmpp2m: Solver = {
  id: 'dpmpp_2m',
  label: 'DPM++ 2M',
  aliases: ['k_dpmpp_2m', 'sample_dpmpp_2m', 'DPMSolverMultistepScheduler'],
  form: 've',
  clips: false,
  multistep: true,
  final: () => CLEAN,
  step({ latent, prediction: { denoised }, from, to, before }) {
    const ratio = to.sigma / from.sigma;
    // The first step knows nothing earlier; the last one, to σ = 0, is ẑ0 itself.
    const extrapolate = before && to.sigma > 0 ? slope(before.level.sigma, from.sigma, to.sigma) : 0;
    return latent.map((value, i) => {
      const own = denoised[i]!;
      const ahead = extrapolate === 0 ? own : own + extrapolate * (own - before!.denoised[i]!);
      return ratio * value + (1 - ratio) * ahead;
    });
  },
  // It follows Euler's ODE, so Euler's way up leads to where it starts.
  inversion: eulerInversion,
};

/** 1/(2r) of the paper, r = h_before / h: how far ẑ0 is carried on along its last change. */
function slope(before: number, from: number, to: number): number {
  return Math.log(from / to) / (2 * Math.log(before / from));
}
