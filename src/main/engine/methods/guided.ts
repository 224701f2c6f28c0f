/**
 * Steered repainting: what each frame becomes is pulled, in every step, down the gradient of differentiable measures of its
 * predicted clean latent ẑ0. At ẑ0 itself that is backward universal guidance with one step (Bansal et al. 2023, Universal
 * Guidance for Diffusion Models, eqs. 7 to 9); through the network it is the gradient by the noisy latent (Chung et al. 2023,
 * Diffusion Posterior Sampling; Yu et al. 2023, FreeDoM, whose steps are scaled by norms as these are).
 */
import { z } from 'zod';
import { assert } from '../../../common/errors.ts';
import { placed, placeOf } from '../diffusion/finite.ts';
import { visitsAround } from '../diffusion/order.ts';
import type { Run, Seen, Slope } from '../diffusion/run.ts';
import type { Latent } from '../diffusion/types.ts';
import { alongMotion, sharesOf } from './along-motion.ts';
import { limited, norm, ofLength, type Push, sumOf } from './push.ts';
import { invertedRun, noisedRun } from './starts.ts';
import { statisticsSlope } from './statistics.ts';
import type { Method, ShotFacts } from './types.ts';

const weight = z.number().min(0).max(1).default(0);

const schema = z.strictObject({
  start: z
    .enum(['inversion', 'noise'])
    .default('inversion')
    .meta({
      title: 'Start from',
      term: 'inverted or random noise',
      description: 'From the frame as it was analysed, or from noise over a part of the way',
      names: { inversion: 'The clip', noise: 'Noise' },
    }),
  strength: z.number().gt(0).max(1).default(0.6).meta({
    title: 'How much changes',
    term: 'strength',
    description:
      'How much of each frame is made anew; 1 keeps nothing. Only from noise, which all frames share',
  }),
  prompt: weight.meta({
    title: 'Pull to the prompt',
    term: 'CLIP guidance',
    description:
      'How far each step goes towards a picture that the image-text model finds like the prompt, as a share of the picture; 0 off, 0.02 a little, 0.1 much',
  }),
  style: weight.meta({
    title: 'Pull to the style',
    term: 'style guidance',
    description:
      'The same towards the style pictures; with colours the share of their difference that each step takes',
  }),
  styleBy: z
    .enum(['colours', 'likeness'])
    .default('colours')
    .meta({
      title: 'Style is',
      term: 'latent statistics or image embedding',
      description: 'Colours and contrast, which need no further model, or what the image-text model sees',
      names: { colours: 'Colours and contrast', likeness: 'What the image-text model sees' },
    }),
  neighbour: weight.meta({
    title: 'Pull to the frame before',
    term: 'flow-warped neighbour',
    description:
      'Share of the difference to the frame before, moved along the motion, that each step takes; nothing where the place is hidden there',
  }),
  through: z
    .enum(['latent', 'network'])
    .default('latent')
    .meta({
      title: 'Pull on',
      term: 'gradient at ẑ0, or through the network',
      description:
        'What the frame is about to become, or the noise it comes from, so that the network itself draws what pulls; that takes about four times as long and much more memory',
      names: { latent: 'The picture', network: 'The noise before it' },
    }),
  until: z.number().min(0).max(1).default(0.8).meta({
    title: 'Pull until',
    term: 'guided share of the steps',
    description: 'Share of the steps that are pulled; the last ones draw details, where pulling leaves marks',
  }),
  limit: z.number().gt(0).max(1).default(0.1).meta({
    title: 'Pull at most',
    term: 'clipped norm',
    description: 'Most that all of it may change in one step, as a share of the picture',
  }),
});

type Params = z.infer<typeof schema>;
type Needs = 'inversion' | 'clean' | 'likeness' | 'style' | 'flow' | 'gradient';

/** Whether a term looks at the decoded picture. */
function looks({ prompt, style, styleBy }: Params): boolean {
  return prompt > 0 || (style > 0 && styleBy === 'likeness');
}

function needsOf(params: Params): readonly Needs[] {
  const { start, prompt, style, neighbour, through } = params;
  return [
    start === 'inversion' ? 'inversion' : 'clean',
    ...(looks(params) ? (['likeness'] as const) : []),
    ...(style > 0 ? (['style'] as const) : []),
    ...(neighbour > 0 ? (['flow'] as const) : []),
    ...(through === 'network' && prompt + style + neighbour > 0 ? (['gradient'] as const) : []),
  ];
}

/** Which frames each one is pulled to are visited before it. */
function passesOf({ anchors, frames }: ShotFacts<Needs>): NonNullable<Run['passes']> {
  return (step) =>
    visitsAround(anchors, frames, step).map(({ frame, neighbours }) => ({
      frames: [frame],
      keys: 'own',
      reads: neighbours,
    }));
}

