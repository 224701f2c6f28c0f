/** SDEdit (Meng et al. 2021): noise part of the way, denoise under the new prompt. */
import { z } from 'zod';
import { noisedRun } from './starts.ts';
import type { Method } from './types.ts';

const schema = z.strictObject({
  strength: z
    .number()
    .gt(0)
    .max(1)
    .default(0.6)
    .describe('How far towards noise the frames are taken; 1 keeps nothing'),
  noise: z
    .enum(['shared', 'per-frame'])
    .default('shared')
    .describe('One noise for all frames is steadier; its own for each frame flickers'),
});

export const sdedit: Method<z.infer<typeof schema>, 'clean'> = {
  id: 'sdedit',
  label: 'SDEdit',
  summary:
    'Noises the frames part of the way and denoises them under the new prompt. One noise shared by all frames holds the picture steadier than image to image.',
  schema,
  sites: 'none',
  needs: () => ['clean'],
  runs: (shot, { strength, noise }) => [noisedRun(shot, { strength, shared: noise === 'shared' })],
};
