/** Cases that name a method in their settings, `{ method, params, solver }`: every output is its trajectory from `x_T` or `z_T`. */
import { z } from 'zod';
import { AppError } from '../../../src/common/errors.ts';
import { solverNamed } from '../../../src/main/engine/diffusion/solvers/registry.ts';
import type { Solver } from '../../../src/main/engine/diffusion/solvers/solver.ts';
import {
  attentionFor,
  getMethod,
  parseParams,
  solverFor,
} from '../../../src/main/engine/methods/registry.ts';
import { joined, type Kind, once } from './kind.ts';
import { trajectoryOf } from './sampling.ts';

const named = z.looseObject({
  method: z.string(),
  params: z.record(z.string(), z.unknown()).default({}),
  solver: z.string().optional(),
  /** All that lead; the lead anchor alone by default. */
  anchors: z.array(z.number()).optional(),
});

/** Null where the settings name no method. @throws AppError usage for a method or solver there is not */
export function methodKind(settings: unknown): Kind | null {
  const found = named.safeParse(settings);
  if (!found.success) return null;
  const { params, anchors } = found.data;
  const method = getMethod(found.data.method);
  const solver = solverFor(method, params, wishedSolver(found.data.solver));
  return {
    ...attentionFor(method, parseParams(method, params), anchors?.length ?? 1),
    async output(golden, bundle, output) {
      const { frames: start, shape } = golden.latents('x_T', 'z_T');
      const { latents } = await once(golden, 'trajectory', () =>
        trajectoryOf(golden, bundle, {
          method: method.id,
          params,
          solver,
          start,
          shape,
          branches: golden.branches('ctx_edit', 'ctx'),
          guidance: golden.number('guidance'),
          anchor: golden.number('anchor'),
          anchors,
        }),
      );
      return joined(golden, output, latents);
    },
  };
}

function wishedSolver(name: string | undefined): Solver | null {
  const found = name === undefined ? null : solverNamed(name);
  if (name === undefined || found) return found;
  throw new AppError('usage', `there is no solver "${name}"`, { doing: 'reading a golden case' });
}
