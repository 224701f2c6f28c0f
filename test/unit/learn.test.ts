/** Learning a clip, over a network of one weight whose derivative is known. */
import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/common/errors.ts';
import { type LearnOf, type LearnState, learn, seededDraw } from '../../src/main/engine/diffusion/learn.ts';
import { noiseFor } from '../../src/main/engine/diffusion/noise.ts';
import { alphaBars } from '../../src/main/engine/diffusion/schedule.ts';
import type { PredictInput, RecordCall } from '../../src/main/engine/diffusion/types.ts';

const bars = alphaBars({
  ...{ className: 'DDIMScheduler', trainTimesteps: 1000, betaStart: 0.00085, betaEnd: 0.012 },
  ...{ betaSchedule: 'scaled_linear', trainedBetas: null, setAlphaToOne: false, stepsOffset: 1 },
  ...{ timestepSpacing: 'leading', prediction: 'epsilon', clipSample: false, rescaleBetasZeroSnr: false },
});
const SIZE = 24;
const clean = Array.from({ length: 6 }, (_, frame) => noiseFor(9, frame, SIZE));
const text = { hidden: new Float32Array(1), tokens: 1, dim: 1 };

/** Says w·latent. */
function network(weights: ReadonlyMap<string, Float32Array>, heard: PredictInput[][] = []): RecordCall {
  return async (frames, by, joint) => {
    expect([by, joint]).toEqual([['weights'], 'causal']);
    heard.push([...frames]);
    const [w] = weights.get('w')!;
    return {
      outputs: frames.map(({ latent }) => ({ outputs: [latent.map((value) => w! * value)] })),
      async pull(cotangents) {
        let sum = 0;
        for (const [at, [cotangent]] of cotangents.entries())
          for (const [i, value] of cotangent!.entries()) sum += value * frames[at]!.latent[i]!;
        return { weights: new Map([['w', Float32Array.of(sum)]]) };
      },
    };
  };
}

function asked(more: Partial<LearnOf> = {}, heard: PredictInput[][] = []): LearnOf {
  const weights = more.weights ?? new Map([['w', Float32Array.of(0.2)]]);
  return {
    ...{ record: network(weights, heard), prediction: 'epsilon', alphaBars: bars, clean, text, weights },
    ...{ steps: 40, rate: 0.02, together: 3, draw: seededDraw(5, 1000) },
    ...more,
  };
}

describe('learning a clip', () => {
  it('brings the weight to what foretells the noise best', async () => {
    const of = asked({ steps: 300 });
    const { losses } = await learn(of);
    // Of unit latents under all levels of noise, least squares of ε by w·z is the mean of √(1-ᾱ).
    const best = bars.reduce((sum, bar) => sum + Math.sqrt(1 - bar), 0) / bars.length;
    expect(of.weights.get('w')![0]).toBeCloseTo(best, 0);
    const mean = (part: readonly number[]) => part.reduce((sum, loss) => sum + loss, 0) / part.length;
    expect(mean(losses.slice(-50))).toBeLessThan(0.75 * mean(losses.slice(0, 10)));
  });

  it.each(['epsilon', 'v_prediction', 'sample'] as const)(
    'has the loss of a network that predicts %s',
    async (prediction) => {
      const heard: PredictInput[][] = [];
      const { losses } = await learn(asked({ prediction, steps: 1, together: 1 }, heard));
      const [{ latent, timestep }] = heard[0] as [PredictInput];
      const [signal, noise] = [Math.sqrt(bars[timestep]!), Math.sqrt(1 - bars[timestep]!)];
      const target = latent.map((value, i) => {
        const [z, e] = [clean[0]![i]!, (value - signal * clean[0]![i]!) / noise];
        return { epsilon: e, v_prediction: signal * e - noise * z, sample: z }[prediction];
      });
      const loss = latent.reduce((sum, value, i) => sum + (0.2 * value - target[i]!) ** 2 / SIZE, 0);
      expect(losses[0]).toBeCloseTo(loss, 4);
    },
  );

  it('shows the first frame and a stretch of those that follow each other, all of them where they are few', async () => {
    const seen = async (together: number) => {
      const heard: PredictInput[][] = [];
      const frames: number[][] = [];
      const { draw, ...of } = asked({ together, steps: 30 }, heard);
      const noise = (step: number, frame: number, count: number) => {
        frames[step] = [...(frames[step] ?? []), frame];
        return draw.noise(step, frame, count);
      };
      await learn({ ...of, draw: { ...draw, noise } });
      for (const [step, inputs] of heard.entries()) {
        expect(inputs).toHaveLength(frames[step]!.length);
        expect(new Set(inputs.map(({ timestep }) => timestep)).size).toBe(1);
      }
      return new Set(frames.map((step) => step.join()));
    };
    expect([...(await seen(3))].sort()).toEqual(['0,1,2', '0,2,3', '0,3,4', '0,4,5']);
    expect([...(await seen(6))]).toEqual(['0,1,2,3,4,5']);
    expect([...(await seen(1))]).toEqual(['0']);
  });

  it('goes on where it was left, to the same bits, and stops where it is enough', async () => {
    const whole = asked();
    const { losses } = await learn(whole);
    const half = asked();
    let left: LearnState | null = null;
    await learn({
      ...half,
      onStep(state) {
        left = structuredClone({ losses: state.losses, optimiser: state.optimiser });
        return state.losses.length === 17;
      },
    });
    expect(left!.losses).toEqual(losses.slice(0, 17));
    const resumed = await learn({ ...half, from: left! });
    expect(resumed.losses).toEqual(losses);
    expect(half.weights).toEqual(whole.weights);
  });

  it('names the step in which it breaks down', async () => {
    const weights = new Map([['w', Float32Array.of(Number.NaN)]]);
    await expect(learn(asked({ weights }))).rejects.toMatchObject({
      code: 'not-finite',
      message: 'the loss broke down at step 1 of learning (not a number)',
      hint: expect.stringMatching(/learnRate/),
    });
    const broken = new AppError('not-finite', 'its output broke down', { doing: 'x' });
    let calls = 0;
    const { record, ...rest } = asked();
    const fails: RecordCall = (...call) => (++calls === 3 ? Promise.reject(broken) : record(...call));
    await expect(learn({ ...rest, record: fails })).rejects.toMatchObject({
      message: 'its output broke down, at step 3 of learning',
    });
  });

  it('is given up between two steps', async () => {
    const abort = new AbortController();
    const learning = learn(
      asked({
        signal: abort.signal,
        onStep({ losses }) {
          if (losses.length === 3) abort.abort();
          return false;
        },
      }),
    );
    await expect(learning).rejects.toMatchObject({ name: 'Cancelled' });
  });
});
