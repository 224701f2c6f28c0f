/** Several anchors: who is visited when, who sees whom, and that nothing of it depends on where it was interrupted. */
import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/common/errors.ts';
import { decodeCheckpoint, encodeCheckpoint } from '../../src/main/engine/diffusion/checkpoint.ts';
import { sampleRuns } from '../../src/main/engine/diffusion/driver.ts';
import { noiseFor, picker } from '../../src/main/engine/diffusion/noise.ts';
import { visitsAround } from '../../src/main/engine/diffusion/order.ts';
import type { SampleRequest } from '../../src/main/engine/diffusion/sampling.ts';
import { makeLevels } from '../../src/main/engine/diffusion/schedule.ts';
import { ddim } from '../../src/main/engine/diffusion/solvers/ddim.ts';
import type { Features, Latent, Predict } from '../../src/main/engine/diffusion/types.ts';
import { attentionFor, getMethod, parseParams, solverFor } from '../../src/main/engine/methods/registry.ts';
import { methodRuns } from '../helpers/method-runs.ts';
import { maxDiff, SD_SCHEDULER, SHAPE, SIZE, smoothNetwork, text } from '../helpers/smooth-network.ts';

const STEPS = 4;

/** Some of the frames, ascending. */
function anchorsOf(seed: number, frames: number): number[] {
  const pick = picker(seed, frames);
  const chosen = Array.from({ length: 1 + pick(4) }, () => pick(frames));
  return [...new Set(chosen)].sort((a, b) => a - b);
}

describe('the order of visits', () => {
  it('visits every frame once, each beside neighbours that were visited before, meeting between two anchors', () => {
    for (let seed = 0; seed < 300; seed++) {
      const frames = 1 + (seed % 13);
      const anchors = anchorsOf(seed, frames);
      const visits = visitsAround(anchors, frames, seed % 7);
      expect(visits.map(({ frame }) => frame).sort((a, b) => a - b)).toEqual(
        Array.from({ length: frames }, (_, i) => i),
      );
      expect(visits.slice(0, anchors.length).map(({ frame }) => frame)).toEqual(anchors);
      const seen = new Set<number>(anchors);
      const met: number[] = [];
      for (const { frame, neighbours, anchors: led } of visits.slice(anchors.length)) {
        const [before, after] = [anchors.findLast((one) => one < frame), anchors.find((one) => one > frame)];
        expect(led).toEqual([before, after].filter((one) => one !== undefined));
        for (const other of neighbours) {
          expect(Math.abs(other - frame)).toBe(1);
          expect(seen.has(other)).toBe(true);
        }
        if (neighbours.length > 1) met.push(before!);
        else expect(neighbours).toHaveLength(1);
        seen.add(frame);
      }
      const gaps = anchors.filter((anchor, i) => i + 1 < anchors.length && anchors[i + 1]! > anchor + 1);
      expect(met).toEqual(gaps);
    }
  });

  it('meets in the middle first, and over the steps in every frame between', () => {
    const meetings = Array.from(
      { length: 20 },
      (_, step) => visitsAround([2, 8], 10, step).find(({ neighbours }) => neighbours.length === 2)!.frame,
    );
    expect(meetings[0]).toBe(5);
    expect(new Set(meetings)).toEqual(new Set([3, 4, 5, 6, 7]));
    for (const [step, frame] of meetings.entries()) expect(frame).not.toBe(meetings[step + 1]);
  });

  it('refuses an anchor outside the shot', () => {
    for (const anchors of [[0, 3], [-1], [0.5]]) expect(() => visitsAround(anchors, 3, 0)).toThrow(AppError);
  });
});

interface Asked {
  readonly id: string;
  readonly params?: object;
  readonly anchors: readonly number[];
  readonly frames: number;
}

const structure = (frame: number) => noiseFor(10, frame, 6);

