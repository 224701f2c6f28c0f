import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { attr, type Model } from '../../src/main/engine/onnx/ir/graph.ts';
import { sortNodes } from '../../src/main/engine/onnx/ir/sort.ts';
import { ELEMENT } from '../../src/main/engine/onnx/ir/types.ts';
import { createSession, type Feed, type RunTensor, type Session } from '../../src/main/engine/onnx/ort.ts';
import { SELF_LENGTH, type Site } from '../../src/main/engine/onnx/passes/reference-attention.ts';
import { parseModel } from '../../src/main/engine/onnx/serde.ts';
import { loadGraph } from '../../src/main/engine/onnx/slim.ts';
import { bits, floats, int64, largestDifference, noiseFeed, readNpy } from '../helpers/onnx.ts';
import { castToFloat32, lend } from '../helpers/passes.ts';
import { sharedPath } from '../helpers/shared.ts';

const golden = sharedPath('golden') ?? '';
const sd15 = sharedPath('data', 'sd15') ?? '';
const ALL = 2 ** 40;

async function open(
  file: string,
  sites: 'none' | 'decoder' | 'all',
): Promise<{ session: Session; sites: readonly Site[]; model: Model }> {
  const { model, folder } = loadGraph(file, { root: dirname(dirname(file)) });
  const found = lend(model, { sites });
  castToFloat32(model);
  return {
    session: await createSession(model, { folder, provider: 'cpu', label: 'the UNet' }),
    sites: found,
    model,
  };
}

function banks(sites: readonly Site[], bank: (site: Site) => Feed, self: number): Record<string, Feed> {
  return {
    ...Object.fromEntries(sites.map((site) => [site.bank, bank(site)])),
    [SELF_LENGTH]: int64([1], self),
  };
}

const empty = (batch: number) => (site: Site) => floats([batch, 0, site.channels], new Float32Array(0));
const full = (features: Record<string, RunTensor>) => (site: Site) => {
  const { dims, data } = features[site.feature]!;
  return floats(dims, data);
};

/** Removes every name an exporter gave to nodes, as some optimisers do. */
function anonymise(model: Model): void {
  for (const node of model.graph.nodes) Object.assign(node, { name: '' });
}

describe.skipIf(!sd15)('Stable Diffusion 1.5', () => {
  const read = () => parseModel(readFileSync(join(sd15, 'unet', 'model.onnx')));

  it.each([
    ['all', 16],
    ['decoder', 9],
  ] as const)('has its self-attentions found: %s, %i', (sites, count) => {
    const found = lend(read(), { sites });
    expect(found).toHaveLength(count);
    expect(found.filter((site) => site.decoder)).toHaveLength(9);
    expect(found.every((site) => site.name.includes('/attn1/'))).toBe(true);
    expect(found.slice(-9).map((site) => site.channels)).toEqual([
      1280, 1280, 1280, 640, 640, 640, 320, 320, 320,
    ]);
  });

  it('has its decoder found without any names', () => {
    const model = read();
    const named = lend(read(), { sites: 'all' }).map((site) => site.decoder);
    anonymise(model);
    expect(lend(model, { sites: 'all' }).map((site) => site.decoder)).toEqual(named);
  });
});

