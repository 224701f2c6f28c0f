/** Steps that are followed backwards: the derivative of ẑ0 as methods are shown it, against differences of the calls themselves. */
import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/common/errors.ts';
import { denoiseFrames, recordFrames } from '../../src/main/engine/diffusion/denoiser.ts';
import { sampleRuns } from '../../src/main/engine/diffusion/driver.ts';
import { combine, parted } from '../../src/main/engine/diffusion/guidance.ts';
import { noiseFor } from '../../src/main/engine/diffusion/noise.ts';
import type { Form } from '../../src/main/engine/diffusion/parametrisation.ts';
import { shallowVisits } from '../../src/main/engine/diffusion/reuse.ts';
import type { Run, Seen } from '../../src/main/engine/diffusion/run.ts';
import type { SampleRequest } from '../../src/main/engine/diffusion/sampling.ts';
import { makeLevels } from '../../src/main/engine/diffusion/schedule.ts';
import { ddim } from '../../src/main/engine/diffusion/solvers/ddim.ts';
import { euler } from '../../src/main/engine/diffusion/solvers/euler.ts';
import type { Solver } from '../../src/main/engine/diffusion/solvers/solver.ts';
import type { Latent, Level, PredictInput, PredictionType } from '../../src/main/engine/diffusion/types.ts';
import { getMethod } from '../../src/main/engine/methods/registry.ts';
import { methodRuns } from '../helpers/method-runs.ts';
import {
  deepNetwork,
  maxDiff,
  SD_SCHEDULER,
  SHAPE,
  SIZE,
  smoothNetwork,
  smoothRecord,
  text,
} from '../helpers/smooth-network.ts';

const BRANCHES = [text(-0.3), text(0.8)];
const dot = (a: Latent, b: Latent) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
const plus = (a: Latent, b: Latent, share: number) => a.map((value, i) => value + share * b[i]!);

/** Of answers in float32 on a way of this length; their second derivatives are about 1. */
const WAY = 1 / 64;
/** Rounding of float32 answers over the way, and what curvature leaves. */
const TOLERANCE = 2e-3;

/** d/ds of what `of` makes at s = 0, by central differences. */
async function difference(of: (s: number) => Promise<number>): Promise<number> {
  return ((await of(WAY)) - (await of(-WAY))) / (2 * WAY);
}

describe('the derivative of a call', () => {
  const forms: Form[] = ['vp', 've'];
  const predictions: PredictionType[] = ['epsilon', 'v_prediction', 'sample'];
  const cases = forms.flatMap((form) =>
    predictions.flatMap((prediction) => [1, 3].map((guidance) => ({ form, prediction, guidance }))),
  );

  it.each(cases)('of $form, $prediction, guidance $guidance', async ({ form, prediction, guidance }) => {
    const solver = form === 'vp' ? ddim : euler;
    const level = makeLevels(SD_SCHEDULER, 8, { solver }).levels[4]!;
    const denoiser = { predict: smoothNetwork(), form, prediction, branches: BRANCHES, guidance };
    for (const joint of [false, true]) {
      const frames = [0, 1].map((frame) => ({ latent: noiseFor(1, frame, SIZE) }));
      const directions = frames.map((_, frame) => noiseFor(2, frame, SIZE));
      const cotangents = frames.map((_, frame) => noiseFor(3, frame, SIZE));
      const call = { frames, level, by: ['latent', 'text'], joint } as const;
      const recorded = await recordFrames(denoiser, smoothRecord(), call);
      const answers = await denoiseFrames(denoiser, frames, level, joint);
      expect(recorded.answers.map(({ denoised }) => denoised)).toEqual(
        answers.map(({ denoised }) => denoised),
      );
      const { latents, texts } = await recorded.pull(cotangents, ['latent', 'text']);
      const far = await difference(async (s) => {
        const moved = frames.map(({ latent }, i) => ({ latent: plus(latent, directions[i]!, s) }));
        const made = await denoiseFrames(denoiser, moved, level, joint);
        return made.reduce((sum, { denoised }, i) => sum + dot(denoised, cotangents[i]!), 0);
      });
      const pulled = latents!.reduce((sum, gradient, i) => sum + dot(gradient, directions[i]!), 0);
      const size = Math.hypot(...latents!.map((gradient) => Math.sqrt(dot(gradient, gradient))));
      expect(Math.abs(pulled - far)).toBeLessThan(TOLERANCE * 10 * size);

      const ran = guidance === 1 ? 1 : 2;
      expect(texts!.map((branches) => branches.length)).toEqual([ran, ran]);
      const byText = await difference(async (s) => {
        const branches = [BRANCHES[0]!, text(0.8 + s)];
        const made = await denoiseFrames({ ...denoiser, branches }, frames, level, joint);
        return made.reduce((sum, { denoised }, i) => sum + dot(denoised, cotangents[i]!), 0);
      });
      const told = texts!.reduce((sum, branches) => sum + branches.at(-1)![0]!, 0);
      expect(Math.abs(told - byText)).toBeLessThan(TOLERANCE * Math.max(1, size));
    }
  });

  it('is none where ẑ0 is bounded', async () => {
    const level = makeLevels(SD_SCHEDULER, 8, { solver: ddim }).levels[4]!;
    const denoiser = {
      form: 'vp',
      prediction: 'epsilon',
      branches: BRANCHES,
      guidance: 1,
      clip: true,
    } as const;
    const frames = [{ latent: noiseFor(1, 0, SIZE) }];
    const { answers, pull } = await recordFrames(denoiser, smoothRecord(), { frames, level, by: ['latent'] });
    const [gradient] = (await pull([new Float32Array(SIZE).fill(1)], ['latent'])).latents!;
    const bounded = Array.from(answers[0]!.denoised, (value) => Math.abs(value) === 1);
    expect(new Set(bounded).size).toBe(2);
    // Each element of this network depends on itself alone.
    expect(Array.from(gradient!, (value) => value === 0)).toEqual(bounded);
  });

  it('hands the parts of guidance back, with a mask too', () => {
    const [u, c, cotangent] = [0, 1, 2].map((at) => noiseFor(4, at, SIZE)) as [Latent, Latent, Latent];
    for (const mask of [undefined, noiseFor(5, 0, 6)]) {
      const [ofU, ofC] = parted(cotangent, 2, 7.5, mask) as [Latent, Latent];
      expect(dot(cotangent, combine([u, c], 7.5, mask))).toBeCloseTo(dot(ofU, u) + dot(ofC, c), 3);
    }
    expect(parted(cotangent, 1, 7.5)).toEqual([cotangent]);
  });
});

