/** Pix2Video (Ceylan et al. 2023): self-attention features of the anchor and the previous frame, and a guided latent. */
import { z } from 'zod';
import type { References, StepPlan, Visited } from '../diffusion/method.ts';
import { picker } from '../diffusion/noise.ts';
import type { Latent } from '../diffusion/types.ts';
import type { Method } from './types.ts';

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

/** Elements of a 512² latent (4·64·64): the released code's mean divides by them, and so does every size here. */
const MEAN_OVER = 16384;

function references({ params, step, visits, seed }: StepPlan<Params>): (References | null)[] {
  const anchor = visits[0]!.frame;
  const pick = picker(seed, step);
  let random = anchor;
  let seen = 0;
  return visits.map(({ previous }) => {
    if (previous === null) return null;
    // Reservoir sampling: every earlier frame on this side is equally likely, yet only the current pick is held.
    seen = previous === anchor ? 1 : seen + 1;
    if (pick(seen) === 0) random = previous;
    return {
      frames: framesSeen(params.attention, anchor, previous, random),
      self: params.attention === 'both+self',
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
function correct({ params, step, steps, previous, denoised, form, to }: Visited<Params>, next: Latent): void {
  if (params.update === 'off' || !previous || step >= steps * params.guidedFraction) return;
  // The rule is for VP latents; x = z/√ᾱ stretches it.
  const stretch = form === 've' ? Math.sqrt(to.sigma * to.sigma + 1) : 1;
  const rate = ((2 * params.weight) / MEAN_OVER) * stretch;
  const target = previous.denoised;
  for (let i = 0; i < next.length; i++) next[i] = next[i]! - rate * (denoised[i]! - target[i]!);
}

export const pix2video: Method<Params> = {
  id: 'pix2video',
  label: 'Pix2Video',
  summary:
    'Every frame takes its look from the anchor frame and its neighbour by attending to them. The steadiest of the methods here.',
  schema,
  sites: 'decoder',
  start: () => ({ from: 'inversion' }),
  callsPerFrame: (steps) => steps,
  references,
  correct,
};