function requestOf({ id, params = {}, anchors, frames }: Asked): SampleRequest {
  const method = getMethod(id);
  const solver = solverFor(method, params, null);
  const start = Array.from({ length: frames }, (_, frame) => noiseFor(9, frame, SIZE));
  const schedule = makeLevels(SD_SCHEDULER, STEPS, { solver });
  const of = { start, anchor: anchors[0]!, anchors, seed: 42, schedule, solver, shape: SHAPE };
  return {
    runs: methodRuns(method, params, of),
    predict: smoothNetwork(),
    prediction: 'epsilon',
    solver,
    branches: [text(-0.3), text(0.8)],
    guidance: 3,
    structure,
    seed: 42,
  };
}

const KINDS: readonly (Asked & { readonly name: string })[] = [
  { name: 'joint', id: 'pix2video', anchors: [1, 5], frames: 8 },
  { name: 'own', id: 'pix2video', params: { anchors: 'own' }, anchors: [0, 2, 7], frames: 8 },
  { name: 'random', id: 'pix2video', params: { attention: 'random' }, anchors: [0, 7], frames: 8 },
  { name: 'previous', id: 'pix2video', params: { attention: 'previous' }, anchors: [2, 5], frames: 7 },
  { name: 'side by side', id: 'pix2video', params: { attention: 'both+self' }, anchors: [2, 3], frames: 6 },
  { name: 'every frame', id: 'pix2video', params: {}, anchors: [0, 1, 2], frames: 3 },
  { name: 'mix', id: 'mix', params: { w: '0.9,0.2' }, anchors: [0, 4], frames: 6 },
  { name: 'mix before', id: 'mix', params: { previous: 'before' }, anchors: [1, 6], frames: 7 },
];

describe.each(KINDS)('$id with several anchors, $name', (asked) => {
  it('goes on from every checkpoint to the same bits, however many go together', async () => {
    const request = requestOf(asked);
    const kept: { done: number; bytes: Uint8Array }[] = [];
    const whole = await sampleRuns({
      ...request,
      onVisit({ done, checkpoint }) {
        if (checkpoint) kept.push({ done, bytes: encodeCheckpoint(checkpoint()) });
      },
    });
    for (const { done, bytes } of kept) {
      const capacity = { together: 1 + (done % 3), fits: () => Number.POSITIVE_INFINITY };
      const resume = decodeCheckpoint(bytes)!;
      expect(await sampleRuns({ ...request, capacity, resume }), `after ${done}`).toEqual(whole);
    }
  });

  it('differs from one anchor alone', async () => {
    if (asked.anchors.length === asked.frames) return;
    const several = await sampleRuns(requestOf(asked));
    const one = await sampleRuns(requestOf({ ...asked, anchors: asked.anchors.slice(0, 1) }));
    expect(several.some((latent, frame) => maxDiff(latent, one[frame]!) > 1e-3)).toBe(true);
  });
});

/** Per frame in the first step, the frames whose tokens it sees, 'own' among them where its own take part. */
async function seenIn(asked: Asked): Promise<Map<number, (number | 'own')[]>> {
  const request = requestOf(asked);
  const structures = Array.from({ length: asked.frames }, (_, frame) => structure(frame));
  const makers = new WeakMap<Features, number>();
  const saw = new Map<number, (number | 'own')[]>();
  const predict: Predict = async (inputs, joint = false) => {
    const frames = inputs.map((input) => structures.indexOf(input.structure!));
    const answers = await request.predict(inputs, joint);
    for (const [i, { attention }] of inputs.entries()) {
      const bank = (attention?.bank ?? []).map((features) => makers.get(features)!);
      const own = (attention?.self ?? true) ? (['own'] as const) : [];
      if (!saw.has(frames[i]!)) saw.set(frames[i]!, joint ? frames : [...bank, ...own]);
      const { features } = answers[i]!;
      if (features) makers.set(features, frames[i]!);
    }
    return answers;
  };
  await sampleRuns({ ...request, predict, structure: (frame) => structures[frame]! });
  return saw;
}

