import { describe, expect, it } from 'vitest';
import { AppError, Cancelled } from '../../src/common/errors.ts';
import {
  type Checkpoint,
  decodeCheckpoint,
  encodeCheckpoint,
} from '../../src/main/engine/diffusion/checkpoint.ts';
import { denoiseOf } from '../../src/main/engine/diffusion/denoiser.ts';
import { sampleRuns } from '../../src/main/engine/diffusion/driver.ts';
import { noiseFor, picker } from '../../src/main/engine/diffusion/noise.ts';
import { noiseBetween } from '../../src/main/engine/diffusion/parametrisation.ts';
import { askedRun, type Run, visitsOf } from '../../src/main/engine/diffusion/run.ts';
import { sampleFrame } from '../../src/main/engine/diffusion/sample.ts';
import type { SampleRequest, VisitEvent } from '../../src/main/engine/diffusion/sampling.ts';
import { makeLevels } from '../../src/main/engine/diffusion/schedule.ts';
import { ddim } from '../../src/main/engine/diffusion/solvers/ddim.ts';
import { dpmpp2m } from '../../src/main/engine/diffusion/solvers/dpmpp-2m.ts';
import { euler } from '../../src/main/engine/diffusion/solvers/euler.ts';
import { eulerAncestral } from '../../src/main/engine/diffusion/solvers/euler-ancestral.ts';
import { heun } from '../../src/main/engine/diffusion/solvers/heun.ts';
import { lcm } from '../../src/main/engine/diffusion/solvers/lcm.ts';
import { solvers } from '../../src/main/engine/diffusion/solvers/registry.ts';
import type { Solver } from '../../src/main/engine/diffusion/solvers/solver.ts';
import type { Features, Latent, PredictInput, PredictOutput } from '../../src/main/engine/diffusion/types.ts';
import { getMethod } from '../../src/main/engine/methods/registry.ts';
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

const FRAMES = 6;
const STEPS = 5;

const RUNS = [
  { name: 'pix2video', id: 'pix2video', params: {}, solver: ddim, anchor: 2 },
  {
    name: 'pix2video on Euler',
    id: 'pix2video',
    params: { attention: 'both+self' },
    solver: euler,
    anchor: 5,
  },
  { name: 'pix2video random', id: 'pix2video', params: { attention: 'random' }, solver: ddim, anchor: 1 },
  {
    name: 'pix2video previous',
    id: 'pix2video',
    params: { attention: 'previous' },
    solver: ddim,
    anchor: 0,
  },
  {
    name: 'pix2video anchor',
    id: 'pix2video',
    params: { attention: 'anchor', update: 'off' },
    solver: ddim,
    anchor: 3,
  },
  { name: 'pix2video exact', id: 'pix2video', params: { update: 'exact' }, solver: ddim, anchor: 2 },
  {
    name: 'pix2video exact on Euler',
    ...{ id: 'pix2video', params: { update: 'exact', rho: 0.1 }, solver: euler, anchor: 1 },
  },
  { name: 'mix', id: 'mix', params: { w: '0.9,0.2' }, solver: euler, anchor: 2 },
  { name: 'mix before', id: 'mix', params: { w: 0.5, previous: 'before' }, solver: euler, anchor: 0 },
  { name: 'img2img', id: 'img2img', params: {}, solver: ddim, anchor: 0 },
  { name: 'pix2video on DPM++ 2M', id: 'pix2video', params: {}, solver: dpmpp2m, anchor: 2 },
  { name: 'pix2video on Heun', id: 'pix2video', params: {}, solver: heun, anchor: 2 },
  { name: 'sdedit on LCM', id: 'sdedit', params: {}, solver: lcm, anchor: 1 },
  { name: 'sdedit on Euler ancestral', id: 'sdedit', params: {}, solver: eulerAncestral, anchor: 3 },
] as const;

type Spec = { id: string; params: object; solver: Solver; anchor: number };

const startOf = (frames = FRAMES) => Array.from({ length: frames }, (_, frame) => noiseFor(9, frame, SIZE));
const structure = (frame: number) => noiseFor(10, frame, 6);

