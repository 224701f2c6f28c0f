/**
 * Two stages, after Kandinsky Video (Arkhipkin et al. 2023): key frames first, then what lies between. Here the frames
 * between begin from both key frames, carried over along the motion of the clip, under the noise of their own inversion, and
 * only the last steps are theirs (methods.md, section 5).
 */
import { z } from 'zod';
import { visitsFrom } from '../diffusion/order.ts';
import { addNoise } from '../diffusion/parametrisation.ts';
import type { Pass, Run } from '../diffusion/run.ts';
import type { Latent } from '../diffusion/types.ts';
import type { Motion } from './have.ts';
import { intervals, keyFrames } from './key-frames.ts';
import { moved } from './moved.ts';
import { invertedRun, stepsOfStrength } from './starts.ts';
import type { Method, ShotFacts } from './types.ts';

const schema = z.strictObject({
  every: z.int().min(1).max(64).default(4).meta({
    title: 'Key frame every',
    term: 'distance of key frames',
    description: 'Frames from one key frame to the next: more is quicker, and further to carry',
  }),
  keys: z
    .enum(['joint', 'chain'])
    .default('joint')
    .meta({
      title: 'Key frames hold together',
      term: 'joint or chained attention',
      description:
        'All looking at each other, or each at the anchor and the key frame before, for less memory',
      names: { joint: 'All at once', chain: 'One after the other' },
    }),
  strength: z.number().gt(0).max(1).default(0.3).meta({
    title: 'Work on frames between',
    term: 'strength of the second stage',
    description:
      'Share of the steps that the frames between are made in: less is quicker and nearer to the key frames',
  }),
  carry: z
    .enum(['look', 'change'])
    .default('look')
    .meta({
      title: 'What is carried over',
      term: 'propagation of look or of residual',
      description:
        'What is carried over to them: the look of the key frames, which is steadier, or their change, added to the source frame, which keeps more of its detail',
      names: { look: 'The look', change: 'The change' },
    }),
});

type Params = z.infer<typeof schema>;
type Needs = 'inversion' | 'clean' | 'flow';

/** What of a key frame is seen where the motion says that it is hidden: where both are, both count alike. */
const LEAST = 1e-3;

/** A key frame as it looks from a frame between. */
interface Side {
  readonly motion: Motion;
  readonly carried: Latent;
  /** Frames away. */
  readonly away: number;
}

/** All keys jointly, or outwards from the anchor, each looking at it and at the key before. */
function keyPasses(keys: readonly number[], anchor: number, together: boolean): Pass[] {
  if (together) return [{ frames: keys, keys: 'joint' }];
  return visitsFrom(keys.indexOf(anchor), keys.length).map(({ frame, previous }): Pass => {
    const frames = [keys[frame]!];
    return previous === null ? { frames, keys: 'own' } : { frames, keys: [anchor, keys[previous]!] };
  });
}

/** Both sides by nearness, and by how surely each is seen. */
function joined(sides: readonly [Side, Side]): Latent {
  const [a, b] = sides.map(({ motion, away }) =>
    motion.confidence.map((sure, i) => ((1 - motion.hidden[i]!) * sure + LEAST) / away),
  ) as [Float32Array, Float32Array];
  const [left, right] = sides;
  return left.carried.map((value, i) => {
    const at = i % a.length;
    const share = a[at]! / (a[at]! + b[at]!);
    return share * value + (1 - share) * right.carried[i]!;
  });
}

function between(shot: ShotFacts<Needs>, keys: readonly number[], { strength, carry }: Params): Run {
  const { schedule, shape, form, have } = shot;
  const spans = intervals(keys);
  const levels = schedule.levels.slice(-stepsOfStrength(schedule.levels.length, strength));
  // Inverted noise stands at the first level: of unit variance in VP form, stretched in VE form.
  const stretch = form === 'vp' ? 1 : Math.sqrt(schedule.levels[0]!.sigma ** 2 + 1);
  const noise = (frame: number) => have.inversion(frame).map((value) => value / stretch);
  return {
    frames: spans.flatMap(({ frames }) => frames),
    schedule: { ...schedule, levels },
    noise,
    start(frame, { result }) {
      const { left, right } = spans.find((span) => span.left < frame && frame < span.right)!;
      const side = (key: number): Side => {
        const [motion, was] = [have.flow(frame, key), have.clean(key)];
        const edited = result(key);
        const what = carry === 'look' ? edited : edited.map((value, i) => value - was[i]!);
        return { motion, carried: moved(what, shape, motion, 'bilinear'), away: Math.abs(frame - key) };
      };
      const carried = joined([side(left), side(right)]);
      const own = have.clean(frame);
      const begun = carry === 'look' ? carried : carried.map((value, i) => own[i]! + value);
      return addNoise(form, begun, noise(frame), levels[0]!);
    },
  };
}

export const twoStages: Method<Params, Needs> = {
  id: 'two-stages',
  label: 'Key frames first',
  term: 'two stages: key frames and propagation',
  summary:
    'Edits every few frames together, carries them over along the motion and finishes the frames between in fewer steps. The quickest of the steady methods.',
  schema,
  sites: 'all',
  joint: true,
  attends: ({ keys }) => ({ joint: keys === 'joint' }),
  severalAnchors: true,
  solvers: ['ddim', 'euler', 'dpmpp_2m'],
  needs: () => ['inversion', 'clean', 'flow'],
  runs(shot, params) {
    const keys = keyFrames(shot.frames, params.every, shot.anchors);
    const passes = keyPasses(keys, shot.anchor, params.keys === 'joint');
    const first = { ...invertedRun(shot), frames: keys, passes: () => passes };
    return keys.length < shot.frames ? [first, between(shot, keys, params)] : [first];
  },
};
