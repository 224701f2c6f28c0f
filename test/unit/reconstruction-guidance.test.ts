/** Frames that a clip does not have: in what company they are made, where they begin, and how they are led. */
import { describe, expect, it } from 'vitest';
import { addNoise } from '../../src/main/engine/diffusion/parametrisation.ts';
import type { Run, Seen, Slope } from '../../src/main/engine/diffusion/run.ts';
import { makeLevels } from '../../src/main/engine/diffusion/schedule.ts';
import { ddim } from '../../src/main/engine/diffusion/solvers/ddim.ts';
import { euler } from '../../src/main/engine/diffusion/solvers/euler.ts';
import type { Solver } from '../../src/main/engine/diffusion/solvers/solver.ts';
import type { Latent, Level } from '../../src/main/engine/diffusion/types.ts';
import { carried } from '../../src/main/engine/methods/carried.ts';
import { give, type Motion } from '../../src/main/engine/methods/have.ts';
import { windowsOf } from '../../src/main/engine/methods/made-windows.ts';
import { reconstructionGuidance } from '../../src/main/engine/methods/reconstruction-guidance.ts';
import { parseParams } from '../../src/main/engine/methods/registry.ts';
import { maxDiff, SD_SCHEDULER, SHAPE, SIZE } from '../helpers/smooth-network.ts';

/** Whole numbers from..to-1. */
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

const latentOf = (frame: number, of = SIZE): Latent =>
  Float32Array.from({ length: of }, (_, i) => Math.sin(1.7 * i + 2.3 * frame));

const NOTHING = { result: () => new Float32Array(SIZE), history: () => new Float32Array(SIZE) };

function runsWith(
  params: object,
  fixed: readonly number[],
  frames: number,
  solver: Solver = ddim,
): readonly Run[] {
  const parsed = parseParams(reconstructionGuidance, params);
  const have = give(reconstructionGuidance.needs(parsed), { clean: (frame) => latentOf(frame) });
  const schedule = makeLevels(SD_SCHEDULER, 6, { solver });
  const facts = { frames, fixed, anchor: fixed[0]!, anchors: [fixed[0]!], seed: 7, structured: false };
  return reconstructionGuidance.runs({ ...facts, schedule, form: solver.form, shape: SHAPE, have }, parsed);
}

describe('windows', () => {
  const cases = [
    { what: 'after', frames: 9, fixed: [0, 1, 2, 3] },
    { what: 'before', frames: 9, fixed: [5, 6, 7, 8] },
    { what: 'between', frames: 13, fixed: [0, 4, 8, 12] },
    { what: 'everywhere', frames: 20, fixed: [5, 8, 11] },
    { what: 'around a single frame', frames: 6, fixed: [2] },
  ];
  it.each(cases)('$what: every frame is made once, beside frames that are there', ({ frames, fixed }) => {
    for (const size of [3, 4, 5, 8]) {
      const there = new Set(fixed);
      for (const window of windowsOf(frames, fixed, size)) {
        expect(window.fixed.length + window.made.length).toBeLessThanOrEqual(size);
        expect(window.fixed.length).toBeGreaterThan(0);
        expect(window.made.length).toBeGreaterThan(0);
        for (const frame of window.fixed) expect(there).toContain(frame);
        for (const frame of window.made) {
          expect(there).not.toContain(frame);
          there.add(frame);
        }
      }
      expect([...there].sort((a, b) => a - b)).toEqual(range(0, frames));
    }
  });

  it('beyond an end the nearest frames are fixed', () => {
    expect(windowsOf(8, range(0, 4), 4)).toEqual([
      { fixed: [2, 3], made: [4, 5] },
      { fixed: [4, 5], made: [6, 7] },
    ]);
    expect(windowsOf(7, range(3, 7), 4)).toEqual([
      { fixed: [3, 4], made: [1, 2] },
      { fixed: [1, 2], made: [0] },
    ]);
  });
});

describe('what is carried', () => {
  const shape = { channels: 1, height: 1, width: 8 };
  const place = (at: number) => Float32Array.from({ length: 8 }, (_, i) => (i === at ? 1 : 0));
  const steady = (x: number): Motion => ({
    x: new Float32Array(8).fill(x),
    y: new Float32Array(8),
    hidden: new Float32Array(8),
    confidence: new Float32Array(8).fill(1),
  });
  /** A point that moves two places to the right from frame of the clip to frame of the clip. */
  const shot = (fixed: readonly number[]) => ({
    fixed,
    shape,
    have: give(['clean', 'flow'], {
      clean: (frame) => place(3 + 2 * fixed.indexOf(frame)),
      flow: (from, to) => steady(2 * (fixed.indexOf(to) - fixed.indexOf(from))),
    }),
  });

  it('goes on after the last frame and before the first', () => {
    expect(carried(2, shot([0, 1]))).toEqual(place(7));
    expect(carried(1, shot([2, 3]))).toEqual(place(1));
  });

  it('is half way between two frames', () => {
    expect(maxDiff(carried(1, shot([0, 2])), place(4))).toBeLessThan(1e-6);
  });

  it('stands still where there is one frame', () => {
    expect(carried(1, shot([0]))).toEqual(place(3));
  });
});

