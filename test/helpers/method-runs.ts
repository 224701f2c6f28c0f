/** A method's runs over latents that stand for whatever it starts from. */
import type { Run } from '../../src/main/engine/diffusion/run.ts';
import type { Solver } from '../../src/main/engine/diffusion/solvers/solver.ts';
import type { Latent, LatentShape, NoiseSchedule } from '../../src/main/engine/diffusion/types.ts';
import { give, type Have } from '../../src/main/engine/methods/have.ts';
import { parseParams } from '../../src/main/engine/methods/registry.ts';
import type { Method } from '../../src/main/engine/methods/types.ts';

export interface Of {
  readonly start: readonly Latent[];
  readonly anchor: number;
  /** The one above alone by default. */
  readonly anchors?: readonly number[];
  /** Those of the clip, where the method makes others. */
  readonly fixed?: readonly number[];
  readonly structured?: boolean;
  readonly seed: number;
  readonly schedule: NoiseSchedule;
  readonly solver: Solver;
  readonly shape: LatentShape;
}

export function methodRuns(method: Method, input: unknown, of: Of, more: Partial<Have> = {}): readonly Run[] {
  const { start, solver, anchors = [of.anchor], structured = false, ...facts } = of;
  const params = parseParams(method, input);
  const latentOf = (frame: number) => start[frame]!;
  const have = give(method.needs(params), { inversion: latentOf, clean: latentOf, ...more });
  return method.runs(
    { ...facts, structured, anchors, frames: start.length, form: solver.form, have },
    params,
  );
}
