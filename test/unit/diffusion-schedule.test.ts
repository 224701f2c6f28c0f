import { describe, expect, it } from 'vitest';
import { scheduleNamed } from '../../src/main/engine/diffusion/names.ts';
import {
  alphaBars,
  exponentialSigmas,
  karrasSigmas,
  makeLevels,
} from '../../src/main/engine/diffusion/schedule.ts';
import { ddim } from '../../src/main/engine/diffusion/solvers/ddim.ts';
import { euler } from '../../src/main/engine/diffusion/solvers/euler.ts';
import { lcm } from '../../src/main/engine/diffusion/solvers/lcm.ts';
import { solverNamed } from '../../src/main/engine/diffusion/solvers/registry.ts';
import type { Solver } from '../../src/main/engine/diffusion/solvers/solver.ts';
import { SD_SCHEDULER } from '../helpers/smooth-network.ts';

const timesteps = (config: typeof SD_SCHEDULER, steps: number) =>
  makeLevels(config, steps, { solver: ddim }).levels.map(({ timestep }) => timestep);

describe('alphaBars', () => {
  it('is the running product of 1 - β', () => {
    const bars = alphaBars(SD_SCHEDULER);
    expect(bars).toHaveLength(1000);
    expect(bars[0]).toBeCloseTo(1 - 0.00085, 15);
    expect(bars[1]! / bars[0]!).toBeCloseTo(
      1 - (Math.sqrt(0.00085) + (Math.sqrt(0.012) - Math.sqrt(0.00085)) / 999) ** 2,
      14,
    );
    expect(bars[999]).toBeCloseTo(0.00466, 5);
  });

  it('takes betas given one by one, and refuses impossible ones', () => {
    expect(Array.from(alphaBars({ ...SD_SCHEDULER, trainedBetas: [0.5, 0.5] }))).toEqual([0.5, 0.25]);
    expect(() => alphaBars({ ...SD_SCHEDULER, trainedBetas: [1.5] })).toThrow(/betas/);
  });

  it('follows the squared cosine within its cap', () => {
    const bars = alphaBars({ ...SD_SCHEDULER, betaSchedule: 'squaredcos_cap_v2' });
    const at = (u: number) => Math.cos((((u + 0.008) / 1.008) * Math.PI) / 2) ** 2;
    expect(bars[499]).toBeCloseTo(at(0.5) / at(0), 12);
  });

  it('ends in pure noise when rescaled to zero SNR, the first level unchanged', () => {
    const bars = alphaBars({ ...SD_SCHEDULER, rescaleBetasZeroSnr: true });
    expect(bars[999]).toBe(0);
    expect(bars[0]).toBeCloseTo(1 - 0.00085, 12);
    const { levels } = makeLevels(
      { ...SD_SCHEDULER, rescaleBetasZeroSnr: true, prediction: 'v_prediction', timestepSpacing: 'trailing' },
      4,
      {
        solver: euler,
      },
    );
    expect(levels[0]!.sigma).toBeCloseTo(Math.sqrt(2 ** 24 - 1), 6);
  });
});

/** ᾱ of Stable Diffusion's schedule at some timesteps, rescaled. */
const ZERO_SNR = [
  [0, 0.99915],
  [249, 0.6541890065386031],
  [500, 0.24101878275731575],
  [750, 0.03279911812874219],
  [998, 1.9678880566212916e-7],
  [999, 0.0],
] as const;

it('zero SNR is what Algorithm 1 of Lin et al. makes of the betas', () => {
  const betas = Array.from(alphaBars(SD_SCHEDULER)).map((bar, i, bars) => 1 - bar / (bars[i - 1] ?? 1));
  // Their code, line by line: alphas, their product's root, shift, scale, and back.
  let product = 1;
  const roots = betas.map((beta) => {
    product *= 1 - beta;
    return Math.sqrt(product);
  });
  const [first, last] = [roots[0]!, roots.at(-1)!];
  const shifted = roots.map((root) => (root - last) * (first / (first - last)));
  const rescaled = alphaBars({ ...SD_SCHEDULER, rescaleBetasZeroSnr: true });
  for (const [t, root] of shifted.entries()) expect(rescaled[t]).toBeCloseTo(root ** 2, 12);
  // Worked out in double precision apart from this code.
  for (const [t, bar] of ZERO_SNR) expect(rescaled[t]).toBeCloseTo(bar, 12);
});