async function run(
  { id, params, solver, anchor }: Spec,
  { start = startOf(), ...more }: Partial<SampleRequest> & { start?: Latent[] } = {},
): Promise<Latent[]> {
  const schedule = makeLevels(SD_SCHEDULER, STEPS, { solver });
  const of = { start, anchor, seed: 42, schedule, solver, shape: SHAPE };
  return sampleRuns({
    // Whatever a method starts from: here every run stands at the first of all levels.
    runs: methodRuns(getMethod(id), params, of).map((each) =>
      askedRun(solver, { ...each, schedule, start: (frame) => start[frame]! }),
    ),
    predict: smoothNetwork(),
    record: smoothRecord(),
    prediction: 'epsilon',
    solver,
    branches: [text(-0.3), text(0.8)],
    guidance: 3,
    structure,
    seed: 42,
    ...more,
  });
}

const perFrame = (solver: Solver, schedule = makeLevels(SD_SCHEDULER, STEPS, { solver })) =>
  Promise.all(
    startOf().map((start, frame) => {
      const denoise = denoiseOf(
        {
          predict: smoothNetwork(),
          prediction: 'epsilon',
          form: solver.form,
          branches: [text(-0.3), text(0.8)],
          guidance: 3,
        },
        structure(frame),
      );
      return sampleFrame(solver, denoise, start, schedule, { frame, seed: 42 });
    }),
  );

describe.each(RUNS)('$name', (spec) => {
  /** Heun asks twice in every step but the last. */
  const total = FRAMES * (spec.solver === heun ? 2 * STEPS - 1 : STEPS);

  it('resumes from any visit, through bytes, to the same bits', async () => {
    const whole = await run(spec);
    const pick = picker(1, spec.name.length);
    const stops = new Set([
      1,
      total,
      FRAMES,
      FRAMES + 1,
      ...Array.from({ length: 8 }, () => 1 + pick(total)),
    ]);
    for (const stop of stops) {
      const signal = { aborted: false };
      let bytes: Uint8Array | null = null;
      const onVisit = (event: VisitEvent) => {
        if (event.done !== stop) return;
        bytes = encodeCheckpoint(event.checkpoint!());
        signal.aborted = true;
      };
      await run(spec, { signal, onVisit }).catch((error: unknown) => expect(error).toBeInstanceOf(Cancelled));
      const resume = decodeCheckpoint(bytes!);
      const done: number[] = [];
      const again = await run(spec, { resume, onVisit: (event) => void done.push(event.done) });
      expect(again).toEqual(whole);
      expect(done).toEqual(Array.from({ length: total - stop }, (_, i) => stop + 1 + i));
    }
  });

  it('tells every visit once and leaves its start alone', async () => {
    const start = startOf();
    const events: VisitEvent[] = [];
    const result = await run(spec, { start, onVisit: (event) => void events.push(event) });
    expect(start).toEqual(startOf());
    expect(events.map(({ done }) => done)).toEqual(Array.from({ length: total }, (_, i) => i + 1));
    expect(new Set(events.map(({ step }) => step)).size).toBe(STEPS);
    const last = events.slice(-FRAMES);
    expect(last.map(({ frame }) => frame)).toEqual([
      spec.anchor,
      ...Array.from({ length: FRAMES - 1 - spec.anchor }, (_, i) => spec.anchor + 1 + i),
      ...Array.from({ length: spec.anchor }, (_, i) => spec.anchor - 1 - i),
    ]);
    for (const { frame, latent } of last) expect(result[frame]).toBe(latent);
  });

  it('holds the features of at most anchor and one more frame', async () => {
    const held: number[] = [];
    await run(spec, { onVisit: (event) => void held.push(event.checkpoint!().features.length) });
    expect(Math.max(...held)).toBeLessThanOrEqual(2);
  });
});

