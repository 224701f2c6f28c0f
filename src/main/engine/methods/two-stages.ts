/**
 * Two stages, after Kandinsky Video (Arkhipkin et al. 2023): key frames first, then what lies between. Here the frames
 * between are their own source frames with the change of both key frames carried over along the motion, noised part of
 * the way with the noise they came from, and finished in fewer steps (methods.md, section 5).
 */
import { z } from 'zod';
import { sharedNoise } from '../diffusion/noise.ts';
import { visitsFrom } from '../diffusion/order.ts';
import { addNoise } from '../diffusion/parametrisation.ts';
import type { Pass } from '../diffusion/run.ts';
import type { Latent, LatentShape } from '../diffusion/types.ts';
import type { Motion } from './have.ts';
import { intervals, keyFrames } from './key-frames.ts';
import { moved } from './moved.ts';
import { invertedRun, stepsOfStrength } from './starts.ts';
import type { Method } from './types.ts';

const schema = z.strictObject({
  every: z.int().min(1).max(64).default(4).describe('Frames from one key frame to the next'),
  keys: z.enum(['joint', 'chain']).default('joint').describe('How key frames hold together'),
  strength: z.number().gt(0).max(1).default(0.5).describe('How much'),
  stride: z.int().min(1).max(10).default(1).describe('steps at once'),
  carry: z.enum(['change', 'look']).default('change').describe('what is carried'),
  noise: z.enum(['own', 'shared', 'carried']).default('own').describe('noise'),
  attention: z.enum(['own', 'keys', 'keys+self', 'left']).default('own').describe('attention'),
});

type Params = z.infer<typeof schema>;

export const twoStages: Method<Params, 'inversion' | 'clean' | 'flow'> = {
  id: 'two-stages',
  label: 'Key frames first',
  summary: 'x',
  schema,
  sites: 'all',
  joint: true,
  severalAnchors: true,
  solvers: ['ddim', 'euler', 'dpmpp_2m'],
  needs: () => ['inversion', 'clean', 'flow'],
  runs(shot, params) {
    const { frames, anchors, schedule, shape, form, have, seed } = shot;
    const keys = keyFrames(frames, params.every, anchors);
    const spans = intervals(keys);
    const between = spans.flatMap((span) => span.frames);
    const span = (frame: number) => spans.find(({ left, right }) => left < frame && frame < right)!;
    const rest = schedule.levels.slice(-stepsOfStrength(schedule.levels.length, params.strength));
    const levels = rest.filter((_, i) => i % params.stride === 0);
    const first = schedule.levels.indexOf(levels[0]!);
    const keyPasses: Pass[] =
      params.keys === 'joint'
        ? [{ frames: keys, keys: 'joint' }]
        : visitsFrom(keys.indexOf(shot.anchor), keys.length).map(({ frame, previous }) =>
            previous === null
              ? { frames: [keys[frame]!], keys: 'own' }
              : { frames: [keys[frame]!], keys: [shot.anchor, keys[previous]!] },
          );
    const stage = {
      ...invertedRun(shot),
      frames: keys,
      passes: () => keyPasses,
    };
    const asides = params.attention === 'own' ? [] : keys;
    const aside = (key: number) => key + frames;
    const levelOf = (step: number) =>
      step === levels.length ? schedule.levels.length : schedule.levels.indexOf(levels[step]!);
    if (between.length === 0) return [stage];
    return [
      stage,
      {
        frames: [...asides.map(aside), ...between],
        standsFor: (frame) => (frame >= frames ? frame - frames : frame),
        schedule: { ...schedule, levels },
        recalls: asides.flatMap((frame) =>
          Array.from({ length: levels.length + 1 }, (_, i) => ({ frame, level: levelOf(i) })),
        ),
        start(frame, { result, history }) {
          if (frame >= frames) return history(frame - frames, first);
          const { left, right } = span(frame);
          const own = have.clean(frame);
          const sides = [left, right].map((key) => {
            const motion = have.flow(frame, key);
            const edited = result(key);
            const was = have.clean(key);
            const what = params.carry === 'change' ? edited.map((v, i) => v - was[i]!) : edited;
            return { motion, carried: moved(what, shape, motion, 'bilinear'), at: Math.abs(frame - key) };
          });
          const [a, b] = sides as [Side, Side];
          const mixedIn = joined(a, b, shape);
          const x0 = params.carry === 'change' ? own.map((value, i) => value + mixedIn[i]!) : mixedIn;
          const noise =
            params.noise === 'own'
              ? have.inversion(frame)
              : params.noise === 'shared'
                ? sharedNoise(seed, x0.length)
                : moved(have.inversion(left), shape, a.motion, 'nearest');
          const scale =
            form === 'vp' || params.noise === 'shared'
              ? 1
              : 1 / Math.sqrt(schedule.levels[0]!.sigma ** 2 + 1);
          return addNoise(
            form,
            x0,
            noise.map((v) => v * scale),
            levels[0]!,
          );
        },
        passes: () => [
          ...asides.map((key): Pass => ({ frames: [aside(key)], keys: 'own' })),
          ...spans.map(
            ({ left, right, frames: own }): Pass =>
              params.attention === 'own'
                ? { frames: own, keys: 'own' }
                : params.attention === 'left'
                  ? { frames: own, keys: [aside(left)], self: true }
                  : {
                      frames: own,
                      keys: [aside(left), aside(right)],
                      self: params.attention === 'keys+self',
                    },
          ),
        ],
        settle: ({ frame, step }, next, { history }) =>
          frame >= frames ? history(frame - frames, levelOf(step + 1)) : next,
      },
    ];
  },
};

interface Side {
  readonly motion: Motion;
  readonly carried: Latent;
  /** Frames away. */
  readonly at: number;
}

/** Both sides, by visibility and nearness. */
function joined(a: Side, b: Side, { height, width }: LatentShape): Latent {
  const area = height * width;
  const shareOf = ({ motion, at }: Side, i: number) =>
    ((1 - motion.hidden[i]!) * (0.1 + motion.confidence[i]!) + 1e-3) / at;
  return a.carried.map((value, k) => {
    const i = k % area;
    const [wa, wb] = [shareOf(a, i), shareOf(b, i)];
    return (wa * value + wb * b.carried[k]!) / (wa + wb);
  });
}