describe('makeLevels', () => {
  it('spaces as LCM does, of fifty timesteps, whatever the model says', () => {
    const of = (steps: number, config = SD_SCHEDULER) =>
      makeLevels(config, steps, { solver: lcm }).levels.map(({ timestep }) => timestep);
    expect(of(1)).toEqual([999]);
    expect(of(4)).toEqual([999, 759, 499, 259]);
    expect(of(8)).toEqual([999, 879, 759, 639, 499, 379, 259, 139]);
    expect(of(50)).toHaveLength(50);
    expect(of(50).at(-1)).toBe(19);
    expect(of(4, { ...SD_SCHEDULER, timestepSpacing: 'trailing' })).toEqual(of(4));
    expect(() => of(51)).toThrow(/at most 50 steps/);
  });

  it('begins at the last timestep where trailing is asked for, as models for few steps want it', () => {
    for (const solver of [euler, lcm]) {
      const trailing = (steps: number) =>
        makeLevels(SD_SCHEDULER, steps, { solver, schedule: 'trailing' }).levels.map(
          ({ timestep }) => timestep,
        );
      expect(trailing(1)).toEqual([999]);
      expect(trailing(4)).toEqual([999, 749, 499, 249]);
    }
    expect(scheduleNamed('sgm_uniform')).toBe('trailing');
  });

  it('spaces leading, trailing and linspace as diffusers does', () => {
    expect(timesteps(SD_SCHEDULER, 5)).toEqual([801, 601, 401, 201, 1]);
    expect(timesteps({ ...SD_SCHEDULER, timestepSpacing: 'trailing' }, 5)).toEqual([999, 799, 599, 399, 199]);
    expect(timesteps({ ...SD_SCHEDULER, timestepSpacing: 'linspace' }, 5)).toEqual([999, 749, 500, 250, 0]);
    expect(timesteps(SD_SCHEDULER, 7)).toEqual([853, 711, 569, 427, 285, 143, 1]);
  });

  it('rounds halves to even as numpy does', () => {
    expect(timesteps({ ...SD_SCHEDULER, timestepSpacing: 'trailing' }, 16).slice(0, 4)).toEqual([
      999, 937, 874, 811,
    ]);
    expect(timesteps({ ...SD_SCHEDULER, timestepSpacing: 'linspace' }, 7)).toEqual([
      999, 832, 666, 500, 333, 166, 0,
    ]);
  });

  it('runs one to all training steps and refuses others in plain words', () => {
    expect(timesteps(SD_SCHEDULER, 1)).toEqual([1]);
    const all = timesteps(SD_SCHEDULER, 1000);
    expect([all[0], all[999], new Set(all).size]).toEqual([999, 0, 1000]);
    for (const steps of [0, 1001, 10_000, 2.5]) {
      expect(() => makeLevels(SD_SCHEDULER, steps, { solver: ddim })).toThrow(
        expect.objectContaining({ code: 'usage' }),
      );
    }
  });

  it('ends DDIM at the first ᾱ or at one, Euler at σ = 0', () => {
    const final = (solver: Solver, setAlphaToOne: boolean) =>
      makeLevels({ ...SD_SCHEDULER, setAlphaToOne }, 10, { solver }).final;
    expect(final(ddim, false).alphaBar).toBeCloseTo(0.99915, 12);
    expect(final(ddim, false).timestep).toBe(0);
    expect(final(ddim, true).alphaBar).toBe(1);
    expect(final(euler, false)).toEqual({ timestep: 0, alphaBar: 1, sigma: 0 });
  });

  it.each(['karras', 'exponential'] as const)(
    'bends to %s between the same ends, on trained timesteps',
    (schedule) => {
      const straight = makeLevels(SD_SCHEDULER, 12, { solver: euler }).levels;
      const bent = makeLevels(SD_SCHEDULER, 12, { solver: euler, schedule }).levels;
      const bars = alphaBars(SD_SCHEDULER);
      expect(bent[0]!.sigma).toBeCloseTo(straight[0]!.sigma, 9);
      expect(bent[11]!.sigma).toBeCloseTo(straight[11]!.sigma, 9);
      for (const [i, level] of bent.entries()) {
        expect(Number.isInteger(level.timestep)).toBe(true);
        expect(level.alphaBar).toBeCloseTo(1 / (1 + level.sigma ** 2), 12);
        const trained = (t: number) => Math.log(Math.sqrt((1 - bars[t]!) / bars[t]!));
        const off = Math.abs(trained(level.timestep) - Math.log(level.sigma));
        for (const neighbour of [level.timestep - 1, level.timestep + 1]) {
          if (neighbour >= 0 && neighbour < 1000) {
            expect(off).toBeLessThanOrEqual(Math.abs(trained(neighbour) - Math.log(level.sigma)) + 0.02);
          }
        }
        if (i > 0) expect(level.sigma).toBeLessThan(bent[i - 1]!.sigma);
      }
    },
  );

  it('matches the closed forms of k-diffusion', () => {
    const root = (s: number) => s ** (1 / 7);
    expect(karrasSigmas(3, 0.1, 10)[1]).toBeCloseTo(((root(10) + root(0.1)) / 2) ** 7, 12);
    expect(exponentialSigmas(3, 0.1, 10)[1]).toBeCloseTo(1, 12);
  });
});

describe('names', () => {
  it('knows those of k-diffusion and diffusers, and no others', () => {
    expect(solverNamed('sample_euler')).toBe(euler);
    expect(solverNamed('sample_ddim')).toBe(ddim);
    expect(scheduleNamed('get_sigmas_karras')).toBe('karras');
    expect(scheduleNamed('get_sigmas_exponential')).toBe('exponential');
    expect(solverNamed('toString')).toBeNull();
    expect(scheduleNamed('linear')).toBeNull();
  });
});
