/** Per-frame image-to-image: the baseline in which frames know nothing of each other. */
import { z } from 'zod';
import { invertedRun, noisedRun } from './starts.ts';
import type { Method } from './types.ts';

const schema = z.strictObject({
  start: z
    .enum(['noise', 'inversion'])
    .default('noise')
    .describe("Start from fresh noise of each frame's own, or from the frame's inverted noise"),
  strength: z
    .number()
    .gt(0)
    .max(1)
    .default(0.75)
    .describe('How far towards noise each frame is taken; 1 keeps nothing. Only with fresh noise'),
});

export const img2img: Method<z.infer<typeof schema>, 'inversion' | 'clean'> = {
  id: 'img2img',
  label: 'Image to image',
  summary:
    'Edits every frame for itself, each with its own noise, so the picture flickers. SDEdit does the same with one noise for all frames.',
  schema,
  sites: 'none',
  needs: ({ start }) => [start === 'inversion' ? 'inversion' : 'clean'],
  runs: (shot, { start, strength }) => [
    start === 'inversion' ? invertedRun(shot) : noisedRun(shot, { strength, shared: false }),
  ],
};
