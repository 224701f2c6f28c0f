/** SDEdit (Meng et al. 2021): noise part of the way, denoise under the new prompt. */
import { z } from 'zod';
import { noisedRun } from './starts.ts';
import type { Method } from './types.ts';

const schema = z.strictObject({
  strength: z.number().gt(0).max(1).default(0.6).meta({
    title: 'How much changes',
    term: 'strength',
    description: 'How much of the frames is made anew; 1 keeps nothing',
  }),
  noise: z
    .enum(['shared', 'per-frame'])
    .default('shared')
    .meta({
      title: 'Frames start',
      term: 'shared or own noise',
      description: 'All alike is steadier; each for itself flickers',
      names: { shared: 'All alike', 'per-frame': 'Each for itself' },
    }),
});

export const sdedit: Method<z.infer<typeof schema>, 'clean'> = {
  id: 'sdedit',
  label: 'Repaint, steady',
  term: 'SDEdit',
  summary:
    'Repaints every frame under the new prompt, all starting alike, which is steadier than frame by frame.',
  schema,
  sites: 'none',
  needs: () => ['clean'],
  runs: (shot, { strength, noise }) => [noisedRun(shot, { strength, shared: noise === 'shared' })],
};
