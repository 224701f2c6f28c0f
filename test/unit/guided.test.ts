/** Steering at ẑ0: every term goes down its own gradient, no farther than it may, and is nothing until it is asked for. */
import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/common/errors.ts';
import { sampleRuns } from '../../src/main/engine/diffusion/driver.ts';
import { noiseFor } from '../../src/main/engine/diffusion/noise.ts';
import type { Read, Run, Seen } from '../../src/main/engine/diffusion/run.ts';
import { makeLevels } from '../../src/main/engine/diffusion/schedule.ts';
import { ddim } from '../../src/main/engine/diffusion/solvers/ddim.ts';
import type { Latent } from '../../src/main/engine/diffusion/types.ts';
import { guided } from '../../src/main/engine/methods/guided.ts';
import type { Have, LikenessTo, Motion } from '../../src/main/engine/methods/have.ts';
import { img2img } from '../../src/main/engine/methods/img2img.ts';
import { norm } from '../../src/main/engine/methods/push.ts';
import { sdedit } from '../../src/main/engine/methods/sdedit.ts';
import { statisticsOf, statisticsSlope } from '../../src/main/engine/methods/statistics.ts';
import { methodRuns } from '../helpers/method-runs.ts';
import {
  maxDiff,
  SD_SCHEDULER,
  SHAPE,
  SIZE,
  smoothNetwork,
  smoothRecord,
  text,
} from '../helpers/smooth-network.ts';

const FRAMES = 3;
const AREA = SHAPE.width * SHAPE.height;
const schedule = makeLevels(SD_SCHEDULER, 5, { solver: ddim });
const start = Array.from({ length: FRAMES }, (_, frame) => noiseFor(9, frame, SIZE));
const of = { start, anchor: 1, seed: 4, schedule, solver: ddim, shape: SHAPE };
const nothing = { result: () => new Float32Array(), history: () => new Float32Array() };

const directions = { prompt: noiseFor(31, 0, SIZE), style: noiseFor(31, 1, SIZE) };
const dot = (a: Latent, b: Latent) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
/** Both likenesses are sines along a direction of the latent. */
const likeness: Have['likeness'] = async (latent, to) => {
  const along = { prompt: dot(latent, directions.prompt) / 60, style: dot(latent, directions.style) / 60 };
  const slope = (of: keyof LikenessTo) => (to[of] * Math.cos(along[of])) / 60;
  return {
    prompt: to.prompt ? Math.sin(along.prompt) : null,
    style: to.style ? Math.sin(along.style) : null,
    gradient: latent.map(
      (_, i) => slope('prompt') * directions.prompt[i]! + slope('style') * directions.style[i]!,
    ),
  };
};
const motion: Motion = {
  x: new Float32Array(AREA).fill(0.4),
  y: new Float32Array(AREA).fill(-0.3),
  hidden: Float32Array.from({ length: AREA }, (_, i) => (i === 2 ? 1 : 0)),
  confidence: new Float32Array(AREA).fill(0.9),
};
const style = statisticsOf([noiseFor(7, 0, SIZE).map((value) => 1.5 * value + 0.4)], SHAPE.channels);
const have: Partial<Have> = { likeness, style, flow: () => motion };

const runOf = (params: object, more: Partial<Have> = have): Run => methodRuns(guided, params, of, more)[0]!;

function seenOf(denoised: Latent, reads: readonly Read[] = [], step = 0): Seen {
  const [from, to] = [schedule.levels[step]!, schedule.levels[step + 1]!];
  const latent = start[0]!;
  return {
    step,
    steps: 5,
    frame: 0,
    form: ddim.form,
    from,
    to,
    latent,
    attention: undefined,
    denoised,
    reads,
  };
}
const steered = async (params: object, seen: Seen, more = have): Promise<Latent> =>
  (await runOf(params, more).blend!(seen, nothing)) as Latent;

/** Central differences of a function of a latent, in double precision. */
function differences(latent: Latent, f: (latent: Latent) => number, by = 1e-2): Latent {
  return latent.map((value, i) => {
    const [up, down] = [latent.slice(), latent.slice()];
    up[i] = value + by;
    down[i] = value - by;
    return (f(up) - f(down)) / (up[i]! - down[i]!);
  });
}

