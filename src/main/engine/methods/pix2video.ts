/** Pix2Video (Ceylan et al. 2023): self-attention features of the anchor and the previous frame, and a guided latent. */
import { z } from 'zod';
import { meanOf } from '../diffusion/mean.ts';
import { picker } from '../diffusion/noise.ts';
import { visitsAround } from '../diffusion/order.ts';
import type { Pass, Seen } from '../diffusion/run.ts';
import type { Latent } from '../diffusion/types.ts';
import { invertedRun } from './starts.ts';
import type { Method, ShotFacts } from './types.ts';

const schema = z.strictObject({
  attention: z
    .enum(['both', 'anchor', 'previous', 'random', 'both+self', 'sparse-causal'])
    .default('both')
    .meta({
      title: 'Look at',
      term: 'self-attention (feature injection); sparse-causal as in Tune-A-Video',
      description: 'What a frame takes its look from',
      names: {
        both: 'Anchor and previous frame',
        anchor: 'Anchor',
        previous: 'Previous frame',
        random: 'Anchor and a random earlier frame',
        'both+self': 'Anchor, previous frame and itself',
        'sparse-causal': 'Anchor and previous frame, everywhere',
      },
    }),
  anchors: z
    .enum(['joint', 'own'])
    .default('joint')
    .meta({
      title: 'Several anchors',
      term: 'joint or own attention of anchors',
      description: 'Several anchors look at each other, so that they agree, or each only at itself',
      names: { joint: 'Look at each other', own: 'Each at itself' },
    }),
  update: z
    .enum(['off', 'x0'])
    .default('x0')
    .meta({
      title: 'Pull to neighbours',
      term: 'guided update of the predicted clean latent x0',
      description: 'Pull each frame towards the previous one in the first steps',
      names: { off: 'Off', x0: 'On' },
    }),
  weight: z.number().min(0).max(1000).default(100).meta({
    title: 'Strength of the pull',
    term: 'weight of the latent update',
    description: 'How strongly each frame is pulled towards the previous one',
  }),
  guidedFraction: z.number().min(0).max(1).default(0.5).meta({
    title: 'Pull lasts',
    term: 'guided fraction',
    description: 'Share of the steps, from the start, that are pulled',
  }),
});

type Params = z.infer<typeof schema>;
type PassesOf = Pick<ShotFacts, 'anchors' | 'frames' | 'seed'>;

/** Elements of a 512² latent (4·64·64): the released code's mean divides by them, and so does every size here. */
const MEAN_OVER = 16384;

/** The passes of a step: the anchors, then each frame with its reference frames. */
export function passes(shot: PassesOf, params: Pick<Params, 'attention' | 'anchors'>, step: number): Pass[] {
  const { attention } = params;
  const pick = picker(shot.seed, step);
  const earlier = new Map<number, Reservoir>();
  const others = visitsAround(shot.anchors, shot.frames, step).slice(shot.anchors.length);
  return [
    ...anchorPasses(shot.anchors, params.anchors),
    ...others.map(({ frame, neighbours, anchors }): Pass => {
      const picks = neighbours.map((previous) => pickedOnTheWay(earlier.get(previous), previous, pick));
      earlier.set(frame, picks[0]!);
      return {
        frames: [frame],
        keys: framesSeen(attention, anchors, attention === 'random' ? picks.map(({ at }) => at) : neighbours),
        self: attention === 'both+self',
        reads: neighbours,
      };
    }),
  ];
}

function anchorPasses(anchors: readonly number[], how: Params['anchors']): Pass[] {
  if (how === 'joint' && anchors.length > 1) return [{ frames: anchors, keys: 'joint' }];
  return anchors.map((frame) => ({ frames: [frame], keys: 'own' }));
}

/** One of the frames on the way from an anchor, and how many those are. */
interface Reservoir {
  readonly at: number;
  readonly seen: number;
}

/** Reservoir sampling: every earlier frame on the way is equally likely, yet only the current pick is held. */
function pickedOnTheWay(
  so: Reservoir | undefined,
  previous: number,
  pick: (count: number) => number,
): Reservoir {
  const seen = (so?.seen ?? 0) + 1;
  return { at: pick(seen) === 0 ? previous : so!.at, seen };
}

function framesSeen(
  attention: Params['attention'],
  anchors: readonly number[],
  others: readonly number[],
): readonly number[] {
  if (attention === 'anchor') return anchors;
  if (attention === 'previous') return others;
  return [...anchors, ...others];
}

/**
 * Towards the neighbour, and where two ways meet towards the mean of both: Eq. 6 with the gradient taken at ẑ0, as the released code does: z' ← z' - (2·weight/n)(ẑ0 - ẑ0_previous).
 * The paper's own gradient, through the network, would be another `update` and be computed here.
 */
function pull({ step, steps, reads, denoised, form, to }: Seen, next: Latent, params: Params): Latent {
  if (params.update === 'off' || reads.length === 0 || step >= steps * params.guidedFraction) return next;
  // The rule is for VP latents; x = z/√ᾱ stretches it.
  const stretch = form === 've' ? Math.sqrt(to.sigma * to.sigma + 1) : 1;
  const rate = ((2 * params.weight) / MEAN_OVER) * stretch;
  const target = meanOf(reads.map((read) => read.denoised));
  for (let i = 0; i < next.length; i++) next[i] = next[i]! - rate * (denoised[i]! - target[i]!);
  return next;
}

export const pix2video: Method<Params, 'inversion'> = {
  id: 'pix2video',
  label: 'Anchors and neighbours',
  term: 'Pix2Video',
  summary:
    'Every frame takes its look from the anchors around it and its neighbour. A good first choice, whatever moves.',
  schema,
  sites: 'decoder',
  attends: ({ attention, anchors }, count) => ({
    ...(attention === 'sparse-causal' && { sites: 'all' }),
    ...(anchors === 'joint' && count > 1 && { joint: true }),
  }),
  severalAnchors: true,
  picks: ({ attention }) => attention === 'random',
  needs: () => ['inversion'],
  runs: (shot, params) => [
    {
      ...invertedRun(shot),
      fewer: 'Set "anchors" to "own", so that each looks only at itself.',
      passes: (step) => passes(shot, params, step),
      settle: (seen, next) => pull(seen, next, params),
    },
  ],
};
