/** Motion, and pictures between two others, by networks of the bundle. */
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Mask } from '../../src/common/masks/mask.ts';
import type { EditSettings } from '../../src/common/settings/settings.ts';
import { ArtefactStore } from '../../src/main/engine/artefacts/store.ts';
import { rememberingProbe } from '../../src/main/engine/media/remembering-probe.ts';
import { networksOfPlugins } from '../../src/main/engine/models/contributed.ts';
import { rememberingFacts } from '../../src/main/engine/models/facts.ts';
import { maskPicture } from '../../src/main/engine/queue/mask-picture.ts';
import { createPlanner } from '../../src/main/engine/queue/plan.ts';
import { derive } from '../../src/main/engine/render/derive.ts';
import { prepareShot } from '../../src/main/engine/render/prepare.ts';
import { sampleShot } from '../../src/main/engine/render/sample.ts';
import { makeWorld, movingClip, type World } from '../helpers/cli.ts';
import { type Short, settingsWith } from '../helpers/job-settings.ts';
import { addNetwork, flowGraph, middleGraph } from '../helpers/motion-networks.ts';
import { installNetworks, networkManifest } from '../helpers/network-plugin.ts';
import { textModel } from '../helpers/onnx.ts';
import { writeModel } from '../helpers/onnx-files.ts';
import { contextWith } from '../helpers/prepared.ts';
import { tempFolder } from '../helpers/temp-folder.ts';

let world: World;
let clip: string;
const FRAMES = 5;
const PAIRS = 2 * (FRAMES - 1);

beforeAll(async () => {
  world = await makeWorld();
  clip = await movingClip(join(world.dir, 'clip.mov'), { frames: FRAMES, sound: false });
});
afterAll(() => world[Symbol.dispose]());

function settingsOf(more: Short): EditSettings {
  return settingsWith({
    ...{ clip, bundle: world.bundle, out: join(world.out, 'take.mov'), provider: 'cpu' },
    ...{ sourcePrompt: 'a red car', prompt: 'a white swan', steps: 3, refinement: 0, size: 64, anchor: 2 },
    ...more,
  });
}

function openStore(dir = tempFolder()): ArtefactStore {
  const store = new ArtefactStore(join(dir, 'cache.sqlite'), {
    limitBytes: 1e9,
    onWarning: expect.unreachable,
  });
  onTestFinished(() => store.close());
  return store;
}

async function planned(settings: EditSettings, cache: ArtefactStore) {
  const parts = { probe: rememberingProbe(), facts: rememberingFacts(cache.digests), dir: world.dir };
  return createPlanner({ ...parts, cache, store: null, isBusy: () => false })(settings);
}

/** @param dir where checkpoints are */
async function render(settings: EditSettings, store: ArtefactStore, dir = tempFolder()) {
  const context = contextWith({ dir, store });
  await using shot = await prepareShot(settings, context, false);
  const { derived } = await planned(settings, store);
  const { counts, ...made } = await derive(shot, context);
  expect(counts).toEqual(derived);
  const { latents, resumedFrom } = await sampleShot(shot, { counts, ...made }, context);
  const { calls, sessions } = shot.bundle;
  return { counts, calls: { ...calls }, sessions: { ...sessions }, latents, resumedFrom };
}

const follow = { method: 'mix', params: { motion: 'follow' } };

describe('a flow estimator', () => {
  it('estimates the motion, is let go, and what another one made is not taken', async () => {
    const store = openStore();
    const own = await render(settingsOf(follow), store);
    expect([own.counts.calls.flow, own.calls.flowEstimator]).toEqual([PAIRS, 0]);
    addNetwork(world.bundle, 'flow_estimator', flowGraph());
    const seen = await render(settingsOf(follow), store);
    expect([seen.counts.calls.flow, seen.calls.flowEstimator]).toEqual([PAIRS, PAIRS]);
    expect(seen.sessions.flowEstimator).toEqual({ open: false, opened: 1 });
    expect(seen.counts.calls).toMatchObject({ encode: 0, invert: 0 });
    expect(seen.latents).not.toEqual(own.latents);
    const again = await render(settingsOf({ ...follow, prompt: 'a black swan' }), store);
    expect([again.counts.calls.flow, again.sessions.flowEstimator]).toEqual([0, { open: false, opened: 0 }]);
    addNetwork(world.bundle, 'flow_estimator', flowGraph(5));
    expect((await render(settingsOf(follow), store)).counts.kinds.flow).toEqual({ found: 0, made: PAIRS });
  });

  it('leads brushes too; a mask to look at finds what a render kept, and opens no network', async () => {
    addNetwork(world.bundle, 'flow_estimator', flowGraph());
    const store = openStore();
    const strokes = [
      { frame: 0, mode: 'paint' as const, radius: 10, points: [[30, 24]] as [number, number][] },
    ];
    const mask: Mask = {
      ...{ invert: false, grow: 0, feather: 4 },
      parts: [{ id: 'brush', mode: 'add', kind: 'brush', strokes }],
    };
    const settings = settingsOf({ method: 'sdedit' });
    const parts = { probe: rememberingProbe(), facts: rememberingFacts(store.digests) };
    const look = () => {
      const of = { clip, mask, frame: 4, bundle: world.bundle, size: 64, flow: null };
      return maskPicture(of, { ...parts, cache: store }, new AbortController().signal);
    };
    const before = await look();
    const masked = { ...settings, guide: { ...settings.guide, mask } };
    const { calls, counts } = await render(masked, store);
    expect([counts.calls.flow, calls.flowEstimator]).toEqual([PAIRS, PAIRS]);
    expect((await look()).confidence).not.toBe(before.confidence);
  });
});