describe('frames that are pulled by the network', () => {
  /** Latents after each step in VP form: what Euler steps with is x = z·√(σ²+1). */
  async function ways(solver: Solver, params: object): Promise<Latent[]> {
    const schedule = makeLevels(SD_SCHEDULER, 6, { solver });
    const start = [0, 1, 2].map((frame) => noiseFor(7, frame, SIZE));
    const scaled = ({ sigma }: Level, latent: Latent, back: boolean) => {
      const stretch = solver.form === 've' ? Math.sqrt(sigma * sigma + 1) : 1;
      return latent.map((value) => (back ? value / stretch : value * stretch));
    };
    const at = { start, anchor: 0, seed: 1, schedule, solver, shape: SHAPE };
    const runs = methodRuns(getMethod('pix2video'), { guidedFraction: 1, ...params }, at).map((run) => ({
      ...run,
      schedule,
      start: (frame: number) => scaled(schedule.levels[0]!, start[frame]!, false),
    }));
    const made: Latent[] = [];
    await sampleRuns({
      ...{ runs, solver, predict: smoothNetwork(), record: smoothRecord(), seed: 1 },
      ...{ prediction: 'epsilon', branches: BRANCHES, guidance: 2 },
      onVisit({ step, latent }) {
        // The clean ends of both differ.
        if (step < 5) made.push(scaled(schedule.levels[step + 1]!, latent!, true));
      },
    });
    return made;
  }

  it('go the same way in both forms, and not at all at rho 0', async () => {
    const exact = await ways(ddim, { update: 'exact', rho: 0.1 });
    const along = await ways(euler, { update: 'exact', rho: 0.1 });
    // Both forms step to the same in exact arithmetic; the rest is float32 over five steps.
    for (const [i, latent] of exact.entries()) expect(maxDiff(latent, along[i]!)).toBeLessThan(1e-3);
    const off = await ways(ddim, { update: 'off' });
    expect(await ways(ddim, { update: 'exact', rho: 0 })).toEqual(off);
    expect(maxDiff(exact.at(-1)!, off.at(-1)!)).toBeGreaterThan(0.05);
  });
});

