/** Every dialect exporters speak opens and computes the same; banks, structure and branches do what they say. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { appendFile, cp, mkdir, readdir, readFile, rename, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { Cancelled } from '../../src/common/errors.ts';
import type { Latent } from '../../src/main/engine/diffusion/types.ts';
import { fileDigest } from '../../src/main/engine/models/digests.ts';
import { formatBundleReport } from '../../src/main/engine/models/format.ts';
import { inspectBundle } from '../../src/main/engine/models/inspect.ts';
import { openBundle } from '../../src/main/engine/models/open.ts';
import type { Bundle, OpenBundleOptions } from '../../src/main/engine/models/types.ts';
import { parseModel, serializeModel } from '../../src/main/engine/onnx/serde.ts';
import { askOne } from '../helpers/ask-one.ts';
import { tempFolder } from '../helpers/temp-folder.ts';
import { type TinyBundleOptions, writeTinyBundle } from '../helpers/tiny-bundle.ts';

const SIZE = { width: 32, height: 48 };
const SHAPE = { channels: 4, height: 12, width: 8 };
const RGB = Uint8Array.from({ length: SIZE.width * SIZE.height * 3 }, (_, i) => (i * 37 + (i >> 5)) % 256);

async function opened(tiny: TinyBundleOptions, options: Partial<OpenBundleOptions> = {}): Promise<Bundle> {
  const dir = await writeTinyBundle(join(tempFolder(), 'tiny'), tiny);
  const bundle = await openBundle(dir, { sites: 'all', provider: 'cpu', ...options });
  onTestFinished(() => bundle.close());
  return bundle;
}

function rms(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
}

function farthest(a: Float32Array, b: Float32Array): number {
  expect(a.length).toBe(b.length);
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
}

/** The whole way of a frame: text, encoder, one guided pass, decoder. */
async function walk(
  bundle: Bundle,
): Promise<{ latent: Latent; outputs: readonly Latent[]; picture: Float32Array }> {
  const branches = [await bundle.embed('', SIZE), await bundle.embed('a red swan', SIZE)];
  const latent = await bundle.encode(RGB, SIZE.width, SIZE.height);
  const { outputs } = await askOne(bundle.predict(SHAPE))({ latent, timestep: 501, branches });
  const picture = await bundle.decode(latent, SHAPE);
  return { latent, outputs, picture };
}

