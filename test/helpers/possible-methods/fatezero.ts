/** After FateZero (Qi et al. 2023): beside each frame the source goes its own way once more, and lends it its attention. */
import { z } from 'zod';
import type { Pass } from '../../../src/main/engine/diffusion/run.ts';
import type { Method } from '../../../src/main/engine/methods/types.ts';

const schema = z.strictObject({
  share: z.number().min(0).max(1).default(0.8).describe('Share of the steps that look at the source'),
});

export const fateZero: Method<z.infer<typeof schema>, 'trajectory' | 'sourceText'> = {
  id: 'fatezero',
  label: 'FateZero',
  summary: 'Keeps the layout of the source by looking at it.',
  schema,
  sites: 'all',
  needs: () => ['trajectory', 'sourceText'],
  runs({ frames: count, schedule, have }, { share }) {
    const all = Array.from({ length: count }, (_, frame) => frame);
    const standsFor = (frame: number) => frame % count;
    const sources = all.map((frame): Pass => ({ frames: [frame + count], keys: 'own' }));
    const edits = all.map((frame): Pass => ({ frames: [frame], keys: [frame + count], self: true }));
    const alone = all.map((frame): Pass => ({ frames: [frame], keys: 'own' }));
    const isSource = (frame: number) => frame >= count;
    return [
      {
        frames: [...all, ...all.map((frame) => frame + count)],
        standsFor,
        schedule,
        start: (frame) => have.trajectory(standsFor(frame))[0]!,
        text: (frame, _, asked) => (isSource(frame) ? asked.map(() => have.sourceText) : asked),
        passes: (step) => [...sources, ...(step < share * schedule.levels.length ? edits : alone)],
        settle: ({ frame, step }, next) =>
          isSource(frame) ? have.trajectory(standsFor(frame))[step + 1]! : next,
      },
    ];
  },
};
