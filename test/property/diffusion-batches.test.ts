/** What goes through the network together changes how often it is called, and nothing else. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/common/errors.ts';
import { schedule as batchesOf } from '../../src/main/engine/diffusion/batches.ts';
import type { Capacity } from '../../src/main/engine/diffusion/capacity.ts';
import {
  type Checkpoint,
  decodeCheckpoint,
  encodeCheckpoint,
} from '../../src/main/engine/diffusion/checkpoint.ts';
import { sampleRuns } from '../../src/main/engine/diffusion/driver.ts';
import { mostKept } from '../../src/main/engine/diffusion/history.ts';
import { noiseFor } from '../../src/main/engine/diffusion/noise.ts';
import { visitsFrom } from '../../src/main/engine/diffusion/order.ts';
import { attendingOf, keysOf, type Pass, type Run, visitsOf } from '../../src/main/engine/diffusion/run.ts';
import type { SampleRequest } from '../../src/main/engine/diffusion/sampling.ts';
import { makeLevels } from '../../src/main/engine/diffusion/schedule.ts';
import { ddim } from '../../src/main/engine/diffusion/solvers/ddim.ts';
import { dpmpp2m } from '../../src/main/engine/diffusion/solvers/dpmpp-2m.ts';
import type { Solver } from '../../src/main/engine/diffusion/solvers/solver.ts';
import type { Predict } from '../../src/main/engine/diffusion/types.ts';
import { type Pick, randomPasses, randomRuns } from '../helpers/random-runs.ts';
import { SD_SCHEDULER, SIZE, smoothNetwork, text } from '../helpers/smooth-network.ts';

const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);

/** Rolled by fast-check, so that what fails is shrunk to few frames and plain passes. */
const dice = fc.gen().map(
  (roll): Pick =>
    (below) =>
      roll(fc.nat, { max: below - 1 }),
);

it('batches of random passes hold every frame once, after those it needs, as many as may be', () => {
  const holds = fc.property(dice, (pick) => {
    const frames = upTo(1 + pick(14));
    const passes = randomPasses(pick, frames);
    const most = 1 + pick(5);
    const visited = new Set<number>();
    for (const { visits, joint } of batchesOf(passes, () => most)) {
      const kinds = new Set(visits.map(({ pass }) => JSON.stringify(attendingOf(pass))));
      expect(kinds.size).toBe(1);
      if (joint) expect(visits.map(({ frame }) => frame)).toEqual(visits[0]!.pass.frames);
      else expect(visits.length).toBeLessThanOrEqual(most);
      for (const { frame, pass } of visits) {
        expect(pass.frames).toContain(frame);
        for (const needed of [...keysOf(pass), ...(pass.reads ?? [])])
          expect(visited, `${needed} before ${frame}`).toContain(needed);
      }
      for (const { frame } of visits) {
        expect(visited).not.toContain(frame);
        visited.add(frame);
      }
    }
    expect([...visited].sort((a, b) => a - b)).toEqual(frames);
  });
  fc.assert(holds, { seed: 1, numRuns: 300 });
});

it('one by one they keep their order, and from any point on they are the rest', () => {
  const holds = fc.property(dice, (pick) => {
    const passes = randomPasses(pick, upTo(1 + pick(14)));
    const alone = batchesOf(passes, () => 1);
    expect(alone.flatMap(({ visits }) => visits.map(({ frame }) => frame))).toEqual(
      passes.flatMap(({ frames }) => frames),
    );
    const most = 1 + pick(5);
    const batches = batchesOf(passes, () => most);
    for (const at of batches.keys()) {
      const visited = batches.slice(0, at).flatMap(({ visits }) => visits.map(({ frame }) => frame));
      expect(batchesOf(passes, () => most, visited)).toEqual(batches.slice(at));
    }
  });
  fc.assert(holds, { seed: 1, numRuns: 300 });
});

describe('batches', () => {
  const callsOf = (passes: readonly Pass[], most: number) =>
    batchesOf(passes, () => most).map(({ visits }) => visits.map(({ frame }) => frame));

  it('of frames that need none are full; of chains to both sides, a pair', () => {
    const plain = upTo(7).map((frame): Pass => ({ frames: [frame], keys: 'own' }));
    expect(callsOf(plain, 3)).toEqual([[0, 1, 2], [3, 4, 5], [6]]);
    const chains = visitsFrom(2, 6).map(
      ({ frame, previous }): Pass => ({ frames: [frame], keys: previous === null ? 'own' : [2, previous] }),
    );
    expect(callsOf(chains, 4)).toEqual([[2], [3, 1], [4, 0], [5]]);
  });

  it('that wait for each other are refused', () => {
    const circle: Pass[] = [
      { frames: [0], keys: [1] },
      { frames: [1], keys: [0] },
    ];
    expect(() => callsOf(circle, 2)).toThrow(/earlier/);
  });
});

