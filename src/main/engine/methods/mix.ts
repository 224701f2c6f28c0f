/**
 * Residual-noise mixing: each frame's predicted clean latent is mixed with its neighbour's,
 * Δ̃ = (1-w)Δ + wΔ̃_previous, which equals mixing the residual noises (methods.md, section 2). Following the motion, the
 * neighbour's is moved along the clip's flow first, and w is 0 where that hides the place, less where the flow is not sure.
 */
import { z } from 'zod';
import { visitsAround } from '../diffusion/order.ts';
import type { Latent } from '../diffusion/types.ts';
import { alongMotion, sharesOf } from './along-motion.ts';
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
    .meta({
      title: 'Steadiness',
      term: 'w, weight of the mixing',
      description: 'Share of the frame before, 0 to 1, or a list "0.8,0.4" spread evenly over the steps',
    }),
  previous: z
    .enum(['after', 'before'])
    .default('after')
    .meta({
      title: 'Frame before',
      term: 'prediction after or before its own mixing',
      description: 'The frame before as it was carried over itself, or as it was made',
      names: { after: 'As carried over', before: 'As made' },
    }),
  motion: z
    .enum(['off', 'follow'])
    .default('off')
    .meta({
      title: 'Follow motion',
      term: 'mixing along the optical flow',
      description:
        'Carry over to the same place, or to where things have moved; nothing where that cannot be seen',
      names: { off: 'Off', follow: 'On' },
    }),
});

/** w of a step: the list stretched over the steps, linear in between; as many values as steps are taken one by one. */
export function weightAt(w: readonly number[], step: number, steps: number): number {
  const at = steps === 1 ? 0 : (step * (w.length - 1)) / (steps - 1);
  const low = Math.floor(at);
  const [from, to] = [w[low]!, w[low + 1] ?? w[low]!];
  return from + (at - low) * (to - from);
}

interface Part {
  readonly latent: Latent;
  /** Of each element. */
  readonly share: (element: number) => number;
}

/** With several neighbours, each has its part of the mix. */
function mixed(own: Latent, parts: readonly Part[]): Latent {
  const { length } = parts;
  return own.map((value, i) => {
    let [kept, added] = [1, 0];
    for (const { latent, share } of parts) {
      kept -= share(i) / length;
      added += (share(i) / length) * latent[i]!;
    }
    return kept * value + added;
  });
}

export const mix: Method<z.infer<typeof schema>, 'inversion' | 'flow'> = {
  id: 'mix',
  label: 'Carry over',
  term: 'residual-noise mixing',
  summary:
    'Carries part of each frame over into the next. Cheap and steady for slow motion; fast motion ghosts unless it is followed.',
  schema,
  sites: 'none',
  solvers: ['euler'],
  severalAnchors: true,
  needs: ({ motion }) => (motion === 'follow' ? ['inversion', 'flow'] : ['inversion']),
  runs: (shot, params) => [
    {
      ...invertedRun(shot),
      passes: (step) =>
        visitsAround(shot.anchors, shot.frames, step).map(({ frame, neighbours }) => ({
          frames: [frame],
          keys: 'own',
          reads: neighbours,
        })),
      blend({ step, steps, frame, reads, denoised }) {
        const w = weightAt(params.w, step, steps);
        if (reads.length === 0 || w === 0) return denoised;
        const parts = reads.map((read): Part => {
          const latent = params.previous === 'after' ? read.used : read.denoised;
          if (params.motion === 'off') return { latent, share: () => w };
          const motion = shot.have.flow(frame, read.frame);
          const shares = sharesOf(w, motion);
          return {
            latent: alongMotion(latent, shot.shape, motion),
            share: (i) => shares[i % shares.length]!,
          };
        });
        return mixed(denoised, parts);
      },
    },
  ],
};
