/** Which calls go through the whole network, and what is kept between them. */
import { describe, expect, it } from 'vitest';
import { Cancelled } from '../../src/common/errors.ts';
import { type EditRequest, parseSettings } from '../../src/common/settings/settings.ts';
import {
  type Checkpoint,
  decodeCheckpoint,
  encodeCheckpoint,
} from '../../src/main/engine/diffusion/checkpoint.ts';
import { sampleRuns } from '../../src/main/engine/diffusion/driver.ts';
import { noiseFor } from '../../src/main/engine/diffusion/noise.ts';
import { shallowVisits, wholeCalls } from '../../src/main/engine/diffusion/reuse.ts';
import { askedRun, type Run } from '../../src/main/engine/diffusion/run.ts';
import { makeLevels } from '../../src/main/engine/diffusion/schedule.ts';
import type { Share } from '../../src/main/engine/diffusion/share.ts';
import { ddim } from '../../src/main/engine/diffusion/solvers/ddim.ts';
import { dpmpp2m } from '../../src/main/engine/diffusion/solvers/dpmpp-2m.ts';
import { heun } from '../../src/main/engine/diffusion/solvers/heun.ts';
import type { Solver } from '../../src/main/engine/diffusion/solvers/solver.ts';
import type { PredictInput } from '../../src/main/engine/diffusion/types.ts';
import { reuseNotes } from '../../src/main/engine/recipe/reuse.ts';
import { inGroups } from '../helpers/job-settings.ts';
import { deepNetwork, maxDiff, SD_SCHEDULER, SIZE, text } from '../helpers/smooth-network.ts';

const REQUEST = inGroups<EditRequest>({
  clip: 'a.mp4',
  bundle: 'tiny',
  out: 'take.mov',
  sourcePrompt: 'a',
  prompt: 'b',
});
const STEPS = 7;
const frames = [0, 1, 2];

function runOf(solver: Solver, more: Partial<Run> = {}): Run {
  const schedule = makeLevels(SD_SCHEDULER, STEPS, { solver });
  const passes: Run['passes'] = () => [
    { frames: [1], keys: 'own' },
    { frames: [0, 2], keys: [1] },
  ];
  return askedRun(solver, { frames, schedule, passes, start: (frame) => noiseFor(3, frame, SIZE), ...more });
}

interface Sampling {
  readonly solver?: Solver;
  readonly reuse?: number;
  readonly runs?: readonly Run[];
  readonly log?: PredictInput[];
  readonly resume?: Checkpoint;
  readonly stopAt?: number;
  readonly guidanceRange?: Share;
  readonly saved?: Checkpoint[];
}

/** @param stopAt visits after which it is cancelled; what checkpoints there were are in `saved` */
async function sampled({
  solver = ddim,
  reuse,
  runs = [runOf(solver)],
  log,
  resume,
  stopAt,
  saved,
  guidanceRange,
}: Sampling) {
  const abort = new AbortController();
  return sampleRuns({
    ...{ runs, solver, predict: deepNetwork(log), prediction: 'epsilon', seed: 1, signal: abort.signal },
    ...{ branches: [text(-0.3), text(0.8)], guidance: 2 },
    ...(reuse !== undefined && { reuse }),
    ...(guidanceRange && { guidanceRange }),
    ...(resume && { resume }),
    onVisit({ done, checkpoint }) {
      if (checkpoint) saved?.push(decodeCheckpoint(encodeCheckpoint(checkpoint())));
      if (done === stopAt) abort.abort();
    },
  });
}

describe('whole calls', () => {
  it('are the first of every so many of a run, and all of them by default', () => {
    const run = runOf(ddim);
    expect(wholeCalls(run, {})).toEqual(Array.from({ length: STEPS }, () => true));
    expect(wholeCalls(run, { reuse: 3 }).map(Number)).toEqual([1, 0, 0, 1, 0, 0, 1]);
    expect(wholeCalls(run, { reuse: 10 }).map(Number)).toEqual([1, 0, 0, 0, 0, 0, 0]);
    expect(shallowVisits([run, run], { reuse: 3 })).toBe(2 * 3 * 4);
    expect(shallowVisits([run], { reuse: 1 })).toBe(0);
  });

  it('come early where guidance comes back, of whose branch nothing was kept', () => {
    const guidanceRange = { from: 3 / STEPS, to: 5 / STEPS };
    const at = (reuse: number) => wholeCalls(runOf(ddim), { reuse, guidanceRange }).map(Number);
    expect(at(3)).toEqual([1, 0, 0, 1, 0, 0, 1]);
    expect(at(2)).toEqual([1, 0, 1, 1, 0, 1, 0]);
    expect(at(7)).toEqual([1, 0, 0, 1, 0, 0, 0]);
  });
});