describe('networks of a plugin', () => {
  it('take the place of what the model has where they are chosen, by what they are, and go with their plugin', async () => {
    const model = join(tempFolder(), 'model');
    cpSync(world.bundle, model, { recursive: true });
    for (const own of ['flow_estimator', 'interpolator'])
      rmSync(join(model, own), { recursive: true, force: true });
    const home = tempFolder();
    const estimators = (['flow', 'interpolator'] as const).map((role) => ({
      ...{ id: role, label: role, role, folder: role },
    }));
    const plugin = { id: 'org.example.motion', name: 'Motion', contributes: { estimators } };
    const dir = installNetworks(home, plugin);
    writeModel(join(dir, 'flow', 'model.onnx'), textModel(flowGraph()));
    writeModel(join(dir, 'interpolator', 'model.onnx'), textModel(middleGraph()));
    const contributor = networksOfPlugins(join(home, 'plugins'), () => {});
    onTestFinished(() => contributor.withdraw(plugin.id));
    const facts = { id: plugin.id, version: '1.0.0', api: 1, name: plugin.name };
    contributor.contribute({ facts, manifest: networkManifest(plugin), dir });

    const motion = (values: object) => settingsOf({ ...follow, bundle: model, model: values });
    const drawing = (values: object) => settingsOf({ method: 'controlvideo', bundle: model, model: values });
    const flow = join(dir, 'flow');
    const interpolator = join(dir, 'interpolator');
    const store = openStore();
    const own = await render(motion({}), store);
    const seen = await render(motion({ flow }), store);
    expect([seen.counts.kinds.flow, seen.calls.flowEstimator]).toEqual([{ found: 0, made: PAIRS }, PAIRS]);
    expect(seen.counts.calls).toMatchObject({ encode: 0, invert: 0 });
    expect(seen.latents).not.toEqual(own.latents);
    // Back without it, what was made is found again.
    const back = await render(motion({ flow: null }), store);
    expect([back.counts.kinds.flow, back.latents]).toEqual([{ found: PAIRS, made: 0 }, own.latents]);
    const along = await render(drawing({}), store);
    const drawn = await render(drawing({ interpolator }), store);
    expect([along.calls.interpolator, drawn.calls.interpolator]).toEqual([0, 3]);
    expect(drawn.latents).not.toEqual(along.latents);

    // In the model itself they are the same networks.
    addNetwork(model, 'flow_estimator', flowGraph());
    const inModel = await render(motion({}), store);
    expect([inModel.counts.kinds.flow, inModel.latents]).toEqual([{ found: PAIRS, made: 0 }, seen.latents]);

    contributor.withdraw(plugin.id);
    const away = 'it comes with the plugin org.example.motion, which is missing or switched off';
    await expect(planned(motion({ flow }), store)).rejects.toThrow(away);
    await expect(render(drawing({ interpolator }), store)).rejects.toThrow(away);
    const gone = motion({ flow: join(tempFolder(), 'none') });
    await expect(planned(gone, store)).rejects.toThrow('there is no such folder');
    writeModel(join(home, 'own', 'model.onnx'), textModel(middleGraph()));
    await expect(planned(motion({ flow: join(home, 'own') }), store)).rejects.toThrow(
      'this is no flow estimator',
    );
  });
});

describe('an interpolator', () => {
  it('draws the pictures between in place of the motion, and is a part of what a checkpoint is of', async () => {
    const settings = settingsOf({ method: 'controlvideo' });
    const store = openStore();
    const along = await render(settings, store);
    expect([along.counts.calls.flow, along.calls.interpolator]).toEqual([PAIRS, 0]);
    const dir = tempFolder();
    addNetwork(world.bundle, 'interpolator', middleGraph());
    const drawn = await render(settings, store, dir);
    // Two odd frames in one step, one even in the next.
    expect([drawn.counts.kinds.flow, drawn.calls.interpolator]).toEqual([undefined, 3]);
    expect(drawn.sessions.interpolator).toEqual({ open: false, opened: 1 });
    expect(drawn.latents).not.toEqual(along.latents);
    const same = await render(settings, store, dir);
    expect([same.resumedFrom === null, same.calls.interpolator]).toEqual([false, 0]);
    expect(same.latents).toEqual(drawn.latents);
    addNetwork(world.bundle, 'interpolator', middleGraph(0.4));
    const other = await render(settings, store, dir);
    expect([other.resumedFrom, other.calls.interpolator]).toEqual([null, 3]);
    expect(other.latents).not.toEqual(drawn.latents);
  });
});
