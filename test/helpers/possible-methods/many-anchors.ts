/** Pix2Video with several anchors: a frame attends to the nearest ones around it and to the frame before it. */
import { z } from 'zod';
import type { Pass } from '../../../src/main/engine/diffusion/run.ts';
import { invertedRun } from '../../../src/main/engine/methods/starts.ts';
import type { Method } from '../../../src/main/engine/methods/types.ts';

const schema = z.strictObject({
  anchors: z.array(z.int().min(0)).min(1).default([0]).describe('Frames whose look leads the others'),
  weight: z.number().default(100).describe('Strength of the pull'),
});

function passes(anchors: readonly number[], frames: number): Pass[] {
  const sorted = anchors.toSorted((a, b) => a - b);
  const first: Pass = { frames: sorted, keys: 'joint' };
  const others = Array.from({ length: frames }, (_, frame) => frame).filter(
    (frame) => !anchors.includes(frame),
  );
  const before = (frame: number) => (frame > sorted[0]! ? frame - 1 : frame + 1);
  const order = [...others.filter((f) => f > sorted[0]!), ...others.filter((f) => f < sorted[0]!).reverse()];
  return [
    first,
    ...order.map((frame): Pass => {
      const around = [sorted.findLast((a) => a < frame), sorted.find((a) => a > frame)];
      const nearest = around.filter((anchor) => anchor !== undefined);
      return { frames: [frame], keys: [...nearest, before(frame)], reads: [before(frame)] };
    }),
  ];
}

export const manyAnchors: Method<z.infer<typeof schema>, 'inversion'> = {
  id: 'many-anchors',
  label: 'Several anchors',
  summary: 'Every frame takes its look from the anchors around it.',
  schema,
  sites: 'decoder',
  joint: true,
  needs: () => ['inversion'],
  runs: (shot, { anchors, weight }) => [
    {
      ...invertedRun(shot),
      passes: () => passes(anchors, shot.frames),
      settle: ({ step, steps, denoised, reads: [previous] }, next) =>
        !previous || step >= steps / 2
          ? next
          : next.map((value, i) => value - ((2 * weight) / 16384) * (denoised[i]! - previous.denoised[i]!)),
    },
  ],
};
