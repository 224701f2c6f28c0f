/** Tune-A-Video (Wu et al. 2023): weights tuned on the clip; each frame attends to the first and the one before. */
import { z } from 'zod';
import { invertedRun } from '../../../src/main/engine/methods/starts.ts';
import type { Method } from '../../../src/main/engine/methods/types.ts';

export const tuneAVideo: Method<object, 'inversion' | 'tuned'> = {
  id: 'tune-a-video',
  label: 'Tune-A-Video',
  summary: 'Learns the clip, then edits it.',
  schema: z.strictObject({}),
  sites: 'all',
  solvers: ['ddim'],
  needs: () => ['inversion', 'tuned'],
  runs: (shot) => [
    {
      ...invertedRun(shot),
      passes: () =>
        Array.from({ length: shot.frames }, (_, frame) =>
          frame === 0 ? { frames: [0], keys: 'own' } : { frames: [frame], keys: [0, frame - 1] },
        ),
    },
  ],
};