describe.skipIf(!golden).each([
  ['tiny-sd', 4],
  ['tiny-sd-depth', 5],
])('the UNet of %s', (bundle, channels) => {
  const file = join(golden, 'bundles', bundle, 'unet', 'model.onnx');
  const feeds = (height: number, width: number, batch = 2): Record<string, Feed> => ({
    sample: noiseFeed('sample', [batch, channels, height, width]),
    timestep: int64([], 401),
    encoder_hidden_states: noiseFeed('text', [batch, 77, 32]),
  });

  it.each([
    ['all', 11],
    ['decoder', 6],
  ] as const)('is the original to the bit with empty banks: %s', async (chosen, count) => {
    const original = await open(file, 'none');
    const { session, sites } = await open(file, chosen);
    expect(sites).toHaveLength(count);
    for (const [height, width, batch] of [
      [16, 16, 2],
      [8, 24, 1],
    ] as const) {
      const input = feeds(height, width, batch);
      const plain = (await original.session.run(input, ['out_sample'])).out_sample!;
      const result = await session.run({ ...input, ...banks(sites, empty(batch), ALL) }, [
        'out_sample',
        ...sites.map((s) => s.feature),
      ]);
      expect(bits(result.out_sample!.data).equals(bits(plain.data))).toBe(true);
      for (const site of sites) {
        expect(result[site.feature]!.dims[0]).toBe(batch);
        expect(result[site.feature]!.dims[2]).toBe(site.channels);
      }
    }
    await session.release();
    await original.session.release();
  });

  it('gives plain attention when the bank is its own tokens, and another picture when it is not', async () => {
    const { session, sites } = await open(file, 'all');
    const input = feeds(16, 16);
    const names = ['out_sample', ...sites.map((site) => site.feature)];
    const plain = await session.run({ ...input, ...banks(sites, empty(2), ALL) }, names);
    const own = await session.run({ ...input, ...banks(sites, full(plain), 0) }, names);
    expect(largestDifference(own.out_sample!.data, plain.out_sample!.data)).toBeLessThan(1e-5);
    const twice = await session.run({ ...input, ...banks(sites, full(plain), ALL) }, names);
    expect(largestDifference(twice.out_sample!.data, plain.out_sample!.data)).toBeLessThan(1e-4);
    const other = await session.run(
      {
        ...feeds(16, 16),
        sample: noiseFeed('another', [2, channels, 16, 16]),
        ...banks(sites, full(plain), 0),
      },
      names,
    );
    const alone = await session.run(
      {
        ...feeds(16, 16),
        sample: noiseFeed('another', [2, channels, 16, 16]),
        ...banks(sites, empty(2), ALL),
      },
      names,
    );
    expect(largestDifference(other.out_sample!.data, alone.out_sample!.data)).toBeGreaterThan(1e-3);
    await session.release();
  });

  it('has its decoder found without any names', () => {
    const { model } = loadGraph(file, { root: dirname(dirname(file)) });
    anonymise(model);
    expect(lend(model, { sites: 'decoder' })).toHaveLength(6);
  });
});

describe.skipIf(!golden)('variants of one UNet', () => {
  const at = (name: string) => join(golden, 'variants', name);
  const errors = golden
    ? JSON.parse(readFileSync(at('manifest.json'), 'utf8')).max_abs_err_vs_torch_fp32
    : {};
  const check = (name: string) => readNpy(at(`check_${name}.npy`));
  const feeds = (): Record<string, Feed> => {
    const sample = check('sample');
    const text = check('encoder_hidden_states');
    return {
      sample: floats(sample.dims, sample.data),
      timestep: int64([], Number(check('timestep').integers[0])),
      encoder_hidden_states: floats(text.dims, text.data),
    };
  };

  it.each([
    ['unet_external', 'out_fp32', errors.unet_external * 2],
    ['unet_fp16', 'out_fp32', errors.unet_fp16 * 1.5],
    ['unet_fp16', 'out_fp16', errors.unet_fp16],
  ])('%s agrees with %s, rewritten or not', async (name, expected, tolerance) => {
    const file = join(at(name), 'model.onnx');
    for (const chosen of ['none', 'all'] as const) {
      const { session, sites } = await open(file, chosen);
      expect(session.inputs.every((input) => input.type !== 'float16')).toBe(true);
      const bank = chosen === 'none' ? {} : banks(sites, empty(2), ALL);
      const input = feeds();
      expect(input.sample!.dims[0]).toBe(2);
      const { out_sample: out } = await session.run({ ...input, ...bank }, ['out_sample']);
      expect(largestDifference(out!.data, check(expected).data)).toBeLessThan(tolerance);
      await session.release();
    }
  });

  it.each(['none', 'all'] as const)('weights stored in half precision agree, sites %s', async (chosen) => {
    const model = parseModel(readFileSync(join(golden, 'bundles', 'tiny-sd', 'unet', 'model.onnx')));
    const { graph } = model;
    for (const [name, { type, dims, data }] of [...graph.initializers]) {
      if (type !== ELEMENT.float32 || data.kind !== 'bytes') continue;
      const half = new Float16Array(new Float32Array(Uint8Array.from(data.bytes).buffer));
      graph.initializers.delete(name);
      const bytes = new Uint8Array(half.buffer);
      const stored = graph.addInitializer({
        name: `${name}_half`,
        type: ELEMENT.float16,
        dims,
        data: { kind: 'bytes', bytes },
      });
      graph.addNode('Cast', [stored], { to: attr.int(ELEMENT.float32) }, { outputs: [name] });
    }
    sortNodes(graph);
    const sites = chosen === 'all' ? lend(model, { sites: 'all' }) : [];
    const session = await createSession(model, { provider: 'cpu', label: 'the UNet' });
    const bank = chosen === 'none' ? {} : banks(sites, empty(2), ALL);
    const { out_sample: out } = await session.run({ ...feeds(), ...bank }, ['out_sample']);
    // Measured: 6e-5; against float32 weights it is 4e-3.
    expect(largestDifference(out!.data, check('out_fp16_storage').data)).toBeLessThan(2e-4);
    await session.release();
  });
});
