/** A plugin's runs, as the driver takes them: starts and passes from its answer, hooks as questions to it. */
import { AppError } from '../../../common/errors.ts';
import type { PluginHook, PluginRun } from '../../../common/plugins/sampling-v1.ts';
import { noiseFor, sharedNoise } from '../diffusion/noise.ts';
import { addNoise, pureNoise } from '../diffusion/parametrisation.ts';
import type { Earlier, Recall, Run, Seen } from '../diffusion/run.ts';
import type { Latent, Level } from '../diffusion/types.ts';
import type { Have } from '../methods/have.ts';
import { invertedRun, noisedRun, stepsOfStrength } from '../methods/starts.ts';
import type { ShotFacts } from '../methods/types.ts';
import { standing } from './check-runs.ts';
import type { Hooks, Place } from './hooks.ts';
import { type ShownOf, shownFrame } from './shown.ts';

/** Bytes that one call may show: `gather` shows all frames of a run at once. */
const MOST_SHOWN = 512e6;

/** @param runs without fault @throws AppError usage where more would be shown at once than can be */
export function runsFrom(runs: readonly PluginRun[], shot: ShotFacts, hooks: Hooks): readonly Run[] {
  return runs.map((run, index) => {
    checkShown(run, shot);
    return runFrom(run, index, shot, hooks);
  });
}

function runFrom(run: PluginRun, index: number, shot: ShotFacts, hooks: Hooks): Run {
  const stands = standing(run);
  const whose = (frame: number) => stands.get(frame) ?? frame;
  const begun = begin(run, shot, whose);
  const { levels, final } = begun.schedule;
  const { shape, form } = shot;
  const have = shot.have as Have;
  const { passes, passesByStep, blend, gather, settle, recalls } = run;

  const recalledBy = Map.groupBy(recalls, ({ by, step }) => `${by} ${step}`);

  const place = (step: number, frame: number | null): Place => ({
    ...{ run: index, step },
    frame: frame === null ? null : (shot.atWork?.first ?? 0) + whose(frame),
  });
  const told = (step: number) => ({
    ...{ step, steps: levels.length, run: index, form, shape },
    from: levelOf(levels[step]!),
    to: levelOf(levels[step + 1] ?? final),
  });
  const showing = ({ shows }: PluginHook, step: number, { result }: Earlier): ShownOf => ({
    ...{ shows, have, whose, shape, result },
    ends: shot.schedule.levels.length - levels.length + step + 1,
  });
  const seenBy = async (hook: PluginHook, seen: Seen, earlier: Earlier) => {
    const { frame, step, denoised, latent, reads } = seen;
    const of = showing(hook, step, earlier);
    const shownReads = [];
    for (const read of reads) {
      const { used, next } = read;
      shownReads.push({
        ...(await shownFrame({ frame: read.frame, denoised: read.denoised }, of)),
        used,
        next,
      });
    }
    return {
      ...told(step),
      ...(await shownFrame({ frame, denoised, latent, motionTo: reads.map((read) => read.frame) }, of)),
      reads: shownReads,
      recalled: (recalledBy.get(`${frame} ${step}`) ?? []).map((one) => ({
        ...{ frame: one.frame, level: one.level },
        latent: earlier.history(one.frame, one.level),
      })),
    };
  };

  return {
    ...begun,
    ...(stands.size > 0 && { standsFor: whose }),
    ...(run.fewer !== undefined && { fewer: run.fewer }),
    ...(recalls.length > 0 && { recalls: distinct(recalls) }),
    ...(passes && { passes: () => passes }),
    ...(passesByStep && { passes: (step: number) => passesByStep[step]! }),
    ...(blend && {
      async blend(seen: Seen, earlier: Earlier) {
        const { step, frame, denoised } = seen;
        if (!takes(blend, step)) return denoised;
        return (await hooks.blend(await seenBy(blend, seen, earlier), place(step, frame))) ?? denoised;
      },
    }),
    ...(gather && {
      keepsNoise: run.keepsNoise,
      gathers: (step: number) => takes(gather, step),
      async gather(step: number, clean: ReadonlyMap<number, Latent>, earlier: Earlier) {
        const order = [...clean.keys()].sort((a, b) => a - b);
        const frames = [];
        for (const [at, frame] of order.entries()) {
          const motionTo = [order[at - 1], order[at + 1]].filter((one) => one !== undefined);
          frames.push(
            await shownFrame(
              { frame, denoised: clean.get(frame)!, motionTo },
              showing(gather, step, earlier),
            ),
          );
        }
        const made = await hooks.gather({ ...told(step), frames }, (frame) => place(step, frame));
        return new Map([...clean, ...made]);
      },
    }),
    ...(settle && {
      async settle(seen: Seen, next: Latent, earlier: Earlier) {
        const { step, frame } = seen;
        if (!takes(settle, step)) return next;
        const shown = { ...(await seenBy(settle, seen, earlier)), next };
        return (await hooks.settle(shown, place(step, frame))) ?? next;
      },
    }),
  };
}