const capacityOf = (together: number, fits = Number.POSITIVE_INFINITY): Capacity => ({
  together,
  fits: ({ joint }) => (joint ? Number.POSITIVE_INFINITY : fits),
});

function requestOf(runs: readonly Run[], solver = ddim): SampleRequest {
  return {
    runs,
    predict: smoothNetwork(),
    prediction: 'epsilon',
    solver,
    branches: [text(-0.3), text(0.8)],
    guidance: 3,
    structure: (frame) => noiseFor(10, frame, 6),
    seed: 42,
  };
}

/** Counts calls, and lets a frame of a batch see nothing of the others. */
function counting(predict: Predict = smoothNetwork()): { predict: Predict; calls: number[] } {
  const calls: number[] = [];
  return {
    calls,
    predict: (inputs, joint) => {
      calls.push(inputs.length);
      return predict(inputs, joint);
    },
  };
}

describe('runs of any shape', () => {
  interface Drawn {
    readonly runs: readonly Run[];
    readonly solver: Solver;
    readonly most: number;
    readonly fits: number;
  }
  const drawn = dice.map((pick): Drawn => {
    const solver = pick(2) === 0 ? ddim : dpmpp2m;
    const schedule = makeLevels(SD_SCHEDULER, 2 + pick(3), { solver });
    const start = (frame: number) => noiseFor(9, frame, SIZE);
    const runs = randomRuns(pick, { frames: 2 + pick(6), schedule, start });
    return { runs, solver, most: 2 + pick(4), fits: 1 + pick(4) };
  });

  it('give the same bits however many go together', async () => {
    const holds = fc.asyncProperty(drawn, async ({ runs, solver, most, fits }) => {
      const [one, many] = [counting(), counting()];
      const alone = await sampleRuns({ ...requestOf(runs, solver), predict: one.predict });
      const capacity = capacityOf(most, fits);
      const together = await sampleRuns({ ...requestOf(runs, solver), predict: many.predict, capacity });
      expect(together).toEqual(alone);
      const total = (calls: readonly number[]) => calls.reduce((sum, count) => sum + count, 0);
      expect([total(one.calls), total(many.calls)]).toEqual([visitsOf(runs), visitsOf(runs)]);
    });
    await fc.assert(holds, { seed: 1, numRuns: 50 });
  });

  it('go on from any checkpoint to the same bits, with more or fewer together', async () => {
    const holds = fc.asyncProperty(drawn, async ({ runs, solver, most, fits }) => {
      const checkpoints: Checkpoint[] = [];
      const whole = await sampleRuns({
        ...requestOf(runs, solver),
        capacity: capacityOf(fits),
        onVisit({ checkpoint }) {
          if (checkpoint) checkpoints.push(decodeCheckpoint(encodeCheckpoint(checkpoint())));
        },
      });
      for (const resume of checkpoints) {
        expect(resume.history.length).toBeLessThanOrEqual(mostKept(runs));
        const again = await sampleRuns({ ...requestOf(runs, solver), resume, capacity: capacityOf(most) });
        expect(again).toEqual(whole);
      }
    });
    await fc.assert(holds, { seed: 1, numRuns: 12 });
  });
});

