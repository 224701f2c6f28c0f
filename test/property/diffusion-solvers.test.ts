import { describe, expect, it } from 'vitest';
import { AppError, Cancelled } from '../../src/common/errors.ts';
import { type Denoise, type Denoiser, denoiseOf } from '../../src/main/engine/diffusion/denoiser.ts';
import { combine } from '../../src/main/engine/diffusion/guidance.ts';
import { noiseFor } from '../../src/main/engine/diffusion/noise.ts';
import { addNoise, noiseBetween, toDenoised } from '../../src/main/engine/diffusion/parametrisation.ts';
import { sampleFrame } from '../../src/main/engine/diffusion/sample.ts';
import { makeLevels } from '../../src/main/engine/diffusion/schedule.ts';
import { ddim, ddimStep, invertDdim } from '../../src/main/engine/diffusion/solvers/ddim.ts';
import { dpmpp2m } from '../../src/main/engine/diffusion/solvers/dpmpp-2m.ts';
import { euler, eulerStep } from '../../src/main/engine/diffusion/solvers/euler.ts';
import { eulerAncestral } from '../../src/main/engine/diffusion/solvers/euler-ancestral.ts';
import { heun } from '../../src/main/engine/diffusion/solvers/heun.ts';
import { boundary, lcm } from '../../src/main/engine/diffusion/solvers/lcm.ts';
import { askedBy, type Solver, stepAt } from '../../src/main/engine/diffusion/solvers/solver.ts';
import type { PredictInput, PredictionType } from '../../src/main/engine/diffusion/types.ts';
import { maxDiff, rms, SD_SCHEDULER, SIZE, smoothNetwork, text } from '../helpers/smooth-network.ts';

const schedule = makeLevels(SD_SCHEDULER, 20, { solver: ddim });

function denoiser(solver: Solver, more: Partial<Denoiser> = {}): Denoiser {
  return {
    predict: smoothNetwork(),
    prediction: 'epsilon',
    form: solver.form,
    branches: [text(0.4)],
    guidance: 1,
    ...more,
  };
}

describe('parametrisation', () => {
  const clean = noiseFor(1, 0, SIZE);
  const noise = noiseFor(1, 1, SIZE);

  it.each(['epsilon', 'v_prediction', 'sample'] as PredictionType[])(
    '%s recovers clean latent and noise at every level',
    (prediction) => {
      for (const level of schedule.levels) {
        const [signal, amount] = [Math.sqrt(level.alphaBar), Math.sqrt(1 - level.alphaBar)];
        const raw = {
          epsilon: noise,
          v_prediction: clean.map((value, i) => signal * noise[i]! - amount * value),
          sample: clean,
        }[prediction];
        for (const form of ['vp', 've'] as const) {
          const latent = addNoise(form, clean, noise, level);
          const found = toDenoised(form, prediction, raw, latent, level);
          expect(maxDiff(found.denoised, clean)).toBeLessThan(1e-5);
          expect(maxDiff(found.eps, noise)).toBeLessThan(2e-4);
          expect(maxDiff(noiseBetween(form, latent, clean, level), noise)).toBeLessThan(2e-4);
        }
      }
    },
  );

  it('clips only when told', () => {
    const far = clean.map((value) => 10 * value);
    const [level] = schedule.levels;
    const open = toDenoised('vp', 'sample', far, noise, level!);
    const clipped = toDenoised('vp', 'sample', far, noise, level!, true);
    expect(open.denoised).toEqual(far);
    expect(Math.max(...clipped.denoised.map(Math.abs))).toBe(1);
    expect(clipped.eps).toEqual(open.eps);
  });
});

describe('guidance', () => {
  it('is the conditional branch at 1, the unconditional at 0, linear between', () => {
    const [u, c] = [noiseFor(2, 0, SIZE), noiseFor(2, 1, SIZE)];
    expect(maxDiff(combine([u, c], 1), c)).toBeLessThan(1e-6);
    expect(combine([u, c], 0)).toEqual(u);
    const mean = u.map((value, i) => (value + c[i]!) / 2);
    expect(maxDiff(combine([u, c], 0.5), mean)).toBeLessThan(1e-6);
  });

  it('costs one branch at 1 and two elsewhere', async () => {
    for (const [guidance, branches] of [
      [1, 1],
      [7.5, 2],
      [0, 2],
    ] as const) {
      const log: PredictInput[] = [];
      const denoise = denoiseOf(
        denoiser(ddim, { predict: smoothNetwork(log), branches: [text(0), text(1)], guidance }),
      );
      await denoise(noiseFor(3, 0, SIZE), schedule.levels[0]!);
      expect(log.map((input) => input.branches.length)).toEqual([branches]);
    }
  });
});

