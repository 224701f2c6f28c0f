/** Residual-noise mixing: `w0.6`, `w0.6_before`, `schedule`, `w_schedule_before`: trajectories on Euler. */
import { z } from 'zod';
import { euler } from '../../../src/main/engine/diffusion/solvers/euler.ts';
import type { GoldenCase } from '../case.ts';
import { joined, type Kind } from './kind.ts';
import { trajectoryOf } from './sampling.ts';

export const mixing: Kind = {
  sites: 'none',
  async output(golden, bundle, output) {
    const w = weights(golden, output);
    if (w === null) return 'an output of this name';
    const { frames, shape } = golden.latents('x_T');
    const { latents } = await trajectoryOf(golden, bundle, {
      method: 'mix',
      params: { w, previous: /before/.test(output) ? 'before' : 'after' },
      solver: euler,
      start: frames,
      shape,
      branches: golden.branches('ctx_edit', 'ctx'),
      guidance: golden.number('guidance'),
      anchor: golden.number('anchor'),
    });
    return joined(golden, output, latents);
  },
};

/** The weight in the name; any other name stands for the schedule of the settings (one, or one per name). */
function weights(golden: GoldenCase, output: string): number | number[] | null {
  const number = /^w_?(\d+(?:\.\d+)?)(?:_(?:before|after))?$/.exec(output)?.[1];
  if (number !== undefined) return Number(number);
  const list = z.array(z.number());
  const kept = z.union([list, z.record(z.string(), list)]).safeParse(golden.settings.w_schedule_by_step);
  if (!kept.success) return null;
  if (Array.isArray(kept.data)) return kept.data;
  return kept.data[output] ?? Object.values(kept.data)[0] ?? null;
}
