/** A step-major run of a golden case, its trajectory kept. */

import { sampleRuns } from '../../../src/main/engine/diffusion/driver.ts';
import { askedRun, type Run } from '../../../src/main/engine/diffusion/run.ts';
import { makeLevels } from '../../../src/main/engine/diffusion/schedule.ts';
import type { Solver } from '../../../src/main/engine/diffusion/solvers/solver.ts';
import type {
  Conditioning,
  Latent,
  LatentShape,
  NoiseSchedule,
  Predict,
  RecordCall,
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
  /** Where the run differentiates. */
  readonly record?: RecordCall;
  /** Changes the run before it is sampled, to look in on it. */
  readonly watched?: (run: Run) => Run;
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
  const of = {
    frames: start.length,
    anchor,
    anchors,
    seed: 0,
    structured: bundle.structureChannels > 0,
    form: solver.form,
    shape: options.shape,
  };
  const params = parseParams(method, options.params);
  const latentOf = (frame: number) => start[frame]!;
  const have = give(method.needs(params), { inversion: latentOf, clean: latentOf });
  const [run] = method.runs({ ...of, schedule, have }, params);
  return trajectoryOfRun(golden, bundle, options.watched?.(run!) ?? run!, options);
}

/** The same of any run. */
export async function trajectoryOfRun(
  golden: GoldenCase,
  bundle: Bundle,
  run: Run,
  options: SamplingOptions,
): Promise<Trajectory> {
  return (await trajectoriesOfRuns(golden, bundle, [run], options))[0]!;
}

type SamplingOptions = Pick<RunOptions, 'solver' | 'shape' | 'branches' | 'guidance' | 'predict' | 'record'>;

/** The same of runs upon runs, and where each began. Depth repeats after the frames there is some for. */
export async function trajectoriesOfRuns(
  golden: GoldenCase,
  bundle: Bundle,
  runs: readonly Run[],
  options: SamplingOptions,
): Promise<readonly (Trajectory & { readonly start: readonly Latent[] })[]> {
  const empty = ({ schedule }: Run): Latent[][] => schedule.levels.map(() => []);
  const made = runs.map((run) => ({ latents: empty(run), denoised: empty(run), start: [] as Latent[] }));
  await sampleRuns({
    runs: runs.map((run, index) => ({
      ...askedRun(options.solver, run),
      start(frame, earlier) {
        const latent = run.start(frame, earlier);
        made[index]!.start[frame] = latent;
        return latent;
      },
    })),
    predict: options.predict ?? bundle.predict(options.shape),
    ...(options.record && { record: options.record }),
    prediction: bundle.scheduler.prediction,
    clip: bundle.scheduler.clipSample,
    solver: options.solver,
    branches: options.branches,
    guidance: options.guidance,
    structure: golden.structure(options.shape),
    seed: 0,
    onVisit(event) {
      const { latents, denoised } = made[event.run]!;
      latents[event.step]![event.frame] = event.latent!;
      denoised[event.step]![event.frame] = event.denoised;
    },
  });
  return made;
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
