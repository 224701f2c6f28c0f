/** Inpainting models: what they are told of each frame, in which order, and what becomes of it. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Mask } from '../../src/common/masks/mask.ts';
import { rasterise } from '../../src/common/masks/rasterise.ts';
import type { EditSettings } from '../../src/common/settings/settings.ts';
import { ArtefactStore } from '../../src/main/engine/artefacts/store.ts';
import { formatBundleReport } from '../../src/main/engine/models/format.ts';
import { inspectBundle } from '../../src/main/engine/models/inspect.ts';
import { openBundle } from '../../src/main/engine/models/open.ts';
import { attr } from '../../src/main/engine/onnx/ir/graph.ts';
import { ELEMENT } from '../../src/main/engine/onnx/ir/types.ts';
import { serializeModel } from '../../src/main/engine/onnx/serde.ts';
import { derive } from '../../src/main/engine/render/derive.ts';
import { prepareShot } from '../../src/main/engine/render/prepare.ts';
import { render } from '../../src/main/engine/render/render.ts';
import { sampleShot } from '../../src/main/engine/render/sample.ts';
import { askOne } from '../helpers/ask-one.ts';
import { makeWorld, movingClip, type World } from '../helpers/cli.ts';
import { type Short, settingsWith } from '../helpers/job-settings.ts';
import { contextWith } from '../helpers/prepared.ts';
import { tempFolder } from '../helpers/temp-folder.ts';
import { writeTinyBundle } from '../helpers/tiny-bundle.ts';
import { Net } from '../helpers/tiny-layers.ts';
import { TEXT_WIDTH } from '../helpers/tiny-text-encoder.ts';

// Padded on the canvas.
const [WIDTH, HEIGHT] = [68, 44];
const FRAMES = 2;
let world: World;
let clip: string;

beforeAll(async () => {
  world = await makeWorld({ kind: 'inpainting' });
  const size = `${WIDTH}x${HEIGHT}`;
  clip = await movingClip(join(world.dir, 'clip.mov'), { size, frames: FRAMES, sound: false });
});
afterAll(() => world[Symbol.dispose]());

const MASK: Mask = {
  ...{ invert: false, grow: 0, feather: 6 },
  parts: [
    {
      ...{ id: 'box', mode: 'add', kind: 'rectangle' },
      keys: [
        { frame: 0, x: 30, y: 8, width: 50, height: 21, angle: 0 },
        { frame: 1, x: 8, y: 10, width: 41, height: 27, angle: 15 },
      ],
    },
  ],
};

function settingsOf(mask: Mask | null, more: Short = {}): EditSettings {
  const settings = settingsWith({
    ...{ clip, bundle: world.bundle, out: join(world.out, 'take.mov') },
    ...{ sourcePrompt: 'a red car', prompt: 'a white swan' },
    ...{ steps: 3, refinement: 0, size: 64, provider: 'cpu', method: 'pix2video' },
    ...more,
  });
  return { ...settings, guide: { ...settings.guide, mask } };
}

function storeIn(dir = tempFolder()): ArtefactStore {
  const store = new ArtefactStore(join(dir, 'cache.sqlite'), {
    limitBytes: 1e9,
    onWarning: expect.unreachable,
  });
  onTestFinished(() => store.close());
  return store;
}

/** A model whose network answers with four channels of what it is given. */
async function answeringWith(channels: readonly number[]): Promise<string> {
  const dir = await writeTinyBundle(join(tempFolder(), 'tiny'), { kind: 'inpainting', prediction: 'sample' });
  const net = new Net(1, false);
  const sample = net.input('sample', ['batch_size', 9, 'height', 'width']);
  net.input('timestep', [], ELEMENT.int64);
  net.input('encoder_hidden_states', ['batch_size', 'sequence_length', TEXT_WIDTH]);
  const picked = net.op('Gather', [sample, net.integers('which', channels)], { axis: attr.int(1) });
  net.output(picked, 'out_sample', ['batch_size', 4, 'height', 'width']);
  writeFileSync(join(dir, 'unet', 'model.onnx'), serializeModel(net.model()));
  return dir;
}

