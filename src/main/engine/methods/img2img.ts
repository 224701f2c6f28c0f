/** Per-frame image-to-image: the baseline in which frames know nothing of each other. */
import { z } from 'zod';
import { invertedRun, noisedRun } from './starts.ts';
import type { Method } from './types.ts';

const schema = z.strictObject({
  start: z
    .enum(['noise', 'inversion'])
    .default('noise')
    .meta({
      title: 'Start from',
      term: 'inverted or random noise',
      description: 'From scratch, or from the frame as it was analysed',
      names: { noise: 'Scratch', inversion: 'The clip' },
    }),
  strength: z.number().gt(0).max(1).default(0.75).meta({
    title: 'How much changes',
    term: 'strength',
    description: 'How much of each frame is made anew; 1 keeps nothing. Only from scratch',
  }),
});

export const img2img: Method<z.infer<typeof schema>, 'inversion' | 'clean'> = {
  id: 'img2img',
  label: 'Repaint, frame by frame',
  term: 'image to image',
  summary:
    'Repaints every frame for itself under the new prompt, so the picture flickers. Repaint, steady is the same and holds the frames together.',
  schema,
  sites: 'none',
  inverting: { start: 'inversion' },
  needs: ({ start }) => [start === 'inversion' ? 'inversion' : 'clean'],
  runs: (shot, { start, strength }) => [
    start === 'inversion' ? invertedRun(shot) : noisedRun(shot, { strength, shared: false }),
  ],
};
