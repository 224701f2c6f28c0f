/** What exports freeze, and what they leave open: both open, and compute what an open export computes. */
import { cp, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { errorLine } from '../../src/common/errors.ts';
import { batches } from '../../src/main/engine/models/batches.ts';
import { rememberingFacts } from '../../src/main/engine/models/facts.ts';
import { formatBundleReport } from '../../src/main/engine/models/format.ts';
import { inspectBundle } from '../../src/main/engine/models/inspect.ts';
import { openBundle } from '../../src/main/engine/models/open.ts';
import type { Model } from '../../src/main/engine/onnx/ir/graph.ts';
import { parseModel, serializeModel } from '../../src/main/engine/onnx/serde.ts';
import { canvasOf } from '../../src/main/engine/recipe/request.ts';
import { askOne } from '../helpers/ask-one.ts';
import { settings as jobSettings } from '../helpers/job-settings.ts';
import { largestDifference } from '../helpers/onnx.ts';
import { tempFolder } from '../helpers/temp-folder.ts';
import { type TinyBundleOptions, writeTinyBundle } from '../helpers/tiny-bundle.ts';

const SIZE = { width: 32, height: 48 };
const SHAPE = { channels: 4, height: 12, width: 8 };
const RGB = Uint8Array.from({ length: SIZE.width * SIZE.height * 3 }, (_, i) => (i * 37 + (i >> 5)) % 256);

function tiny(options: TinyBundleOptions = {}): Promise<string> {
  return writeTinyBundle(join(tempFolder(), 'tiny'), options);
}

async function change(dir: string, part: string, edit: (model: Model) => void): Promise<void> {
  const file = join(dir, part, 'model.onnx');
  const model = parseModel(await readFile(file));
  edit(model);
  await writeFile(file, serializeModel(model));
}

type Axes = Readonly<Record<string, readonly (number | string | null)[]>>;

/** States inputs and outputs anew; null leaves an axis as it is. */
async function state(dir: string, part: string, axes: Axes): Promise<void> {
  await change(dir, part, ({ graph }) => {
    for (const value of [...graph.inputs, ...graph.outputs]) {
      const wanted = axes[value.name];
      if (wanted) (value as { dims: unknown }).dims = wanted.map((axis, i) => axis ?? value.dims![i]!);
    }
  });
}

/** A guided call with a bank and one without guidance, text, encoder and decoder: everything an edit computes. */
async function walk(dir: string) {
  const bundle = await openBundle(dir, { sites: 'all', provider: 'cpu' });
  onTestFinished(() => bundle.close());
  const branches = [await bundle.embed('', SIZE), await bundle.embed('a red swan', SIZE)];
  const latent = await bundle.encode(RGB, SIZE.width, SIZE.height);
  const predict = askOne(bundle.predict(SHAPE));
  const alone = await predict({ latent, timestep: 501, branches: [branches[1]!], capture: true });
  const both = await predict({ latent, timestep: 501, branches, capture: true });
  const other = latent.map((value, i) => Math.sin(i) - value);
  const attention = { bank: [both.features!, both.features!], self: true };
  const lent = await predict({ latent: other, timestep: 21, branches, attention, capture: true });
  return [
    latent,
    ...branches.map(({ hidden }) => hidden),
    ...[alone, both, lent].flatMap(({ outputs, features }) => [
      ...outputs,
      ...features!.sites.map(({ data }) => data),
    ]),
    await bundle.decode(latent, SHAPE),
  ];
}

async function expectSame(dir: string, open: string): Promise<void> {
  const [made, expected] = [await walk(dir), await walk(open)];
  expect(made.length).toBe(expected.length);
  for (const [i, values] of made.entries())
    expect(largestDifference(values, expected[i]!)).toBeLessThan(2e-5);
  expect((await inspectBundle(dir)).defects).toEqual([]);
}

async function refusal(dir: string): Promise<string> {
  const error: unknown = await openBundle(dir, { sites: 'none', provider: 'cpu' }).then(
    (bundle) => bundle.close().then(() => 'it opened'),
    (reason) => reason,
  );
  const line = errorLine(error);
  expect((await inspectBundle(dir).catch((reason) => ({ defects: [errorLine(reason)] }))).defects).toContain(
    line,
  );
  return line;
}

describe('a batch frozen at export', () => {
  it('groups branches, the last group filled up', () => {
    expect(batches(2, null)).toEqual([[0, 1]]);
    expect(batches(2, 1)).toEqual([[0], [1]]);
    expect(batches(1, 2)).toEqual([[0, 0]]);
    expect(batches(3, 2)).toEqual([
      [0, 1],
      [2, 2],
    ]);
  });

  it.each([1, 2, 3])('of %i in the UNet computes the same', async (batch) => {
    const dir = await tiny();
    await state(dir, 'unet', {
      sample: [batch, null, null, null],
      encoder_hidden_states: [batch, null, null],
    });
    await expectSame(dir, await tiny());
    const report = await inspectBundle(dir);
    expect(report.frozen).toEqual({ batch, width: null, height: null });
    expect(formatBundleReport(report)).toContain(
      batch === 1 ? 'guidance takes two passes' : `${batch} prompts at a time`,
    );
  });

  it('in the timestep alone computes the same', async () => {
    const dir = await tiny({ timestep: { type: 'int64', shape: 'batch' } });
    await state(dir, 'unet', { timestep: [2] });
    await expectSame(dir, await tiny());
  });

  it('in text encoder and VAE computes the same', async () => {
    const dir = await tiny();
    await state(dir, 'text_encoder', { input_ids: [2, 77] });
    for (const part of ['vae_encoder', 'vae_decoder']) {
      await change(dir, part, ({ graph }) => {
        (graph.inputs[0] as { dims: unknown }).dims = [2, ...graph.inputs[0]!.dims!.slice(1)];
      });
    }
    await expectSame(dir, await tiny());
  });

  it('in which inputs differ is refused', async () => {
    const dir = await tiny();
    await state(dir, 'unet', { sample: [1, null, null, null], encoder_hidden_states: [2, null, null] });
    expect(await refusal(dir)).toContain('different batches');
  });
});

describe('a size frozen at export', () => {
  it('runs at that size, and any other is refused before anything is computed', async () => {
    const dir = await tiny();
    await state(dir, 'unet', { sample: [null, null, 12, 8] });
    await expectSame(dir, await tiny());
    const bundle = await openBundle(dir, { sites: 'none', provider: 'cpu' });
    onTestFinished(() => bundle.close());
    expect(() => bundle.predict({ channels: 4, height: 16, width: 8 })).toThrow(
      'exported for pictures of 32×48 only, this edit needs 32×64',
    );
    expect(formatBundleReport(await inspectBundle(dir))).toMatch(/frozen +pictures of 32×48 only/);
    // A plan asks the same, of the bundle's facts alone.
    const facts = await rememberingFacts(undefined)(dir);
    const settings = jobSettings;
    expect(canvasOf(settings, { width: 320, height: 480 }, facts)).toMatchObject({ width: 32, height: 48 });
    expect(canvasOf(settings, { width: 480, height: 320 }, facts)).toMatchObject({
      ...{ width: 32, height: 48, contentWidth: 32, contentHeight: 21, left: 0, top: 13 },
    });
    expect(() =>
      canvasOf(
        { ...settings, sampling: { ...settings.sampling, size: 64 } },
        { width: 480, height: 320 },
        facts,
      ),
    ).toThrow('pictures of 32×48 only, this edit needs');
  });

  it('of the VAE alone is known before the first frame too', async () => {
    const dir = await tiny();
    await change(dir, 'vae_encoder', ({ graph }) => {
      (graph.inputs[0] as { dims: unknown }).dims = [1, 3, 48, 32];
    });
    const bundle = await openBundle(dir, { sites: 'none', provider: 'cpu' });
    onTestFinished(() => bundle.close());
    expect(() => bundle.predict({ channels: 4, height: 16, width: 8 })).toThrow('32×48 only');
    bundle.predict(SHAPE);
  });

  it('in which the parts differ is refused', async () => {
    const dir = await tiny();
    await state(dir, 'unet', { sample: [null, null, 8, 8] });
    await change(dir, 'vae_encoder', ({ graph }) => {
      (graph.inputs[0] as { dims: unknown }).dims = [1, 3, 48, 32];
    });
    expect(await refusal(dir)).toContain('pictures of height 48, the UNet for 32');
  });

  it('of the text is refused where the tokenizer makes another', async () => {
    const dir = await tiny();
    await state(dir, 'unet', { encoder_hidden_states: [null, 64, null] });
    expect(await refusal(dir)).toContain('64 tokens of text, the tokenizer gives 77');
  });
});

describe('axes that only have names', () => {
  const NAMED = ['batch', 'channels', 'height', 'width'];

  it.each([true, false])(
    'are filled from the weights and the configuration (there: %s)',
    async (configured) => {
      const dir = await tiny();
      await state(dir, 'unet', {
        sample: NAMED,
        encoder_hidden_states: ['batch', 'sequence', 'dim'],
        out_sample: ['batch', 'out', 'height', 'width'],
      });
      for (const part of ['vae_encoder', 'vae_decoder']) {
        await change(dir, part, ({ graph }) => {
          for (const value of [...graph.inputs, ...graph.outputs]) (value as { dims: unknown }).dims = NAMED;
        });
      }
      await state(dir, 'text_encoder', { last_hidden_state: ['batch', 'sequence', 'dim'] });
      const open = await tiny();
      if (!configured) {
        for (const part of ['unet', 'vae_encoder', 'vae_decoder', 'text_encoder']) {
          await rm(join(dir, part, 'config.json'));
        }
      }
      await expectSame(dir, open);
      const { latentChannels, structureChannels } = await inspectBundle(dir);
      expect([latentChannels, structureChannels]).toEqual([4, 0]);
    },
  );

  it('or are not there at all', async () => {
    const dir = await tiny();
    for (const part of ['unet', 'vae_encoder', 'vae_decoder']) {
      await change(dir, part, ({ graph }) => {
        for (const value of [...graph.inputs, ...graph.outputs]) {
          if (value.name !== 'timestep') (value as { dims: unknown }).dims = null;
        }
      });
    }
    await expectSame(dir, await tiny());
  });

  it('do not hide a network that takes another picture besides', async () => {
    const dir = await tiny({ kind: 'depth' });
    await state(dir, 'unet', { sample: NAMED });
    expect((await inspectBundle(dir)).structureChannels).toBe(1);
  });

  it('do not hide parts of different models', async () => {
    const dir = await tiny();
    await state(dir, 'unet', { encoder_hidden_states: ['batch', 'sequence', 'dim'] });
    const config = join(dir, 'unet', 'config.json');
    await writeFile(
      config,
      JSON.stringify({ ...JSON.parse(await readFile(config, 'utf8')), cross_attention_dim: 99 }),
    );
    expect(await refusal(dir)).toContain('text of width 99');
  });
});

describe('a second text encoder', () => {
  it.each([[[null, null]], [null], [[]], [false], [['diffusers', null]], [['', '']]])(
    'written as %j is none',
    async (entry) => {
      const dir = await tiny();
      const file = join(dir, 'model_index.json');
      const index = JSON.parse(await readFile(file, 'utf8'));
      await writeFile(file, JSON.stringify({ ...index, text_encoder_2: entry, tokenizer_2: entry }));
      expect(await inspectBundle(dir)).toMatchObject({ kind: 'sd', defects: [] });
    },
  );
});

describe('XL networks of other conditions', () => {
  it.each([
    [5, 'the XL refiner'],
    [7, 'it takes 7 sizes of the picture (time_ids), XL has 6'],
  ])('with %i sizes are refused by name', async (count, text) => {
    const dir = await tiny({ kind: 'xl' });
    await state(dir, 'unet', { time_ids: [null, count] });
    expect(await refusal(dir)).toContain(text);
  });

  it('with a named axis are told by their configuration', async () => {
    const dir = await tiny({ kind: 'xl' });
    await state(dir, 'unet', { time_ids: [null, 'sizes'] });
    expect((await inspectBundle(dir)).defects).toEqual([]);
    const file = join(dir, 'unet', 'config.json');
    const config = JSON.parse(await readFile(file, 'utf8'));
    const refiner = { addition_time_embed_dim: 256, projection_class_embeddings_input_dim: 5 * 256 + 10 };
    await writeFile(file, JSON.stringify({ ...config, ...refiner }));
    expect(await refusal(dir)).toContain('the XL refiner');
  });
});

describe('graphs side by side', () => {
  async function flat(names: Readonly<Record<string, string>>, folder = '.'): Promise<string> {
    const dir = await tiny({ external: 'w.bin' });
    await mkdir(join(dir, folder), { recursive: true });
    for (const [part, name] of Object.entries(names)) {
      await change(dir, part, ({ graph }) => {
        for (const tensor of graph.initializers.values()) {
          if (tensor.data.kind === 'external') tensor.data = { ...tensor.data, location: `${name}.data` };
        }
      });
      await rename(join(dir, part, 'model.onnx'), join(dir, folder, name));
      await rename(join(dir, part, 'w.bin'), join(dir, folder, `${name}.data`));
      await rm(join(dir, part), { recursive: true });
    }
    await rm(join(dir, 'model_index.json'));
    return dir;
  }
  const PLAIN = {
    unet: 'unet.onnx',
    vae_encoder: 'vae_encoder.onnx',
    vae_decoder: 'vae_decoder.onnx',
    text_encoder: 'text_encoder.onnx',
  };

  it.each<[string, Readonly<Record<string, string>>, string]>([
    ['in the folder itself', PLAIN, '.'],
    ['in onnx/', PLAIN, 'onnx'],
    [
      'with other spellings',
      { ...PLAIN, vae_encoder: 'VAE-encoder.onnx', text_encoder: 'text_encoder_model.onnx' },
      '.',
    ],
  ])('%s open and compute the same', async (_, names, folder) => {
    const dir = await flat(names, folder);
    await expectSame(dir, await tiny());
  });

  it('may have tokenizer and scheduler beside them', async () => {
    const dir = await flat(PLAIN);
    for (const folder of ['tokenizer', 'scheduler']) {
      await cp(join(dir, folder), dir, { recursive: true });
      await rm(join(dir, folder), { recursive: true });
    }
    await expectSame(dir, await tiny());
  });

  it('without an encoder say what to do', async () => {
    const dir = await flat(PLAIN);
    await rm(join(dir, 'vae_encoder.onnx'));
    expect(await refusal(dir)).toMatch(/vae_encoder.*the file is missing.*optimum-cli export onnx/);
  });
});
