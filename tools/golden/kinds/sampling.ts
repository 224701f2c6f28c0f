/** A step-major run of a golden case, its trajectory kept. */

import { sampleRuns } from '../../../src/main/engine/diffusion/driver.ts';
import type { Run } from '../../../src/main/engine/diffusion/run.ts';
import { makeLevels } from '../../../src/main/engine/diffusion/schedule.ts';
import type { Solver } from '../../../src/main/engine/diffusion/solvers/solver.ts';
import type {
  Conditioning,
  Latent,
  LatentShape,
  NoiseSchedule,
  Predict,
} from '../../../src/main/engine/diffusion/types.ts';
import { give } from '../../../src/main/engine/methods/have.ts';
import { getMethod, parseParams } from '../../../src/main/engine/methods/registry.ts';
import type { Bundle } from '../../../src/main/engine/models/types.ts';
import type { GoldenCase } from '../case.ts';
import type { Check } from './kind.ts';

export interface Trajectory {
  /** Per step and frame, after the step: the latent, and the guided ẑ0 before any change of the method's. */
  readonly latents: Latent[][];
  readonly denoised: Latent[][];
}

export interface RunOptions {
  readonly method: string;
  readonly params: object;
  readonly solver: Solver;
  readonly start: readonly Latent[];
  readonly shape: LatentShape;
  readonly branches: readonly Conditioning[];
  readonly guidance: number;
  readonly anchor: number;
  /** All that lead; the one above alone by default. */
  readonly anchors?: readonly number[];
  readonly predict?: Predict;
}

export function scheduleOf(golden: GoldenCase, bundle: Bundle, solver: Solver): NoiseSchedule {
  return makeLevels(bundle.scheduler, golden.number('steps'), { solver });
}

export async function trajectoryOf(
  golden: GoldenCase,
  bundle: Bundle,
  options: RunOptions,
): Promise<Trajectory> {
  const method = getMethod(options.method);
  const schedule = scheduleOf(golden, bundle, options.solver);
  const { anchor, solver, start } = options;
  const anchors = options.anchors ?? [anchor];
  const of = { frames: start.length, anchor, anchors, seed: 0, form: solver.form, shape: options.shape };
  const params = parseParams(method, options.params);
  const latentOf = (frame: number) => start[frame]!;
  const have = give(method.needs(params), { inversion: latentOf, clean: latentOf });
  const [run] = method.runs({ ...of, schedule, have }, params);
  return trajectoryOfRun(golden, bundle, run!, options);
}

/** The same of any run. */
export async function trajectoryOfRun(
  golden: GoldenCase,
  bundle: Bundle,
  run: Run,
  options: Pick<RunOptions, 'solver' | 'shape' | 'branches' | 'guidance' | 'predict'>,
): Promise<Trajectory> {
  const { schedule } = run;
  const latents: Latent[][] = schedule.levels.map(() => []);
  const denoised: Latent[][] = schedule.levels.map(() => []);
  await sampleRuns({
    runs: [run],
    predict: options.predict ?? bundle.predict(options.shape),
    prediction: bundle.scheduler.prediction,
    clip: bundle.scheduler.clipSample,
    solver: options.solver,
    branches: options.branches,
    guidance: options.guidance,
    structure: golden.structure(options.shape),
    seed: 0,
    onVisit(event) {
      latents[event.step]![event.frame] = event.latent!;
      denoised[event.step]![event.frame] = event.denoised;
    },
  });
  return { latents, denoised };
}

/** Levels written in the manifest against those made from the bundle's configuration. */
export function levelChecks(golden: GoldenCase, bundle: Bundle, solver: Solver): Check[] {
  const { levels, final } = scheduleOf(golden, bundle, solver);
  const known: Record<string, number[]> = {
    timesteps_ascending: levels.map(({ timestep }) => timestep).reverse(),
    alpha_bar: levels.map(({ alphaBar }) => alphaBar).reverse(),
    alpha_bar_clean: [final.alphaBar],
    sigmas_descending: [...levels, final].map(({ sigma }) => sigma),
  };
  return Object.entries(known).flatMap(([setting, got]) => {
    const want = golden.settings[setting];
    if (want === undefined || (setting === 'alpha_bar_clean' && solver.id === 'euler')) return [];
    return [{ output: `settings.${setting}`, got, want: [want].flat() as number[], tolerance: 1e-9 }];
  });
}
