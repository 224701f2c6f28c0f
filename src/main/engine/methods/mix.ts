/**
 * Residual-noise mixing: each frame's predicted clean latent is mixed with its neighbour's,
 * Δ̃ = (1-w)Δ + wΔ̃_previous, which equals mixing the residual noises (methods.md, section 2).
 */
import { z } from 'zod';
import { meanOf } from '../diffusion/mean.ts';
import { visitsAround } from '../diffusion/order.ts';
import { invertedRun } from './starts.ts';
import type { Method } from './types.ts';

const weight = z.number().min(0).max(1);

const schema = z.strictObject({
  w: z
    .union(
      [
        weight.transform((value) => [value]),
        z.array(weight).min(1).max(1000),
        z
          .string()
          .transform((text) =>
            text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part))),
          )
          .pipe(z.array(weight).min(1).max(1000)),
      ],
      { error: 'is a number from 0 to 1 or a list of them' },
    )
    .prefault(0.6)
    .describe(
      'Share of the previous frame, 0 to 1, or a list "0.8,0.4" spread evenly over the steps from noise to clean',
    ),
  previous: z
    .enum(['after', 'before'])
    .default('after')
    .describe("The previous frame's prediction, taken after or before its own mixing"),
});

/** w of a step: the list stretched over the steps, linear in between; as many values as steps are taken one by one. */
export function weightAt(w: readonly number[], step: number, steps: number): number {
  const at = steps === 1 ? 0 : (step * (w.length - 1)) / (steps - 1);
  const low = Math.floor(at);
  const [from, to] = [w[low]!, w[low + 1] ?? w[low]!];
  return from + (at - low) * (to - from);
}

export const mix: Method<z.infer<typeof schema>, 'inversion'> = {
  id: 'mix',
  label: 'Residual-noise mixing',
  summary:
    'Carries each frame over into the next by mixing their noises. Cheap and steady for slow motion; fast motion ghosts.',
  schema,
  sites: 'none',
  solvers: ['euler'],
  severalAnchors: true,
  needs: () => ['inversion'],
  runs: (shot, params) => [
    {
      ...invertedRun(shot),
      passes: (step) =>
        visitsAround(shot.anchors, shot.frames, step).map(({ frame, neighbours }) => ({
          frames: [frame],
          keys: 'own',
          reads: neighbours,
        })),
      blend({ step, steps, reads, denoised }) {
        const w = weightAt(params.w, step, steps);
        if (reads.length === 0 || w === 0) return denoised;
        const others = reads.map(({ used, denoised: own }) => (params.previous === 'after' ? used : own));
        // Where the ways of two anchors meet, half of the share is each one's.
        const other = meanOf(others);
        return denoised.map((value, i) => (1 - w) * value + w * other[i]!);
      },
    },
  ],
};
