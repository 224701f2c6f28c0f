/** How many frames a call may take, by what is free. */
import { expect, it, vi } from 'vitest';
import { checkCapacity, mostOf } from '../../src/main/engine/diffusion/capacity.ts';
import type { Run } from '../../src/main/engine/diffusion/run.ts';
import { makeLevels } from '../../src/main/engine/diffusion/schedule.ts';
import { ddim } from '../../src/main/engine/diffusion/solvers/ddim.ts';
import type { Need } from '../../src/main/engine/methods/have.ts';
import type { Call, Foretold } from '../../src/main/engine/models/memory/foretold.ts';
import { ENGINE } from '../../src/main/engine/models/memory/usual.ts';
import { capacityOf, freeMemory, unbounded } from '../../src/main/engine/render/capacity.ts';
import { type MemoryOf, renderMemory } from '../../src/main/engine/render/memory.ts';
import { SD_SCHEDULER } from '../helpers/smooth-network.ts';

const SHAPE = { channels: 4, height: 5, width: 5 };
/** Bytes of one latent. */
const LATENT = 400;
const schedule = makeLevels(SD_SCHEDULER, 3, { solver: ddim });
const start = () => new Float32Array(100);
const OWN = { bank: 0, self: true, joint: false };
const JOINT = { bank: 0, self: true, joint: true };
const LENT = { bank: 2, self: false, joint: false };

/** Of one kind of call; jointly, frames cost by their square. */
const cost = ({ frames, branches, bank, joint }: Call) =>
  500 * branches * frames * (1 + bank + (joint ? frames : 0));
const foretold: Foretold = {
  ...{
    unet: 100_000,
    controlNets: 0,
    vaeEncoder: 20_000,
    vaeDecoder: 10_000,
    vaeSteadyDecoder: 10_000,
    text: 5000,
    features: 1000,
    deep: 0,
  },
  calls: (calls) => calls.reduce((sum, call) => sum + cost(call), 0),
  shallow: () => 0,
  recorded: () => ({ weights: 0, values: 0 }),
  recordedPicture: () => ({ weights: 0, values: 0 }),
  vaeWeights: { encoder: 0, decoder: 0 },
};
const memoryOf = (runs: readonly Run[], needs: readonly Need[] = []): MemoryOf => ({
  ...{
    foretold,
    shape: SHAPE,
    branches: 2,
    runs,
    needs,
    structureChannels: 0,
    controlPictures: 0,
    texts: { frame: 0, together: 0 },
    learning: null,
    steering: 0,
    watched: false,
  },
});
const of = (runs: readonly Run[], free: number, pays = false) => capacityOf(memoryOf(runs), free, pays);

const frames = [0, 1, 2, 3, 4, 5, 6, 7];
const together: Run = { frames, schedule, start, passes: () => [{ frames, keys: 'joint' }] };
/** The engine, the UNet's weights, and five latents a frame. */
const BEFORE = ENGINE + 100_000 + frames.length * 5 * LATENT;

it('is what fits beside weights and latents', () => {
  const jointly = (count: number) => cost({ ...JOINT, frames: count, branches: 2 });
  for (const count of [1, 2, 5, 8]) {
    expect(of([together], BEFORE + jointly(count)).fits(JOINT)).toBe(count);
    expect(of([together], BEFORE + jointly(count) - 1).fits(JOINT)).toBe(count - 1);
  }
  expect(of([together], BEFORE + jointly(20)).fits(JOINT)).toBe(8);
  expect(of([together], 0).fits(JOINT)).toBe(0);
  expect(unbounded(false).fits(JOINT)).toBe(Number.POSITIVE_INFINITY);
});

it('is found out once where all frames fit, and never where frames go one by one anyhow', () => {
  let asked = 0;
  const counting = { ...foretold, calls: () => ++asked };
  const capacity = capacityOf({ ...memoryOf([together]), foretold: counting }, 1e9, false);
  expect(mostOf(capacity)({ frames, keys: 'own' })).toBe(1);
  expect(asked).toBe(0);
  checkCapacity([together], capacity);
  expect(asked).toBe(1);
});

