/** Held frames end where they are held to, to the bit, whatever runs, whatever solves; and what is not held is as it was. */
import { describe, expect, it } from 'vitest';
import { decodeCheckpoint, encodeCheckpoint } from '../../src/main/engine/diffusion/checkpoint.ts';
import { denoiseOf } from '../../src/main/engine/diffusion/denoiser.ts';
import { sampleRuns } from '../../src/main/engine/diffusion/driver.ts';
import { held } from '../../src/main/engine/diffusion/hold.ts';
import { noiseFor } from '../../src/main/engine/diffusion/noise.ts';
import { addNoise, pureNoise } from '../../src/main/engine/diffusion/parametrisation.ts';
import type { Run } from '../../src/main/engine/diffusion/run.ts';
import type { SampleRequest } from '../../src/main/engine/diffusion/sampling.ts';
import { makeLevels } from '../../src/main/engine/diffusion/schedule.ts';
import { solvers } from '../../src/main/engine/diffusion/solvers/registry.ts';
import type { Solver } from '../../src/main/engine/diffusion/solvers/solver.ts';
import type { Latent, Level, NoiseSchedule } from '../../src/main/engine/diffusion/types.ts';
import type { Have } from '../../src/main/engine/methods/have.ts';
import { getMethod, parseParams } from '../../src/main/engine/methods/registry.ts';
import type { Method } from '../../src/main/engine/methods/types.ts';
import { holdOf, neededFor } from '../../src/main/engine/recipe/hold.ts';
import { runsOf } from '../../src/main/engine/recipe/runs.ts';
import { fateZero } from '../helpers/possible-methods/fatezero.ts';
import { SD_SCHEDULER, SHAPE, SIZE, smoothNetwork, text } from '../helpers/smooth-network.ts';

const STEPS = 5;
const FRAMES = 3;
const SEED = 7;
const AREA = SHAPE.height * SHAPE.width;
const guide = { mask: { invert: false, grow: 0, feather: 0, parts: [] }, pictures: [] };
const FIRST = 10;
const frames = Array.from({ length: FRAMES }, (_, frame) => frame);
const clean = frames.map((frame) => noiseFor(40, frame, SIZE));

/** Of each frame. */
type Mask = (frame: number) => Float32Array;
const nowhere: Mask = () => new Float32Array(AREA);
const everywhere: Mask = () => new Float32Array(AREA).fill(1);
/** The left column is held, the middle half, the right edited. */
const half: Mask = () => Float32Array.from({ length: AREA }, (_, at) => (at % SHAPE.width) / 2);
const column = (latent: Latent, x: number) => latent.filter((_, at) => at % SHAPE.width === x);

const scheduleOf = (solver: Solver) => makeLevels(SD_SCHEDULER, STEPS, { solver });

function requestOf(solver: Solver, runs: readonly Run[]): SampleRequest {
  return {
    ...{ runs, solver, prediction: 'epsilon', guidance: 3, seed: SEED },
    predict: smoothNetwork(),
    branches: [text(0.2), text(0.9)],
  };
}

async function wayOf(solver: Solver, frame: number, schedule: NoiseSchedule): Promise<Latent[]> {
  const denoiser = {
    ...({ predict: smoothNetwork(), prediction: 'epsilon', form: solver.form, guidance: 1 } as const),
    branches: [text(0.4)],
  };
  const up: Latent[] = [];
  const onLevel = (_: number, latent: Latent) => up.push(latent);
  await solver.inversion!.invert(denoiseOf(denoiser), clean[frame]!, schedule, { refinement: 1, onLevel });
  return up.reverse();
}