describe('a run that differentiates', () => {
  const STEPS = 6;
  const schedule = makeLevels(SD_SCHEDULER, STEPS, { solver: ddim });
  const FRAMES = [0, 1, 2, 3];
  const passes: Run['passes'] = () => [
    { frames: [1, 2], keys: 'joint' },
    { frames: [0, 3], keys: [1, 2], reads: [1] },
  ];
  const runOf = (more: Partial<Run>): Run => ({
    ...{ frames: FRAMES, schedule, passes, start: (frame) => noiseFor(3, frame, SIZE) },
    differentiates: (step) => step === 1 || step === 2,
    ...more,
  });
  const sampled = (run: Run, more: Partial<SampleRequest> = {}) =>
    sampleRuns({
      ...{ runs: [run], solver: ddim, predict: smoothNetwork(), record: smoothRecord(), seed: 1 },
      ...{ prediction: 'epsilon', branches: BRANCHES, guidance: 2 },
      ...more,
    });

  it('has its passes go by themselves, and what nobody changes stays as it was', async () => {
    const [asked, recorded]: PredictInput[][] = [[], []];
    const calls: number[] = [];
    const record = smoothRecord(recorded);
    const capacity = { together: 4, fits: () => 4 };
    const result = await sampled(runOf({}), {
      predict: smoothNetwork(asked),
      record(frames, ...how) {
        calls.push(frames.length);
        return record(frames, ...how);
      },
      capacity,
    });
    expect(calls).toEqual([2, 1, 1, 2, 1, 1]);
    expect(asked!.length).toBe((STEPS - 2) * FRAMES.length);
    expect(result).toEqual(await sampled(runOf({ differentiates: () => false })));
  });

  it('may do so for some passes only', async () => {
    const recorded: PredictInput[] = [];
    const told: (readonly [number, number])[] = [];
    const differentiates: Run['differentiates'] = (step, steps, { reads = [] }) => {
      told.push([step, steps]);
      return step === 0 && reads.length > 0;
    };
    await sampled(runOf({ differentiates }), { record: smoothRecord(recorded) });
    expect(recorded.length).toBe(2);
    expect(told.every(([step, steps]) => step < steps && steps === STEPS)).toBe(true);
  });

  it('shows blend and settle how its frames depend on each other', async () => {
    const seen: Record<'blend' | 'settle', Seen[]> = { blend: [], settle: [] };
    const crossed: number[] = [];
    await sampled(
      runOf({
        async blend(at) {
          seen.blend.push(at);
          if (at.slope && at.frame === 1) {
            const gradients = await at.slope.pull(new Map([[2, new Float32Array(SIZE).fill(1)]]));
            crossed.push(Math.hypot(...gradients.get(1)!));
          }
          return at.denoised;
        },
        settle(at, next) {
          seen.settle.push(at);
          return next;
        },
      }),
    );
    for (const all of Object.values(seen)) {
      for (const { step, frame, slope, denoised } of all) {
        const has = frame === 1 || frame === 2 ? [1, 2] : [frame];
        expect(slope && [...slope.denoised.keys()]).toEqual(step === 1 || step === 2 ? has : undefined);
        if (slope) expect(slope.denoised.get(frame)).toBe(denoised);
      }
    }
    expect(crossed.length).toBe(2);
    for (const size of crossed) expect(size).toBeGreaterThan(0.01);
  });

  it('lets the reuse of depth rest', async () => {
    const run = runOf({ differentiates: (step) => step === 1 || step === 3 });
    const log: PredictInput[] = [];
    const record = smoothRecord([], deepNetwork(log));
    await sampled(run, { predict: deepNetwork(log), record, reuse: 3 });
    const shallow = log.filter(({ deep }) => deep).length;
    // Whole are 0, 1, 3, which begins three anew.
    expect(shallow).toBe(3 * FRAMES.length);
    expect(shallowVisits([run], { reuse: 3 })).toBe(shallow);
  });

  it('names step and frame where the way back breaks down', async () => {
    const told = async (record: SampleRequest['record']) => {
      const settle: Run['settle'] = async ({ slope, frame, denoised }, next) => {
        await slope?.pull(new Map([[frame, denoised]]));
        return next;
      };
      return sampled(runOf({ settle }), { record: record!, firstFrame: 40 }).catch((error: unknown) => error);
    };
    const smooth = smoothRecord();
    const broken = await told(async (...call) => ({
      ...(await smooth(...call)),
      pull: async () => ({ latents: call[0].map(({ latent }) => latent.map(() => Number.NaN)) }),
    }));
    expect(broken).toMatchObject({
      code: 'not-finite',
      message: 'the picture broke down at step 2, frame 41 (not a number)',
      doing: 'following the network backwards',
    });
    const named = await told(async (...call) => ({
      ...(await smooth(...call)),
      pull: () => Promise.reject(new AppError('not-finite', 'Exp "e" of the UNet', { doing: 'x' })),
    }));
    expect(named).toMatchObject({ code: 'not-finite', message: 'Exp "e" of the UNet, at step 2, frame 41' });
    const forwards = await told(() =>
      Promise.reject(new AppError('not-finite', 'its output y broke down', { doing: 'x' })),
    );
    expect(forwards).toMatchObject({ message: 'its output y broke down, at step 2, frame 41' });
  });
});
