/** Memory as it is foretold: against the runtime's own shapes, and where a render does not fit. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { AppError } from '../../src/common/errors.ts';
import type { EditSettings } from '../../src/common/settings/settings.ts';
import { rememberingProbe } from '../../src/main/engine/media/remembering-probe.ts';
import { rememberingFacts } from '../../src/main/engine/models/facts.ts';
import { foretell } from '../../src/main/engine/models/memory/bundle.ts';
import type { Call } from '../../src/main/engine/models/memory/foretold.ts';
import { memoryOfParts } from '../../src/main/engine/models/memory/of-parts.ts';
import { loadParts } from '../../src/main/engine/models/parts.ts';
import { readLayout } from '../../src/main/engine/models/read-layout.ts';
import { ELEMENT } from '../../src/main/engine/onnx/ir/types.ts';
import { createSession } from '../../src/main/engine/onnx/ort.ts';
import { parseModel, serializeModel } from '../../src/main/engine/onnx/serde.ts';
import { inferShapes } from '../../src/main/engine/onnx/shapes/infer.ts';
import { loadGraph } from '../../src/main/engine/onnx/slim.ts';
import { createPlanner } from '../../src/main/engine/queue/plan.ts';
import { prepareShot } from '../../src/main/engine/render/prepare.ts';
import { movingClip } from '../helpers/cli.ts';
import { settingsWith } from '../helpers/job-settings.ts';
import { contextWith } from '../helpers/prepared.ts';
import { tempFolder } from '../helpers/temp-folder.ts';
import { makeLora, writeKohya } from '../helpers/tiny-lora.ts';

const BUNDLE = resolve(import.meta.dirname, '../../resources/demo/bundle');
const ALONE: Call = { frames: 1, branches: 2, bank: 0, self: true, joint: false };

async function memoryAt(side: number, sites: 'decoder' | 'all' = 'decoder') {
  const layout = await readLayout(BUNDLE, (error) => {
    throw error;
  });
  const memory = memoryOfParts(loadParts(layout), 8, {
    sites,
    joint: true,
    attention: { unet: null, vae: null },
  });
  return foretell(memory, { channels: 12, height: side / 8, width: side / 8 });
}

describe('shapes of the shipped networks', () => {
  const networks = [
    ['unet', { sample: [2, 12, 16, 24], timestep: [], encoder_hidden_states: [2, 20, 96] }],
    ['vae_decoder', { latent_sample: [1, 12, 16, 24] }],
    ['vae_encoder', { sample: [1, 3, 64, 96] }],
  ] as const;
  it.each(networks)('%s: every value has the shape that the runtime gives it', async (folder, fed) => {
    const root = resolve(BUNDLE, folder);
    const { model, folder: weights } = loadGraph(resolve(root, 'model.onnx'), { root });
    const { graph } = model;
    const dimsOf = (name: string, dims: readonly (number | string | null)[] | null) =>
      (fed as Record<string, readonly number[]>)[name] ??
      (dims ?? []).map((dim) => (typeof dim === 'number' ? dim : 1));
    const inputs = graph.inputs.map(({ name, type, dims }) => ({
      name,
      type: type!,
      dims: dimsOf(name, dims),
    }));
    const found = inferShapes(graph, new Map(inputs.map(({ name, ...known }) => [name, known])));
    const made = [...graph.nodes]
      .flatMap(({ op, outputs }) => (op === 'Constant' ? [] : outputs))
      .filter((name) => name !== '');
    expect(made.filter((name) => !found.has(name))).toEqual([]);
    const floats = made.filter((name) => found.get(name)!.type === ELEMENT.float32);
    const already = new Set(graph.outputs.map(({ name }) => name));
    for (const name of floats)
      if (!already.has(name)) graph.outputs.push({ name, type: ELEMENT.float32, dims: null });
    const session = await createSession(model, {
      folder: weights,
      provider: 'cpu',
      label: folder,
      threads: 1,
    });
    try {
      const feeds = Object.fromEntries(
        inputs.map(({ name, type, dims }) => {
          const count = dims.reduce((all, dim) => all * dim, 1);
          return type === ELEMENT.int64
            ? [name, { type: 'int64', data: new BigInt64Array(count), dims } as const]
            : [name, { type: 'float32', data: new Float32Array(count), dims } as const];
        }),
      );
      const ran = await session.run(feeds, floats);
      const other = floats.filter((name) => ran[name]!.dims.join() !== found.get(name)!.dims.join());
      expect(other).toEqual([]);
      expect(floats.length).toBeGreaterThan(0);
    } finally {
      await session.release();
    }
  });
});

describe('what is foretold', () => {
  it('grows with size, branches, banks and frames that see each other, and never shrinks by a further call', async () => {
    const [small, large] = [await memoryAt(128), await memoryAt(384)];
    for (const part of ['vaeEncoder', 'vaeDecoder', 'features'] as const)
      expect(large[part]).toBeGreaterThan(small[part]);
    expect(large.unet).toBe(small.unet);
    const bytes = (...calls: Call[]) => large.calls(calls);
    expect(bytes(ALONE)).toBeGreaterThan(small.calls([ALONE]));
    expect(bytes(ALONE)).toBeGreaterThan(bytes({ ...ALONE, branches: 1 }));
    expect(bytes({ ...ALONE, bank: 2, self: false })).toBeGreaterThan(bytes(ALONE));
    expect(bytes({ ...ALONE, bank: 4 })).toBeGreaterThan(bytes({ ...ALONE, bank: 2 }));
    const jointly = [2, 3, 4, 8].map((frames) => bytes({ ...ALONE, frames, joint: true }));
    expect(jointly.toSorted((a, b) => a - b)).toEqual(jointly);
    // Scores of all frames by all frames.
    expect(jointly[3]! / jointly[2]!).toBeGreaterThan(3);
    expect(bytes(ALONE, { ...ALONE, bank: 2 })).toBeGreaterThanOrEqual(bytes({ ...ALONE, bank: 2 }));
  });

  it('a frame lends the tokens of every layer that is asked for', async () => {
    const [decoder, all] = [await memoryAt(128), await memoryAt(128, 'all')];
    expect(decoder.features).toBeGreaterThan(0);
    expect(all.features).toBeGreaterThan(decoder.features);
  });
});

describe('a render that does not fit', () => {
  let clip: string;
  const folder = mkdtempSync(join(tmpdir(), 'retake-test-'));
  beforeAll(async () => {
    clip = await movingClip(join(folder, 'clip.mov'), { frames: 3, sound: false });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  afterEach(() => vi.unstubAllEnvs());

  const settings = (size: number): EditSettings => {
    const asked = settingsWith({
      ...{ clip, bundle: BUNDLE, out: join(tempFolder(), 'take.mov'), provider: 'cpu', method: 'pix2video' },
      ...{ sourcePrompt: 'a ball', prompt: 'a cube', size, steps: 2 },
    });
    return { ...asked, model: { ...asked.model, attention: 'exact' } };
  };
  const planner = (isBusy: boolean) => {
    const parts = { cache: null, store: null, probe: rememberingProbe(), facts: rememberingFacts(undefined) };
    return createPlanner({ ...parts, dir: tempFolder(), isBusy: () => isBusy });
  };
  const needed = async (size: number) => (await planner(false)(settings(size))).memoryBytes!;
  /** What preparing says, or null where it goes on. */
  const refusal = async (size: number, freeMemory: number): Promise<AppError | null> => {
    const context = { ...contextWith({ dir: tempFolder() }), freeMemory };
    try {
      await using _ = await prepareShot(settings(size), context, false);
      return null;
    } catch (error) {
      if (error instanceof AppError) return error;
      throw error;
    }
  };

  it('is refused before its first frame, with the largest size that does', async () => {
    const [small, large] = [await needed(128), await needed(512)];
    const free = (small + large) / 2;
    const refused = await refusal(512, free);
    expect(refused).toMatchObject({ code: 'usage', doing: 'planning the memory' });
    expect(refused!.message).toMatch(
      /^this edit needs about [\d.]+ [MG]B of memory at \d+×\d+, and [\d.]+ [MG]B are free$/,
    );
    expect(refused!.hint).toContain('set the attention to auto');
    const largest = Number(/--size (\d+)/.exec(refused!.hint!)![1]);
    expect(largest).toBeGreaterThan(128);
    expect(await refusal(largest, free)).toBeNull();
    expect(await refusal(largest + 16, free)).not.toBeNull();
  });

  describe('as a whole, but does in tiles', () => {
    const SIZE = 512;
    const tiled = (vaeTiles: 'auto' | 'on' | 'off', bundle = BUNDLE): EditSettings => {
      const asked = settings(SIZE);
      return { ...asked, model: { ...asked.model, attention: 'auto', vaeTiles, bundle } };
    };
    const prepared = async (asked: EditSettings, freeMemory: number) => {
      const context = { ...contextWith({ dir: tempFolder() }), freeMemory };
      await using _ = await prepareShot(asked, context, false);
    };
    const plan = (asked: EditSettings) => planner(false)(asked);
    /** The demo's with a decoder that was exported for one size. */
    const frozen = async () => {
      const dir = join(tempFolder(), 'bundle');
      await cp(BUNDLE, dir, { recursive: true });
      const file = join(dir, 'vae_decoder', 'model.onnx');
      const model = parseModel(readFileSync(file));
      const [input] = model.graph.inputs;
      // What the edit takes.
      (input as { dims: unknown }).dims = [1, 12, 56, 76];
      writeFileSync(file, serializeModel(model));
      return dir;
    };

    it('says so, and a plan in tiles needs less', async () => {
      const [whole, tiles] = [await plan(tiled('off')), await plan(tiled('on'))];
      expect(tiles.memoryBytes).toBeLessThanOrEqual(whole.memoryBytes!);
    });

    it('is refused before its first frame where a VAE that cannot is asked to', async () => {
      const asked = tiled('on', await frozen());
      const refusal = {
        code: 'usage',
        message: expect.stringMatching(/cannot work in tiles: its decoder: it was exported for one size$/),
        hint: 'Set “Large pictures in parts” (vae-tiles) to auto or off.',
      };
      await expect(prepared(asked, 64e9)).rejects.toMatchObject(refusal);
      await expect(plan(asked)).rejects.toMatchObject(refusal);
    });

    it('goes on as a whole where a VAE that cannot is free to, while memory allows it', async () => {
      const asked = tiled('auto', await frozen());
      await prepared(asked, 64e9);
      expect((await plan(asked)).memoryBytes).toBeGreaterThan(0);
      await expect(prepared(asked, 1e8)).rejects.toMatchObject({ doing: 'planning the memory' });
    });

    it('prepares its tiles before its first frame', async () => {
      const context = { ...contextWith({ dir: tempFolder() }), freeMemory: 64e9 };
      await using shot = await prepareShot(tiled('on'), context, false);
      const { sessions, tiled: inTiles } = shot.bundle;
      expect([sessions.vaeEncoder, sessions.vaeDecoder]).toEqual([
        { open: false, opened: 1 },
        { open: false, opened: 1 },
      ]);
      expect(inTiles).toEqual({ encode: 0, decode: 0 });
    });
  });

  it('is refused by its plan too, which otherwise says what it needs', async () => {
    const { memoryBytes } = await planner(false)(settings(256));
    expect(memoryBytes).toBeGreaterThan(2e8);
    vi.stubEnv('RETAKE_MEMORY_MB', String(Math.floor(memoryBytes! / 1e6) - 1));
    await expect(planner(false)(settings(256))).rejects.toMatchObject({ message: /^this edit needs about/ });
    // A render that runs gives its memory back before this one begins.
    expect((await planner(true)(settings(256))).memoryBytes).toBe(memoryBytes);
  });

  it('counts what LoRAs add in the plan, as their render does', async () => {
    const { graph } = loadGraph(join(BUNDLE, 'unet/model.onnx'), { root: BUNDLE }).model;
    const unet = makeLora(graph, 1, ({ kernel }) => (kernel ? null : 'lora'));
    const path = writeKohya(join(folder, 'look.safetensors'), { unet });
    const plain = settings(256);
    const held = { ...plain, model: { ...plain.model, loras: [{ path, strength: 0.7 }] } };
    const [without, added] = [
      (await planner(false)(plain)).memoryBytes!,
      (await planner(false)(held)).memoryBytes!,
    ];
    expect(added).toBeGreaterThan(without);
    await using shot = await prepareShot(held, contextWith({ dir: tempFolder() }), false);
    const { shape } = shot;
    const opened = shot.bundle.memory(shape).unet;
    await using bare = await prepareShot(plain, contextWith({ dir: tempFolder() }), false);
    expect(opened).toBeGreaterThan(bare.bundle.memory(shape).unet);
  });
});
