/** Null-text optimisation over a network that can be differentiated by hand. */
import { describe, expect, it } from 'vitest';
import { AppError, Cancelled } from '../../src/common/errors.ts';
import { denoiseOf } from '../../src/main/engine/diffusion/denoiser.ts';
import { noiseFor } from '../../src/main/engine/diffusion/noise.ts';
import {
  canTune,
  type NullTextOf,
  type NullTextState,
  tuneNullText,
} from '../../src/main/engine/diffusion/null-text.ts';
import { sampleFrame } from '../../src/main/engine/diffusion/sample.ts';
import { makeLevels } from '../../src/main/engine/diffusion/schedule.ts';
import { ddim } from '../../src/main/engine/diffusion/solvers/ddim.ts';
import { dpmpp2m } from '../../src/main/engine/diffusion/solvers/dpmpp-2m.ts';
import { euler } from '../../src/main/engine/diffusion/solvers/euler.ts';
import { solvers } from '../../src/main/engine/diffusion/solvers/registry.ts';
import type { Solver } from '../../src/main/engine/diffusion/solvers/solver.ts';
import type { Latent, PredictionType, RecordCall } from '../../src/main/engine/diffusion/types.ts';
import {
  maxDiff,
  rms,
  SD_SCHEDULER,
  SIZE,
  smoothNetwork,
  smoothRecord,
  text,
} from '../helpers/smooth-network.ts';

/** The record of the smooth network, whose first gradient is heard. */
function hearing(heard: { gradient?: number }): RecordCall {
  const record = smoothRecord();
  return async (frames, by) => {
    const recorded = await record(frames, by);
    return {
      ...recorded,
      async pull(...asked) {
        const pulled = await recorded.pull(...asked);
        heard.gradient ??= pulled.texts![0]![0]![0]!;
        return pulled;
      },
    };
  };
}

const STEPS = 6;

async function asked(
  solver: Solver,
  prediction: PredictionType = 'epsilon',
  frames = 1,
): Promise<NullTextOf> {
  const schedule = makeLevels(SD_SCHEDULER, STEPS, { solver });
  const predict = smoothNetwork();
  const conditional = text(0.4);
  const denoiser = { predict, prediction, form: solver.form, branches: [conditional], guidance: 1 };
  const pivots = [];
  for (let frame = 0; frame < frames; frame++) {
    const way: Latent[] = [];
    const clean = noiseFor(7, frame, SIZE).map((value) => value / 4);
    await solver.inversion!.invert(denoiseOf(denoiser), clean, schedule, {
      refinement: 3,
      onLevel: (_, latent) => way.unshift(latent),
    });
    pivots.push({ frame, way });
  }
  return {
    ...{ predict, record: smoothRecord(), prediction, solver, schedule, guidance: 5, inner: 10 },
    ...{ conditional, unconditional: text(0.9), pivots },
  };
}

/** How far the last latents are from the clip's. */
function off({ pivots }: NullTextOf, { latents }: NullTextState): number {
  const errors = pivots.map(({ way }, f) => rms(way.at(-1)!.map((value, i) => value - latents[f]![i]!)));
  return Math.max(...errors);
}