describe('dialects of exporters', () => {
  let expected: Awaited<ReturnType<typeof walk>>;

  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'retake-test-'));
    const bundle = await openBundle(await writeTinyBundle(folder), { sites: 'all', provider: 'cpu' });
    expected = await walk(bundle);
    await bundle.close();
    rmSync(folder, { recursive: true });
  });

  it.each<[string, TinyBundleOptions, number]>([
    ['weights beside the graph', { external: 'model.onnx_data' }, 0],
    ['a timestep of shape [1]', { timestep: { type: 'int64', shape: 'one' } }, 0],
    ['a timestep per picture', { timestep: { type: 'int64', shape: 'batch' } }, 0],
    ['an int32 timestep', { timestep: { type: 'int32', shape: 'scalar' } }, 0],
    ['a float timestep', { timestep: { type: 'float', shape: 'batch' } }, 0],
    ['a text encoder without pooler', { pooler: false }, 0],
    ['tokenizer.json alone', { tokenizerJson: true }, 0],
    ['the oldest script, which draws the latent', { dialect: 'old', external: 'weights.pb' }, 0],
    ['half precision', { half: true }, 0.02],
    ['half precision beside the graph', { half: true, external: 'model.onnx.data' }, 0.02],
  ])('%s', async (_, options, tolerance) => {
    const bundle = await opened(options);
    const made = await walk(bundle);
    expect(farthest(made.latent, expected.latent)).toBeLessThanOrEqual(tolerance);
    expect(farthest(made.outputs[0]!, expected.outputs[0]!)).toBeLessThanOrEqual(tolerance);
    expect(farthest(made.outputs[1]!, expected.outputs[1]!)).toBeLessThanOrEqual(tolerance);
    expect(farthest(made.picture, expected.picture)).toBeLessThanOrEqual(tolerance);
    expect([bundle.factor, bundle.grid, bundle.siteCount]).toEqual([4, 8, 4]);
  });

  it('a snapshot of a Hugging Face cache, all links', async () => {
    const repository = join(tempFolder(), 'models--acme--tiny');
    const plain = await writeTinyBundle(join(repository, 'plain'), { external: 'model.onnx_data' });
    const snapshot = join(repository, 'snapshots', 'c0ffee');
    await mkdir(join(repository, 'blobs'));
    for (const entry of await readdir(plain, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const blob = join(repository, 'blobs', `${entry.parentPath.replaceAll('/', '-')}-${entry.name}`);
      const link = join(snapshot, relative(plain, entry.parentPath), entry.name);
      await rename(join(entry.parentPath, entry.name), blob);
      await mkdir(dirname(link), { recursive: true });
      await symlink(relative(dirname(link), blob), link);
    }
    const bundle = await openBundle(snapshot, { sites: 'all', provider: 'cpu' });
    onTestFinished(() => bundle.close());
    expect((await walk(bundle)).outputs).toEqual(expected.outputs);
  });

  it('weights listed among the inputs, as old exporters do', async () => {
    const dir = await writeTinyBundle(join(tempFolder(), 'tiny'));
    const file = join(dir, 'unet', 'model.onnx');
    const model = parseModel(await readFile(file));
    for (const { name, type, dims } of model.graph.initializers.values()) {
      model.graph.inputs.unshift({ name, type, dims });
    }
    await writeFile(file, serializeModel(model));
    const bundle = await openBundle(dir, { sites: 'all', provider: 'cpu' });
    onTestFinished(() => bundle.close());
    expect(farthest((await walk(bundle)).outputs[1]!, expected.outputs[1]!)).toBeLessThan(1e-5);
  });

  it('takes the mean of an encoder that draws, the same at every run, and says so', async () => {
    const bundle = await opened({ dialect: 'old' });
    const first = await bundle.encode(RGB, SIZE.width, SIZE.height);
    expect(await bundle.encode(RGB, SIZE.width, SIZE.height)).toEqual(first);
    const report = await inspectBundle(bundle.dir);
    expect(report.defects).toEqual([]);
    expect(report.warnings.join('\n')).toContain('draws its latent at random');
    expect(report.nativeSize).toBe(64 * 4);
  });
});

