/**
 * ControlVideo (Zhang et al. 2023): key frames are made together, each looking at all of them, the frames between two of
 * them with both; half way, every other picture is drawn anew from its neighbours (methods.md, section 5).
 */
import { z } from 'zod';
import { sharedNoise } from '../diffusion/noise.ts';
import { pureNoise } from '../diffusion/parametrisation.ts';
import type { Pass } from '../diffusion/run.ts';
import type { Latent } from '../diffusion/types.ts';
import type { Given } from './have.ts';
import { intervals, keyFrames } from './key-frames.ts';
import type { Method, ShotFacts } from './types.ts';

const schema = z.strictObject({
  start: z
    .enum(['inversion', 'noise'])
    .default('inversion')
    .meta({
      title: 'Start from',
      term: 'inverted or random noise',
      description:
        'Each frame starts from its own picture, or all from scratch, which keeps nothing of the clip but its depth',
      names: { inversion: 'The clip', noise: 'Scratch' },
    }),
  window: z.int().min(0).max(1000).default(0).meta({
    title: 'Frames at a time',
    term: 'window of cross-frame attention',
    description:
      'Most frames that look at each other at once: more hold together better and take more memory. 0 takes a key frame every √(frames of the shot)',
  }),
  smoothAt: z.number().min(0).max(1).default(0.4).meta({
    title: 'Smooth at',
    term: 'interleaved-frame smoother',
    description:
      "When every other picture is drawn from its neighbours, along the motion or by the model's interpolator, as a share of the steps; 0 never",
  }),
});

type Params = z.infer<typeof schema>;

/** Frames from one key frame to the next. */
function spacing(frames: number, window: number): number {
  if (window === 0) return Math.max(1, Math.floor(Math.sqrt(frames)));
  return Math.max(1, Math.ceil((frames - 1) / Math.max(1, window - 1)));
}

/** Key frames jointly; those between two of them with both. */
function hierarchy({ frames, anchors }: Pick<ShotFacts, 'frames' | 'anchors'>, window: number): Pass[] {
  const keys = keyFrames(frames, spacing(frames, window), anchors);
  return [
    { frames: keys, keys: 'joint' },
    ...intervals(keys).map(({ left, right, frames }): Pass => ({ frames, keys: [left, right] })),
  ];
}

/** The step in which odd pictures are smoothed, and the next one for the even; none at 0. */
function smoothingSteps(steps: number, at: number): number[] {
  if (at === 0) return [];
  const first = Math.max(0, Math.min(steps - 2, Math.floor(steps * at + 1e-9)));
  return [first, first + 1].filter((step) => step < steps);
}

/** Every other frame that has two neighbours, from their pictures. Decodes each neighbour once. */
async function smoothed(
  clean: ReadonlyMap<number, Latent>,
  odd: boolean,
  { pictures, between }: Given<'pictures' | 'between'>,
): Promise<ReadonlyMap<number, Latent>> {
  const made = new Map<number, Latent>();
  let left: Float32Array | null = null;
  for (let frame = odd ? 1 : 2; frame < clean.size - 1; frame += 2) {
    left ??= await pictures.decode(clean.get(frame - 1)!);
    const right = await pictures.decode(clean.get(frame + 1)!);
    const middle = await between(frame, left, right);
    made.set(frame, await pictures.encode(new Uint8Array(middle.map((value) => Math.round(255 * value)))));
    left = right;
  }
  return made;
}

export const controlVideo: Method<Params, 'inversion' | 'pictures' | 'between'> = {
  id: 'controlvideo',
  label: 'All frames together',
  term: 'ControlVideo',
  summary:
    'Makes key frames together, each looking at all the others, then what lies between from both. Even over the whole shot, and the greediest for memory.',
  schema,
  sites: 'all',
  joint: true,
  severalAnchors: true,
  solvers: ['ddim', 'euler', 'dpmpp_2m'],
  needs: ({ start, smoothAt }) => [
    ...(start === 'inversion' ? (['inversion'] as const) : []),
    ...(smoothAt > 0 ? (['pictures', 'between'] as const) : []),
  ],
  runs(shot, { start, window, smoothAt }) {
    const { frames, shape, seed, schedule, form, have } = shot;
    const passes = hierarchy(shot, window);
    const smoothing = smoothingSteps(schedule.levels.length, smoothAt);
    const noise = () => sharedNoise(seed, shape.channels * shape.height * shape.width);
    return [
      {
        frames: Array.from({ length: frames }, (_, frame) => frame),
        schedule,
        start: (frame) =>
          start === 'inversion' ? have.inversion(frame) : pureNoise(form, noise(), schedule.levels[0]!),
        passes: () => passes,
        ...(start === 'noise' && { noise }),
        gathers: (step) => smoothing.includes(step),
        gather: (step, clean) => smoothed(clean, step === smoothing[0], have),
        keepsNoise: true,
      },
    ];
  },
};
