/** The VAE in tiles gives what it gives as a whole, whoever wrote it, at any size. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Cancelled } from '../../src/common/errors.ts';
import { openModel } from '../../src/main/engine/models/model.ts';
import type { LatentSpace } from '../../src/main/engine/models/roles/vae.ts';
import { vaeDecoder } from '../../src/main/engine/models/roles/vae-decoder.ts';
import { vaeEncoder } from '../../src/main/engine/models/roles/vae-encoder.ts';
import { onnxFile } from '../../src/main/engine/models/source.ts';
import { TiledRunner } from '../../src/main/engine/models/tiles/tiled-runner.ts';
import { Tiles } from '../../src/main/engine/models/tiles/tiles.ts';
import { cutIntoStages } from '../../src/main/engine/onnx/bands/stages.ts';
import type { Model } from '../../src/main/engine/onnx/ir/graph.ts';
import { createSession } from '../../src/main/engine/onnx/ort.ts';
import { noise, textModel } from '../helpers/onnx.ts';
import { sharedPath } from '../helpers/shared.ts';

const demo = resolve(import.meta.dirname, '../../resources/demo/bundle');
const golden = sharedPath('golden', 'bundles', 'tiny-sd');

/** Half of what an 8-bit picture tells apart would be 2e-3. */
const TOLERANCE = 1e-4;

const spaceOf = (channels: number): LatentSpace => ({
  channels,
  factor: 8,
  scale: Array<number>(channels).fill(0.18215),
  shift: Array<number>(channels).fill(0),
});

async function opened(bundle: string, signal?: AbortSignal) {
  const options = {
    want: undefined,
    variant: undefined,
    name: 'it',
    provider: 'cpu',
    mayTile: true,
    signal,
  } as const;
  const source = (part: string) => onnxFile(join(bundle, part, 'model.onnx'), { root: bundle });
  const encoder = await openModel(vaeEncoder, source('vae_encoder'), options);
  const decoder = await openModel(vaeDecoder, source('vae_decoder'), options);
  onTestFinished(async () => {
    await encoder.close();
    await decoder.close();
  });
  return { encode: encoder.functions, decode: decoder.functions.decode };
}

function furthest(a: Float32Array, b: Float32Array): number {
  expect(b.length).toBe(a.length);
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
}

describe.each([
  ['the demo model', demo, 12],
  ...(golden && existsSync(golden) ? [['an export with attention', golden, 4] as const] : []),
] as const)('%s', (_, bundle, channels) => {
  it.each([
    [104, 200],
    [328, 152],
  ])('encodes and decodes %i×%i in tiles as it does as a whole', async (width, height) => {
    const { encode, decode } = await opened(bundle);
    const space = spaceOf(channels);
    const picture = noise('picture', width * height * 3).map((value) => 127.5 * (value + 1));
    const latent = await encode(picture, width, height, space);
    const tiled = await encode(picture, width, height, space, true);
    const most = latent.reduce((so, value) => Math.max(so, Math.abs(value)), 0);
    expect(furthest(latent, tiled)).toBeLessThan(TOLERANCE * most);
    const shape = { channels, width: width / 8, height: height / 8 };
    const random = noise('latent', latent.length);
    expect(
      furthest(await decode(random, shape, space), await decode(random, shape, space, true)),
    ).toBeLessThan(TOLERANCE);
  });
});

it('stops between two tiles when it is cancelled', async () => {
  const aborting = new AbortController();
  const { decode } = await opened(demo, aborting.signal);
  const shape = { channels: 12, width: 8, height: 16 };
  const latent = noise('latent', 12 * 128);
  await decode(latent, shape, spaceOf(12), true);
  aborting.abort();
  await expect(decode(latent, shape, spaceOf(12), true)).rejects.toThrow(Cancelled);
});

describe('a network', () => {
  const create = (model: Model) => createSession(model, { provider: 'cpu', label: 'it' });
  const fixed = { batch: null, height: null, width: null };
  const tilesOf = async (model: Model) => {
    const whole = await create(model);
    onTestFinished(() => whole.release());
    const io = { input: 'x', inChannels: 3, output: 'y', fixed };
    return new Tiles({ model, io, whole, create, label: 'the network' });
  };
  const data = noise('x', 3 * 32 * 16);
  const feeds = { x: { type: 'float32', data, dims: [1, 3, 32, 16] } } as const;

  it('that looks at the whole picture in another way is refused by the operator that does', async () => {
    const model = textModel(`float32[1, 3, h, w] x => float32[1, 3, h, w] y
      m = ReduceMean<axes = [2, 3]>(x) "pooling"
      y = Sub(x, m)`);
    await expect((await tilesOf(model)).run(feeds)).rejects.toThrow(
      /cannot work in tiles: pooling \(ReduceMean\)/,
    );
  });

  it('whose tokens are not where they seem is found by trying it', async () => {
    // Turned by its own height, rows are no rows any more.
    const model = textModel(`float32[1, 3, h, w] x => float32[1, 3, h, w] y
      int64[4] turned = {1, 3, -1, 1}
      a = Reshape(x, turned)
      b = Softmax<axis = 2>(a)
      s = Shape(x)
      c = Reshape(b, s)
      y = Add(c, x)`);
    await expect((await tilesOf(model)).run(feeds)).rejects.toThrow('its tiles do not add up to the whole');
  });

  it('with norms of half precision and with the operator itself keeps its numbers', async () => {
    const model = textModel(
      `float32[1, 4, h, w] x => float32[1, 4, h, w] y
      float32[4, 4, 3, 3] k
      float32[4] g
      float32[4] b
      a = Conv<kernel_shape = [3, 3], pads = [1, 1, 1, 1]>(x, k)
      n = GroupNormalization<num_groups = 2, epsilon = 0.001>(a, g, b)
      c = Conv<kernel_shape = [3, 3], pads = [1, 1, 1, 1]>(n, k)
      y = Add(c, a)`,
      21,
    );
    const of = { x: { type: 'float32', data: noise('x', 4 * 40 * 9), dims: [1, 4, 40, 9] } } as const;
    const whole = await create(model);
    const expected = (await whole.run(of, ['y'])).y!.data;
    await whole.release();
    const stages = cutIntoStages(model, { input: 'x', output: 'y' }, new Map());
    expect(stages).toHaveLength(2);
    const tiled = new TiledRunner({ stages, input: 'x', output: 'y', create, count: 5 });
    expect(furthest(expected, (await tiled.run(of)).y!.data)).toBeLessThan(1e-5);
  });
});