/** The runs of a method, held to a mask; to none where it is null. */
async function runsHeld(
  method: Method,
  input: object,
  solver: Solver,
  mask: Mask | null,
  painted: readonly number[] = [],
) {
  const params = parseParams(method, input);
  const schedule = scheduleOf(solver);
  const ways = solver.inversion
    ? await Promise.all(frames.map((frame) => wayOf(solver, frame, schedule)))
    : null;
  const pictures = painted.map((frame) => ({ frame: FIRST + frame, path: 'painted.png', at: 0 }));
  const settings = { sampling: { seed: SEED }, guide: { mask: mask && guide.mask, pictures } };
  const needs = neededFor(method.needs(params), settings.guide);
  const made: Partial<Have> = {
    clean: (frame) => clean[frame]!,
    sourceText: text(0.4),
    ...(ways && { inversion: (frame) => ways[frame]![0]!, trajectory: (frame) => ways[frame]! }),
    ...(mask && { mask }),
  };
  const facts = {
    range: { start: FIRST },
    frames: FRAMES,
    anchor: 1,
    anchors: [1],
    model: { structureChannels: 0 },
    schedule,
    shape: SHAPE,
  };
  return runsOf({ method, params, needs, solver, settings, ...facts }, made);
}

const inverting = solvers.filter(({ inversion }) => inversion);
const CASES = [
  ...inverting.flatMap((solver) => [
    ['pix2video', {}, solver] as const,
    ['img2img', { start: 'inversion' }, solver] as const,
  ]),
  ...inverting.filter(({ id }) => id === 'euler').map((solver) => ['mix', { w: 0.7 }, solver] as const),
  ...solvers.flatMap((solver) => [
    ['sdedit', { strength: 0.6 }, solver] as const,
    ['img2img', { strength: 1 }, solver] as const,
  ]),
];

describe.each(CASES)('%s %o', (id, params, solver) => {
  it(`with ${solver.id} ends at the clip where it is held, and is as it was where it is not`, async () => {
    const sampled = async (mask: Mask | null) =>
      sampleRuns(requestOf(solver, await runsHeld(getMethod(id), params, solver, mask)));
    const free = await sampled(null);
    expect(await sampled(nowhere)).toEqual(clean);
    expect(await sampled(everywhere)).toEqual(free);
    for (const [frame, latent] of (await sampled(half)).entries()) {
      expect(column(latent, 0)).toEqual(column(clean[frame]!, 0));
      for (const x of [1, 2]) expect(column(latent, x)).not.toEqual(column(clean[frame]!, x));
    }
  });

  it(`with ${solver.id} brings a painted frame out as it was painted, and leaves the others to be edited`, async () => {
    const sampled = async (painted: readonly number[]) =>
      sampleRuns(requestOf(solver, await runsHeld(getMethod(id), params, solver, null, painted)));
    const [free, led] = [await sampled([]), await sampled([1])];
    expect(led[1]).toEqual(clean[1]);
    expect(led[0]).not.toEqual(clean[0]);
    // The anchor is the painted one here, and some methods look at it.
    if (id === 'pix2video' || id === 'mix') expect(led[0]).not.toEqual(free[0]);
    else expect(led[0]).toEqual(free[0]);
  });

  it(`with ${solver.id} starts where it would, so that nothing of the noise is lost`, async () => {
    const [[free], [bound]] = [
      await runsHeld(getMethod(id), params, solver, null),
      await runsHeld(getMethod(id), params, solver, nowhere),
    ];
    const nothing = { result: () => new Float32Array(), history: () => new Float32Array() };
    for (const frame of frames) expect(bound!.start(frame, nothing)).toEqual(free!.start(frame, nothing));
  });

  it(`with ${solver.id} goes on from every visit to the same bits`, async () => {
    const runs = await runsHeld(getMethod(id), params, solver, half);
    const request = requestOf(solver, runs);
    const left: Uint8Array[] = [];
    const whole = await sampleRuns({
      ...request,
      onVisit: ({ checkpoint }) => void (checkpoint && left.push(encodeCheckpoint(checkpoint()))),
    });
    expect(left.length).toBeGreaterThan(FRAMES);
    for (const bytes of left) {
      expect(await sampleRuns({ ...request, resume: decodeCheckpoint(bytes) })).toEqual(whole);
    }
  });
});

