/** Every way a bundle can be broken is one clear line that names the file; nothing crashes, nothing hangs. */
import { cp, mkdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { Cancelled, errorLine } from '../../src/common/errors.ts';
import { inspectBundle } from '../../src/main/engine/models/inspect.ts';
import { openBundle } from '../../src/main/engine/models/open.ts';
import { attr, type Graph, type Model } from '../../src/main/engine/onnx/ir/graph.ts';
import { float32Tensor } from '../../src/main/engine/onnx/ir/types.ts';
import {
  type AttributeProtoSchema,
  FunctionProtoSchema,
  type ModelProto,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  SparseTensorProtoSchema,
  type TensorProto,
  TensorProtoSchema,
} from '../../src/main/engine/onnx/proto/gen/onnx_pb.js';
import { parseModel, serializeModel } from '../../src/main/engine/onnx/serde.ts';
import { tempFolder } from '../helpers/temp-folder.ts';
import { type TinyBundleOptions, writeTinyBundle } from '../helpers/tiny-bundle.ts';

const LFS = 'version https://git-lfs.github.com/spec/v1\noid sha256:abc\nsize 3438167540\n';

async function tiny(options: TinyBundleOptions = {}): Promise<string> {
  return writeTinyBundle(join(tempFolder(), 'tiny'), options);
}

function open(dir: string) {
  return openBundle(dir, { sites: 'decoder', provider: 'cpu' });
}

/** Opening fails with this code, and its one line holds all of the texts. */
async function expectDefect(dir: string, code: string, ...texts: string[]): Promise<void> {
  const error: unknown = await open(dir).then(
    (bundle) => bundle.close().then(() => 'opened'),
    (reason) => reason,
  );
  expect(error).toMatchObject({ name: 'AppError', code });
  const line = errorLine(error);
  expect(line).not.toContain('\n');
  for (const text of texts) expect(line).toContain(text);
}

async function changeGraph(file: string, change: (graph: Graph, model: Model) => void): Promise<void> {
  const model = parseModel(await readFile(file));
  change(model.graph, model);
  await writeFile(file, serializeModel(model));
}

describe('folders that are no bundle', () => {
  it('a path where nothing is', async () => {
    await expectDefect(join(tempFolder(), 'gone'), 'bundle-invalid', 'no such file or folder', 'gone');
  });

  it('a file', async () => {
    const dir = tempFolder();
    const write = async (name: string) => {
      await writeFile(join(dir, name), 'weights');
      return join(dir, name);
    };
    await expectDefect(await write('sd15.safetensors'), 'bundle-invalid', 'not a safetensors file');
    await expectDefect(await write('sd15.ckpt'), 'bundle-invalid', 'pickle', 'can run code', 'safetensors');
    await expectDefect(await write('model.onnx'), 'bundle-invalid', 'one part of a model', 'the folder');
  });

  it('a folder of checkpoints, or of one part', async () => {
    const dir = tempFolder();
    await writeFile(join(dir, 'one.ckpt'), 'x');
    await expectDefect(dir, 'bundle-invalid', 'one.ckpt is a PyTorch checkpoint');
    await writeFile(join(dir, 'two.safetensors'), 'x');
    await expectDefect(
      dir,
      'bundle-invalid',
      'files of weights',
      `Did you mean ${join(dir, 'two.safetensors')}`,
    );
    await writeFile(join(dir, 'config.json'), '{}');
    await expectDefect(dir, 'bundle-invalid', 'files of weights', 'the folder above it');
  });

  it('an empty folder', async () => {
    await expectDefect(tempFolder(), 'bundle-invalid', 'the folder is empty');
  });

  it('a folder of something else, with a bundle one step down', async () => {
    const dir = tempFolder();
    await writeTinyBundle(join(dir, 'inner'));
    await expectDefect(dir, 'bundle-invalid', 'no model_index.json', `Did you mean ${join(dir, 'inner')}?`);
  });

  it('a download that has not begun with the index', async () => {
    const dir = await tiny();
    await rename(join(dir, 'model_index.json'), join(dir, 'model_index.json.incomplete'));
    await expectDefect(dir, 'bundle-invalid', 'the download has not finished');
  });

  it('an index that is cut short', async () => {
    const dir = await tiny();
    await truncate(join(dir, 'model_index.json'), 20);
    await expectDefect(dir, 'bundle-invalid', 'model_index.json', 'not valid JSON');
  });

  it('a diffusion transformer', async () => {
    const dir = await tiny();
    await rename(join(dir, 'unet'), join(dir, 'transformer'));
    await writeFile(join(dir, 'model_index.json'), '{"_class_name": "FluxPipeline"}');
    await expectDefect(dir, 'bundle-invalid', 'FluxPipeline is a diffusion transformer');
  });

  it('the XL refiner', async () => {
    const dir = await tiny({ kind: 'xl' });
    await rm(join(dir, 'text_encoder'), { recursive: true });
    const index = { _class_name: 'StableDiffusionXLImg2ImgPipeline', text_encoder: [null, null] };
    await writeFile(join(dir, 'model_index.json'), JSON.stringify(index));
    await expectDefect(dir, 'bundle-invalid', 'refiner');
  });
});

describe('missing parts', () => {
  it.each(['unet', 'vae_encoder', 'vae_decoder', 'text_encoder'])('%s', async (part) => {
    const dir = await tiny();
    await rm(join(dir, part), { recursive: true });
    await expectDefect(dir, 'bundle-invalid', join(dir, part, 'model.onnx'), 'the file is missing');
  });

  it.each(['tokenizer', 'scheduler'])('%s', async (part) => {
    const dir = await tiny();
    await rm(join(dir, part), { recursive: true });
    await expectDefect(dir, 'bundle-invalid', join(dir, part), 'is missing');
  });

  it('a model of pickles: says why not, and the way out', async () => {
    const dir = await tiny();
    for (const part of ['unet', 'vae_encoder', 'vae_decoder']) await rm(join(dir, part), { recursive: true });
    for (const part of ['unet', 'vae']) {
      await mkdir(join(dir, part));
      await writeFile(join(dir, part, 'diffusion_pytorch_model.bin'), 'weights');
    }
    await expectDefect(dir, 'bundle-invalid', 'PyTorch', 'can run code', '.safetensors form');
    const { defects } = await inspectBundle(dir);
    expect(defects.filter((line) => line.includes('PyTorch'))).toHaveLength(3);
  });

  it('a download still going on', async () => {
    const dir = await tiny();
    await rename(join(dir, 'unet', 'model.onnx'), join(dir, 'unet', 'model.onnx.incomplete'));
    await expectDefect(dir, 'bundle-invalid', 'unet', 'the download has not finished');
  });

  it('two graphs and no way to choose', async () => {
    const dir = await tiny();
    await cp(join(dir, 'unet', 'model.onnx'), join(dir, 'unet', 'a.onnx'));
    await rename(join(dir, 'unet', 'model.onnx'), join(dir, 'unet', 'b.onnx'));
    await expectDefect(dir, 'bundle-invalid', 'several .onnx files');
  });
});

describe('a hostile graph', () => {
  it.each<[string, (model: ModelProto, outside: TensorProto) => void]>([
    [
      'a sparse constant',
      ({ graph }, values) =>
        graph!.node.unshift(
          constant({ name: 'sparse_value', type: 11, sparseTensor: { values, dims: [4n] } }),
        ),
    ],
    [
      'the branch of an If',
      ({ graph }, t) =>
        graph!.node.unshift(
          create(NodeProtoSchema, {
            opType: 'If',
            output: ['stolen'],
            attribute: [
              { name: 'then_branch', type: 5, g: { node: [constant({ name: 'value', type: 4, t })] } },
            ],
          }),
        ),
    ],
    [
      'a function of its own',
      (model, t) =>
        model.functions.push(
          create(FunctionProtoSchema, { name: 'F', node: [constant({ name: 'value', type: 4, t })] }),
        ),
    ],
    [
      'sparse weights',
      ({ graph }, values) =>
        graph!.sparseInitializer.push(create(SparseTensorProtoSchema, { values, dims: [4n] })),
    ],
  ])('that reads a file of the system by %s is refused, and inspection says so', async (_, plant) => {
    const dir = await tiny();
    const file = join(dir, 'vae_decoder', 'model.onnx');
    const model = fromBinary(ModelProtoSchema, await readFile(file));
    const location = relative(dirname(file), '/etc/hostname');
    const outside = create(TensorProtoSchema, {
      dims: [4n],
      dataType: 2,
      dataLocation: 1,
      externalData: [{ key: 'location', value: location }],
    });
    plant(model, outside);
    await writeFile(file, toBinary(ModelProtoSchema, model));
    await expectDefect(dir, 'bundle-invalid', 'vae_decoder/model.onnx', location, 'outside its folder');
    expect((await inspectBundle(dir)).defects.join()).toContain('outside its folder');
  });
});

function constant(attribute: MessageInitShape<typeof AttributeProtoSchema>): NodeProto {
  return create(NodeProtoSchema, { opType: 'Constant', output: ['stolen'], attribute: [attribute] });
}

describe('weights', () => {
  it('missing', async () => {
    const dir = await tiny({ external: 'model.onnx_data' });
    await rm(join(dir, 'unet', 'model.onnx_data'));
    await expectDefect(dir, 'weights-missing', 'unet/model.onnx', 'model.onnx_data is missing');
    const report = await inspectBundle(dir);
    expect(report.defects).toHaveLength(1);
    expect(report.digests).toBeNull();
    expect(report.sites).toEqual({ all: 4, decoder: 2 });
  });

  it('cut short', async () => {
    const dir = await tiny({ external: 'model.onnx_data' });
    await truncate(join(dir, 'vae_decoder', 'model.onnx_data'), 1000);
    await expectDefect(dir, 'bundle-invalid', 'vae_decoder/model.onnx', 'cut short');
  });

  it.each(['model.onnx', 'model.onnx_data'])('%s is a Git LFS pointer', async (name) => {
    const dir = await tiny({ external: 'model.onnx_data' });
    await writeFile(join(dir, 'unet', name), LFS);
    await expectDefect(dir, 'weights-missing', name, 'Git LFS pointer', 'git lfs pull');
  });

  it('a graph cut short', async () => {
    const dir = await tiny();
    await truncate(join(dir, 'unet', 'model.onnx'), 20_000);
    await expectDefect(dir, 'bundle-invalid', 'unet/model.onnx');
  });
});

describe('parts that do not fit', () => {
  it.each<[string, string, TinyBundleOptions, string]>([
    ['unet', 'unet', { kind: 'xl' }, 'XL network'],
    ['unet', 'vae_encoder', {}, 'this is no Stable Diffusion UNet'],
    ['vae_encoder', 'vae_decoder', {}, '3 latent channels'],
    ['text_encoder', 'unet', {}, 'this is no CLIP text encoder'],
  ])('%s taken from %s of another bundle', async (to, from, options, text) => {
    const [dir, other] = [await tiny(), await tiny(options)];
    await cp(join(other, from), join(dir, to), { recursive: true });
    await expectDefect(dir, 'bundle-invalid', to, text);
  });

  it('text of another width', async () => {
    const dir = await tiny();
    await changeGraph(join(dir, 'unet', 'model.onnx'), (graph) => {
      const text = graph.inputs.find((input) => input.name === 'encoder_hidden_states')!;
      text.dims = ['batch_size', 'sequence_length', 768];
    });
    await expectDefect(dir, 'bundle-invalid', 'wants text of width 768, the text encoder gives 12');
  });

  it.each([
    [7, 'an upscaler'],
    [8, 'InstructPix2Pix'],
    [6, 'the network takes more than a latent'],
  ])('a network of %i channels', async (channels, what) => {
    const dir = await tiny();
    await changeGraph(join(dir, 'unet', 'model.onnx'), (graph) => {
      graph.inputs[0]!.dims = ['batch_size', channels, 'height', 'width'];
    });
    await expectDefect(dir, 'bundle-invalid', 'unet', what, `${channels} input channels`);
  });

  it('an input nobody feeds', async () => {
    const dir = await tiny();
    await changeGraph(join(dir, 'unet', 'model.onnx'), (graph) => {
      graph.inputs.push({ name: 'class_labels', type: 1, dims: ['batch_size'] });
    });
    await expectDefect(dir, 'bundle-invalid', 'an input Retake does not know: class_labels');
  });

  it('a guidance of unknown width', async () => {
    const dir = await tiny();
    await changeGraph(join(dir, 'unet', 'model.onnx'), (graph) => {
      graph.inputs.push({ name: 'timestep_cond', type: 1, dims: ['batch_size', 'cond'] });
    });
    await expectDefect(dir, 'bundle-invalid', 'how wide the guidance is', 'time_cond_proj_dim');
  });

  it.each(['unet', 'vae_decoder', 'text_encoder'])('an operator nobody knows in the %s', async (part) => {
    const dir = await tiny();
    await changeGraph(join(dir, part, 'model.onnx'), (graph, model) => {
      model.opsets.set('acme', 1);
      const [output] = graph.outputs;
      const maker = graph.producer(output!.name)!;
      graph.remove(maker);
      graph.addNode('FancyCopy', maker.inputs, {}, { domain: 'acme', outputs: maker.outputs });
    });
    await expectDefect(dir, 'bundle-invalid', 'FancyCopy');
    expect((await inspectBundle(dir)).defects.join()).toContain('FancyCopy');
  });

  it('an operator that only another provider has: inspection says so, opening here fails by name', async () => {
    const dir = await tiny();
    await changeGraph(join(dir, 'vae_decoder', 'model.onnx'), (graph, model) => {
      model.opsets.set('com.microsoft', 1);
      const [output] = graph.outputs;
      const maker = graph.producer(output!.name)!;
      const inner = graph.unique('inner');
      graph.renameOutput(maker, 0, inner);
      const ones = graph.addInitializer(float32Tensor('ones', [3], Float32Array.of(1, 1, 1)));
      const attributes = { groups: attr.int(1), activation: attr.int(0) };
      const options = { domain: 'com.microsoft', outputs: [output!.name] };
      graph.addNode('GroupNorm', [inner, ones, ones], attributes, options);
    });
    await expectDefect(dir, 'provider-unavailable', 'GroupNorm', 'made for another provider');
    const report = await inspectBundle(dir);
    expect(report.warnings.join()).toContain('GroupNorm');
    expect(report.defects).toEqual([]);
  });

  it('noise that is not normal in the encoder', async () => {
    const dir = await tiny({ dialect: 'old' });
    await changeGraph(join(dir, 'vae_encoder', 'model.onnx'), (graph) => {
      const random = [...graph.nodes].find((node) => node.op === 'RandomNormalLike')!;
      graph.remove(random);
      graph.addNode('RandomUniformLike', random.inputs, {}, { outputs: random.outputs });
    });
    await expectDefect(dir, 'bundle-invalid', 'the VAE encoder', 'RandomUniformLike');
  });

  it.each([
    ['unet', '{"in_channels": "four"}', '"in_channels"'],
    ['vae_decoder', '{"scaling_factor": -1}', '"scaling_factor"'],
    ['vae_decoder', '{"latents_mean": [0, 0]}', 'latent statistics of 2 channels'],
    ['scheduler', '{"_class_name": "PNDMScheduler", "beta_schedule": "odd"}', 'unknown beta schedule "odd"'],
  ])('%s configured as %s', async (part, config, text) => {
    const dir = await tiny();
    const name = part === 'scheduler' ? 'scheduler_config.json' : 'config.json';
    await writeFile(join(dir, part, name), config);
    await expectDefect(dir, 'bundle-invalid', part, text);
  });
});

describe('opening', () => {
  it('stops when cancelled', async () => {
    const dir = await tiny();
    const options = { sites: 'decoder', provider: 'cpu', signal: AbortSignal.abort() } as const;
    await expect(openBundle(dir, options)).rejects.toThrow(Cancelled);
  });

  it('lists all defects at once when inspecting', async () => {
    const dir = await tiny();
    await rm(join(dir, 'vae_encoder'), { recursive: true });
    await writeFile(join(dir, 'scheduler', 'scheduler_config.json'), '{}');
    await writeFile(join(dir, 'unet', 'model.onnx'), LFS);
    const { defects, kind, parts } = await inspectBundle(dir);
    expect(defects).toHaveLength(3);
    expect(kind).toBeNull();
    expect(parts.map((part) => part.role)).toEqual(['vaeDecoder', 'textEncoder']);
  });
});