describe('capacity', () => {
  const schedule = makeLevels(SD_SCHEDULER, 3, { solver: ddim });
  const start = (frame: number) => noiseFor(9, frame, SIZE);
  const joint: Run = {
    frames: upTo(6),
    schedule,
    start,
    passes: (step) =>
      step < 2
        ? [{ frames: upTo(6), keys: 'own' }]
        : [
            { frames: [0, 2, 4], keys: 'joint' },
            { frames: [1, 3, 5], keys: [0, 2] },
          ],
  };

  it('what fits but in parts is asked in parts, with the same result', async () => {
    const { predict, calls } = counting();
    const capacity: Capacity = {
      together: 8,
      fits: ({ bank, joint: all }) => (all ? 3 : bank > 0 ? 2 : 4),
    };
    const result = await sampleRuns({ ...requestOf([joint]), predict, capacity });
    expect(calls).toEqual([4, 2, 4, 2, 3, 2, 1]);
    expect(result).toEqual(await sampleRuns(requestOf([joint])));
  });

  it('what cannot be parted is refused before the first call, saying how many fit', async () => {
    for (const [fits, words] of [
      [2, /3 frames at once.* 2 fit/],
      [1, /not even two/],
      [0, /not even two/],
    ] as const) {
      const { predict, calls } = counting();
      const refused = sampleRuns({
        ...requestOf([joint]),
        predict,
        capacity: { together: 1, fits: () => fits },
      });
      const error = await refused.catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(AppError);
      expect(error).toMatchObject({ code: 'usage', message: expect.stringMatching(words) });
      expect((error as AppError).hint).toMatch(/fewer frames/);
      expect(calls).toEqual([]);
    }
  });

  it('a single frame is tried even where it should not fit', async () => {
    const alone: Run = { ...joint, passes: () => upTo(6).map((frame) => ({ frames: [frame], keys: 'own' })) };
    const capacity = { together: 4, fits: () => 0 };
    expect(await sampleRuns({ ...requestOf([alone]), capacity })).toHaveLength(6);
  });
});

describe('history', () => {
  const schedule = makeLevels(SD_SCHEDULER, 4, { solver: ddim });
  const start = (frame: number) => noiseFor(9, frame, SIZE);
  const first: Run = { frames: [0, 1], schedule, start };

  it('is what the last earlier run left after each step, and only what was asked for', async () => {
    const seen = new Map<string, Float32Array>();
    const recalls = [
      { frame: 0, level: 0 },
      { frame: 0, level: 2 },
      { frame: 1, level: 4 },
    ];
    let most = 0;
    const second: Run = {
      frames: [2],
      schedule,
      recalls,
      start(frame, { history }) {
        for (const { frame: of, level } of recalls) seen.set(`${of} ${level}`, history(of, level));
        expect(() => history(1, 1)).toThrow(/recalls frame 1 at level 1/);
        return start(frame);
      },
    };
    const last: Run = { frames: [0], schedule, recalls: [{ frame: 1, level: 4 }], start };
    const made: Float32Array[] = [];
    const runs = [first, second, last];
    const result = await sampleRuns({
      ...requestOf(runs),
      onVisit({ run, step, frame, latent, checkpoint }) {
        if (run === 0 && step === 1 && frame === 0) made.push(latent!);
        const { history } = checkpoint!();
        most = Math.max(most, history.length);
        if (run === 2) expect(history.map(({ frame: of, level }) => [of, level])).toEqual([[1, 4]]);
      },
    });
    expect(seen.get('0 0')).toEqual(start(0));
    expect(seen.get('0 2')).toBe(made[0]);
    expect(seen.get('1 4')).toBe(result[1]);
    expect(most).toBe(3);
    expect(mostKept(runs)).toBe(3);
    expect(mostKept([first])).toBe(0);
  });

  it('is of the later of two runs that have the frame', async () => {
    const other: Run = { ...first, start: (frame) => noiseFor(5, frame, SIZE) };
    const recalls = [0, 2].map((level) => ({ frame: 1, level }));
    const seen: Float32Array[] = [];
    const last: Run = {
      frames: [2],
      schedule,
      recalls,
      start(frame, { history }) {
        seen.push(...recalls.map(({ frame: of, level }) => history(of, level)));
        return start(frame);
      },
    };
    const made: Float32Array[] = [];
    await sampleRuns({
      ...requestOf([first, other, last]),
      onVisit({ run, step, frame, latent }) {
        if (run === 1 && step === 1 && frame === 1) made.push(latent!);
      },
    });
    expect(seen).toEqual([noiseFor(5, 1, SIZE), made[0]]);
  });

  it('of a frame that no earlier run has, or of a level there is not, is refused', () => {
    const wrong = (recalls: Run['recalls']): Run => ({ frames: [1], schedule, start, recalls: recalls! });
    expect(() => mostKept([first, wrong([{ frame: 7, level: 1 }])])).toThrow(/comes after one of frame 7/);
    expect(() => mostKept([first, wrong([{ frame: 0, level: 5 }])])).toThrow(/has a level 5/);
    expect(() => mostKept([wrong([{ frame: 0, level: 1 }]), first])).toThrow(/frame 0/);
  });
});
