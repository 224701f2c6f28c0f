/** Pix2Video (Ceylan et al. 2023): self-attention features of the anchor and the previous frame, and a guided latent. */
import { z } from 'zod';
import { picker } from '../diffusion/noise.ts';
import { visitsFrom } from '../diffusion/order.ts';
import type { Pass, Seen } from '../diffusion/run.ts';
import type { Latent } from '../diffusion/types.ts';
import { invertedRun } from './starts.ts';
import type { Method, ShotFacts } from './types.ts';

const schema = z.strictObject({
  attention: z
    .enum(['both', 'anchor', 'previous', 'random', 'both+self'])
    .default('both')
    .describe(
      'What a frame looks at: anchor and previous frame, one of them, anchor and a random earlier one, or both and itself',
    ),
  update: z
    .enum(['off', 'x0'])
    .default('x0')
    .describe('Pull each frame towards the previous one in the first steps'),
  weight: z.number().min(0).max(1000).default(100).describe('Strength of the pull'),
  guidedFraction: z
    .number()
    .min(0)
    .max(1)
    .default(0.5)
    .describe('Share of the steps, from the start, that are pulled'),
});

type Params = z.infer<typeof schema>;
type PassesOf = Pick<ShotFacts, 'anchor' | 'frames' | 'seed'>;

/** Elements of a 512² latent (4·64·64): the released code's mean divides by them, and so does every size here. */
const MEAN_OVER = 16384;

/** The passes of a step: the anchor by itself, then each frame with its reference frames. */
export function passes(shot: PassesOf, attention: Params['attention'], step: number): Pass[] {
  const pick = picker(shot.seed, step);
  let random = shot.anchor;
  let seen = 0;
  return visitsFrom(shot.anchor, shot.frames).map(({ frame, previous }) => {
    if (previous === null) return { frames: [frame], keys: 'own' };
    // Reservoir sampling: every earlier frame on this side is equally likely, yet only the current pick is held.
    seen = previous === shot.anchor ? 1 : seen + 1;
    if (pick(seen) === 0) random = previous;
    return {
      frames: [frame],
      keys: framesSeen(attention, shot.anchor, previous, random),
      self: attention === 'both+self',
      reads: [previous],
    };
  });
}

function framesSeen(
  attention: Params['attention'],
  anchor: number,
  previous: number,
  random: number,
): number[] {
  if (attention === 'anchor') return [anchor];
  if (attention === 'previous') return [previous];
  return [anchor, attention === 'random' ? random : previous];
}

/**
 * Eq. 6 with the gradient taken at ẑ0, as the released code does: z' ← z' - (2·weight/n)(ẑ0 - ẑ0_previous).
 * The paper's own gradient, through the network, would be another `update` and be computed here.
 */
function pull(
  { step, steps, reads: [previous], denoised, form, to }: Seen,
  next: Latent,
  params: Params,
): Latent {
  if (params.update === 'off' || !previous || step >= steps * params.guidedFraction) return next;
  // The rule is for VP latents; x = z/√ᾱ stretches it.
  const stretch = form === 've' ? Math.sqrt(to.sigma * to.sigma + 1) : 1;
  const rate = ((2 * params.weight) / MEAN_OVER) * stretch;
  const target = previous.denoised;
  for (let i = 0; i < next.length; i++) next[i] = next[i]! - rate * (denoised[i]! - target[i]!);
  return next;
}

export const pix2video: Method<Params, 'inversion'> = {
  id: 'pix2video',
  label: 'Pix2Video',
  summary:
    'Every frame takes its look from the anchor frame and its neighbour by attending to them. The steadiest of the methods here.',
  schema,
  sites: 'decoder',
  needs: () => ['inversion'],
  runs: (shot, params) => [
    {
      ...invertedRun(shot),
      passes: (step) => passes(shot, params.attention, step),
      settle: (seen, next) => pull(seen, next, params),
    },
  ],
};
