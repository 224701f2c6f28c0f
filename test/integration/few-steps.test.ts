/** Solvers and models for few steps, whole: calls as planned, resumable to the bit, and guidance that is told. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Cancelled } from '../../src/common/errors.ts';
import type { EditSettings } from '../../src/common/settings/settings.ts';
import type { ArtefactStore } from '../../src/main/engine/artefacts/store.ts';
import { rememberingProbe } from '../../src/main/engine/media/remembering-probe.ts';
import { rememberingFacts } from '../../src/main/engine/models/facts.ts';
import { guidanceWaves } from '../../src/main/engine/models/unet-feeds.ts';
import { createPlanner, type Planner } from '../../src/main/engine/queue/plan.ts';
import { derive } from '../../src/main/engine/render/derive.ts';
import { prepareShot } from '../../src/main/engine/render/prepare.ts';
import { sampleShot } from '../../src/main/engine/render/sample.ts';
import type { World } from '../helpers/cli.ts';
import { type EditWorlds, FRAMES, makeEditWorlds, STEPS } from '../helpers/edit-worlds.ts';
import type { Short } from '../helpers/job-settings.ts';
import { contextWith } from '../helpers/prepared.ts';
import { maxDiff } from '../helpers/smooth-network.ts';
import { tempFolder } from '../helpers/temp-folder.ts';

let worlds: EditWorlds;
let plain: World;
let told: World;
let store: ArtefactStore;
let plan: Planner;

beforeAll(async () => {
  worlds = await makeEditWorlds();
  ({ plain, told, store } = worlds);
  plan = createPlanner({
    ...{ cache: store, store: null, dir: plain.dir, isBusy: () => false },
    ...{ probe: rememberingProbe(), facts: rememberingFacts(store.digests) },
  });
});
afterAll(() => worlds[Symbol.dispose]());

const settingsOf = (world: World, more: Short) => worlds.settingsOf(world, { method: 'sdedit', ...more });

/** Planned, rendered up to its latents, and once more with a stop half way. */
async function rendered(settings: EditSettings) {
  const planned = await plan(settings);
  const context = (dir: string, stopAfter: number | null = null) => {
    const abort = new AbortController();
    let visits = 0;
    return {
      ...contextWith({ dir, store, signal: abort.signal }),
      async onGlimpse() {
        if (++visits === stopAfter) abort.abort();
      },
    };
  };
  await using shot = await prepareShot(settings, context(tempFolder()), false);
  const made = await derive(shot, context(tempFolder()));
  expect(planned.derived).toEqual(made.counts);
  const whole = await sampleShot(shot, made, context(tempFolder()));
  expect(whole.unetCalls).toBe(planned.samplingCalls);
  const dir = tempFolder();
  const stopped = sampleShot(shot, made, context(dir, Math.ceil(planned.samplingCalls / 2)));
  await expect(stopped).rejects.toBeInstanceOf(Cancelled);
  const resumed = await sampleShot(shot, made, context(dir));
  expect(resumed.resumedFrom).not.toBeNull();
  expect(resumed.latents).toEqual(whole.latents);
  return { ...whole, planned };
}

describe('a solver', () => {
  it('that asks twice a step is planned and counted so, the check of its inversion too', async () => {
    const inverted = settingsOf(plain, { method: 'pix2video', solver: 'heun' });
    const { planned, unetCalls } = await rendered(inverted);
    expect(unetCalls).toBe(FRAMES * (2 * STEPS - 1));
    expect(planned.inversionCalls).toBe(FRAMES * STEPS + (2 * STEPS - 1));
    // What Euler's way up leads to is there by now.
    const { derived } = await plan(settingsOf(plain, { method: 'pix2video', solver: 'euler' }));
    expect(derived.kinds.inversion).toEqual({ found: FRAMES, made: 0 });
  });

  it.each([
    ['sdedit', { strength: 0.5 }, FRAMES * 2],
    ['img2img', {}, FRAMES * 3],
    ['text2video-zero', {}, null],
  ])('LCM runs with %s %o', async (method, params, calls) => {
    const { unetCalls } = await rendered(settingsOf(plain, { method, params, solver: 'lcm', guidance: 1 }));
    if (calls !== null) expect(unetCalls).toBe(calls);
  });

  it('LCM and a method that inverts are refused by name, with what to choose', async () => {
    const asked = plan(settingsOf(plain, { method: 'pix2video', solver: 'lcm' }));
    await expect(asked).rejects.toMatchObject({
      code: 'usage',
      message: 'LCM adds noise in every step, so it cannot start from an inversion',
      hint: 'Use DDIM or Euler or DPM++ 2M (dpmpp_2m) or Heun. Or choose a method that starts from noise: Repaint, steady (sdedit) or From the prompt alone (text2video-zero) or Repaint, frame by frame (img2img).',
    });
  });

  it('takes a step, or a few, from the last timestep on', async () => {
    for (const [steps, strength, calls] of [
      [1, 1, 1],
      [4, 0.5, 2],
    ]) {
      const turbo = { solver: 'euler', schedule: 'trailing', guidance: 1, steps, params: { strength } };
      const { unetCalls, unetBranches } = await rendered(settingsOf(plain, turbo));
      expect([unetCalls, unetBranches]).toEqual([FRAMES * calls!, FRAMES * calls!]);
    }
  });
});

it('LCM under a guidance that burns the picture out says so, where the network is not told it', async () => {
  const warningsOf = async (world: World, guidance: number) => {
    const context = contextWith({ dir: tempFolder(), store });
    const settings = settingsOf(world, { guidance, solver: 'lcm' });
    await (await prepareShot(settings, context, false))[Symbol.asyncDispose]();
    return context.warnings.filter((line) => line.includes('burns out'));
  };
  expect(await warningsOf(plain, 7.5)).toHaveLength(1);
  expect(await warningsOf(plain, 1.5)).toEqual([]);
  expect(await warningsOf(told, 7.5)).toEqual([]);
});

describe('a network that is told the guidance', () => {
  it('runs for one branch, whatever the guidance, and heeds it', async () => {
    const at = (guidance: number) => rendered(settingsOf(told, { guidance, solver: 'lcm' }));
    const [one, much] = [await at(1), await at(7.5)];
    for (const { unetCalls, unetBranches } of [one, much]) expect(unetBranches).toBe(unetCalls);
    expect(maxDiff(one.latents[0]!, much.latents[0]!)).toBeGreaterThan(1e-3);
  });

  it('keeps parts of the clip too, and says that the negative prompt is not read', async () => {
    const kept = await rendered(settingsOf(told, { guidance: 4, solver: 'lcm', keep: 0.3 }));
    expect(kept.unetBranches).toBe(2 * kept.unetCalls);
    const context = contextWith({ dir: tempFolder(), store });
    const settings = settingsOf(told, { guidance: 4, solver: 'lcm', negativePrompt: 'blurry' });
    await (await prepareShot(settings, context, false))[Symbol.asyncDispose]();
    expect(context.warnings).toContainEqual(expect.stringContaining('is told the strength'));
  });

  it('is told it as diffusers tells it', () => {
    // get_guidance_scale_embedding of guidance 7.5 and 1, width 6, in double precision.
    const seven = [
      Math.sin(6500),
      Math.sin(65),
      Math.sin(0.65),
      Math.cos(6500),
      Math.cos(65),
      Math.cos(0.65),
    ];
    expect(maxDiff(guidanceWaves(7.5, 6), seven)).toBeLessThan(1e-6);
    expect([...guidanceWaves(1, 7)]).toEqual([0, 0, 0, 1, 1, 1, 0]);
  });
});
