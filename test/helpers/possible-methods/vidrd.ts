/** VidRD (Gu et al. 2023), clip after clip: noise reversed (FNR) and renewed (PNS), prompt frames held to the clip before (DSG). */
import { z } from 'zod';
import { noiseFor } from '../../../src/main/engine/diffusion/noise.ts';
import { pureNoise } from '../../../src/main/engine/diffusion/parametrisation.ts';
import type { Run } from '../../../src/main/engine/diffusion/run.ts';
import type { Latent } from '../../../src/main/engine/diffusion/types.ts';
import type { Method } from '../../../src/main/engine/methods/types.ts';

const schema = z.strictObject({
  clip: z.int().default(4).describe('Frames of a clip'),
  prompts: z.int().default(2).describe('Frames that hold to the clip before'),
  alpha: z.number().default(4).describe('Share of the clip before in the noise'),
  beta: z.number().default(0.6).describe('Share of the steps that hold'),
});
type Noise = (frame: number, count: number) => Latent;

export const vidRd = (noise?: Noise): Method<z.infer<typeof schema>, never> => ({
  id: 'vidrd',
  label: 'VidRD',
  summary: 'Long shots, clip after clip.',
  schema,
  sites: 'none',
  needs: () => [],
  runs({ frames, shape, seed, schedule, form }, { clip, prompts, alpha, beta }) {
    const steps = schedule.levels.length;
    const count = shape.channels * shape.height * shape.width;
    const fresh = noise ?? ((frame: number) => noiseFor(seed, frame, count));
    const first = (frame: number) => pureNoise(form, fresh(frame, count), schedule.levels[0]!);
    const share = 1 / Math.sqrt(1 + alpha * alpha);
    return Array.from({ length: Math.ceil(frames / clip) }, (_, index): Run => {
      const [from, size] = [index * clip, Math.min(clip, frames - index * clip)];
      const own = Array.from({ length: size }, (_, j) => from + j);
      if (index === 0) return { frames: own, schedule, start: first };
      const reversed = (frame: number) => from - 1 - (frame - from);
      const holds = (frame: number, step: number) =>
        frame - from < prompts &&
        steps - step > (1 - beta) * steps + (beta * steps * (frame - from)) / prompts;
      const held = own.flatMap((f) =>
        schedule.levels.flatMap((_, k) => (holds(f, k) ? [{ frame: reversed(f), level: k + 1 }] : [])),
      );
      return {
        frames: own,
        schedule,
        recalls: [...own.map((frame) => ({ frame: reversed(frame), level: 0 })), ...held],
        start(frame, { history }) {
          const base = history(reversed(frame), 0);
          if (frame - from < prompts) return base;
          return first(frame).map((value, i) => share * (alpha * base[i]! + value));
        },
        settle: ({ frame, step }, next, { history }) =>
          holds(frame, step) ? history(reversed(frame), step + 1) : next,
      };
    });
  },
});