describe('a window', () => {
  it.each([ddim, euler])(
    'holds what is fixed under its noise at every level, and ends with it ($id)',
    async (solver) => {
      const [run] = runsWith({ start: 'noise' }, [0, 1], 3, solver);
      const { levels, final } = run!.schedule;
      const clean = latentOf(1);
      const noise = run!.noise!(1);
      expect(run!.start(1, NOTHING)).toEqual(addNoise(solver.form, clean, noise, levels[0]!));
      for (const [step, from] of levels.entries()) {
        const to = levels[step + 1] ?? final;
        const seen = { frame: 1, step, from, to } as Seen;
        const next = await run!.settle!(seen, latentOf(9), NOTHING);
        expect(next).toEqual(to === final ? clean : addNoise(solver.form, clean, noise, to));
      }
    },
  );

  it('is led by half the signal times the gradient of what the fixed frames are missed by, in both forms', async () => {
    const alphaBar = 0.3;
    const level: Level = { timestep: 500, alphaBar, sigma: Math.sqrt((1 - alphaBar) / alphaBar) };
    const weight = 1.5;
    /** ẑ0 of frame a, smooth in the VP latents of all. */
    const denoise = (vp: ReadonlyMap<number, Latent>, a: number): Latent =>
      Float32Array.from({ length: SIZE }, (_, i) =>
        [...vp].reduce((sum, [g, z]) => sum + Math.sin(0.4 * (a + 1) * z[i]! + 0.1 * g * i), 0),
      );
    const vp = new Map(range(0, 3).map((frame) => [frame, latentOf(10 + frame)]));
    const loss = (z2: Latent) => {
      const moved = new Map(vp).set(2, z2);
      return [0, 1].reduce((sum, a) => {
        const made = denoise(moved, a);
        return sum + latentOf(a).reduce((part, value, i) => part + (value - made[i]!) ** 2, 0);
      }, 0);
    };
    for (const solver of [ddim, euler]) {
      const [run] = runsWith({ start: 'noise', weight }, [0, 1], 3, solver);
      const ve = solver.form === 've';
      let pulls = 0;
      const slope: Slope = {
        denoised: new Map(range(0, 3).map((frame) => [frame, denoise(vp, frame)])),
        async pull(cotangents) {
          pulls += 1;
          const gradient = (g: number) =>
            vp
              .get(g)!
              .map((z, i) =>
                [...cotangents].reduce(
                  (sum, [a, c]) => sum + c[i]! * 0.4 * (a + 1) * Math.cos(0.4 * (a + 1) * z + 0.1 * g * i),
                  0,
                ),
              );
          // Of x = z/√ᾱ the derivative is √ᾱ times as large.
          const scale = ve ? Math.sqrt(alphaBar) : 1;
          return new Map(range(0, 3).map((g) => [g, gradient(g).map((value) => scale * value)]));
        },
      };
      const denoised = denoise(vp, 2);
      const seen = { frame: 2, from: level, denoised, slope } as unknown as Seen;
      const led = await run!.blend!(seen, NOTHING);
      const h = 1e-2;
      const expected = denoised.map((value, i) => {
        const at = (by: number) => loss(vp.get(2)!.map((z, k) => (k === i ? z + by : z)));
        return value - (weight * Math.sqrt(alphaBar) * (at(h) - at(-h))) / (2 * h) / 2;
      });
      // Central differences in float32 latents.
      expect(maxDiff(led, expected)).toBeLessThan(2e-3);
      expect(maxDiff(led, denoised)).toBeGreaterThan(0.1);
      expect(await run!.blend!({ ...seen, frame: 0 }, NOTHING)).toEqual(latentOf(0));
      expect(pulls).toBe(1);
    }
  });

  it('later ones stand on what earlier ones made', () => {
    const runs = runsWith({ start: 'noise' }, [0, 1], 6);
    expect(runs.map(({ frames }) => frames)).toEqual([
      [0, 1, 2, 3],
      [2, 3, 4, 5],
    ]);
    const result = (frame: number) => latentOf(100 + frame);
    const [, second] = runs;
    const { levels } = second!.schedule;
    expect(second!.start(3, { ...NOTHING, result })).toEqual(
      addNoise('vp', latentOf(103), second!.noise!(3), levels[0]!),
    );
  });
});