describe('steps', () => {
  const clean = noiseFor(4, 0, SIZE);
  const noise = noiseFor(4, 1, SIZE);
  const [from, to] = schedule.levels as [never, never];

  it('with the true prediction land on the true latent of the next level', () => {
    expect(
      maxDiff(ddimStep({ denoised: clean, eps: noise }, to), addNoise('vp', clean, noise, to)),
    ).toBeLessThan(1e-6);
    const x = addNoise('ve', clean, noise, from);
    expect(maxDiff(eulerStep(x, clean, from, to), addNoise('ve', clean, noise, to))).toBeLessThan(1e-5);
  });

  it('of DDIM and Euler are one step in two scales', () => {
    const z = addNoise('vp', clean, noise, from);
    const guess = noiseFor(4, 2, SIZE);
    const eps = noiseBetween('vp', z, guess, from);
    const scale = (level: { alphaBar: number }) => 1 / Math.sqrt(level.alphaBar);
    const x = z.map((value) => value * scale(from));
    const up = ddimStep({ denoised: guess, eps }, to).map((value) => value * scale(to));
    expect(maxDiff(eulerStep(x, guess, from, to), up)).toBeLessThan(1e-4);
  });
});

describe.each([ddim, euler])('inversion of $label', (solver) => {
  const { invert } = solver.inversion!;
  const clean = noiseFor(5, 0, SIZE);
  const schedule = makeLevels(SD_SCHEDULER, 20, { solver });
  const error = async (refinement: number) => {
    const denoise = denoiseOf(denoiser(solver));
    const noisy = await invert(denoise, clean, schedule, { refinement });
    const back = await sampleFrame(solver, denoise, noisy, schedule);
    return rms(back.map((value, i) => value - clean[i]!));
  };

  it('comes back to the clean latent, the closer the more it is refined', async () => {
    const errors = [await error(0), await error(1), await error(3), await error(8)];
    for (let i = 1; i < errors.length; i++) expect(errors[i]).toBeLessThan(errors[i - 1]! / 1.5);
    expect(errors[3]).toBeLessThan(errors[0]! / 50);
  });

  it('counts its calls, tells every level, and stops within one call', async () => {
    const calls: string[] = [];
    const levels: number[] = [];
    const options = {
      refinement: 2,
      onCall: (done: number, total: number) => void calls.push(`${done}/${total}`),
      onLevel: (i: number) => void levels.push(i),
    };
    await invert(denoiseOf(denoiser(solver)), clean, schedule, options);
    expect(calls).toHaveLength(60);
    expect(calls.at(-1)).toBe('60/60');
    expect(levels).toEqual(Array.from({ length: 21 }, (_, i) => i));

    const signal = { aborted: false };
    let seen = 0;
    const run = invert(denoiseOf(denoiser(solver)), clean, schedule, {
      signal,
      onCall: () => {
        seen++;
        signal.aborted = seen === 4;
      },
    });
    await expect(run).rejects.toBeInstanceOf(Cancelled);
    expect(seen).toBe(4);
  });

  it('names step and frame at which numbers break', async () => {
    let call = 0;
    const breaking: Denoise = async (latent) => {
      const bad = ++call === 3 ? Number.POSITIVE_INFINITY : 0;
      return { denoised: latent.map((value) => value + bad), eps: latent.map((value) => value + bad) };
    };
    const broken = await invert(breaking, clean, schedule, { frame: 9 }).catch((error: unknown) => error);
    expect(broken).toBeInstanceOf(AppError);
    expect(broken).toMatchObject({ code: 'not-finite', message: expect.stringContaining('step 3, frame 9') });
  });
});

it('DDIM inversion asks at the lower or the upper timestep, always about the lower latent', async () => {
  const asked = async (mode: 'lower' | 'upper') => {
    const log: PredictInput[] = [];
    const schedule = makeLevels(SD_SCHEDULER, 4, { solver: ddim });
    await invertDdim(
      denoiseOf(denoiser(ddim, { predict: smoothNetwork(log) })),
      noiseFor(6, 0, SIZE),
      schedule,
      { mode },
    );
    return log.map((input) => input.timestep);
  };
  expect(await asked('lower')).toEqual([0, 1, 251, 501]);
  expect(await asked('upper')).toEqual([1, 251, 501, 751]);
});