describe('pix2video with several anchors', () => {
  const asked = { id: 'pix2video', anchors: [1, 5], frames: 8 };

  it('sees the nearest anchors on both sides and its neighbour, both neighbours where the ways meet', async () => {
    const both: [number, (number | 'own')[]][] = [
      [2, [1, 5, 1]],
      [3, [1, 5, 2, 4]],
      [4, [1, 5, 5]],
      [6, [5, 5]],
      [7, [5, 6]],
      [0, [1, 1]],
    ];
    const joint = await seenIn(asked);
    expect(joint).toEqual(new Map([[1, [1, 5]], [5, [1, 5]], ...both]));
    expect(await seenIn({ ...asked, params: { anchors: 'own' } })).toEqual(
      new Map([[1, ['own']], [5, ['own']], ...both]),
    );
  });

  it('keeps what each choice means', async () => {
    const seen = async (attention: string) => {
      const saw = await seenIn({ ...asked, params: { attention } });
      return [saw.get(3), saw.get(7)];
    };
    expect(await seen('anchor')).toEqual([[1, 5], [5]]);
    expect(await seen('previous')).toEqual([[2, 4], [6]]);
    expect(await seen('both+self')).toEqual([
      [1, 5, 2, 4, 'own'],
      [5, 6, 'own'],
    ]);
    expect(await seen('sparse-causal')).toEqual([
      [1, 5, 2, 4],
      [5, 6],
    ]);
    const [meeting] = await seen('random');
    expect(meeting!.slice(0, 2)).toEqual([1, 5]);
    expect([1, 2]).toContain(meeting![2]);
    expect([4, 5]).toContain(meeting![3]);
  });

  it('asks for a joint network only where anchors look at each other, and for every layer where it says so', () => {
    const method = getMethod('pix2video');
    const use = (params: object, anchors: number) =>
      attentionFor(method, parseParams(method, params), anchors);
    expect(use({}, 1)).toEqual({ sites: 'decoder', joint: false });
    expect(use({}, 2)).toEqual({ sites: 'decoder', joint: true });
    expect(use({ anchors: 'own' }, 2)).toEqual({ sites: 'decoder', joint: false });
    expect(use({ attention: 'sparse-causal' }, 1)).toEqual({ sites: 'all', joint: false });
  });

  it('holds features of the anchors and two more, however long the shot is', async () => {
    for (const frames of [10, 30]) {
      let most = 0;
      const request = requestOf({ id: 'pix2video', anchors: [0, frames - 1], frames });
      await sampleRuns({
        ...request,
        onVisit({ checkpoint }) {
          most = Math.max(most, checkpoint?.().features.length ?? 0);
        },
      });
      expect(most).toBe(4);
    }
  });

  it('is refused where anchors that look at each other do not fit, with what to choose', async () => {
    const capacity = { together: 1, fits: () => 1 };
    const error = await sampleRuns({ ...requestOf(asked), capacity }).catch((caught: unknown) => caught);
    expect(error).toMatchObject({
      code: 'usage',
      message: expect.stringContaining('2 frames at once'),
      hint: expect.stringContaining('"own"'),
    });
    const own = requestOf({ ...asked, params: { anchors: 'own' } });
    expect(await sampleRuns({ ...own, capacity })).toHaveLength(8);
  });
});

it('mixing with w = 1 ends with every frame equal to its anchor, and in the middle with the mean of both', async () => {
  const asked = { id: 'mix', params: { w: 1 }, anchors: [1, 5], frames: 7 };
  const result = await sampleRuns(requestOf(asked));
  const apart = await sampleRuns(requestOf({ ...asked, params: { w: 0 } }));
  const like = (frame: number, other: Latent) => expect(maxDiff(result[frame]!, other)).toBeLessThan(1e-5);
  for (const frame of [0, 1, 2]) like(frame, apart[1]!);
  for (const frame of [4, 5, 6]) like(frame, apart[5]!);
  like(
    3,
    apart[1]!.map((value, i) => (value + apart[5]![i]!) / 2),
  );
});

it('one anchor is pulled towards as before: the seed and the order of picks are the same', async () => {
  const asked = { id: 'pix2video', params: { attention: 'random' }, anchors: [2], frames: 6 };
  const schedule = makeLevels(SD_SCHEDULER, STEPS, { solver: ddim });
  const { runs, ...request } = requestOf(asked);
  expect(runs[0]!.schedule).toEqual(schedule);
  expect(await sampleRuns({ ...request, runs })).toEqual(
    await sampleRuns(requestOf({ ...asked, params: { attention: 'random', anchors: 'own' } })),
  );
});
