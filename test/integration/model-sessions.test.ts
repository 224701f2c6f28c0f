/** When the networks of a bundle are in memory: from their first use until they are let go. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Cancelled } from '../../src/common/errors.ts';
import { ArtefactStore } from '../../src/main/engine/artefacts/store.ts';
import { rememberingFacts } from '../../src/main/engine/models/facts.ts';
import { LazySession } from '../../src/main/engine/models/lazy-session.ts';
import { openBundle } from '../../src/main/engine/models/open.ts';
import type { Bundle, OpenBundleOptions } from '../../src/main/engine/models/types.ts';
import { createSession } from '../../src/main/engine/onnx/ort.ts';
import { derive } from '../../src/main/engine/render/derive.ts';
import { prepareShot } from '../../src/main/engine/render/prepare.ts';
import { sampleShot } from '../../src/main/engine/render/sample.ts';
import { settingsWith } from '../helpers/job-settings.ts';
import { addNetwork, flowGraph } from '../helpers/motion-networks.ts';
import { bits, floats, textModel } from '../helpers/onnx.ts';
import { contextWith } from '../helpers/prepared.ts';
import { tempFolder } from '../helpers/temp-folder.ts';
import { type TinyBundleOptions, writeTinyBundle } from '../helpers/tiny-bundle.ts';

const SIDE = 32;
const SHAPE = { channels: 4, height: 8, width: 8 };
const picture = Uint8Array.from({ length: SIDE * SIDE * 3 }, (_, i) => (i * 7) % 256);

async function opened(
  tiny: TinyBundleOptions = {},
  options: Partial<OpenBundleOptions> = {},
): Promise<Bundle> {
  const dir = await writeTinyBundle(join(tempFolder(), 'tiny'), tiny);
  const bundle = await openBundle(dir, { sites: 'all', provider: 'cpu', ...options });
  onTestFinished(() => bundle.close());
  return bundle;
}

const openParts = ({ sessions }: Bundle) =>
  Object.entries(sessions).flatMap(([part, { open }]) => (open ? [part] : []));

describe('the networks of a bundle', () => {
  it('are opened one by one, at their first use', async () => {
    const bundle = await opened({ kind: 'depth', depth: {} });
    expect(openParts(bundle)).toEqual([]);
    const text = await bundle.embed('a car', { width: SIDE, height: SIDE });
    expect(openParts(bundle)).toEqual(['textEncoder']);
    await bundle.depth!.estimate(picture, { width: SIDE, height: SIDE });
    const latent = await bundle.encode(picture, SIDE, SIDE);
    expect(openParts(bundle)).toEqual(['vaeEncoder', 'textEncoder', 'depthEstimator']);
    await bundle.open('unet');
    expect(openParts(bundle)).toContain('unet');
    const structure = new Float32Array(64);
    await bundle.predict(SHAPE)([{ latent, timestep: 5, branches: [text], structure }]);
    await bundle.decode(latent, SHAPE);
    expect(openParts(bundle)).toHaveLength(5);
    expect(Object.values(bundle.sessions).map(({ opened }) => opened)).toEqual([1, 1, 1, 1, 1]);
  });

  it('are opened once for two who ask at the same time', async () => {
    const bundle = await opened();
    const [one, two] = await Promise.all([
      bundle.encode(picture, SIDE, SIDE),
      bundle.encode(picture, SIDE, SIDE),
    ]);
    expect(bits(one)).toEqual(bits(two));
    expect(bundle.sessions.vaeEncoder).toEqual({ open: true, opened: 1 });
  });

  it('are let go by part, open again when needed, and give the same numbers', async () => {
    const bundle = await opened({ kind: 'xl' });
    const before = await bundle.encode(picture, SIDE, SIDE);
    const text = await bundle.embed('a car', { width: SIDE, height: SIDE });
    const seconds = bundle.runSeconds.vaeEncoder;
    await bundle.release('vaeEncoder');
    await bundle.release('textEncoder');
    await bundle.release('vaeDecoder'); // was never open
    expect(openParts(bundle)).toEqual([]);
    expect(bundle.runSeconds.vaeEncoder).toBe(seconds);
    expect(bits(await bundle.encode(picture, SIDE, SIDE))).toEqual(bits(before));
    const again = await bundle.embed('a car', { width: SIDE, height: SIDE });
    expect(bits(again.hidden)).toEqual(bits(text.hidden));
    expect(bundle.runSeconds.vaeEncoder).toBeGreaterThan(seconds);
    expect(bundle.sessions.vaeEncoder.opened).toBe(2);
    // Both encoders.
    expect(bundle.sessions.textEncoder.opened).toBe(4);
    expect(bundle.sessions.vaeDecoder.opened).toBe(0);
  });

  it('are not opened any more once the job is cancelled or the bundle closed', async () => {
    const abort = new AbortController();
    const bundle = await opened({}, { signal: abort.signal });
    abort.abort();
    await expect(bundle.encode(picture, SIDE, SIDE)).rejects.toThrow(Cancelled);
    expect(openParts(bundle)).toEqual([]);
    const closed = await opened();
    await closed.encode(picture, SIDE, SIDE);
    await closed.close();
    await expect(closed.encode(picture, SIDE, SIDE)).rejects.toThrow('the model is closed');
    expect(openParts(closed)).toEqual([]);
  });
});

describe('a render', () => {
  it('loads what it needs when it needs it: from cached inversions no encoder, and the network is gone before decoding', async () => {
    const demo = resolve(import.meta.dirname, '../../resources/demo');
    const dir = tempFolder();
    const cache = new ArtefactStore(join(dir, 'cache.sqlite'), { limitBytes: 1 << 30, onWarning: () => {} });
    onTestFinished(() => cache.close());
    const settings = settingsWith({
      clip: join(demo, 'clip.mp4'),
      bundle: join(demo, 'bundle'),
      out: join(dir, 'take.mov'),
      range: { start: 0, end: 2 },
      sourcePrompt: 'a red ball',
      prompt: 'a blue ball',
      steps: 2,
      size: 64,
      provider: 'cpu',
    });
    const context = contextWith({ dir, store: cache });
    const openedBy = async () => {
      await using shot = await prepareShot(settings, context);
      const held = [openParts(shot.bundle)];
      const made = await derive(shot, context);
      held.push(openParts(shot.bundle));
      await sampleShot(shot, made, context);
      held.push(openParts(shot.bundle));
      await context.checkpoint.remove();
      const { vaeEncoder, vaeDecoder } = shot.bundle.sessions;
      return { held, opened: [vaeEncoder.opened, vaeDecoder.opened] };
    };
    const held = [[], ['unet'], []];
    // An inversion is checked by decoding it.
    expect(await openedBy()).toEqual({ held, opened: [1, 1] });
    expect(await openedBy()).toEqual({ held, opened: [0, 0] });
  });
});

describe('a session opened at its first run', () => {
  const model = textModel('float32[N] x => float32[N] y\ny = Neg(x)');
  const create = () => createSession(model, { provider: 'cpu', label: 'a model' });
  const feeds = { x: floats([2], Float32Array.of(1, 2)) };

  it('is tried again after it could not be opened', async () => {
    let tries = 0;
    const session = new LazySession(() => (++tries === 1 ? Promise.reject(new Error('no room')) : create()));
    await expect(session.run(feeds, ['y'])).rejects.toThrow('no room');
    expect([...(await session.run(feeds, ['y'])).y!.data]).toEqual([-1, -2]);
    expect([tries, session.opened]).toEqual([2, 1]);
    await session.close();
  });

  it('is let go after what runs, and nothing is left of one that was opened too late', async () => {
    const session = new LazySession(create);
    const running = session.run(feeds, ['y']);
    const released = session.release();
    expect((await running).y!.data).toHaveLength(2);
    await released;
    expect(session.isOpen).toBe(false);

    const abort = new AbortController();
    let ended = false;
    const late = new LazySession(async () => {
      const inner = await create();
      abort.abort();
      return {
        ...inner,
        run: inner.run.bind(inner),
        async release() {
          ended = true;
          await inner.release();
        },
      };
    }, abort.signal);
    await expect(late.run(feeds, ['y'])).rejects.toThrow(Cancelled);
    expect([ended, late.isOpen]).toEqual([true, false]);
  });
});

describe('what a plan knows of a bundle', () => {
  it('is what the bundle itself says', async () => {
    const dir = await writeTinyBundle(join(tempFolder(), 'tiny'), { kind: 'depth', depth: {} });
    const { sockets, memory, ...facts } = await rememberingFacts(undefined)(dir);
    expect(sockets.inChannels).toBe(5);
    const bundle = await openBundle(dir, { sites: 'none', provider: 'cpu' });
    onTestFinished(() => bundle.close());
    const told = Object.entries(facts).filter(([, value]) => typeof value !== 'function');
    expect(bundle).toMatchObject({ ...Object.fromEntries(told), depth: bundle.depth });
    expect(told.length).toBeGreaterThan(10);
    const shape = { channels: 4, height: 6, width: 8 };
    const { foretell } = await memory(
      { sites: 'none', joint: false, attention: { unet: null, vae: null } },
      [],
    );
    const numbers = (foretold: object) => JSON.parse(JSON.stringify(foretold));
    expect(numbers(foretell(shape))).toEqual(numbers(bundle.memory(shape)));
    expect(facts.vaeMemory(shape)).toEqual(bundle.vaeMemory(shape));
    const size = { width: 64, height: 48 };
    expect(facts.depth!.sizeFor(size)).toEqual(bundle.depth!.sizeFor(size));
  });

  it('is remembered while every file stays as it is, weights too', async () => {
    const dir = await writeTinyBundle(join(tempFolder(), 'tiny'), { external: 'weights.bin' });
    const facts = rememberingFacts(undefined);
    const first = await facts(dir);
    // Made when the files are read.
    expect((await facts(dir)).readPrompt).toBe(first.readPrompt);
    const weights = join(dir, 'unet', 'weights.bin');
    const bytes = readFileSync(weights);
    bytes[1000]! ^= 1;
    writeFileSync(weights, bytes);
    expect((await facts(dir)).digests.unet).not.toBe(first.digests.unet);
    addNetwork(dir, 'flow_estimator', flowGraph());
    const seeing = await facts(dir);
    expect(seeing.digests.flowEstimator).not.toBe(undefined);
    writeFileSync(join(dir, 'flow_estimator', 'preprocessor_config.json'), '{"do_rescale": false}');
    expect((await facts(dir)).digests.flowEstimator).not.toBe(seeing.digests.flowEstimator);
  });
});