describe('runs that start from noise alone', () => {
  it.each(solvers)(
    'go through the clip noised alike, by level, in each of several runs: $id',
    async (solver) => {
      const schedule = scheduleOf(solver);
      const { levels, final } = schedule;
      const hold = holdOf(
        {
          guide,
          first: FIRST,
          needs: ['clean', 'mask'],
          shape: SHAPE,
          schedule,
          form: solver.form,
          seed: SEED,
        },
        { clean: (frame) => clean[frame]!, mask: nowhere },
      );
      const noised = (frame: number, place: number) =>
        addNoise(solver.form, clean[frame]!, noiseFor(SEED, frame, SIZE), levels[place]!);
      const ends: Latent[] = [];
      const runs: Run[] = [
        {
          frames,
          schedule: { levels: levels.slice(0, 3), final: levels[3]! },
          start: (frame) => pureNoise(solver.form, noiseFor(90, frame, SIZE), levels[0]!),
        },
        {
          frames,
          // It goes back a step, and starts from what the first one left.
          schedule: { levels: levels.slice(2), final },
          start(frame, { result }) {
            ends[frame] = result(frame);
            return result(frame).map((value) => 2 * value);
          },
        },
      ];
      const latents = await sampleRuns(
        requestOf(
          solver,
          runs.map((run) => held(run, hold)),
        ),
      );
      expect(ends).toEqual(frames.map((frame) => noised(frame, 3)));
      expect(latents).toEqual(clean);
      const nothing = { result: (frame: number) => clean[frame]!, history: () => new Float32Array() };
      expect(held(runs[1]!, hold).start(0, nothing)).toEqual(noised(0, 2));
    },
  );

  it('go through the clip noised where they take levels of their own, even in a shot that was inverted', async () => {
    const [solver] = inverting;
    const schedule = scheduleOf(solver!);
    const way = await wayOf(solver!, 0, schedule);
    const hold = holdOf(
      { guide, first: FIRST, needs: ['inversion'], shape: SHAPE, schedule, form: solver!.form, seed: SEED },
      { trajectory: () => way },
    );
    const start = () => new Float32Array(SIZE);
    const [first, second] = schedule.levels as [Level, Level];
    const inverted: Run = { frames, schedule, start };
    expect(hold.own(inverted, 0, second)).toBe(way[1]);
    expect(hold.own(inverted, 0, schedule.final)).toBe(way.at(-1));
    const between = { ...second, alphaBar: (first.alphaBar + second.alphaBar) / 2 };
    const other: Run = { frames, schedule: { ...schedule, levels: [first, between] }, start };
    const noised = (level: Level) => addNoise(solver!.form, way.at(-1)!, noiseFor(SEED, 0, SIZE), level);
    expect(hold.own(other, 0, first)).toEqual(noised(first));
    expect(hold.own(other, 0, between)).toEqual(noised(between));
  });

  it('under the noise that the run says it began with', () => {
    const [solver] = inverting;
    const schedule = scheduleOf(solver!);
    const hold = holdOf(
      { guide, first: FIRST, needs: ['clean'], shape: SHAPE, schedule, form: solver!.form, seed: SEED },
      { clean: (frame) => clean[frame]! },
    );
    const noise = () => new Float32Array(SIZE).fill(0.5);
    const run: Run = { frames, schedule, start: () => new Float32Array(SIZE), noise };
    const [level] = schedule.levels;
    expect(hold.own(run, 1, level!)).toEqual(addNoise(solver!.form, clean[1]!, noise(), level!));
  });
});

it('frames that only help are not held: what they are the method knows', async () => {
  const [ddim] = inverting;
  const runs = await runsHeld(fateZero as Method, {}, ddim!, nowhere);
  const run = runs.find((one) => one.standsFor)!;
  const helper = run.frames.find((frame) => run.standsFor!(frame) !== frame)!;
  const nothing = { result: () => new Float32Array(), history: () => new Float32Array() };
  const free = (await runsHeld(fateZero as Method, {}, ddim!, null)).find((one) => one.standsFor)!;
  expect(run.start(helper, nothing)).toEqual(free.start(helper, nothing));
  expect(await sampleRuns(requestOf(ddim!, runs))).toEqual(clean);
});