/** Pix2Video in the papers' order: one frame to its end, keeping every step's features of every frame. */
async function frameMajorPix2Video(anchor: number, weight: number): Promise<Latent[]> {
  const { levels, final } = makeLevels(SD_SCHEDULER, STEPS, { solver: ddim });
  const predict = smoothNetwork();
  const kept = new Map<number, { features: Features; denoised: Latent }[]>();
  const results: Latent[] = [];
  const order = [anchor];
  for (let i = anchor + 1; i < FRAMES; i++) order.push(i);
  for (let i = anchor - 1; i >= 0; i--) order.push(i);
  for (const frame of order) {
    const previous = frame === anchor ? null : kept.get(frame + (frame > anchor ? -1 : 1))!;
    let z = startOf()[frame]!;
    const own: { features: Features; denoised: Latent }[] = [];
    for (const [step, level] of levels.entries()) {
      const to = levels[step + 1] ?? final;
      const [{ outputs, features }] = (await predict([
        {
          latent: z,
          timestep: level.timestep,
          branches: [text(-0.3), text(0.8)],
          structure: structure(frame),
          capture: true,
          ...(previous && {
            attention: { bank: [kept.get(anchor)![step]!.features, previous[step]!.features], self: false },
          }),
        },
      ])) as [PredictOutput];
      const [u, c] = outputs as [Latent, Latent];
      const eps = u.map((value, i) => value + 3 * (c[i]! - value));
      const denoised = z.map(
        (value, i) => (value - Math.sqrt(1 - level.alphaBar) * eps[i]!) / Math.sqrt(level.alphaBar),
      );
      z = denoised.map((value, i) => Math.sqrt(to.alphaBar) * value + Math.sqrt(1 - to.alphaBar) * eps[i]!);
      if (previous && step < STEPS / 2) {
        z = z.map(
          (value, i) => value - ((2 * weight) / 16384) * (denoised[i]! - previous[step]!.denoised[i]!),
        );
      }
      own.push({ features: features!, denoised });
    }
    kept.set(frame, own);
    results[frame] = z;
  }
  return results;
}

describe('pix2video', () => {
  it.each([0, 2, 5])('step-major equals frame-major, anchor %i', async (anchor) => {
    const stepMajor = await run({ id: 'pix2video', params: { weight: 150 }, solver: ddim, anchor });
    const frameMajor = await frameMajorPix2Video(anchor, 150);
    for (const [i, latent] of stepMajor.entries()) expect(maxDiff(latent, frameMajor[i]!)).toBeLessThan(1e-6);
  });

  it('guided on Euler takes the very road of DDIM, scaled', async () => {
    const spec = { id: 'pix2video', params: { weight: 150 }, anchor: 2 };
    // Both roads must end alike, so DDIM's last level is left out of the comparison.
    const at = async (solver: Solver, scale: (alphaBar: number) => number) => {
      const schedule = makeLevels(SD_SCHEDULER, STEPS, { solver });
      const events: VisitEvent[] = [];
      const start = startOf().map((z) => z.map((value) => value * scale(schedule.levels[0]!.alphaBar)));
      await run({ ...spec, solver }, { start, onVisit: (event) => void events.push(event) });
      return events
        .slice(0, (STEPS - 1) * FRAMES)
        .map(({ latent, step }) =>
          latent!.map((value) => value / scale(schedule.levels[step + 1]!.alphaBar)),
        );
    };
    const inVp = await at(ddim, () => 1);
    const inVe = await at(euler, (alphaBar) => 1 / Math.sqrt(alphaBar));
    for (const [i, latent] of inVp.entries()) expect(maxDiff(latent, inVe[i]!)).toBeLessThan(2e-4);
  });

  it('sees frames that were visited, in the order of its choice, never itself unless asked', async () => {
    for (const [attention, self] of [
      ['both', false],
      ['both+self', true],
      ['random', false],
    ] as const) {
      const log: PredictInput[] = [];
      await run(
        { id: 'pix2video', params: { attention }, solver: ddim, anchor: 2 },
        { predict: smoothNetwork(log) },
      );
      const firstStep = log.slice(0, FRAMES);
      expect(firstStep.map((input) => input.attention?.bank.length)).toEqual([undefined, 2, 2, 2, 2, 2]);
      for (const { attention: seen } of firstStep.slice(1)) expect(seen!.self).toBe(self);
      expect(firstStep[1]!.attention!.bank[0]).toBe(firstStep[1]!.attention!.bank[1]);
    }
  });
});