/** What all terms together add to ẑ0. */
async function pushOf(shot: ShotFacts<Needs>, params: Params, seen: Seen): Promise<Latent> {
  const { denoised, step, frame } = seen;
  const place = placeOf(step, (shot.atWork?.first ?? 0) + frame);
  const pushes = [
    ...(await towardsLikeness(shot, params, denoised, place)),
    ...towardsColours(shot, params, denoised),
    ...towardsNeighbours(shot, params, seen),
  ];
  return limited(sumOf(pushes, denoised.length, place), params.limit * norm(denoised));
}

/** Cosines change by how the picture is decoded and embedded, so it is their direction alone that counts. */
async function towardsLikeness(
  { have }: ShotFacts<Needs>,
  params: Params,
  denoised: Latent,
  place: string,
): Promise<Push[]> {
  if (!looks(params)) return [];
  const style = params.styleBy === 'likeness' ? params.style : 0;
  const likeness = have.likeness(denoised, { prompt: params.prompt, style });
  const { gradient } = await likeness.catch((error: unknown) => {
    throw placed(error, place);
  });
  const length = (params.prompt + style) * norm(denoised);
  const names = [...(params.prompt > 0 ? ['prompt'] : []), ...(style > 0 ? ['style'] : [])];
  return [{ term: `the pull to the ${names.join(' and the ')}`, by: ofLength(gradient, length) }];
}

function towardsColours(
  { have }: ShotFacts<Needs>,
  { style, styleBy }: Params,
  denoised: Latent,
): readonly Push[] {
  if (style === 0 || styleBy !== 'colours') return [];
  const { gradient } = statisticsSlope(denoised, have.style);
  return [{ term: 'the pull to the style', by: gradient.map((value) => -style * value) }];
}

/** Down the gradient of ½Σ m(ẑ0 - warped)², where m says how far the neighbour can be relied on. */
function towardsNeighbours(
  { have, shape }: ShotFacts<Needs>,
  { neighbour }: Params,
  seen: Seen,
): readonly Push[] {
  const { reads, frame, denoised } = seen;
  if (neighbour === 0) return [];
  return reads.map((read) => {
    const motion = have.flow(frame, read.frame);
    const shares = sharesOf(neighbour / reads.length, motion);
    const there = alongMotion(read.used, shape, motion);
    const by = there.map((value, i) => shares[i % shares.length]! * (value - denoised[i]!));
    return { term: 'the pull to the frame before', by };
  });
}

/**
 * The latent after the step, pulled the way the latent before it would have to go for ẑ0 to go along the push: as far, as a share of
 * itself, as the push goes of ẑ0. So weights and limit mean the same either way, in every form of latents.
 */
async function settled(push: Latent, { frame, denoised }: Seen, slope: Slope, next: Latent): Promise<Latent> {
  const share = norm(push) / norm(denoised);
  if (!(share > 0)) return next;
  const back = (await slope.pull(new Map([[frame, push]]))).get(frame);
  assert(back, 'a slope has the frames of its pass');
  const by = ofLength(back, share * norm(next));
  return next.map((value, i) => value + by[i]!);
}

export const guided: Method<Params, Needs> = {
  id: 'guided',
  label: 'Steered',
  term: 'universal guidance',
  summary:
    'Repaints every frame and pulls it in each step to the prompt, to the look of style pictures or to the frame before. Nothing is pulled until you say how much.',
  schema,
  sites: 'none',
  severalAnchors: true,
  steers: true,
  lighter(params) {
    if (params.through === 'network') return 'pull on the picture alone (-p through=latent)';
    return looks(params) ? 'pull without the image-text model (-p prompt=0 -p styleBy=colours)' : null;
  },
  needs: needsOf,
  runs(shot, params) {
    const { start, strength, prompt, style, neighbour, through, until } = params;
    const run = start === 'inversion' ? invertedRun(shot) : noisedRun(shot, { strength, shared: true });
    if (prompt + style + neighbour === 0) return [run];
    const pulls = (step: number, steps: number) => step < steps * until;
    return [
      {
        ...run,
        ...(neighbour > 0 && { passes: passesOf(shot) }),
        ...(through === 'latent'
          ? {
              async blend(seen) {
                const { denoised, step, steps } = seen;
                if (!pulls(step, steps)) return denoised;
                const push = await pushOf(shot, params, seen);
                return denoised.map((value, i) => value + push[i]!);
              },
            }
          : {
              // An anchor has no neighbour to be pulled to.
              differentiates: (step, steps, { reads = [] }) =>
                pulls(step, steps) && (prompt + style > 0 || reads.length > 0),
              settle: async (seen, next) =>
                seen.slope ? settled(await pushOf(shot, params, seen), seen, seen.slope, next) : next,
            }),
      },
    ];
  },
};
