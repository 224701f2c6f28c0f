/** Pix2Video (Ceylan et al. 2023): self-attention features of the anchor and the previous frame, and a guided latent. */
import { z } from 'zod';
import { assert } from '../../../common/errors.ts';
import { meanOf } from '../diffusion/mean.ts';
import { picker } from '../diffusion/noise.ts';
import { visitsAround } from '../diffusion/order.ts';
import type { Pass, Seen } from '../diffusion/run.ts';
import type { Latent } from '../diffusion/types.ts';
import { norm } from './push.ts';
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
    .enum(['off', 'x0', 'exact'])
    .default('x0')
    .meta({
      title: 'Pull to neighbours',
      term: 'guided latent update (Eq. 6): at the predicted clean latent x0, or exactly, by the gradient through the network',
      description:
        'Pull each frame towards the previous one in the first steps; by the network, which takes four times as long there',
      names: { off: 'Off', x0: 'On', exact: 'By the network (slow)' },
    }),
  weight: z.number().min(0).max(1000).default(100).meta({
    title: 'Strength of the pull',
    term: 'weight of the latent update',
    description: 'How strongly each frame is pulled towards the previous one',
  }),
  rho: z.number().min(0).max(1).default(0.02).meta({
    title: 'Length of the pull by the network',
    term: 'rho of the exact latent update (Eq. 6)',
    description: 'How far each step takes a frame towards the previous one, as a share of the whole',
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

type Guided = Pick<Params, 'update' | 'weight' | 'rho' | 'guidedFraction'>;

/** Whether frames are pulled in a step of so many. */
const pulls = ({ update, guidedFraction }: Guided, step: number, steps: number) =>
  update !== 'off' && step < steps * guidedFraction;

/** Towards the neighbour, and where two ways meet towards the mean of both (Eq. 6). What the neighbour shows and lends is a constant. */
function pull(seen: Seen, next: Latent, params: Guided): Latent | Promise<Latent> {
  const { step, steps, reads } = seen;
  if (reads.length === 0 || !pulls(params, step, steps)) return next;
  const target = meanOf(reads.map((read) => read.denoised));
  return params.update === 'exact'
    ? pullByNetwork(seen, next, target, params.rho)
    : pullAtPrediction(seen, next, target, params.weight);
}

/** The gradient of ‖ẑ0 - target‖² by the latent before the step, through the network and guidance: z' ← z' - ρ‖z'‖·g/‖g‖. The same in every form. */
async function pullByNetwork(
  { slope, frame, denoised }: Seen,
  next: Latent,
  target: Latent,
  rho: number,
): Promise<Latent> {
  if (rho === 0) return next;
  assert(slope, 'the run differentiates where frames are pulled');
  const apart = denoised.map((value, i) => 2 * (value - target[i]!));
  const gradient = (await slope.pull(new Map([[frame, apart]]))).get(frame)!;
  const length = norm(gradient);
  // Where nothing lies between them there is no way to go.
  if (length === 0) return next;
  const rate = (rho * norm(next)) / length;
  for (let i = 0; i < next.length; i++) next[i] = next[i]! - rate * gradient[i]!;
  return next;
}

/** The gradient taken at ẑ0, as the released code does: z' ← z' - (2·weight/n)(ẑ0 - target). */
function pullAtPrediction(
  { denoised, form, to }: Seen,
  next: Latent,
  target: Latent,
  weight: number,
): Latent {
  // The rule is for VP latents; x = z/√ᾱ stretches it.
  const stretch = form === 've' ? Math.sqrt(to.sigma * to.sigma + 1) : 1;
  const rate = ((2 * weight) / MEAN_OVER) * stretch;
  for (let i = 0; i < next.length; i++) next[i] = next[i]! - rate * (denoised[i]! - target[i]!);
  return next;
}

export const pix2video: Method<Params, 'inversion' | 'gradient'> = {
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
  lighter: ({ update }) => (update === 'exact' ? 'pull at the predicted picture alone (-p update=x0)' : null),
  needs: ({ update }) => (update === 'exact' ? ['inversion', 'gradient'] : ['inversion']),
  runs: (shot, params) => [
    {
      ...invertedRun(shot),
      fewer: 'Set "anchors" to "own", so that each looks only at itself.',
      passes: (step) => passes(shot, params, step),
      ...(params.update === 'exact' && {
        differentiates: (step, steps, { reads = [] }) =>
          reads.length > 0 && params.rho > 0 && pulls(params, step, steps),
      }),
      settle: (seen, next) => pull(seen, next, params),
    },
  ],
};