/** Pictures that are unit noise of their own: the ideal network and the road of the ODE are known in closed form. */
describe('on pictures of known statistics', () => {
  const ideal: Denoise = async (x, { sigma }) => {
    const denoised = x.map((value) => value / (1 + sigma * sigma));
    return { denoised, eps: x.map((value, i) => (value - denoised[i]!) / sigma) };
  };
  const levelsOf = (solver: Solver, steps: number) =>
    makeLevels(SD_SCHEDULER, steps, { solver, schedule: 'karras', quantise: false });
  const start = (count: number, sigma: number) =>
    noiseFor(8, 0, count).map((value) => value * Math.sqrt(1 + sigma * sigma));

  /** Largest distance from the ODE's road where the last step begins; the last one, to σ = 0, is of first order for all. */
  async function offRoad(solver: Solver, steps: number): Promise<number> {
    const schedule = levelsOf(solver, steps);
    const last = askedBy(solver, schedule).levels.length - 1;
    const x = start(64, schedule.levels[0]!.sigma);
    let reached: Float32Array = x;
    await sampleFrame(solver, ideal, x, schedule, {
      onStep: (step, latent) => {
        if (step === last - 1) reached = latent;
      },
    });
    const [from, to] = [schedule.levels[0]!.sigma, schedule.levels[steps - 1]!.sigma];
    const shrink = Math.sqrt((1 + to * to) / (1 + from * from));
    return maxDiff(
      reached,
      x.map((value) => value * shrink),
    );
  }

  it('Euler is of first order, DPM++ 2M and Heun of second', async () => {
    const gain = async (solver: Solver) => (await offRoad(solver, 30)) / (await offRoad(solver, 60));
    const [first, second, heuns] = [await gain(euler), await gain(dpmpp2m), await gain(heun)];
    expect(first).toBeGreaterThan(1.7);
    expect(first).toBeLessThan(2.4);
    expect(second).toBeGreaterThan(3.4);
    expect(heuns).toBeGreaterThan(3.4);
    expect(heuns).toBeLessThan(4.8);
    expect(await offRoad(dpmpp2m, 60)).toBeLessThan((await offRoad(euler, 60)) / 5);
    // For as many calls of the network, not only for as many steps.
    expect(await offRoad(heun, 30)).toBeLessThan((await offRoad(euler, 60)) / 5);
  });

  it('Euler ancestral lands among them, elsewhere for every seed and frame, and the same for the same', async () => {
    const schedule = levelsOf(eulerAncestral, 200);
    const x = start(4096, schedule.levels[0]!.sigma);
    const sampled = (seed: number, frame: number) =>
      sampleFrame(eulerAncestral, ideal, x, schedule, { seed, frame });
    const one = await sampled(1, 0);
    expect(rms(one)).toBeGreaterThan(0.95);
    expect(rms(one)).toBeLessThan(1.05);
    expect(await sampled(1, 0)).toEqual(one);
    for (const other of [await sampled(2, 0), await sampled(1, 1)]) {
      const cosine = one.reduce((sum, value, i) => sum + value * other[i]!, 0) / one.length;
      expect(Math.abs(cosine)).toBeLessThan(0.2);
    }
  });
});

describe('Heun', () => {
  const schedule = makeLevels(SD_SCHEDULER, 6, { solver: heun });
  const x = noiseFor(9, 0, SIZE).map((value) => value * schedule.levels[0]!.sigma);

  it("takes Karras' steps of two calls, and one of Euler's at the end", async () => {
    const asked: PredictInput[] = [];
    const predict = smoothNetwork(asked);
    const made = await sampleFrame(heun, denoiseOf(denoiser(heun, { predict })), x, schedule);
    expect(asked).toHaveLength(11);

    const denoise = denoiseOf(denoiser(heun));
    let latent = x;
    for (const [i, level] of schedule.levels.entries()) {
      const to = schedule.levels[i + 1] ?? schedule.final;
      const slope = async (at: Float32Array, { sigma, ...rest }: typeof level) => {
        const { denoised } = await denoise(at, { sigma, ...rest });
        return at.map((value, e) => (value - denoised[e]!) / sigma);
      };
      const first = await slope(latent, level);
      const h = to.sigma - level.sigma;
      const trial = latent.map((value, e) => value + h * first[e]!);
      const second = to.sigma > 0 ? await slope(trial, to) : first;
      latent = latent.map((value, e) => value + (h * (first[e]! + second[e]!)) / 2);
    }
    expect(maxDiff(made, latent)).toBeLessThan(2e-5);
  });

  it('ends a road at a level with noise by two calls too', () => {
    const [first, second, third] = schedule.levels as [never, never, never];
    const asked = askedBy(heun, { levels: [first, second], final: third });
    expect(asked.levels.map(({ trial }) => trial ?? false)).toEqual([false, true, false, true]);
    expect(asked.levels.map((_, place) => stepAt(asked, place))).toEqual([0, 0, 1, 1]);
    expect(asked.levels.at(-1)!.sigma).toBe((third as { sigma: number }).sigma);
    expect(askedBy(euler, schedule)).toBe(schedule);
  });

  it("comes back along Euler's way up, the closer the more steps it takes", async () => {
    const clean = noiseFor(5, 0, SIZE);
    const error = async (steps: number) => {
      const schedule = makeLevels(SD_SCHEDULER, steps, { solver: heun });
      const denoise = denoiseOf(denoiser(heun));
      const noisy = await heun.inversion!.invert(denoise, clean, schedule, { refinement: 3 });
      const back = await sampleFrame(heun, denoise, noisy, schedule);
      return rms(back.map((value, i) => value - clean[i]!)) / rms(clean);
    };
    const errors = [await error(10), await error(20), await error(40), await error(80)];
    for (let i = 1; i < errors.length; i++) expect(errors[i]).toBeLessThan(errors[i - 1]! / 1.3);
  });
});