describe('a small bundle', () => {
  it('has numbers of the order of one', async () => {
    const made = await walk(await opened({}));
    for (const values of [made.latent, ...made.outputs, made.picture]) {
      expect(rms(values)).toBeGreaterThan(0.2);
      expect(rms(values)).toBeLessThan(3);
    }
  });

  it('counts its calls and the seconds inside the runtime', async () => {
    const bundle = await opened({});
    await walk(bundle);
    expect(bundle.calls).toEqual({
      ...{
        unet: 1,
        unetBranches: 2,
        unetShallow: 0,
        unetRecorded: 0,
        vaeEncoder: 1,
        vaeDecoder: 1,
        textEncoder: 2,
      },
      ...{ flowEstimator: 0, interpolator: 0, controlNet: 0 },
    });
    for (const seconds of Object.values(bundle.runSeconds)) expect(seconds).toBeGreaterThan(0);
  });

  it('gives each branch what it would get alone', async () => {
    const bundle = await opened({});
    const branches = [await bundle.embed('', SIZE), await bundle.embed('a red swan', SIZE)];
    const latent = await bundle.encode(RGB, SIZE.width, SIZE.height);
    const predict = askOne(bundle.predict(SHAPE));
    const both = await predict({ latent, timestep: 501, branches, capture: true });
    const kept = both.outputs.map((output) => output.slice());
    for (const [i, branch] of branches.entries()) {
      const alone = await predict({ latent, timestep: 501, branches: [branch] });
      expect(farthest(alone.outputs[0]!, kept[i]!)).toBeLessThan(1e-5);
    }
    expect(both.outputs).toEqual(kept);
    expect(farthest(kept[0]!, kept[1]!)).toBeGreaterThan(0.01);
    expect(both.features!.sites.map(({ branches: b, tokens, channels }) => [b, tokens, channels])).toEqual([
      [2, 96, 8],
      [2, 24, 16],
      [2, 96, 8],
      [2, 96, 8],
    ]);
  });

  it('is the unchanged network to the bit without a bank', async () => {
    const dir = await writeTinyBundle(join(tempFolder(), 'tiny'));
    const made: Latent[] = [];
    for (const sites of ['none', 'decoder', 'all'] as const) {
      const bundle = await openBundle(dir, { sites, provider: 'cpu' });
      expect(bundle.siteCount).toBe({ none: 0, decoder: 2, all: 4 }[sites]);
      made.push((await walk(bundle)).outputs[1]!);
      await bundle.close();
    }
    expect(made[1]).toEqual(made[0]);
    expect(made[2]).toEqual(made[0]);
  });

  it('reads the bank in place of its own tokens, per branch', async () => {
    const bundle = await opened({});
    const branches = [await bundle.embed('', SIZE), await bundle.embed('a red swan', SIZE)];
    const latent = await bundle.encode(RGB, SIZE.width, SIZE.height);
    const other = latent.map((value, i) => Math.sin(i) - value);
    const predict = askOne(bundle.predict(SHAPE));
    const own = await predict({ latent, timestep: 501, branches, capture: true });
    const theirs = await predict({ latent: other, timestep: 501, branches, capture: true });
    const features = own.features!;
    const run = async (bank: (typeof features)[], self: boolean) =>
      (await predict({ latent, timestep: 501, branches, attention: { bank, self } })).outputs;

    // The own features as a bank are the own tokens again, and attention does not mind tokens that come twice.
    for (const [bank, self] of [
      [[features], false],
      [[features], true],
      [[features, features], false],
    ] as const) {
      const outputs = await run([...bank], self);
      for (const b of [0, 1]) expect(farthest(outputs[b]!, own.outputs[b]!)).toBeLessThan(2e-5);
    }
    const lent = await run([theirs.features!, features], false);
    const swapped = await run([features, theirs.features!], false);
    for (const b of [0, 1]) {
      expect(farthest(lent[b]!, own.outputs[b]!)).toBeGreaterThan(1e-3);
      expect(farthest(lent[b]!, swapped[b]!)).toBeLessThan(2e-5);
    }
  });

  it('takes depth as a further channel', async () => {
    const bundle = await opened({ kind: 'depth', prediction: 'v_prediction' });
    expect([bundle.kind, bundle.structureChannels, bundle.scheduler.prediction]).toEqual([
      'sd-depth',
      1,
      'v_prediction',
    ]);
    const branches = [await bundle.embed('a red swan', SIZE)];
    const latent = await bundle.encode(RGB, SIZE.width, SIZE.height);
    const predict = askOne(bundle.predict(SHAPE));
    const near = await predict({ latent, timestep: 501, branches, structure: new Float32Array(96).fill(1) });
    const far = await predict({ latent, timestep: 501, branches, structure: new Float32Array(96).fill(-1) });
    expect(farthest(near.outputs[0]!, far.outputs[0]!)).toBeGreaterThan(0.01);
    await expect(predict({ latent, timestep: 501, branches })).rejects.toThrow('5 channels');
  });

  it('runs XL: two text encoders, pooled text and the size of the picture', async () => {
    const bundle = await opened({ kind: 'xl' });
    expect(bundle.kind).toBe('sdxl');
    expect(bundle.tokenize('red').ids.map((ids) => ids.at(-1))).toEqual([520, 0]);
    const [nothing, swan] = [await bundle.embed('', SIZE), await bundle.embed('a red swan', SIZE)];
    expect([swan.tokens, swan.dim, swan.pooled!.length]).toEqual([77, 24, 10]);
    expect([...swan.timeIds!]).toEqual([48, 32, 0, 0, 48, 32]);
    expect(rms(nothing.hidden) + rms(nothing.pooled!)).toBe(0);
    const latent = await bundle.encode(RGB, SIZE.width, SIZE.height);
    const predict = askOne(bundle.predict(SHAPE));
    const outputOf = async (branch: typeof swan) =>
      (await predict({ latent, timestep: 501, branches: [nothing, branch] })).outputs[1]!;
    const plain = await outputOf(swan);
    expect(
      farthest(await outputOf({ ...swan, timeIds: swan.timeIds!.map((v) => v * 2) }), plain),
    ).toBeGreaterThan(0.01);
    expect(farthest(await outputOf({ ...swan, pooled: nothing.pooled }), plain)).toBeGreaterThan(0.01);
  });
});