describe('the statistics of latents', () => {
  it('are mean and covariance over all places', () => {
    const { mean, covariance } = statisticsOf([Float32Array.of(1, 3, 2, 6), Float32Array.of(5, 10)], 2);
    expect([...mean]).toEqual([3, 6]);
    expect(covariance[0]).toBeCloseTo(8 / 3, 12);
    expect(covariance[1]).toBeCloseTo(16 / 3, 12);
    expect(covariance[3]).toBeCloseTo(32 / 3, 12);
  });

  it.each([
    ['a picture', style],
    ['one colour', statisticsOf([new Float32Array(SIZE).fill(0.5)], SHAPE.channels)],
  ])('have the gradient that central differences give, towards %s', (_, target) => {
    const latent = noiseFor(8, 1, SIZE);
    const { gradient } = statisticsSlope(latent, target);
    const found = differences(latent, (one) => AREA * statisticsSlope(one, target).distance);
    expect(maxDiff(gradient, found)).toBeLessThan(1e-3 * Math.max(...gradient.map(Math.abs)));
  });

  it('come nearer with every step of up to 1, down to nothing', () => {
    for (const rate of [0.1, 1]) {
      let latent = noiseFor(8, 2, SIZE).map((value) => 2 * value - 1);
      let before = Number.POSITIVE_INFINITY;
      for (let step = 0; step < 300; step++) {
        const { distance, gradient } = statisticsSlope(latent, style);
        expect(distance).toBeLessThanOrEqual(before + 1e-9);
        before = distance;
        latent = latent.map((value, i) => value - rate * gradient[i]!);
      }
      expect(before).toBeLessThan(0.05);
    }
  });
});

