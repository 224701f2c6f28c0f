/** Residual mixing along the motion: each frame's ẑ0 with its neighbour's, moved by the flow, and alone where that is hidden. */
import { z } from 'zod';
import { visitsFrom } from '../../../src/main/engine/diffusion/order.ts';
import { invertedRun } from '../../../src/main/engine/methods/starts.ts';
import type { Method } from '../../../src/main/engine/methods/types.ts';
import { warp } from './warp.ts';

const schema = z.strictObject({
  w: z.number().min(0).max(1).default(0.6).describe('Share of the previous frame'),
});

export const flowMix: Method<z.infer<typeof schema>, 'inversion' | 'flow'> = {
  id: 'flow-mix',
  label: 'Mixing along the motion',
  summary: 'Carries each frame over into the next along the motion.',
  schema,
  sites: 'none',
  solvers: ['euler'],
  needs: () => ['inversion', 'flow'],
  runs: (shot, { w }) => [
    {
      ...invertedRun(shot),
      passes: () =>
        visitsFrom(shot.anchor, shot.frames).map(({ frame, previous }) => ({
          frames: [frame],
          keys: 'own',
          reads: previous === null ? [] : [previous],
        })),
      blend({ frame, denoised, reads: [previous] }) {
        if (!previous) return denoised;
        const motion = shot.have.flow(frame, previous.frame);
        const share = motion.hidden.map((hidden) => w * (1 - hidden));
        const carried = warp(previous.used, shot.shape, motion);
        return denoised.map((value, i) => value + share[i % share.length]! * (carried[i]! - value));
      },
    },
  ],
};