describe('mix', () => {
  it('with w = 0 is every frame for itself, to the bit', async () => {
    expect(await run({ id: 'mix', params: { w: 0 }, solver: euler, anchor: 0 })).toEqual(
      await perFrame(euler),
    );
  });

  it('with w = 1 ends with every frame equal to the anchor', async () => {
    const result = await run({ id: 'mix', params: { w: 1 }, solver: euler, anchor: 2 });
    const apart = await run({ id: 'mix', params: { w: 0 }, solver: euler, anchor: 2 });
    expect(result[2]).toEqual(apart[2]);
    for (const latent of result) expect(maxDiff(latent, result[2]!)).toBeLessThan(1e-6);
    expect(maxDiff(apart[0]!, apart[2]!)).toBeGreaterThan(0.1);
  });

  it('before and after differ from the third frame on', async () => {
    const after = await run({ id: 'mix', params: { w: 0.5 }, solver: euler, anchor: 0 });
    const before = await run({
      id: 'mix',
      params: { w: 0.5, previous: 'before' },
      solver: euler,
      anchor: 0,
    });
    expect(before.slice(0, 2)).toEqual(after.slice(0, 2));
    for (let i = 2; i < FRAMES; i++) expect(maxDiff(before[i]!, after[i]!)).toBeGreaterThan(1e-4);
  });
});

describe('the driver', () => {
  const plain = { id: 'img2img', params: {}, solver: ddim, anchor: 0 } as const;

  it.each(solvers)('without hooks is every frame for itself, to the bit, with $label', async (solver) => {
    expect(await run({ ...plain, solver })).toEqual(await perFrame(solver));
  });

  it('of one frame runs', async () => {
    expect(await run({ ...plain, id: 'pix2video' }, { start: startOf(1) })).toHaveLength(1);
  });

  it('stops within one call, and names step and frame where numbers break', async () => {
    const signal = { aborted: false };
    const log: PredictInput[] = [];
    const network = smoothNetwork(log);
    const predict: typeof network = async (inputs) => {
      if (log.length === 6) signal.aborted = true;
      return network(inputs);
    };
    await expect(run(plain, { predict, signal })).rejects.toBeInstanceOf(Cancelled);
    expect(log).toHaveLength(7);

    for (const bad of [Number.NaN, Number.NEGATIVE_INFINITY]) {
      let call = 0;
      const breaking: typeof network = async (inputs) => {
        const [{ outputs }] = (await network(inputs)) as [PredictOutput];
        if (++call === FRAMES + 3) outputs[1]![5] = bad;
        return [{ outputs }];
      };
      const error = await run(plain, { predict: breaking }).catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(AppError);
      expect(error).toMatchObject({
        code: 'not-finite',
        message: expect.stringContaining('step 2, frame 2'),
      });
    }
  });

  it('refuses an anchor outside the shot', async () => {
    for (const anchor of [-1, FRAMES, 1.5]) {
      await expect(run({ ...plain, anchor })).rejects.toMatchObject({ code: 'usage' });
    }
  });

  it('refuses the checkpoint of another shot', async () => {
    const checkpoints: Checkpoint[] = [];
    await run(plain, { onVisit: (event) => void checkpoints.push(event.checkpoint!()) });
    await expect(run(plain, { resume: checkpoints[0]!, start: startOf(FRAMES - 1) })).rejects.toThrow(
      /assertion/,
    );
  });
});

