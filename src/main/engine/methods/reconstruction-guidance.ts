/**
 * Reconstruction guidance (Ho et al. 2022, "Video Diffusion Models", Eq. 7): frames that a clip does not have, beside frames
 * that are fixed. All of a window look at each other; the fixed ones stand as they are under noise, and what is made is led
 * to where the network makes them out best (methods.md, section 5). Windows follow one another, so memory does not grow.
 */
import { z } from 'zod';
import { sharedNoise } from '../diffusion/noise.ts';
import { addNoise, type Form, pureNoise } from '../diffusion/parametrisation.ts';
import type { Earlier, Run, Seen, Slope } from '../diffusion/run.ts';
import type { Latent, Level } from '../diffusion/types.ts';
import { carried } from './carried.ts';
import { type Window, windowsOf } from './made-windows.ts';
import { stepsOfStrength } from './starts.ts';
import type { Method, ShotFacts } from './types.ts';

const schema = z.strictObject({
  weight: z.number().min(0).max(1000).default(0).meta({
    title: 'Pull to the clip',
    term: 'weight of reconstruction guidance',
    description:
      'How strongly new frames are led to what fits the frames that are there, for about five times the time; 0 leaves it to their looking at each other',
  }),
  window: z.int().min(3).max(64).default(4).meta({
    title: 'Frames at a time',
    term: 'frames of a window',
    description:
      'New frames and those they are made beside, together: more hold together better and take more memory',
  }),
  start: z
    .enum(['motion', 'noise'])
    .default('motion')
    .meta({
      title: 'Start from',
      term: 'carried frames or random noise',
      description: 'New frames begin as the nearest ones carried on along their motion, or from scratch',
      names: { motion: 'The motion', noise: 'Scratch' },
    }),
  strength: z.number().gt(0).max(1).default(0.3).meta({
    title: 'Work on new frames',
    term: 'strength',
    description:
      'Share of the steps that carried frames are made in: less stays nearer to what was carried. Not from scratch',
  }),
});

type Params = z.infer<typeof schema>;
type Needs = 'clean' | 'flow' | 'gradient';

/** One window as a run. @param noise unit noise of a frame */
function windowRun(
  { fixed, made }: Window,
  shot: ShotFacts<Needs>,
  { weight, start, strength }: Params,
  noise: (frame: number) => Latent,
): Run {
  const { form, schedule, have } = shot;
  const steps = schedule.levels.length;
  const levels =
    start === 'motion' ? schedule.levels.slice(-stepsOfStrength(steps, strength)) : schedule.levels;
  const isFixed = new Set(fixed);
  const isOfClip = new Set(shot.fixed);
  const clean = (frame: number, { result }: Earlier) =>
    isOfClip.has(frame) ? have.clean(frame) : result(frame);
  const frames = [...fixed, ...made].sort((a, b) => a - b);
  const gradients = new WeakMap<Slope, Promise<ReadonlyMap<number, Latent>>>();
  const gradientOf = async ({ slope, frame }: Seen, earlier: Earlier): Promise<Latent | null> => {
    if (!slope) return null;
    const known = new Map(fixed.map((other) => [other, clean(other, earlier)]));
    const found = gradients.get(slope) ?? lossGradient(slope, known);
    gradients.set(slope, found);
    return (await found).get(frame)!;
  };
  return {
    frames,
    schedule: { ...schedule, levels },
    noise,
    passes: () => [{ frames, keys: 'joint' }],
    fewer: `Set "Frames at a time" (window) to fewer than ${frames.length}.`,
    differentiates: () => weight > 0,
    start(frame, earlier) {
      const [first] = levels as [Level];
      if (isFixed.has(frame)) return addNoise(form, clean(frame, earlier), noise(frame), first);
      if (start === 'noise') return pureNoise(form, noise(frame), first);
      return addNoise(form, carried(frame, shot), noise(frame), first);
    },
    async blend(seen, earlier) {
      if (isFixed.has(seen.frame)) return clean(seen.frame, earlier);
      const gradient = await gradientOf(seen, earlier);
      return gradient ? pulled(seen.denoised, gradient, weight * halfSignal(form, seen.from)) : seen.denoised;
    },
    settle({ frame, step, to }, next, earlier) {
      if (!isFixed.has(frame)) return next;
      const latent = clean(frame, earlier);
      return step === levels.length - 1 ? latent.slice() : addNoise(form, latent, noise(frame), to);
    },
  };
}

/** Of Σ‖x − ẑ0‖² over the fixed frames, by the latents of the pass. */
function lossGradient(
  slope: Slope,
  fixed: ReadonlyMap<number, Latent>,
): Promise<ReadonlyMap<number, Latent>> {
  const cotangents = new Map(
    [...fixed].map(([frame, clean]) => {
      const denoised = slope.denoised.get(frame)!;
      return [frame, clean.map((value, i) => 2 * (denoised[i]! - value))] as const;
    }),
  );
  return slope.pull(cotangents);
}

/** √ᾱ/2, by which the gradient counts where z carries √ᾱ of the picture; x = z/√ᾱ has taken one √ᾱ along. */
function halfSignal(form: Form, { alphaBar }: Level): number {
  return (form === 'vp' ? Math.sqrt(alphaBar) : 1) / 2;
}

function pulled(denoised: Latent, gradient: Latent, by: number): Latent {
  return denoised.map((value, i) => value - by * gradient[i]!);
}

export const reconstructionGuidance: Method<Params, Needs> = {
  id: 'reconstruction-guidance',
  label: 'Longer or slower',
  term: 'reconstruction guidance',
  summary:
    'Makes frames that the clip does not have: before it, after it, or between its frames, which stay as they are. The prompt says what the clip shows.',
  schema,
  sites: 'all',
  joint: true,
  makesFrames: true,
  // Those that ask once a step and add no noise: what is fixed stands under its own.
  solvers: ['ddim', 'euler', 'dpmpp_2m'],
  lighter: ({ weight, window }) =>
    weight === 0
      ? null
      : window > 3
        ? `work on fewer frames at a time (-p window=3)`
        : 'leave out the pull to the clip (-p weight=0)',
  needs: ({ start, weight }) => [
    'clean',
    ...(start === 'motion' ? (['flow'] as const) : []),
    ...(weight > 0 ? (['gradient'] as const) : []),
  ],
  runs(shot, params) {
    const { seed, shape } = shot;
    const noise = () => sharedNoise(seed, shape.channels * shape.height * shape.width);
    return windowsOf(shot.frames, shot.fixed ?? [], params.window).map((window) =>
      windowRun(window, shot, params, noise),
    );
  },
};