const MASK_CHANNEL = [4, 4, 4, 4];
const AROUND_CHANNELS = [5, 6, 7, 8];

function farthest(a: Float32Array, b: Float32Array): number {
  expect(a.length).toBe(b.length);
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
}

/** What the network shall be told, by the book: plain loops over the canvas. */
function byTheBook(own: Uint8Array, mask: Mask | null, frame: number, fit: Fit, factor: number) {
  const { width, height, left, top, contentWidth, contentHeight } = fit;
  const content = { width: contentWidth, height: contentHeight, picture: { width: WIDTH, height: HEIGHT } };
  const share = mask && rasterise(mask, frame, content, () => undefined);
  const shareAt = (x: number, y: number) => {
    const [column, row] = [x - left, y - top];
    const clamp = (at: number, size: number) => Math.min(size - 1, Math.max(0, at));
    return share ? share[clamp(row, contentHeight) * contentWidth + clamp(column, contentWidth)]! : 1;
  };
  const picture = new Float32Array(own).map((value, i) => {
    const at = Math.floor(i / 3);
    return shareAt(at % width, Math.floor(at / width)) >= 0.5 ? 127.5 : value;
  });
  const columns = width / factor;
  const covered = Float32Array.from({ length: columns * (height / factor) }, (_, i) => {
    let sum = 0;
    for (let p = 0; p < factor * factor; p++) {
      const x = (i % columns) * factor + (p % factor);
      sum += shareAt(x, Math.floor(i / columns) * factor + Math.floor(p / factor));
    }
    return sum / factor ** 2 >= 0.5 ? 1 : 0;
  });
  return { picture, covered };
}

type Fit = Awaited<ReturnType<typeof prepareShot>>['fit'];

describe('the network', () => {
  it('reads the latent, then the mask, then what is around it, in all branches', async () => {
    const numbers = (length: number, seed: number) =>
      Float32Array.from({ length }, (_, i) => Math.sin(seed + i));
    const [latent, mask, around] = [numbers(192, 1), numbers(48, 2), numbers(192, 3)];
    const structure = new Float32Array(240);
    structure.set(mask);
    structure.set(around, 48);
    for (const [channels, expected] of [
      [[0, 1, 2, 3], latent],
      [MASK_CHANNEL, Float32Array.from([...mask, ...mask, ...mask, ...mask])],
      [AROUND_CHANNELS, around],
    ] as const) {
      const bundle = await openBundle(await answeringWith(channels), { sites: 'none', provider: 'cpu' });
      const [a, b] = [await bundle.embed('', SIZE), await bundle.embed('a swan', SIZE)];
      const ask = askOne(bundle.predict({ channels: 4, height: 6, width: 8 }));
      const { outputs } = await ask({ latent, timestep: 501, branches: [a, b], structure });
      expect(outputs).toEqual([expected, expected]);
      await bundle.close();
    }
  });

  it.each([
    ['a mask', MASK],
    ['no mask', null],
  ])('is told of each frame what %s leaves of it', async (_, mask) => {
    for (const channels of [MASK_CHANNEL, AROUND_CHANNELS]) {
      const bundle = await answeringWith(channels);
      const settings = settingsOf(mask, { bundle, method: 'sdedit', solver: 'euler' });
      const context = contextWith({ dir: tempFolder() });
      await using shot = await prepareShot(settings, context, false);
      const made = await derive(shot, context);
      const { latents } = await sampleShot(shot, made, context);
      const { fit, model, shape } = shot;
      const area = shape.height * shape.width;
      expect(fit.height).toBeGreaterThan(fit.contentHeight);
      let frame = 0;
      for await (const own of shot.recipe.originals()) {
        const { picture, covered } = byTheBook(own, mask, frame, fit, model.factor);
        const around = await shot.bundle.encode(picture, fit.width, fit.height);
        const told = made.surroundings[frame]!;
        expect(told.subarray(0, area)).toEqual(covered);
        expect(told.subarray(area)).toEqual(around);
        if (mask) expect([...new Set(covered)].sort()).toEqual([0, 1]);
        // Its answer is the clean latent, and Euler ends there; outside of the mask it is the clip's.
        const answer =
          channels === MASK_CHANNEL
            ? Float32Array.from({ length: 4 * area }, (_, i) => covered[i % area]!)
            : around;
        const expected = answer.map((value, i) => {
          const share = made.masks ? made.masks[frame]![i % area]! : 1;
          return share === 1 ? value : share === 0 ? made.clean[frame]![i]! : latents[frame]![i]!;
        });
        expect(farthest(latents[frame]!, expected)).toBeLessThan(1e-4);
        frame++;
      }
      expect(frame).toBe(FRAMES);
    }
  });
});