describe('what is said of it before a render', () => {
  const said = (steps: number, reuse: number) => {
    const schedule = makeLevels(SD_SCHEDULER, steps, { solver: ddim });
    return reuseNotes([{ ...runOf(ddim), schedule }], parseSettings({ ...REQUEST, sampling: { reuse } }));
  };
  it('is that few steps lie far apart, or that there is nothing to reuse', () => {
    expect(said(4, 1)).toEqual([]);
    expect(said(20, 3)).toEqual([]);
    expect(said(4, 2)).toEqual([expect.stringMatching(/^in 4 steps each differs much from the one before/)]);
    expect(said(1, 2)).toEqual(['nothing is reused between steps: there is but one']);
  });
});

describe('sampling', () => {
  it('is what it was with reuse off, and asks for nothing of the depth', async () => {
    const log: PredictInput[] = [];
    expect(await sampled({ reuse: 1, log })).toEqual(await sampled({}));
    expect(log.some(({ deep, keepDeep }) => deep || keepDeep)).toBe(false);
  });

  it('gives each frame what its own depth made in the last whole call, and keeps that only for who reads it', async () => {
    const log: PredictInput[] = [];
    const full = await sampled({});
    const reused = await sampled({ reuse: 3, log });
    const kinds = log.map(({ deep, keepDeep }) => (deep ? 'given' : keepDeep ? 'kept' : 'whole'));
    const step = (kind: string) => frames.map(() => kind);
    expect(kinds).toEqual(['kept', 'given', 'given', 'kept', 'given', 'given', 'whole'].flatMap(step));
    for (const [i, { deep }] of log.entries()) {
      if (!deep) continue;
      const from = log[i - (i % 9) + (i % 3)]!;
      expect(deep.blocks).toHaveLength(2);
      expect(deep.blocks[1]).toEqual(from.latent.map((value) => Math.sin(value)));
    }
    const apart = full.map((latent, frame) => maxDiff(latent, reused[frame]!));
    expect(Math.max(...apart)).toBeGreaterThan(1e-4);
    expect(Math.max(...apart)).toBeLessThan(0.5);
  });

  it('goes on where guidance rests and comes back', async () => {
    const log: PredictInput[] = [];
    await sampled({ reuse: 4, log, guidanceRange: { from: 2 / STEPS, to: 5 / STEPS } });
    const asked = log.filter((_, i) => i % 3 === 0);
    expect(asked.map(({ branches }) => branches.length)).toEqual([1, 1, 2, 2, 2, 1, 1]);
    expect(asked.map(({ deep }) => deep?.blocks.length ?? 0)).toEqual([0, 1, 0, 2, 2, 2, 0]);
  });

  const waiting = { gathers: () => true };
  it.each<[string, Solver, Partial<Run>]>([
    ['DDIM', ddim, {}],
    ['DPM++ 2M', dpmpp2m, {}],
    ['Heun, whose calls are counted', heun, {}],
    ['steps that wait for every frame', ddim, waiting],
  ])(
    'resumes from every checkpoint to the same bits, which are where the next call is whole: %s',
    async (_, solver, more) => {
      const runs = [
        runOf(solver, more),
        { ...runOf(solver, more), frames: [0, 2], passes: undefined },
      ] as Run[];
      const saved: Checkpoint[] = [];
      const whole = await sampled({ solver, reuse: 2, runs, saved });
      expect(saved.length).toBeGreaterThan(3);
      for (const resume of saved) {
        if (resume.visited.length === 0 && resume.step < runs[resume.run]!.schedule.levels.length)
          expect(wholeCalls(runs[resume.run]!, { reuse: 2 })[resume.step]).toBe(true);
        expect(await sampled({ solver, reuse: 2, runs, resume })).toEqual(whole);
      }
      const stopped: Checkpoint[] = [];
      const cancelled = sampled({ solver, reuse: 2, runs, saved: stopped, stopAt: 8 });
      await expect(cancelled).rejects.toBeInstanceOf(Cancelled);
      expect(stopped).not.toHaveLength(0);
      expect(await sampled({ solver, reuse: 2, runs, resume: stopped.at(-1)! })).toEqual(whole);
    },
  );
});
