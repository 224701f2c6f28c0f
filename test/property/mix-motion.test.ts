/** Residual mixing along the motion: what stands still is mixed as ever, what moved is found where it went, what is hidden is left alone. */
import { describe, expect, it } from 'vitest';
import { decodeCheckpoint, encodeCheckpoint } from '../../src/main/engine/diffusion/checkpoint.ts';
import { sampleRuns } from '../../src/main/engine/diffusion/driver.ts';
import { noiseFor } from '../../src/main/engine/diffusion/noise.ts';
import type { SampleRequest } from '../../src/main/engine/diffusion/sampling.ts';
import { makeLevels } from '../../src/main/engine/diffusion/schedule.ts';
import { euler } from '../../src/main/engine/diffusion/solvers/euler.ts';
import type { Latent } from '../../src/main/engine/diffusion/types.ts';
import type { Motion } from '../../src/main/engine/methods/have.ts';
import { mix } from '../../src/main/engine/methods/mix.ts';
import { methodRuns } from '../helpers/method-runs.ts';
import { maxDiff, SD_SCHEDULER, SHAPE, SIZE, smoothNetwork, text } from '../helpers/smooth-network.ts';

const FRAMES = 5;
const { width, height } = SHAPE;
const AREA = width * height;
const all = (value: number) => new Float32Array(AREA).fill(value);
const STILL: Motion = { x: all(0), y: all(0), hidden: all(0), confidence: all(1) };
const OFF = null;

interface Mixing {
  readonly flow: ((from: number, to: number) => Motion) | typeof OFF;
  readonly w?: number | string;
  readonly anchors?: readonly number[];
}

function requestOf({ flow, w = 0.6, anchors = [1] }: Mixing): SampleRequest {
  const start = Array.from({ length: FRAMES }, (_, frame) => noiseFor(9, frame, SIZE));
  const schedule = makeLevels(SD_SCHEDULER, 4, { solver: euler });
  const of = { start, anchor: anchors[0]!, anchors, seed: 42, schedule, solver: euler, shape: SHAPE };
  return {
    runs: methodRuns(mix, { w, motion: flow ? 'follow' : 'off' }, of, flow ? { flow } : {}),
    predict: smoothNetwork(),
    prediction: 'epsilon',
    solver: euler,
    branches: [text(-0.3), text(0.8)],
    guidance: 3,
    seed: 42,
  };
}

const sampled = (mixing: Mixing): Promise<Latent[]> => sampleRuns(requestOf(mixing));

describe('mixing that follows the motion', () => {
  it.each([
    ['one anchor', [1]],
    ['several', [0, 4]],
  ])('of what stands still is mixing, to the bit, with %s', async (_, anchors) => {
    expect(await sampled({ flow: () => STILL, anchors })).toEqual(await sampled({ flow: OFF, anchors }));
  });

  it('leaves alone what is hidden, and what is not sure at all', async () => {
    const alone = await sampled({ flow: OFF, w: 0 });
    expect(await sampled({ flow: () => ({ ...STILL, hidden: all(1) }), w: 1 })).toEqual(alone);
    expect(await sampled({ flow: () => ({ ...STILL, confidence: all(0) }), w: 1 })).toEqual(alone);
  });

  it('mixes half as much where it is half as sure', async () => {
    const unsure = await sampled({ flow: () => ({ ...STILL, confidence: all(0.5) }), w: 0.8 });
    const half = await sampled({ flow: OFF, w: 0.4 });
    for (const [i, latent] of unsure.entries()) expect(maxDiff(latent, half[i]!)).toBeLessThan(1e-6);
  });

  it('asks from a frame to the one it leans on, and takes what stands there', async () => {
    const asked = new Set<string>();
    const flow = (from: number, to: number): Motion => {
      asked.add(`${from} ${to}`);
      return { ...STILL, x: all(to - from) };
    };
    const [first, ...others] = await sampled({ flow, w: 1, anchors: [0] });
    expect([...asked].sort()).toEqual(['1 0', '2 1', '3 2', '4 3']);
    // Every place shows what the anchor shows as many places to the left as there are frames between, and its edge beyond.
    for (const [i, latent] of others.entries()) {
      const moved = first!.map((_, at) => first![at - (at % width) + Math.max(0, (at % width) - i - 1)]!);
      expect(maxDiff(latent, moved)).toBeLessThan(1e-5);
    }
  });

  it('leans on one side alone where the ways of two anchors meet and the other is hidden', async () => {
    const anchors = [0, 4];
    const flow = (from: number, to: number) => (to > from ? { ...STILL, hidden: all(1) } : STILL);
    const before = await sampled({ flow, w: 1, anchors });
    const apart = await sampled({ flow: OFF, w: 0 });
    // The last step meets in frame 2: half of it is what frame 1 shows, half its own.
    expect(maxDiff(before[1]!, apart[0]!)).toBeLessThan(1e-5);
    expect(maxDiff(before[3]!, apart[3]!)).toBeGreaterThan(1e-4);
    expect(before.every((latent) => latent.every(Number.isFinite))).toBe(true);
  });

  it('goes on from every checkpoint to the same bits', async () => {
    const flow = (from: number, to: number): Motion => ({
      x: noiseFor(from, to, AREA),
      y: noiseFor(to, from, AREA),
      hidden: noiseFor(7, from, AREA).map((value) => (value > 0.5 ? 1 : 0)),
      confidence: noiseFor(8, to, AREA).map((value) => Math.min(1, Math.abs(value))),
    });
    for (const anchors of [[2], [0, 3]]) {
      const request = requestOf({ flow, anchors });
      const kept: Uint8Array[] = [];
      const whole = await sampleRuns({
        ...request,
        onVisit: ({ checkpoint }) => void kept.push(encodeCheckpoint(checkpoint!())),
      });
      for (const bytes of kept)
        expect(await sampleRuns({ ...request, resume: decodeCheckpoint(bytes)! })).toEqual(whole);
    }
  });
});

it('needs the flow only where it follows it', () => {
  expect(mix.needs(mix.schema.parse({}))).toEqual(['inversion']);
  expect(mix.needs(mix.schema.parse({ motion: 'follow' }))).toEqual(['inversion', 'flow']);
});
