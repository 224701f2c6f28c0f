/**
 * VidRD (Gu et al. 2023), "reuse and diffuse": a long shot clip after clip. The next clip begins from the noise of the one
 * before in reversed order (FNR), partly renewed (PNS), and its first frames are held to that one's way (DSG); methods.md, section 5.
 */
import { z } from 'zod';
import { noiseFor } from '../diffusion/noise.ts';
import { visitsFrom } from '../diffusion/order.ts';
import { pureNoise } from '../diffusion/parametrisation.ts';
import type { Pass, Run } from '../diffusion/run.ts';
import type { Latent } from '../diffusion/types.ts';
import { moved } from './moved.ts';
import type { Method, ShotFacts } from './types.ts';

const schema = z.strictObject({
  noise: z
    .enum(['inverted', 'reversed'])
    .default('inverted')
    .meta({
      title: 'Start from',
      term: 'inverted or reversed noise',
      description:
        'Each stretch starts from the frames of the clip, which keeps their motion, or from scratch and goes on backwards, which keeps nothing of the clip but its depth',
      names: { inverted: 'The clip', reversed: 'Scratch' },
    }),
  attention: z
    .enum(['both', 'joint', 'own'])
    .default('both')
    .meta({
      title: 'Look at',
      term: 'attention within a clip of frames',
      description:
        'What a frame looks at: the first frame of its stretch and the one before, all of the stretch, or itself',
      names: { both: 'First and previous frame', joint: 'All frames', own: 'Itself' },
    }),
  clip: z.int().min(1).max(1000).default(16).meta({
    title: 'Frames at a time',
    term: 'frames of a clip',
    description: 'Length of a stretch, in frames',
  }),
  promptFrames: z.int().min(0).max(1000).default(4).meta({
    title: 'Overlap',
    term: 'prompt frames',
    description: 'How many first frames of a stretch are held to the last ones of the stretch before',
  }),
  alpha: z.number().min(0).max(1000).default(4).meta({
    title: 'Likeness from stretch to stretch',
    term: 'alpha, share of reversed noise',
    description:
      'How much of the stretch before goes on in the next one: more is more alike. Only from scratch',
  }),
  beta: z.number().min(0).max(1).default(0.6).meta({
    title: 'Overlap lasts',
    term: 'beta, share of guided steps',
    description: 'For what share of the steps they are held: the first of them longest',
  }),
});

type Params = z.infer<typeof schema>;

/** Unit noise of a frame. */
type Noise = (frame: number) => Latent;

interface Clip {
  /** Led by the first, unless it is the clip of the anchor. */
  readonly frames: readonly number[];
  /** Those of the clip that it goes on from, the nearest last; null for the clip of the anchor. */
  readonly before: readonly number[] | null;
}

/** The clip of the anchor, those after it, and those before it, which go backwards. */
export function clipsAround({ frames, anchor }: Pick<ShotFacts, 'frames' | 'anchor'>, size: number): Clip[] {
  const start = Math.max(0, Math.min(anchor, frames - size));
  const middle = range(start, Math.min(frames, start + size));
  const clips: Clip[] = [{ frames: middle, before: null }];
  let before: readonly number[] = middle;
  for (let from = start + middle.length; from < frames; from += size) {
    clips.push({ frames: range(from, Math.min(frames, from + size)), before });
    before = range(from, from + size);
  }
  before = middle.toReversed();
  for (let to = start; to > 0; to -= size) {
    const own = range(Math.max(0, to - size), to).reverse();
    clips.push({ frames: own, before });
    before = own;
  }
  return clips;
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}

/** @param noise seeded, unless goldens bring their own */
export function vidRdRuns(
  shot: ShotFacts<'inversion' | 'flow'>,
  params: Params,
  noise: Noise = seeded(shot),
): readonly Run[] {
  return clipsAround(shot, params.clip).map((clip) => runOf(clip, shot, params, noise));
}

function runOf(
  { frames, before }: Clip,
  { anchor, schedule, shape, form, have }: ShotFacts<'inversion' | 'flow'>,
  params: Params,
  noise: Noise,
): Run {
  const steps = schedule.levels.length;
  const inverted = params.noise === 'inverted';
  const fresh = (frame: number) => pureNoise(form, noise(frame), schedule.levels[0]!);
  const place = new Map(frames.map((frame, j) => [frame, j]));
  const passes = passesWithin(frames, before ? frames[0]! : anchor, params.attention);
  const first = { frames, schedule, passes: () => passes };
  if (!before) return { ...first, start: (frame) => (inverted ? have.inversion(frame) : fresh(frame)) };

  /** Its mirror image about the joint. */
  const reversed = (frame: number) => before[before.length - 1 - place.get(frame)!]!;
  const holds = (frame: number, step: number) => {
    const [j, held] = [place.get(frame)!, params.promptFrames];
    return j < held && steps - step > (1 - params.beta) * steps + (params.beta * steps * j) / held;
  };
  const share = 1 / Math.sqrt(1 + params.alpha ** 2);
  const bases = inverted ? [] : frames.map((frame) => ({ frame: reversed(frame), level: 0 }));
  const held = frames.flatMap((frame) =>
    schedule.levels.flatMap((_, step) =>
      holds(frame, step) ? [{ frame: reversed(frame), level: step + 1 }] : [],
    ),
  );
  return {
    ...first,
    recalls: [...bases, ...held],
    start(frame, { history }) {
      if (inverted) return have.inversion(frame);
      const base = history(reversed(frame), 0);
      if (place.get(frame)! < params.promptFrames) return base;
      return fresh(frame).map((value, i) => share * (params.alpha * base[i]! + value));
    },
    settle({ frame, step }, next, { history }) {
      if (!holds(frame, step)) return next;
      const other = history(reversed(frame), step + 1);
      if (!inverted) return other;
      // The film goes on where the paper's mirrors itself, so what is held moves with it.
      const motion = have.flow(frame, reversed(frame));
      const carried = moved(other, shape, motion, 'nearest');
      return next.map((value, i) => (motion.hidden[i % motion.hidden.length]! < 0.5 ? carried[i]! : value));
    },
  };
}

function passesWithin(frames: readonly number[], lead: number, attention: Params['attention']): Pass[] {
  if (attention === 'joint') return [{ frames, keys: 'joint' }];
  return visitsFrom(frames.indexOf(lead), frames.length).map(({ frame, previous }): Pass => {
    const own = { frames: [frames[frame]!] };
    if (attention === 'own' || previous === null) return { ...own, keys: 'own' };
    return { ...own, keys: [lead, frames[previous]!] };
  });
}

function seeded({ seed, shape }: Pick<ShotFacts, 'seed' | 'shape'>): Noise {
  return (frame) => noiseFor(seed, frame, shape.channels * shape.height * shape.width);
}

export const vidRd: Method<Params, 'inversion' | 'flow'> = {
  id: 'vidrd',
  label: 'Stretch by stretch',
  term: 'VidRD, reuse and diffuse',
  summary:
    'Makes a long shot stretch after stretch, each going on from the one before, so that memory stays the same however long the shot is.',
  schema,
  sites: 'all',
  joint: true,
  attends: ({ attention }) => ({
    joint: attention === 'joint',
    ...(attention === 'own' && { sites: 'none' }),
  }),
  solvers: ['ddim', 'euler'],
  needs: ({ noise }) => (noise === 'inverted' ? ['inversion', 'flow'] : []),
  runs: (shot, params) => vidRdRuns(shot, params),
};
