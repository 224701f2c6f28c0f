/** How many frames a call may take, by what is free. */
import { expect, it } from 'vitest';
import { checkCapacity } from '../../src/main/engine/diffusion/capacity.ts';
import type { Run } from '../../src/main/engine/diffusion/run.ts';
import { makeLevels } from '../../src/main/engine/diffusion/schedule.ts';
import { ddim } from '../../src/main/engine/diffusion/solvers/ddim.ts';
import type { Foretold } from '../../src/main/engine/models/types.ts';
import { capacityOf, freeMemory } from '../../src/main/engine/render/capacity.ts';
import { SD_SCHEDULER } from '../helpers/smooth-network.ts';

const SHAPE = { channels: 4, height: 5, width: 5 };
/** Bytes of one latent. */
const LATENT = 400;
const schedule = makeLevels(SD_SCHEDULER, 3, { solver: ddim });
const start = () => new Float32Array(100);
const OWN = { bank: 0, self: true, joint: false };
const JOINT = { bank: 0, self: true, joint: true };
const LENT = { bank: 2, self: false, joint: false };

/** Jointly, frames cost by their square. */
const memory: Foretold = {
  weights: 100_000,
  vae: 10_000,
  features: 1000,
  deep: 0,
  call: ({ frames, branches, bank, joint }) => 500 * branches * frames * (1 + bank + (joint ? frames : 0)),
};
const of = (runs: readonly Run[], free: number, pays = false) =>
  capacityOf({ bundle: { memory: () => memory }, shape: SHAPE, branches: 2, runs, free, together: pays });

const frames = [0, 1, 2, 3, 4, 5, 6, 7];
const together: Run = { frames, schedule, start, passes: () => [{ frames, keys: 'joint' }] };
/** Weights, VAE, and five latents a frame. */
const BEFORE = 110_000 + frames.length * 5 * LATENT;

it('is what fits beside weights, VAE and latents', () => {
  const cost = (count: number) => memory.call({ ...JOINT, frames: count, branches: 2 });
  for (const count of [1, 2, 5, 8]) {
    expect(of([together], BEFORE + cost(count)).fits(JOINT)).toBe(count);
    expect(of([together], BEFORE + cost(count) - 1).fits(JOINT)).toBe(count - 1);
  }
  expect(of([together], BEFORE + cost(20)).fits(JOINT)).toBe(8);
  expect(of([together], 0).fits(JOINT)).toBe(0);
  expect(of([together], Number.POSITIVE_INFINITY).fits(JOINT)).toBe(Number.POSITIVE_INFINITY);
});

it('frames go together only where a trial said that it pays', () => {
  expect(of([together], Number.POSITIVE_INFINITY).together).toBe(1);
  expect(of([together], Number.POSITIVE_INFINITY, true).together).toBe(4);
});

it('leaves room for what the depth made of every frame, where that is kept', () => {
  const kept = capacityOf({
    bundle: { memory: () => ({ ...memory, deep: 300 }) },
    ...{ shape: SHAPE, branches: 2, runs: [together], together: false },
    free: BEFORE + frames.length * 2 * 300 + memory.call({ ...JOINT, frames: 8, branches: 2 }),
  });
  expect(kept.fits(JOINT)).toBe(8);
  expect(of([together], BEFORE + memory.call({ ...JOINT, frames: 8, branches: 2 })).fits(JOINT)).toBe(8);
  const less = capacityOf({
    bundle: { memory: () => ({ ...memory, deep: 301 }) },
    ...{ shape: SHAPE, branches: 2, runs: [together], together: false },
    free: BEFORE + frames.length * 2 * 300 + memory.call({ ...JOINT, frames: 8, branches: 2 }),
  });
  expect(less.fits(JOINT)).toBe(7);
});

it('leaves room for other kinds of calls, for what frames lend, and for what later runs recall', () => {
  const mixed: Run = {
    frames,
    schedule,
    start,
    passes: () => [
      { frames: [0, 4, 7], keys: 'joint' },
      { frames: [1, 2, 3], keys: [0, 4] },
      { frames: [5, 6], keys: [4, 7] },
    ],
  };
  const recalls = [1, 2, 3].map((level) => ({ frame: 0, level }));
  const after: Run = { frames: [0], schedule, start, recalls };
  const alone = (kind: typeof OWN) => memory.call({ ...kind, frames: 1, branches: 2 });
  // All three lend, and are held when the first of the others goes.
  const lent = 3 * 2 * memory.features;
  const free = BEFORE + lent + alone(LENT) + memory.call({ ...JOINT, frames: 3, branches: 2 });
  expect(of([mixed], free).fits(JOINT)).toBe(3);
  expect(of([mixed], free - 1).fits(JOINT)).toBe(2);
  const more = free + 3 * LATENT + alone(OWN);
  expect(of([mixed, after], more).fits(JOINT)).toBe(3);
  expect(of([mixed, after], more - 1).fits(JOINT)).toBe(2);
});

it('refuses by it what must go together, and nothing else', () => {
  const each: Run = { frames, schedule, start };
  expect(() => checkCapacity([each], of([each], 0))).not.toThrow();
  const room = BEFORE + memory.call({ ...JOINT, frames: 3, branches: 2 });
  expect(() => checkCapacity([together], of([together], room))).toThrow(/8 frames at once.* 3 fit/);
});

it('asks the machine, where that can say', () => {
  expect(freeMemory('cpu')).toBeGreaterThan(1e6);
  expect(freeMemory('cuda')).toBe(Number.POSITIVE_INFINITY);
});