function takes({ steps }: PluginHook, step: number): boolean {
  return steps === 'all' || steps.includes(step);
}

function levelOf({ timestep, alphaBar, sigma }: Level): Level {
  return { timestep, alphaBar, sigma };
}

/** Where its frames begin, and over which of the shot's steps. */
function begin(
  { frames, start }: PluginRun,
  shot: ShotFacts,
  whose: (frame: number) => number,
): Pick<Run, 'frames' | 'schedule' | 'start' | 'noise'> {
  if (start.from === 'inversion') {
    const run = invertedRun(shot as ShotFacts<'inversion'>);
    return { ...run, frames, start: (frame, earlier) => run.start(whose(frame), earlier) };
  }
  const { form, schedule, seed, shape } = shot;
  const shared = start.noise === 'shared';
  if (start.from === 'clip') {
    const run = noisedRun(shot as ShotFacts<'clean'>, { strength: start.strength, shared });
    const noise = (frame: number) => run.noise!(whose(frame));
    return { ...run, frames, noise, start: (frame, earlier) => run.start(whose(frame), earlier) };
  }
  const count = shape.channels * shape.height * shape.width;
  const noise = (frame: number) => (shared ? sharedNoise(seed, count) : noiseFor(seed, whose(frame), count));
  if (start.from === 'noise') {
    const { levels } = schedule;
    return { frames, schedule, noise, start: (frame) => pureNoise(form, noise(frame), levels[0]!) };
  }
  const levels = schedule.levels.slice(-stepsOfStrength(schedule.levels.length, start.strength));
  const of = new Map(frames.map((frame, i) => [frame, start.of?.[i] ?? frame]));
  return {
    ...{ frames, noise },
    schedule: { ...schedule, levels },
    start: (frame, { result }) => addNoise(form, result(of.get(frame)!), noise(frame), levels[0]!),
  };
}

/** Each once. */
function distinct(recalls: PluginRun['recalls']): readonly Recall[] {
  const places = recalls.map(({ frame, level }) => [`${frame} ${level}`, { frame, level }] as const);
  return [...new Map(places).values()];
}

function checkShown({ frames, gather }: PluginRun, { shape }: ShotFacts): void {
  if (!gather) return;
  const plane = shape.height * shape.width;
  const latent = 4 * shape.channels * plane;
  // Motion has four planes each way; pictures are eight times as large as latents either way.
  const of: Partial<Record<(typeof gather.shows)[number], number>> = {
    ...{ mask: 4 * plane, flow: 2 * 4 * 4 * plane, pictures: 3 * 64 * plane },
  };
  const bytes = frames.length * gather.shows.reduce((sum, what) => sum + (of[what] ?? latent), latent);
  if (bytes <= MOST_SHOWN) return;
  throw new AppError(
    'usage',
    `this edit shows its plugin ${frames.length} frames at once, which is too much`,
    {
      doing: 'planning the memory',
      hint: 'Choose a part of the shot, a smaller size, or another method.',
    },
  );
}
