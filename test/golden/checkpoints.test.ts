/** Architectures written as graphs over checkpoints, against the reference modules' numbers. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  autoencoderKLDecoder,
  autoencoderKLEncoder,
} from '../../src/main/engine/onnx/networks/autoencoder-kl.ts';
import type { WrittenNetwork } from '../../src/main/engine/onnx/networks/builder.ts';
import { clipText } from '../../src/main/engine/onnx/networks/clip-text.ts';
import type { StoredWeights } from '../../src/main/engine/onnx/networks/stored.ts';
import { unet2DCondition } from '../../src/main/engine/onnx/networks/unet-2d-condition.ts';
import { createSession, type Feed } from '../../src/main/engine/onnx/ort.ts';
import { compare } from '../../tools/golden/compare.ts';
import { type NpyArray, readNpy } from '../../tools/golden/npy.ts';
import { sharedPath } from '../helpers/shared.ts';
import { folderWeights } from '../helpers/stored-weights.ts';

const golden = sharedPath('golden');
const cases = (name: string) => join(golden!, 'checkpoint-cases', name);
const array = (of: string, name: string) => readNpy(join(cases(of), `${name}.npy`));
const tolerance = (of: string, output: string): number =>
  JSON.parse(readFileSync(join(cases(of), 'manifest.json'), 'utf8')).outputs[output].suggested_atol;

type Writer = (weights: StoredWeights, config: unknown) => WrittenNetwork;

function written(kind: string, part: string, write: Writer): WrittenNetwork {
  const folder = join(golden!, 'checkpoints', `${kind}-folder`, part);
  return write(folderWeights(folder), JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8')));
}

const floats = ({ data, shape }: NpyArray): Feed => ({
  type: 'float32',
  data: Float32Array.from(data),
  dims: shape,
});
const integers = ({ data, shape }: NpyArray): Feed => ({
  type: 'int64',
  data: BigInt64Array.from(Array.from(data, BigInt)),
  dims: shape,
});

async function run(
  { model, folder }: WrittenNetwork,
  feeds: Record<string, Feed>,
  outputs: readonly string[],
) {
  const session = await createSession(model, { folder, provider: 'cpu', label: 'the network' });
  try {
    return await session.run(feeds, outputs);
  } finally {
    await session.release();
  }
}

function expectGolden(of: string, output: string, got: ArrayLike<number>): void {
  const row = compare(of, output, got, array(of, output), tolerance(of, output));
  expect(row, JSON.stringify(row)).toMatchObject({ status: 'pass' });
}

describe.skipIf(!golden).each(['sd1', 'sd2v', 'depth', 'sdxl'])('a folder of %s', (kind) => {
  const xl = kind === 'sdxl';

  it('encodes text', async () => {
    const first = written(kind, 'text_encoder', clipText);
    const penultimate = (network: WrittenNetwork) =>
      network.model.graph.outputs.filter(({ name }) => name.startsWith('hidden_states.')).at(-2)!.name;
    const hidden = xl ? penultimate(first) : 'last_hidden_state';
    const made = await run(first, { input_ids: integers(array(`${kind}-text`, 'input_ids')) }, [hidden]);
    if (!xl) return expectGolden(`${kind}-text`, 'hidden', made[hidden]!.data);
    const second = written(kind, 'text_encoder_2', clipText);
    const wide = penultimate(second);
    const ids = integers(array(`${kind}-text`, 'input_ids_2'));
    const more = await run(second, { input_ids: ids }, [wide, 'text_embeds']);
    const [a, b] = [made[hidden]!, more[wide]!] as const;
    const rows = a.dims[0]! * a.dims[1]!;
    const both = Array.from({ length: rows }, (_, row) =>
      [a, b].flatMap(({ data, dims }) => [...data.subarray(row * dims[2]!, (row + 1) * dims[2]!)]),
    );
    expectGolden(`${kind}-text`, 'hidden', both.flat());
    expectGolden(`${kind}-text`, 'pooled', more.text_embeds!.data);
  });

  it('encodes and decodes pictures', async () => {
    const of = `${kind}-vae`;
    const sample = floats(array(of, 'image'));
    const encoded = await run(written(kind, 'vae', autoencoderKLEncoder), { sample }, ['latent_parameters']);
    const moments = encoded.latent_parameters!.data;
    expectGolden(of, 'latent', moments.subarray(0, moments.length / 2));
    const latent = floats(array(of, 'z'));
    const decoded = await run(written(kind, 'vae', autoencoderKLDecoder), { latent_sample: latent }, [
      'sample',
    ]);
    expectGolden(of, 'decoded', decoded.sample!.data);
  });

  it('denoises', async () => {
    const of = `${kind}-unet`;
    const names = ['sample', 'timestep', 'encoder_hidden_states', ...(xl ? ['text_embeds', 'time_ids'] : [])];
    const feeds = Object.fromEntries(names.map((name) => [name, floats(array(of, name))]));
    const made = await run(written(kind, 'unet', unet2DCondition), feeds, ['out_sample']);
    expectGolden(of, 'out', made.out_sample!.data);
  });
});
