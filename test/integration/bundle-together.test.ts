/** Several frames in one call of a real network: together they give what each gives alone. */
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Capacity, ONE_BY_ONE } from '../../src/main/engine/diffusion/capacity.ts';
import { sampleRuns } from '../../src/main/engine/diffusion/driver.ts';
import type { Pass, Run } from '../../src/main/engine/diffusion/run.ts';
import { makeLevels } from '../../src/main/engine/diffusion/schedule.ts';
import { ddim } from '../../src/main/engine/diffusion/solvers/ddim.ts';
import type { Latent, PredictInput } from '../../src/main/engine/diffusion/types.ts';
import { openBundle } from '../../src/main/engine/models/open.ts';
import { askOne } from '../helpers/ask-one.ts';
import { maxDiff, SD_SCHEDULER } from '../helpers/smooth-network.ts';
import { tempFolder } from '../helpers/temp-folder.ts';
import { writeTinyBundle } from '../helpers/tiny-bundle.ts';

const SHAPE = { channels: 4, height: 4, width: 6 };
const SIZE = { width: 48, height: 32 };
/** Float32, one order of additions against another. */
const TOLERANCE = 3e-6;

const latentOf = (frame: number) => Float32Array.from({ length: 96 }, (_, i) => Math.sin(i * (frame + 1)));

async function opened(options: { joint: boolean }) {
  const dir = await writeTinyBundle(join(tempFolder(), 'tiny'));
  const bundle = await openBundle(dir, { sites: 'all', joint: options.joint, provider: 'cpu' });
  onTestFinished(() => bundle.close());
  const branches = [await bundle.embed('', SIZE), await bundle.embed('a red swan', SIZE)];
  return { predict: bundle.predict(SHAPE), branches, calls: bundle.calls };
}

it.each([false, true])(
  'with banks, timesteps and branches of their own; opened for joint attention: %s',
  async (joint) => {
    const { predict, branches, calls } = await opened({ joint });
    const one = askOne(predict);
    const bank = await one({ latent: latentOf(9), timestep: 501, branches, capture: true });
    const other = await one({ latent: latentOf(8), timestep: 501, branches, capture: true });
    const lent = (...from: (typeof bank)[]) => ({ bank: from.map(({ features }) => features!), self: false });
    const inputs: PredictInput[] = [
      { latent: latentOf(0), timestep: 501, branches, capture: true },
      { latent: latentOf(1), timestep: 21, branches, capture: true },
      {
        latent: latentOf(2),
        timestep: 501,
        branches: branches.toReversed(),
        capture: true,
        attention: lent(bank),
      },
      { latent: latentOf(3), timestep: 501, branches, capture: true, attention: lent(other) },
      { latent: latentOf(4), timestep: 501, branches, capture: true, attention: lent(bank, other) },
      {
        latent: latentOf(5),
        timestep: 501,
        branches,
        capture: true,
        attention: { ...lent(bank), self: true },
      },
    ];
    const before = calls.unet;
    const together = await predict(inputs);
    expect(calls.unet - before).toBe(inputs.length);
    for (const [i, input] of inputs.entries()) {
      const alone = await one(input);
      const got = together[i]!;
      expect(got.outputs).toHaveLength(2);
      for (const [b, output] of alone.outputs.entries())
        expect(maxDiff(output, got.outputs[b]!), `frame ${i}`).toBeLessThan(TOLERANCE);
      for (const [site, block] of alone.features!.sites.entries()) {
        const { data, ...shape } = got.features!.sites[site]!;
        expect(shape).toEqual({ branches: 2, tokens: block.tokens, channels: block.channels });
        expect(maxDiff(block.data, data), `frame ${i}, site ${site}`).toBeLessThan(TOLERANCE);
      }
    }
  },
);

it('jointly, each sees the others: the same for every order, and not what each gives alone', async () => {
  const { predict, branches } = await opened({ joint: true });
  const inputs = [0, 1, 2].map((frame) => ({ latent: latentOf(frame), timestep: 501, branches }));
  const joint = await predict(inputs, true);
  const turned = (await predict(inputs.toReversed(), true)).toReversed();
  const alone = await predict(inputs);
  for (const [i, { outputs }] of joint.entries()) {
    for (const [b, output] of outputs.entries()) {
      expect(maxDiff(output, turned[i]!.outputs[b]!)).toBeLessThan(TOLERANCE);
      expect(maxDiff(output, alone[i]!.outputs[b]!)).toBeGreaterThan(1e-3);
    }
  }
  const single = await predict([inputs[0]!], true);
  expect(maxDiff(single[0]!.outputs[1]!, alone[0]!.outputs[1]!)).toBeLessThan(TOLERANCE);
});

describe('sampled', () => {
  const frames = [0, 1, 2, 3, 4];
  /** Passes of every kind that can be parted; low levels, where a difference is not magnified. */
  const passes: readonly Pass[] = [
    { frames: [0], keys: 'own' },
    { frames: [1, 2, 3], keys: [0], self: true, reads: [0] },
    { frames: [4], keys: [0, 3] },
  ];

  async function sampled(
    capacity: Capacity,
    run: Partial<Run>,
  ): Promise<{ latents: Latent[]; sizes: number[] }> {
    const { predict, branches } = await opened({ joint: false });
    const sizes: number[] = [];
    const { levels, final } = makeLevels(SD_SCHEDULER, 10, { solver: ddim });
    const schedule = { levels: levels.slice(-4), final };
    const latents = await sampleRuns({
      runs: [{ frames, schedule, start: latentOf, ...run }],
      predict: (inputs, joint) => {
        sizes.push(inputs.length);
        return predict(inputs, joint);
      },
      prediction: 'epsilon',
      solver: ddim,
      branches,
      guidance: 1.5,
      seed: 1,
      capacity,
    });
    return { latents, sizes: sizes.slice(0, sizes.length / 4) };
  }

  it.each<[string, Partial<Run>, Capacity, number[]]>([
    ['each by itself', {}, { together: 3, fits: () => 9 }, [3, 2]],
    ['each by itself, of which two fit', {}, { together: 3, fits: () => 2 }, [2, 2, 1]],
    ['passes that name others', { passes: () => passes }, { together: 9, fits: () => 9 }, [1, 3, 1]],
    ['such passes, of which two fit', { passes: () => passes }, { together: 9, fits: () => 2 }, [1, 2, 1, 1]],
  ])('%s: what one by one gives', async (_, run, capacity, calls) => {
    const alone = await sampled(ONE_BY_ONE, run);
    const together = await sampled(capacity, run);
    expect(alone.sizes).toEqual([1, 1, 1, 1, 1]);
    expect(together.sizes).toEqual(calls);
    for (const [frame, latent] of alone.latents.entries())
      expect(maxDiff(latent, together.latents[frame]!), `frame ${frame}`).toBeLessThan(TOLERANCE);
  });
});

it('is refused where the bundle was not opened for it', async () => {
  const { predict, branches } = await opened({ joint: false });
  await expect(predict([{ latent: latentOf(0), timestep: 501, branches }], true)).rejects.toThrow(
    /joint attention/,
  );
});
