/** Every method on every kind of shot: it renders in as many calls as planned, and stopped half way it goes on to the same bits. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Cancelled } from '../../src/common/errors.ts';
import type { EditSettings } from '../../src/common/settings/settings.ts';
import { ArtefactStore } from '../../src/main/engine/artefacts/store.ts';
import { rememberingProbe } from '../../src/main/engine/media/remembering-probe.ts';
import { methods } from '../../src/main/engine/methods/registry.ts';
import { rememberingFacts } from '../../src/main/engine/models/facts.ts';
import { createPlanner } from '../../src/main/engine/queue/plan.ts';
import { derive } from '../../src/main/engine/render/derive.ts';
import { prepareShot } from '../../src/main/engine/render/prepare.ts';
import { sampleShot } from '../../src/main/engine/render/sample.ts';
import { makeWorld, movingClip, type World } from '../helpers/cli.ts';
import { settingsWith } from '../helpers/job-settings.ts';
import { contextWith } from '../helpers/prepared.ts';
import { tempFolder } from '../helpers/temp-folder.ts';

const FRAMES = 5;
const STEPS = 5;

let plain: World;
let depth: World;
let clip: string;
let store: ArtefactStore;

beforeAll(async () => {
  plain = await makeWorld();
  depth = await makeWorld({ kind: 'depth', depth: {} });
  // Neither square nor of a shape that the network's grid divides.
  const size = '100x56';
  clip = await movingClip(join(plain.dir, 'clip.mov'), { size, frames: FRAMES, sound: false });
  store = new ArtefactStore(join(plain.dir, 'cache.sqlite'), {
    limitBytes: 1e9,
    onWarning: expect.unreachable,
  });
});
afterAll(() => {
  store.close();
  plain[Symbol.dispose]();
  depth[Symbol.dispose]();
});

const SHOTS: readonly { readonly kind: string; readonly frames: number; readonly of: () => World }[] = [
  { kind: 'one frame', frames: 1, of: () => plain },
  { kind: 'five frames, oblong', frames: FRAMES, of: () => plain },
  { kind: 'five frames with depth', frames: FRAMES, of: () => depth },
];

function settingsOf(id: string, frames: number, { bundle, out }: World): EditSettings {
  return settingsWith({
    ...{ clip, bundle, out: join(out, 'take.mov'), sourcePrompt: 'a red car', prompt: 'a white swan' },
    ...{ steps: STEPS, refinement: 0, size: 64, provider: 'cpu', method: id },
    ...{ range: { start: 0, end: frames }, anchor: Math.min(2, frames - 1) },
  });
}

/** Up to the latents before decoding. @param stopAfter frames that were visited; null to the end */
async function sample(settings: EditSettings, dir: string, stopAfter: number | null = null) {
  const abort = new AbortController();
  let visits = 0;
  const context = {
    ...contextWith({ dir, store, signal: abort.signal }),
    async onGlimpse() {
      if (++visits === stopAfter) abort.abort();
    },
  };
  await using shot = await prepareShot(settings, context, false);
  const made = await derive(shot, context);
  return { ...(await sampleShot(shot, made, context)), counts: made.counts, visits: () => visits };
}

it.each(methods.flatMap(({ id }) => SHOTS.map((shot) => ({ id, ...shot }))))(
  '$id, $kind',
  async ({ id, frames, of }) => {
    const settings = settingsOf(id, frames, of());
    const plan = await createPlanner({
      ...{ cache: store, store: null, dir: plain.dir, isBusy: () => false },
      ...{ probe: rememberingProbe(), facts: rememberingFacts(store.digests) },
    })(settings);
    const whole = await sample(settings, tempFolder());
    expect(plan.samplingCalls).toBe(whole.visits());
    expect(plan.derived).toEqual(whole.counts);
    expect(whole.latents).toHaveLength(frames);
    const dir = tempFolder();
    const stopped = sample(settings, dir, Math.ceil(whole.visits() / 2));
    await expect(stopped).rejects.toBeInstanceOf(Cancelled);
    const resumed = await sample(settings, dir);
    expect(resumed.resumedFrom).not.toBeNull();
    expect(resumed.visits()).toBeLessThan(whole.visits());
    expect(resumed.latents).toEqual(whole.latents);
  },
);