const SIZE = { width: 64, height: 48 };

describe('an edit', () => {
  const made = async (settings: EditSettings, store: ArtefactStore | null) => {
    const context = contextWith({ dir: tempFolder(), store });
    await using shot = await prepareShot(settings, context, false);
    return await derive(shot, context);
  };

  it('inverts each frame with what is around its mask: another prompt inverts nothing again, another mask does', async () => {
    const store = storeIn();
    const first = await made(settingsOf(MASK), store);
    expect(first.counts.kinds.surroundings).toEqual({ found: expect.any(Number), made: FRAMES });
    expect(first.counts.calls.encode).toBe(2 * FRAMES);
    const again = await made(settingsOf(MASK, { prompt: 'a black swan' }), store);
    expect(again.counts.calls).toMatchObject({ encode: 0, invert: 0, check: 0 });
    expect(again.inverted).toEqual(first.inverted);
    const other = await made(settingsOf({ ...MASK, invert: true }), store);
    expect(other.inversion.computed).toBe(FRAMES);
    expect(farthest(other.inverted[0]!, first.inverted[0]!)).toBeGreaterThan(1e-3);
    expect(other.counts.calls.encode).toBe(FRAMES);
  });

  it('without a mask encodes one grey picture for all frames', async () => {
    const { counts, surroundings } = await made(settingsOf(null), null);
    expect(counts.calls.encode).toBe(FRAMES + 1);
    expect(surroundings[1]).toEqual(surroundings[0]);
  });

  it('of a method that makes what is outside of the mask makes whole frames', async () => {
    const steady = { method: 'text2video-zero', params: { background: 0.6, outside: 'steady' } };
    const { surroundings, counts } = await made(settingsOf(MASK, steady), null);
    expect(surroundings[0]!.subarray(0, 16).every((value) => value === 1)).toBe(true);
    expect(counts.calls.encode).toBe(1);
  });

  it.each([
    ['mask', MASK],
    ['frame', null],
  ] as const)('says in its report that it made a %s anew', async (source, mask) => {
    const { structure, bundle } = await render(
      settingsOf(mask, { method: 'sdedit' }),
      contextWith({ dir: tempFolder() }),
    );
    expect(structure).toEqual({ source });
    expect(bundle.kind).toBe('sd-inpainting');
  });

  it('takes no depth clip', async () => {
    await expect(made(settingsOf(null, { depth: clip }), null)).rejects.toThrow(/takes no depth/);
  });
});

it('is named when it is looked into, and wants no depth', async () => {
  const report = await inspectBundle(world.bundle);
  expect(report).toMatchObject({ kind: 'sd-inpainting', structureChannels: 5, depth: null, defects: [] });
  const text = formatBundleReport(report);
  expect(text).toContain('Stable Diffusion for inpainting');
  expect(text).toContain('4 channels and 5 of mask and surroundings');
});