describe.each([ddim, euler, dpmpp2m])('with $label', (solver) => {
  it.each(['epsilon', 'v_prediction', 'sample'] as const)('comes back nearer to the clip: %s', async (of) => {
    const request = await asked(solver, of);
    const plain = await tuneNullText({ ...request, inner: 0 });
    const tuned = await tuneNullText(request);
    expect(off(request, tuned)).toBeLessThan(0.9 * off(request, plain));
    expect(tuned.texts).toHaveLength(STEPS);
    expect(plain.texts.every(([value]) => value === request.unconditional.hidden[0])).toBe(true);
  });

  /** Central differences of a loss in double precision over a network that rounds to float32. */
  it.each(['epsilon', 'v_prediction', 'sample'] as const)('follows the slope of the loss: %s', async (of) => {
    const heard: { gradient?: number } = {};
    const request = { ...(await asked(solver, of)), inner: 1 };
    await tuneNullText({ ...request, record: hearing(heard) });
    const [start, h] = [request.unconditional.hidden[0]!, 2 ** -7];
    const lossAt = async (value: number) =>
      (await tuneNullText({ ...request, unconditional: text(value) })).losses[0]![0]!;
    const slope = ((await lossAt(start + h)) - (await lossAt(start - h))) / (2 * h);
    expect(Math.abs(heard.gradient! - slope)).toBeLessThan(2e-3 * Math.abs(slope));
  });

  it('leads where sampling with these texts does', async () => {
    const request = await asked(solver);
    const { texts, latents } = await tuneNullText(request);
    const { predict, prediction, conditional, unconditional, guidance, schedule } = request;
    let step = 0;
    const back = await sampleFrame(
      solver,
      (latent, level) => {
        const branches = [{ ...unconditional, hidden: texts[step++]! }, conditional];
        return denoiseOf({ predict, prediction, form: solver.form, branches, guidance })(latent, level);
      },
      request.pivots[0]!.way[0]!,
      schedule,
    );
    expect(maxDiff(back, latents[0]!)).toBe(0);
  });

  it('goes on from every step to the same bits', async () => {
    const states: NullTextState[] = [];
    const request = await asked(solver, 'epsilon', 2);
    const whole = await tuneNullText({ ...request, onStep: (state) => states.push(state) });
    expect(states).toHaveLength(STEPS);
    for (const from of states) expect(await tuneNullText({ ...request, from })).toEqual(whole);
  });
});

it('stops a step where it is near enough, after the update', async () => {
  const request = { ...(await asked(ddim)), unconditional: text(0.5), guidance: 1.5 };
  const { losses } = await tuneNullText(request);
  const bound = (step: number) => 1e-5 + step * 2e-5;
  for (const [step, all] of losses.entries()) {
    expect(all.slice(0, -1).every((loss) => loss >= bound(step))).toBe(true);
    if (all.length < 10) expect(all.at(-1)).toBeLessThan(bound(step));
  }
  const lengths = losses.map(({ length }) => length);
  expect([Math.min(...lengths) < 10, Math.max(...lengths)]).toEqual([true, 10]);
});

it('leaves steps alone in which guidance rests', async () => {
  const calls = { plain: 0, back: 0 };
  const request = await asked(ddim);
  const { texts, losses } = await tuneNullText({
    ...{ ...request, guidanceRange: { from: 0.5, to: 1 }, inner: 1 },
    onCall: (back) => calls[back ? 'back' : 'plain']++,
  });
  expect(losses.map(({ length }) => length)).toEqual([0, 0, 0, 1, 1, 1]);
  expect(texts.slice(0, 3).every(([value]) => value === request.unconditional.hidden[0])).toBe(true);
  expect(calls).toEqual({ plain: 3 + 2 * 3, back: 3 });
});

it('finds for several frames the texts that are best for all', async () => {
  const request = await asked(ddim, 'epsilon', 3);
  const plain = await tuneNullText({ ...request, inner: 0 });
  const shared = await tuneNullText(request);
  expect(off(request, shared)).toBeLessThan(off(request, plain));
  const alone = await tuneNullText({ ...request, pivots: request.pivots.slice(0, 1) });
  const twice = await tuneNullText({ ...request, pivots: [request.pivots[0]!, request.pivots[0]!] });
  expect(twice.texts).toEqual(alone.texts);
});

it('names step and frame of what breaks down, and is given up between two calls', async () => {
  const request = await asked(ddim);
  const record: RecordCall = async (frames, by) => ({
    ...(await request.record(frames, by)),
    pull: async () => ({ texts: [[Float32Array.of(Number.NaN)]] }),
  });
  await expect(tuneNullText({ ...request, record })).rejects.toThrow(/step 1, frame 0/);
  const broken = new AppError('not-finite', 'its output broke down', { doing: 'x' });
  const failing: RecordCall = () => Promise.reject(broken);
  await expect(tuneNullText({ ...request, record: failing })).rejects.toThrow(
    'its output broke down, at step 1, frame 0',
  );
  const signal = AbortSignal.abort();
  await expect(tuneNullText({ ...request, signal })).rejects.toThrow(Cancelled);
});

it('knows solvers that invert and take one call a step', () => {
  expect(solvers.filter(canTune).map(({ id }) => id)).toEqual(['ddim', 'euler', 'dpmpp_2m']);
});