describe('LCM', () => {
  const clean = noiseFor(10, 0, SIZE);

  it('is exact in one step of a consistency function, whatever the step', async () => {
    for (const steps of [1, 4, 8]) {
      for (const level of makeLevels(SD_SCHEDULER, steps, { solver: lcm }).levels) {
        const { skip, out } = boundary(level.timestep);
        // f(x, t) = c_skip·x + c_out·F(x, t) is the clean latent for every x.
        const consistent: Denoise = async (x) => {
          const denoised = clean.map((value, i) => (value - skip * x[i]!) / out);
          return { denoised, eps: x };
        };
        const noisy = addNoise('vp', clean, noiseFor(11, 0, SIZE), level);
        const road = { levels: [level], final: lcm.final(SD_SCHEDULER, level) };
        expect(maxDiff(await sampleFrame(lcm, consistent, noisy, road), clean)).toBeLessThan(1e-5);
      }
    }
  });

  it('answers with the latent itself where there is no noise, and with the network where there is much', () => {
    expect(boundary(0)).toEqual({ skip: 1, out: 0 });
    for (let t = 1; t < 1000; t += 37) {
      const { skip, out } = boundary(t);
      // Eq. 8 with σ_data = 1/2: c_skip·(t² + σ²) = σ², c_out² + c_skip = 1.
      expect(skip).toBeCloseTo(0.25 / ((10 * t) ** 2 + 0.25), 12);
      expect(out ** 2 + skip).toBeCloseTo(1, 12);
    }
  });

  it('noises again to the next level, by seed, frame and step', async () => {
    const schedule = makeLevels(SD_SCHEDULER, 4, { solver: lcm });
    const settled: Denoise = async (x) => ({ denoised: clean, eps: x });
    const at = async (seed: number, frame: number) => {
      const met: Float32Array[] = [];
      const onStep = (_: number, latent: Float32Array) => void met.push(latent);
      await sampleFrame(lcm, settled, clean, schedule, { seed, frame, onStep });
      return met;
    };
    const one = await at(1, 0);
    expect(await at(1, 0)).toEqual(one);
    const noises = one
      .slice(0, 3)
      .map((latent, i) => noiseBetween('vp', latent, clean, schedule.levels[i + 1]!));
    const others = (await at(1, 1))
      .slice(0, 3)
      .map((latent, i) => noiseBetween('vp', latent, clean, schedule.levels[i + 1]!));
    const all = [...noises, ...others];
    for (const noise of all) {
      expect(rms(noise)).toBeGreaterThan(0.5);
      expect(rms(noise)).toBeLessThan(1.6);
    }
    for (const [i, a] of all.entries())
      for (const b of all.slice(i + 1)) expect(maxDiff(a, b)).toBeGreaterThan(0.5);
    expect(maxDiff(one[3]!, clean)).toBeLessThan(1e-5);
  });
});

it("DPM++ 2M comes back along Euler's way up, the closer the more steps it takes", async () => {
  const clean = noiseFor(5, 0, SIZE);
  const error = async (steps: number) => {
    const schedule = makeLevels(SD_SCHEDULER, steps, { solver: dpmpp2m });
    const denoise = denoiseOf(denoiser(dpmpp2m));
    const noisy = await dpmpp2m.inversion!.invert(denoise, clean, schedule, { refinement: 3 });
    const back = await sampleFrame(dpmpp2m, denoise, noisy, schedule);
    return rms(back.map((value, i) => value - clean[i]!)) / rms(clean);
  };
  const errors = [await error(10), await error(20), await error(40), await error(80)];
  for (let i = 1; i < errors.length; i++) expect(errors[i]).toBeLessThan(errors[i - 1]! / 1.3);
});