it('frames go together only where a trial said that it pays', () => {
  expect(of([together], 1e9).together).toBe(1);
  expect(of([together], 1e9, true).together).toBe(4);
  expect(unbounded(true).together).toBe(4);
});

it('leaves room for what the depth made of every frame, where that is kept, and for the layers that use it', () => {
  const jointly = cost({ ...JOINT, frames: 8, branches: 2 });
  const fits = (deep: number, shallow: number) => {
    const reused = { ...foretold, deep, shallow: () => shallow };
    const free = BEFORE + frames.length * 2 * 300 + 50 + jointly;
    return capacityOf({ ...memoryOf([together]), foretold: reused }, free, false).fits(JOINT);
  };
  expect(fits(300, 50)).toBe(8);
  expect(fits(301, 50)).toBe(7);
  expect(fits(300, 51)).toBe(7);
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
  const alone = (kind: typeof OWN) => cost({ ...kind, frames: 1, branches: 2 });
  // All three lend, and are held when the first of the others goes.
  const lent = 3 * 2 * foretold.features;
  const free = BEFORE + lent + alone(LENT) + cost({ ...JOINT, frames: 3, branches: 2 });
  expect(of([mixed], free).fits(JOINT)).toBe(3);
  expect(of([mixed], free - 1).fits(JOINT)).toBe(2);
  const more = free + 3 * LATENT + alone(OWN);
  expect(of([mixed, after], more).fits(JOINT)).toBe(3);
  expect(of([mixed, after], more - 1).fits(JOINT)).toBe(2);
});

it('refuses by it what must go together, and nothing else', () => {
  const each: Run = { frames, schedule, start };
  expect(() => checkCapacity([each], of([each], 0))).not.toThrow();
  const room = BEFORE + cost({ ...JOINT, frames: 3, branches: 2 });
  expect(() => checkCapacity([together], of([together], room))).toThrow(/8 frames at once.* 3 fit/);
});

it('a render needs what its largest stage takes, and says what one frame more adds', () => {
  const run: Run = { frames, schedule, start };
  const held = ENGINE + frames.length * 5 * LATENT;
  const plain = renderMemory(memoryOf([run]));
  expect(plain.stages).toEqual({
    text: ENGINE + 5000,
    invert: held + 100_000 + 20_000,
    sample: held + 100_000 + cost({ ...OWN, frames: 1, branches: 2 }),
    decode: held + 10_000,
  });
  expect(plain.total).toBe(plain.stages.invert);
  expect(plain.perFrame).toBe(5 * LATENT);
  // An inverted latent, its way of four levels, and its picture to see how good it is.
  const inverted = renderMemory(memoryOf([run], ['inversion', 'trajectory']));
  expect(inverted.perFrame).toBe((5 + 1 + 4) * LATENT);
  const alone = cost({ ...OWN, frames: 1, branches: 1 });
  expect(inverted.stages.invert).toBe(ENGINE + 8 * inverted.perFrame + 100_000 + 20_000 + 10_000 + alone);
  expect(renderMemory({ ...memoryOf([run]), watched: true }).stages.sample).toBe(
    plain.stages.sample + 10_000,
  );
});

it('asks the machine, where that can say, or takes what the artist says', () => {
  expect(freeMemory('cpu')).toBeGreaterThan(1e6);
  expect(freeMemory('cuda')).toBe(Number.POSITIVE_INFINITY);
  vi.stubEnv('RETAKE_MEMORY_MB', '6000');
  expect(freeMemory('cpu')).toBe(6e9);
  vi.stubEnv('RETAKE_MEMORY_MB', 'much');
  expect(() => freeMemory('cpu')).toThrow(/RETAKE_MEMORY_MB is "much"/);
  vi.unstubAllEnvs();
});