describe('a steered step', () => {
  it.each(['inversion', 'noise'])('from %s pulls nothing until it is asked to, to the bit', async (from) => {
    const sampled = (runs: readonly Run[]) =>
      sampleRuns({
        ...{ runs, predict: smoothNetwork(), prediction: 'epsilon', solver: ddim, guidance: 3, seed: 4 },
        branches: [text(-0.3), text(0.8)],
      });
    const off = await sampled(methodRuns(guided, { start: from, strength: 0.6 }, of, have));
    const plain =
      from === 'inversion'
        ? methodRuns(img2img, { start: from }, of)
        : methodRuns(sdedit, { strength: 0.6 }, of);
    expect(off).toEqual(await sampled(plain));
    const on = await sampled(methodRuns(guided, { start: from, prompt: 0.05, neighbour: 0.5 }, of, have));
    expect(maxDiff(on[0]!, off[0]!)).toBeGreaterThan(0.01);
  });

  it('goes the way that makes the picture more like the prompt and the style, as far as said', async () => {
    const denoised = noiseFor(5, 0, SIZE);
    const weights = { prompt: 0.02, style: 0.03, styleBy: 'likeness' };
    const after = await steered(weights, seenOf(denoised));
    const push = after.map((value, i) => value - denoised[i]!);
    expect(norm(push) / norm(denoised)).toBeCloseTo(0.05, 5);
    const { gradient } = await likeness(denoised, weights);
    expect(dot(push, gradient) / (norm(push) * norm(gradient))).toBeCloseTo(1, 6);
    const likelier = await likeness(after, weights);
    const was = await likeness(denoised, weights);
    expect(0.02 * likelier.prompt! + 0.03 * likelier.style!).toBeGreaterThan(
      0.02 * was.prompt! + 0.03 * was.style!,
    );
  });

  it('goes down the gradient of the distance to the neighbour along the motion', async () => {
    const denoised = noiseFor(5, 1, SIZE);
    // Near enough that nothing is clipped.
    const other = noiseFor(5, 2, SIZE);
    const used = denoised.map((value, i) => value + 0.2 * other[i]!);
    const reads = [{ frame: 1, denoised: used, used, next: null }];
    const after = await steered({ neighbour: 0.5, limit: 1 }, seenOf(denoised, reads));
    // With a weight of 1 and a neighbour that is sure everywhere, the frame becomes the warped neighbour.
    const sure = { ...motion, hidden: new Float32Array(AREA), confidence: new Float32Array(AREA).fill(1) };
    const there = await steered({ neighbour: 1, limit: 1 }, seenOf(denoised, reads), {
      flow: () => sure,
    });
    const share = (i: number) => (i % AREA === 2 ? 0 : 0.9);
    const distance = (one: Latent) =>
      one.reduce((sum, value, i) => sum + (share(i) * (value - there[i]!) ** 2) / 2, 0);
    const expected = differences(denoised, distance).map((slope, i) => denoised[i]! - 0.5 * slope);
    expect(maxDiff(after, expected)).toBeLessThan(2e-3);
    expect(distance(after)).toBeLessThan(distance(denoised) / 2);
    expect(await steered({ neighbour: 1 }, seenOf(denoised))).toEqual(denoised);
  });

  it('goes no farther than its limit, and not at all once its share of the steps is over', async () => {
    const denoised = noiseFor(5, 3, SIZE);
    const far = await steered({ style: 1, prompt: 1, limit: 0.07 }, seenOf(denoised));
    expect(norm(far.map((value, i) => value - denoised[i]!)) / norm(denoised)).toBeCloseTo(0.07, 5);
    expect(await steered({ prompt: 1, until: 0.4 }, seenOf(denoised, [], 2))).toBe(denoised);
    expect(await steered({ prompt: 1, until: 0.4 }, seenOf(denoised, [], 1))).not.toBe(denoised);
  });

  it('through the network goes back to the latent before, as far as it would go at the picture', async () => {
    const denoised = noiseFor(5, 5, SIZE);
    const next = noiseFor(6, 5, SIZE);
    const params = { prompt: 0.03, style: 0.2, through: 'network' };
    const push = (await steered({ ...params, through: 'latent' }, seenOf(denoised))).map(
      (value, i) => value - denoised[i]!,
    );
    const back = (cotangent: Latent) => cotangent.map((value, i) => value * (0.5 + (i % 3)));
    const slope = {
      denoised: new Map([[0, denoised]]),
      pull: async (of: ReadonlyMap<number, Latent>) => new Map([[0, back(of.get(0)!)]]),
    };
    const run = runOf(params);
    expect(run.blend).toBeUndefined();
    const after = (await run.settle!({ ...seenOf(denoised), slope }, next, nothing)) as Latent;
    const moved = after.map((value, i) => value - next[i]!);
    expect(norm(moved) / norm(next)).toBeCloseTo(norm(push) / norm(denoised), 5);
    expect(dot(moved, back(push)) / (norm(moved) * norm(back(push)))).toBeCloseTo(1, 5);
    expect(await run.settle!(seenOf(denoised), next, nothing)).toBe(next);
  });

  it.each(['latent', 'network'])('ends nearer to what it is pulled to, on the %s', async (through) => {
    const towards = async (prompt: number) => {
      const latents = await sampleRuns({
        runs: methodRuns(guided, { prompt, through, until: 1 }, of, have),
        ...{ predict: smoothNetwork(), record: smoothRecord(), prediction: 'epsilon', solver: ddim },
        ...{ branches: [text(-0.3), text(0.8)], guidance: 3, seed: 4 },
      });
      const seen = await Promise.all(latents.map((one) => likeness(one, { prompt: 1, style: 0 })));
      return seen.map((one) => one.prompt!);
    };
    const [off, on] = [await towards(0), await towards(0.05)];
    for (const [frame, value] of on.entries()) expect(value).toBeGreaterThan(off[frame]! + 0.01);
  });

  it('goes back through the network in the steps that are pulled alone, and where there is something to pull to', () => {
    const asked = (params: object, step: number, reads: readonly number[]) =>
      runOf({ through: 'network', until: 0.4, ...params }).differentiates!(step, 5, {
        ...{ frames: [0], keys: 'own', reads },
      });
    expect([0, 1, 2].map((step) => asked({ prompt: 0.1 }, step, []))).toEqual([true, true, false]);
    expect([asked({ neighbour: 0.1 }, 0, []), asked({ neighbour: 0.1 }, 0, [1])]).toEqual([false, true]);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])('says which term broke down where (%s)', async (broken) => {
    const seen = seenOf(noiseFor(5, 4, SIZE), [], 2);
    const gradient = new Float32Array(SIZE).fill(broken);
    const going = steered({ prompt: 0.1, style: 0.2 }, seen, {
      ...have,
      likeness: async () => ({ prompt: 0, style: null, gradient }),
    });
    await expect(going).rejects.toMatchObject({
      code: 'not-finite',
      message: expect.stringContaining('the pull to the prompt at step 3, frame 0 broke down'),
    });
    const inNetwork = steered({ prompt: 0.1 }, seen, {
      ...have,
      likeness: () => Promise.reject(new AppError('not-finite', 'its output broke down', { doing: 'x' })),
    });
    await expect(inNetwork).rejects.toThrow('its output broke down, at step 3, frame 0');
  });
});
