/** What holds for every method, and whom the frames of each see, on a network that really depends on what it is given. */
import { describe, expect, it } from 'vitest';
import { decodeCheckpoint, encodeCheckpoint } from '../../src/main/engine/diffusion/checkpoint.ts';
import { sampleRuns } from '../../src/main/engine/diffusion/driver.ts';
import { noiseFor } from '../../src/main/engine/diffusion/noise.ts';
import { passesOf, visitsOf } from '../../src/main/engine/diffusion/run.ts';
import type { SampleRequest } from '../../src/main/engine/diffusion/sampling.ts';
import { makeLevels } from '../../src/main/engine/diffusion/schedule.ts';
import { solverNamed } from '../../src/main/engine/diffusion/solvers/registry.ts';
import type { Predict } from '../../src/main/engine/diffusion/types.ts';
import { give } from '../../src/main/engine/methods/have.ts';
import {
  getMethod,
  methods,
  paramsSchema,
  solverFor,
  solversOf,
} from '../../src/main/engine/methods/registry.ts';
import { methodRuns } from '../helpers/method-runs.ts';
import {
  maxDiff,
  SD_SCHEDULER,
  SHAPE,
  SIZE,
  smoothNetwork,
  smoothRecord,
  text,
} from '../helpers/smooth-network.ts';
import { madeFor, type Saw, structuresOf, watching } from '../helpers/watching.ts';

const STEPS = 5;

interface Asked {
  readonly id: string;
  readonly params?: object;
  readonly frames: number;
  readonly anchor?: number;
  readonly anchors?: readonly number[];
  readonly steps?: number;
  readonly solver?: string;
  readonly seed?: number;
}

/** Of a method that makes frames every other one is there to make them from. */
const fixedFor = ({ makesFrames }: { readonly makesFrames?: boolean }, frames: number) =>
  makesFrames && { fixed: Array.from({ length: Math.ceil(frames / 2) }, (_, i) => 2 * i) };

function requestOf(
  asked: Asked,
  predict: Predict = smoothNetwork(),
  structures = structuresOf(asked.frames),
): SampleRequest {
  const { id, params = {}, frames, steps = STEPS, seed = 42, anchors } = asked;
  const method = getMethod(id);
  const solver = solverFor(method, method.schema.parse(params), solverNamed(asked.solver ?? ''));
  const shot = {
    start: Array.from({ length: frames }, (_, frame) => noiseFor(9, frame, SIZE)),
    ...{ anchor: asked.anchor ?? Math.min(1, frames - 1), seed, solver, shape: SHAPE },
    schedule: makeLevels(SD_SCHEDULER, steps, { solver }),
    ...(anchors && { anchors }),
    ...fixedFor(method, frames),
  };
  return {
    runs: methodRuns(method, params, shot, madeFor(steps)),
    predict,
    record: smoothRecord([], predict),
    prediction: 'epsilon',
    solver,
    branches: [text(-0.3), text(0.8)],
    guidance: 3,
    structure: (frame) => structures[frame]!,
    seed,
  };
}

/** Its defaults, then every choice that its settings offer, one at a time. */
const asked = methods.list.flatMap((method) => {
  const properties = paramsSchema(method).properties ?? {};
  const choices = Object.entries(properties).flatMap(([key, property]) =>
    ((property as { enum?: readonly unknown[] }).enum ?? []).map((value) => ({ [key]: value })),
  );
  // Those of a method that does nothing until it is told how much.
  const told =
    method.id === 'guided'
      ? [
          { prompt: 0.05, style: 0.2, neighbour: 0.4 },
          { neighbour: 0.4, through: 'network' },
        ]
      : method.id === 'reconstruction-guidance'
        ? [{ weight: 1 }]
        : [];
  return [{}, ...choices, ...told].map((params) => ({
    id: method.id,
    params,
    name: `${method.id} ${JSON.stringify(params)}`,
  }));
});

