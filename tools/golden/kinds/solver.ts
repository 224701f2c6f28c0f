/** Cases of one solver: `sample_…`, `invert_…` and `reconstruct_…`, with lower, upper and kN in the name. */

import { denoiseOf } from '../../../src/main/engine/diffusion/denoiser.ts';
import { pureNoise } from '../../../src/main/engine/diffusion/parametrisation.ts';
import type { Solver } from '../../../src/main/engine/diffusion/solvers/solver.ts';
import type { Latent } from '../../../src/main/engine/diffusion/types.ts';
import type { Bundle } from '../../../src/main/engine/models/types.ts';
import type { GoldenCase } from '../case.ts';
import { joined, type Kind, once } from './kind.ts';
import { levelChecks, scheduleOf, trajectoryOf } from './sampling.ts';

const PLAIN = { method: 'img2img', params: { start: 'inversion' }, anchor: 0 } as const;

export function solverKind(solver: Solver): Kind {
  return {
    sites: 'none',
    checks: (golden, bundle) => levelChecks(golden, bundle, solver),
    async output(golden, bundle, output) {
      const sampled = /^sample(?:_(?:cfg|edit|cond|g([\d.]+)))*$/.exec(output);
      if (sampled) {
        const guidance = output.includes('cond') ? 1 : Number(sampled[1] ?? golden.number('guidance'));
        return joined(golden, output, await sample(golden, bundle, solver, guidance));
      }
      const inverted = /^(invert|reconstruct)(?:_(lower|upper))?(?:_k(\d+))?$/.exec(output);
      if (!inverted) return 'an output of this name';
      const [, what, mode = 'upper', k = '0'] = inverted;
      const trajectory = await once(golden, `${mode} ${k}`, () =>
        invert(golden, bundle, solver, mode as 'upper' | 'lower', Number(k)),
      );
      if (what === 'invert') return joined(golden, output, trajectory);
      return joined(golden, output, await reconstruct(golden, bundle, solver, trajectory.at(-1)!));
    },
  };
}

async function sample(
  golden: GoldenCase,
  bundle: Bundle,
  solver: Solver,
  guidance: number,
): Promise<Latent[][]> {
  const { frames, shape } = golden.latents('noise', 'x_T', 'z_T');
  const [first] = scheduleOf(golden, bundle, solver).levels;
  const start = frames.map((noise) => pureNoise(solver.form, noise, first!));
  const branches = golden.branches('ctx_edit', 'ctx');
  return (await trajectoryOf(golden, bundle, { ...PLAIN, solver, start, shape, branches, guidance })).latents;
}

/** (steps + 1, frames), the clean latents first. */
async function invert(
  golden: GoldenCase,
  bundle: Bundle,
  solver: Solver,
  mode: 'upper' | 'lower',
  refinement: number,
): Promise<Latent[][]> {
  const { frames, shape } = golden.latents('z0');
  const schedule = scheduleOf(golden, bundle, solver);
  const structure = golden.structure(shape);
  const predict = bundle.predict(shape);
  const { prediction, clipSample } = bundle.scheduler;
  const { form, inversion } = solver;
  const clip = solver.clips && clipSample;
  const branches = golden.branches('ctx_source', 'ctx').slice(-1);
  const trajectory: Latent[][] = Array.from({ length: schedule.levels.length + 1 }, () => []);
  for (const [frame, z0] of frames.entries()) {
    const denoise = denoiseOf({ predict, prediction, form, branches, guidance: 1, clip }, structure?.(frame));
    const onLevel = (index: number, latent: Latent) => {
      trajectory[index]![frame] = latent;
    };
    await inversion?.invert(denoise, z0, schedule, { mode, refinement, onLevel });
  }
  return trajectory;
}

async function reconstruct(
  golden: GoldenCase,
  bundle: Bundle,
  solver: Solver,
  start: Latent[],
): Promise<Latent[][]> {
  const { shape } = golden.latents('z0');
  const branches = golden.branches('ctx_source', 'ctx');
  return (await trajectoryOf(golden, bundle, { ...PLAIN, solver, start, shape, branches, guidance: 1 }))
    .latents;
}