/** What no shipped method asks for yet, and the next ones will. */
describe('runs and passes', () => {
  const schedule = makeLevels(SD_SCHEDULER, STEPS, { solver: ddim });
  const frames = Array.from({ length: FRAMES }, (_, frame) => frame);
  const half = { levels: schedule.levels.slice(0, 3), final: schedule.levels[3]! };
  const rest = { levels: schedule.levels.slice(3), final: schedule.final };
  const each: Run = { frames, schedule, start: (frame) => startOf()[frame]! };
  const mean = (latents: readonly Latent[]) =>
    latents[0]!.map((_, i) => latents.reduce((sum, latent) => sum + latent[i]!, 0) / latents.length);

  const sampled = (runs: readonly Run[], more: Partial<SampleRequest> = {}) =>
    sampleRuns({
      runs,
      predict: smoothNetwork(),
      prediction: 'epsilon',
      solver: ddim,
      branches: [text(-0.3), text(0.8)],
      guidance: 3,
      structure,
      seed: 42,
      ...more,
    });

  const gathering: Run = {
    ...each,
    passes: (step) => frames.map((frame) => ({ frames: [frame], keys: step > 0 && frame > 0 ? [0] : 'own' })),
    gathers: (step) => step === 1 || step === 2,
    gather: (_, clean) => new Map([[3, mean([clean.get(2)!, clean.get(4)!])]]),
  };
  const KINDS: Record<string, readonly Run[]> = {
    'two runs, the second from the first': [
      { frames: [0], schedule: half, start: () => startOf()[0]! },
      {
        frames,
        schedule: rest,
        start: (frame, { result }) => result(0).map((value) => value + 0.01 * frame),
      },
    ],
    'two runs of different frames': [
      { ...each, frames: [0, 2, 4] },
      {
        ...each,
        frames: [1, 3, 5],
        start: (frame, { result }) => mean([result(frame - 1), startOf()[frame]!]),
      },
    ],
    'a step that waits for all': [gathering],
    'passes of several frames': [
      {
        ...each,
        passes: () => [
          { frames: [1, 4], keys: 'own' },
          { frames: [0, 2, 3, 5], keys: [4, 1], self: true, reads: [1] },
        ],
      },
    ],
    'frames that look at each other': [
      {
        ...each,
        passes: () => [
          { frames: [0, 3], keys: 'joint' },
          { frames: [1, 2], keys: [0, 3] },
          { frames: [4, 5], keys: 'joint' },
        ],
      },
    ],
    'texts of their own': [{ ...each, text: (frame, step) => [text(frame / 10), text(0.8 - step / 10)] }],
  };

  it.each(Object.entries(KINDS))(
    '%s: counted, and resumed from any visit to the same bits',
    async (_, runs) => {
      const events: VisitEvent[] = [];
      const bytes: { done: number; kept: Uint8Array }[] = [];
      const whole = await sampled(runs, {
        onVisit: (event) => {
          events.push(event);
          if (event.checkpoint) bytes.push({ done: event.done, kept: encodeCheckpoint(event.checkpoint()) });
        },
      });
      const total = visitsOf(runs);
      expect(events.map(({ done }) => done)).toEqual(Array.from({ length: total }, (_, i) => i + 1));
      expect(new Set(events.map((event) => event.total))).toEqual(new Set([total]));
      for (const { done: spared, kept } of bytes) {
        const left: number[] = [];
        const again = await sampled(runs, {
          resume: decodeCheckpoint(kept),
          onVisit: ({ done }) => void left.push(done),
        });
        expect(again, `after ${spared}`).toEqual(whole);
        expect(left).toHaveLength(total - spared);
      }
    },
  );

  it('a run that ends and one that goes on are one descent', async () => {
    const [whole] = await sampled([{ ...each, frames: [0] }]);
    const [parts] = await sampled([
      { ...each, frames: [0], schedule: half },
      { frames: [0], schedule: rest, start: (frame, { result }) => result(frame) },
    ]);
    expect(parts).toEqual(whole);
  });

  it('waiting without changing anything changes at most the last bits', async () => {
    const waiting = await sampled([{ ...each, gathers: () => true }]);
    const plain = await sampled([each]);
    for (const [i, latent] of waiting.entries()) expect(maxDiff(latent, plain[i]!)).toBeLessThan(1e-5);
  });

  it('what is gathered is stepped with, for the frames that were answered', async () => {
    const changed = await sampled([gathering]);
    const plain = await sampled([{ ...gathering, gather: () => new Map() }]);
    expect(changed.map((latent, i) => maxDiff(latent, plain[i]!) > 1e-3)).toEqual(
      frames.map((frame) => frame === 3),
    );
  });

  it('where the noise is kept, a gathered ẑ0 is stepped with the noise as it was predicted', async () => {
    const zero = (clean: ReadonlyMap<number, Latent>) =>
      new Map([...clean].map(([frame, latent]) => [frame, latent.map(() => 0)] as const));
    const levels = schedule.levels.slice(0, 1);
    const one = { ...each, schedule: { levels, final: schedule.levels[1]! } };
    const start = startOf();
    const run = {
      ...one,
      gathers: () => true,
      gather: (_: number, clean: ReadonlyMap<number, Latent>) => zero(clean),
    };
    const predicted: Latent[] = [];
    const kept = await sampled([{ ...run, keepsNoise: true }], {
      onVisit({ frame, denoised }) {
        predicted[frame] = denoised;
      },
    });
    const lost = await sampled([run]);
    const [from, to] = [levels[0]!, schedule.levels[1]!];
    for (const frame of frames) {
      const eps = noiseBetween('vp', start[frame]!, predicted[frame]!, from);
      const due = eps.map((value) => value * Math.sqrt(1 - to.alphaBar));
      expect(maxDiff(kept[frame]!, due)).toBeLessThan(1e-5);
      expect(maxDiff(lost[frame]!, due)).toBeGreaterThan(1e-3);
    }
  });

  it('a multistep solver remembers the ẑ0 that was stepped with, not the one that was predicted', async () => {
    const levels = makeLevels(SD_SCHEDULER, STEPS, { solver: dpmpp2m });
    const halved = (latent: Latent) => latent.map((value) => value / 2);
    const [blended] = await sampled(
      [{ ...each, frames: [0], schedule: levels, blend: ({ denoised }) => halved(denoised) }],
      { solver: dpmpp2m },
    );
    const denoise = denoiseOf(
      {
        predict: smoothNetwork(),
        prediction: 'epsilon',
        form: 've',
        branches: [text(-0.3), text(0.8)],
        guidance: 3,
      },
      structure(0),
    );
    const alone = await sampleFrame(
      dpmpp2m,
      async (latent, level) => {
        const denoised = halved((await denoise(latent, level)).denoised);
        return { denoised, eps: noiseBetween('ve', latent, denoised, level) };
      },
      startOf()[0]!,
      levels,
    );
    expect(blended).toEqual(alone);
  });

  it('each frame is asked under its own texts', async () => {
    const log: PredictInput[] = [];
    await sampled(KINDS['texts of their own']!, { predict: smoothNetwork(log) });
    expect(log.slice(0, FRAMES).map(({ branches }) => branches[0]!.hidden[0]!.toFixed(1))).toEqual(
      frames.map((frame) => (frame / 10).toFixed(1)),
    );
  });

  it('frames of a pass see the same others', async () => {
    const log: PredictInput[] = [];
    await sampled(KINDS['passes of several frames']!, { predict: smoothNetwork(log) });
    const [one, four, ...others] = log.slice(0, FRAMES);
    expect([one!.attention, four!.attention]).toEqual([undefined, undefined]);
    for (const { attention } of others) {
      expect(attention!.self).toBe(true);
      expect(attention!.bank).toEqual(others[0]!.attention!.bank);
      expect(attention!.bank).toHaveLength(2);
    }
  });

  it('frames that go together and may look at each other are asked in one call', async () => {
    const calls: [number, boolean][] = [];
    const network = smoothNetwork();
    const predict: typeof network = (inputs, joint = false) => {
      calls.push([inputs.length, joint]);
      return network(inputs, joint);
    };
    const capacity = { together: 2, fits: () => Number.POSITIVE_INFINITY };
    const joint = await sampled(KINDS['frames that look at each other']!, { predict, capacity });
    expect(calls.slice(0, 3)).toEqual([
      [2, true],
      [2, false],
      [2, true],
    ]);
    expect(calls).toHaveLength(3 * STEPS);
    const plain = await sampled([each]);
    for (const [i, latent] of joint.entries()) expect(maxDiff(latent, plain[i]!)).toBeGreaterThan(1e-3);
  });

  it('a step that leaves a frame out is refused', async () => {
    const short: Run = { ...each, passes: () => [{ frames: [0, 1], keys: 'own' }] };
    await expect(sampled([short])).rejects.toThrow(/visit every frame/);
  });
});