describe.each(asked)('$name', ({ id, params }) => {
  const shots = [{ frames: 1 }, { frames: 2 }, { frames: 7, anchor: 3 }, { frames: 3, steps: 1 }];
  // One frame by itself leaves none to be made.
  it.each(getMethod(id).makesFrames ? shots.slice(1) : shots)(
    'of $frames frames it goes on from every checkpoint to the same bits, in as many calls as planned',
    async (of) => {
      const request = requestOf({ id, params, ...of });
      const kept: { done: number; bytes: Uint8Array }[] = [];
      const whole = await sampleRuns({
        ...request,
        onVisit({ done, checkpoint }) {
          if (checkpoint) kept.push({ done, bytes: encodeCheckpoint(checkpoint()) });
        },
      });
      expect(whole).toHaveLength(of.frames);
      expect(kept.at(-1)!.done).toBe(visitsOf(request.runs));
      for (const { done: spared, bytes } of kept) {
        const left: number[] = [];
        const again = await sampleRuns({
          ...request,
          capacity: { together: 1 + (spared % 3), fits: () => Number.POSITIVE_INFINITY },
          resume: decodeCheckpoint(bytes)!,
          onVisit: ({ done }) => void left.push(done),
        });
        expect(again, `after ${spared}`).toEqual(whole);
        expect(left).toHaveLength(visitsOf(request.runs) - spared);
      }
    },
  );

  it('is counted before anything is made', () => {
    const method = getMethod(id);
    const parsed = method.schema.parse(params);
    const solver = solverFor(method, parsed, null);
    const schedule = makeLevels(SD_SCHEDULER, STEPS, { solver });
    const frames = 4;
    const facts = { frames, anchor: 1, anchors: [1], seed: 1, structured: false, shape: SHAPE };
    const have = give(method.needs(parsed), {});
    const held = fixedFor(method, frames);
    const runs = method.runs({ ...facts, ...held, schedule, form: solver.form, have }, parsed);
    for (const run of runs)
      for (const step of run.schedule.levels.keys()) expect(passesOf(run, step).length).toBeGreaterThan(0);
    expect(visitsOf(runs)).toBe(visitsOf(requestOf({ id, params, frames: 4 }).runs));
  });

  it('names step and frame where the network breaks down', async () => {
    const predict = smoothNetwork();
    let calls = 0;
    const broken: Predict = async (inputs, joint) => {
      const answers = await predict(inputs, joint);
      // What is answered for a frame that is fixed is not read.
      if (++calls === 3) for (const { outputs } of answers) outputs[0]![0] = Number.NaN;
      return answers;
    };
    await expect(sampleRuns(requestOf({ id, params, frames: 7 }, broken))).rejects.toMatchObject({
      code: 'not-finite',
      message: expect.stringMatching(/step \d.*frame \d|frame \d.*step \d/),
    });
  });
});

it.each(
  methods.list.flatMap((method) => solversOf(method).map(({ id: solver }) => ({ id: method.id, solver }))),
)('$id runs with $solver', async ({ id, solver }) => {
  const params = !solverNamed(solver)!.inversion && id === 'img2img' ? { start: 'noise' } : {};
  const method = getMethod(id);
  const inverts = method.needs(method.schema.parse(params)).some((need) => need === 'inversion');
  if (inverts && !solverNamed(solver)!.inversion) return;
  const latents = await sampleRuns(requestOf({ id, params, frames: 4, solver }));
  for (const [i, a] of latents.entries())
    for (const b of latents.slice(i + 1)) expect(maxDiff(a, b)).toBeGreaterThan(1e-4);
});

const own = (frame: number): Saw => [frame, ['own']];
const together = (...frames: number[]): Saw[] => frames.map((frame): Saw => [frame, frames]);

it.each<Asked & { title: string; saw: readonly Saw[] }>([
  {
    title: 'Text2Video-Zero: all look at the anchor',
    ...{ id: 'text2video-zero', frames: 4, anchor: 1 },
    saw: [own(1), [2, [1]], [3, [1]], [0, [1]]],
  },
  {
    title: 'ControlVideo: key frames at each other, the rest at its two',
    ...{ id: 'controlvideo', frames: 6, anchor: 0 },
    saw: [...together(0, 2, 4, 5), [1, [0, 2]], [3, [2, 4]]],
  },
  {
    title: 'ControlVideo: anchors are key frames, and a window is kept to',
    ...{ id: 'controlvideo', params: { window: 2 }, frames: 6, anchor: 2, anchors: [2] },
    saw: [...together(0, 2, 5), [1, [0, 2]], [3, [2, 5]], [4, [2, 5]]],
  },
  {
    title: 'VidRD: within a clip, the first frame and the one before',
    ...{ id: 'vidrd', params: { clip: 3 }, frames: 8, anchor: 0 },
    saw: [own(6), [7, [6, 6]]],
  },
  {
    title: 'VidRD: clips before the anchor go backwards',
    ...{ id: 'vidrd', params: { clip: 3 }, frames: 8, anchor: 3 },
    saw: [own(2), [1, [2, 2]], [0, [2, 1]]],
  },
  {
    title: 'VidRD: a clip at once',
    ...{ id: 'vidrd', params: { clip: 3, attention: 'joint' }, frames: 5, anchor: 0 },
    saw: together(3, 4),
  },
])('$title', async ({ saw: expected, title: _, ...of }) => {
  const structures = structuresOf(of.frames);
  const { predict, saw } = watching(structures);
  await sampleRuns(requestOf(of, predict, structures));
  expect(saw.slice(-expected.length)).toEqual(expected);
});