describe('digests', () => {
  it('stay when the bundle moves', async () => {
    const dir = await writeTinyBundle(join(tempFolder(), 'tiny'));
    const moved = join(tempFolder(), 'élan "vital" & co');
    await cp(dir, moved, { recursive: true });
    const [first, second] = [await inspectBundle(dir), await inspectBundle(moved)];
    expect(second.digests).toEqual(first.digests);
    expect(second.defects).toEqual([]);
  });

  it('of large files are hashed once for a path, size and time', async () => {
    const file = join(tempFolder(), 'weights');
    await writeFile(file, Buffer.alloc(3 << 20, 'weights'));
    const known = new Map<string, string>();
    const store = {
      get: (...key: [string, number, number]) => known.get(key.join()) ?? null,
      set: (path: string, size: number, time: number, digest: string) =>
        void known.set([path, size, time].join(), digest),
    };
    const digest = await fileDigest(file, store);
    expect(digest).toBe(
      createHash('sha256')
        .update(await readFile(file))
        .digest('hex'),
    );
    expect([...known.values()]).toEqual([digest]);
    for (const key of known.keys()) known.set(key, 'from the store');
    expect(await fileDigest(file, store)).toBe('from the store');
    await appendFile(file, 'x');
    expect(await fileDigest(file, store)).toHaveLength(64);
    await expect(fileDigest(file, store, AbortSignal.abort())).rejects.toThrow(Cancelled);
  });

  it('change with the weights, of that part alone', async () => {
    const one = await inspectBundle(await writeTinyBundle(join(tempFolder(), 'a'), { external: 'w.bin' }));
    const other = join(tempFolder(), 'b');
    await cp(one.dir, other, { recursive: true });
    const foreign = await writeTinyBundle(join(tempFolder(), 'c'), { external: 'w.bin', seed: 9 });
    await cp(join(foreign, 'unet', 'w.bin'), join(other, 'unet', 'w.bin'));
    const two = await inspectBundle(other);
    expect(two.digests!.unet).not.toBe(one.digests!.unet);
    expect({ ...two.digests, unet: '' }).toEqual({ ...one.digests, unet: '' });
  });
});

describe('inspection', () => {
  it('prints what it found', async () => {
    const dir = await writeTinyBundle(join(tempFolder(), 'tiny'), {
      kind: 'xl',
      half: true,
      external: 'w.bin',
    });
    const report = await inspectBundle(dir);
    const text = formatBundleReport(report);
    expect(report.defects).toEqual([]);
    expect(report.sites).toEqual({ all: 4, decoder: 2 });
    expect(text).toContain('Stable Diffusion XL');
    expect(text).toContain('file unet/model.onnx, unet/w.bin');
    expect(text).toContain('in   encoder_hidden_states float16 [batch_size, sequence_length, 24]');
    expect(text).toContain(report.digests!.textEncoder);
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  });
});
