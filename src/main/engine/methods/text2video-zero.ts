/**
 * Text2Video-Zero (Khachatryan et al. 2023): one frame begins alone; half-made, it is moved from frame to frame and noised
 * again, and all frames look at it to the end (methods.md, section 5).
 */
import { z } from 'zod';
import { assert } from '../../../common/errors.ts';
import { noiseFor } from '../diffusion/noise.ts';
import { visitsFrom } from '../diffusion/order.ts';
import { noiseFurther, pureNoise } from '../diffusion/parametrisation.ts';
import type { Read, Run } from '../diffusion/run.ts';
import type { Latent } from '../diffusion/types.ts';
import { everywhere, moved } from './moved.ts';
import type { Method, ShotFacts } from './types.ts';

const amount = z.number().min(-256).max(256).multipleOf(0.1);

const schema = z.strictObject({
  camera: z
    .enum(['auto', 'moves', 'still'])
    .default('auto')
    .meta({
      title: 'Camera',
      term: 'global motion of the latents',
      description: 'Whether the camera moves: auto moves it only where no depth says what moves',
      names: { auto: 'Moves where no depth is', moves: 'Moves', still: 'Still' },
    }),
  right: amount.default(12).meta({
    title: 'Moves right',
    term: 'warp along x',
    description:
      'How far it moves to the right from frame to frame, in pixels of a 512 × 512 picture; below 0: left',
  }),
  down: amount.default(12).meta({
    title: 'Moves down',
    term: 'warp along y',
    description: 'How far it moves down from frame to frame; below 0: up',
  }),
  movesAt: z.number().min(0).max(1).default(0.88).meta({
    title: 'How different frames are',
    term: 'level at which latents are warped',
    description: 'Near 1 the frames differ more, lower they are more alike',
  }),
  noisedTo: z.number().min(0).max(1).default(0.94).meta({
    title: 'New detail per frame',
    term: 'level noised back to',
    description: 'How much each frame finds details of its own',
  }),
  lead: z
    .enum(['noised', 'kept'])
    .default('noised')
    .meta({
      title: 'Anchor frame',
      term: 'noising of the first frame',
      description: 'Whether the anchor frame is made again like the others, or goes on as it was',
      names: { noised: 'Made again', kept: 'Goes on as it was' },
    }),
  pixels: z
    .enum(['nearest', 'bilinear'])
    .default('nearest')
    .meta({
      title: 'Movement',
      term: 'interpolation of the warp',
      description: 'Whole pixels keep the grain, smooth follows small movements and is softer',
      names: { nearest: 'Whole pixels', bilinear: 'Smooth' },
    }),
  outside: z
    .enum(['clip', 'steady'])
    .default('clip')
    .meta({
      title: 'Outside the mask',
      term: 'background smoothing',
      description:
        'Where a mask is drawn, what is outside of it: the clip itself, or a background that is made too and held steady',
      names: { clip: 'The clip', steady: 'A steady background' },
    }),
  background: z.number().min(0).max(1).default(0.6).meta({
    title: 'Steady background',
    term: 'strength of background smoothing',
    description: 'How much of a steady background is carried over from the anchor frame',
  }),
});

type Params = z.infer<typeof schema>;

/** Unit noise of a frame; -1 is the one that all begin with. */
type Noise = (frame: number) => Latent;

/** Side of the picture that amounts are told for. */
const SIDE = 512;

/** Levels, counted from the clean end, at which frames are moved and to which they are noised; one step lies before and one between, where there are as many. */
export function turningLevels(steps: number, { movesAt, noisedTo }: Pick<Params, 'movesAt' | 'noisedTo'>) {
  const clean = Math.max(0, Math.min(steps - 2, Math.round(movesAt * steps)));
  return { clean, noisy: Math.max(clean, Math.min(steps - 1, Math.round(noisedTo * steps))) };
}

/** @param noise seeded, unless goldens bring their own */
export function text2VideoZeroRuns(
  shot: ShotFacts<'mask'>,
  params: Params,
  noise: Noise = seeded(shot),
): readonly Run[] {
  const { frames, anchor, shape, form, have } = shot;
  const { levels, final } = shot.schedule;
  const turn = turningLevels(levels.length, params);
  const [at, back] = [levels.length - 1 - turn.clean, levels.length - 1 - turn.noisy];
  const pixel = Math.sqrt(shape.height * shape.width) / SIDE;
  const steady = params.outside === 'steady' ? params.background : 0;
  const moves = params.camera === 'moves' || (params.camera === 'auto' && !shot.structured);
  const [x, y] = moves ? [params.right * pixel, params.down * pixel] : [0, 0];
  const movedTo = (frame: number, latent: Latent) =>
    moved(latent, shape, everywhere(shape, (frame - anchor) * x, (frame - anchor) * y), params.pixels);
  const lead: Run = {
    frames: [anchor],
    schedule: { levels: levels.slice(0, at), final: levels[at]! },
    noise: () => noise(-1),
    start: () => pureNoise(form, noise(-1), levels[0]!),
  };
  const order = visitsFrom(anchor, frames).map(({ frame }) => frame);
  const all: Run = {
    frames: order,
    schedule: { levels: levels.slice(back), final },
    noise,
    recalls: params.lead === 'kept' ? [{ frame: anchor, level: back }] : [],
    start(frame, { result, history }) {
      if (params.lead === 'kept' && frame === anchor) return history(anchor, back);
      return noiseFurther(form, movedTo(frame, result(anchor)), noise(frame), levels[at]!, levels[back]!);
    },
    passes: () =>
      order.map((frame) =>
        frame === anchor
          ? { frames: [frame], keys: 'own' }
          : { frames: [frame], keys: [anchor], reads: [anchor] },
      ),
    settle({ frame, reads: [first] }, next) {
      return first && steady > 0
        ? steadied(next, movedTo(frame, nextOf(first)), have.mask(frame), steady)
        : next;
    },
  };
  return [lead, all];
}

function nextOf({ next }: Read): Latent {
  assert(next, 'the anchor steps before frames that read it');
  return next;
}

/** Outside the mask (h, w), `share` of the carried latent and the rest of the own. */
function steadied(own: Latent, carried: Latent, mask: Float32Array, share: number): Latent {
  return own.map((value, i) => value + share * (1 - mask[i % mask.length]!) * (carried[i]! - value));
}

function seeded({ seed, shape }: Pick<ShotFacts, 'seed' | 'shape'>): Noise {
  return (frame) => noiseFor(seed, frame, shape.channels * shape.height * shape.width);
}

export const text2VideoZero: Method<Params, 'mask'> = {
  id: 'text2video-zero',
  label: 'From the prompt alone',
  term: 'Text2Video-Zero',
  summary:
    'Makes the frames from the prompt alone; of the clip only length, rate and size stay, and with a depth model its shapes and their motion.',
  schema,
  sites: 'all',
  solvers: ['ddim', 'euler', 'lcm'],
  masksItself: ({ outside }) => outside === 'steady',
  needs: ({ outside }) => (outside === 'steady' ? ['mask'] : []),
  runs: (shot, params) => text2VideoZeroRuns(shot, params),
};
