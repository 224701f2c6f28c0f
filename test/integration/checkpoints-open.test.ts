/** Models as artists have them on their disks: diffusers folders with safetensors and single files, opened like exports. */
import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { errorLine } from '../../src/common/errors.ts';
import { openDepthEstimator } from '../../src/main/engine/models/depth-estimator.ts';
import { readFileLayout } from '../../src/main/engine/models/file-layout.ts';
import { inspectBundle } from '../../src/main/engine/models/inspect.ts';
import { openBundle } from '../../src/main/engine/models/open.ts';
import { geometryOf, loadParts } from '../../src/main/engine/models/parts.ts';
import { readBundle } from '../../src/main/engine/models/read.ts';
import type { AskedPrediction, Bundle, OpenBundleOptions } from '../../src/main/engine/models/types.ts';
import { ELEMENT } from '../../src/main/engine/onnx/ir/types.ts';
import { openSafetensors } from '../../src/main/engine/onnx/safetensors/open.ts';
import { resource } from '../../src/main/engine/resources.ts';
import { askOne } from '../helpers/ask-one.ts';
import { ownFolder, ownSingleFile } from '../helpers/own-checkpoints.ts';
import { float32Test, writeSafetensors, writeSparseSafetensors } from '../helpers/safetensors-files.ts';
import { sharedPath } from '../helpers/shared.ts';
import { tempFolder } from '../helpers/temp-folder.ts';
import { writeTinyBundle } from '../helpers/tiny-bundle.ts';

const checkpoints = sharedPath('golden', 'checkpoints');
const at = (name: string) => join(checkpoints!, name);
const SIZE = { width: 64, height: 64 };
const PROMPT = 'a red car, turning';

/** What an edit asks of a model, on small inputs. */
async function numbersOf(path: string, prediction: AskedPrediction = 'auto') {
  const bundle = await openBundle(path, { sites: 'decoder', provider: 'cpu', prediction });
  try {
    const rgb = Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => (i * 37) % 251);
    const context = await bundle.embed(PROMPT, SIZE);
    const shape = { channels: bundle.latentChannels, width: 8, height: 8 };
    const latent = await bundle.encode(rgb, 64, 64);
    const structure = bundle.structureChannels ? { structure: new Float32Array(64).fill(0.3) } : {};
    const input = { latent, timestep: 501, branches: [context], ...structure };
    const { outputs } = await askOne(bundle.predict(shape))(input);
    return {
      scheduler: bundle.scheduler,
      digests: bundle.digests,
      ids: bundle.tokenize(PROMPT).ids.map((ids) => [...ids]),
      arrays: {
        hidden: context.hidden,
        latent,
        predicted: outputs[0]!,
        decoded: await bundle.decode(latent, shape),
      },
    };
  } finally {
    await bundle.close();
  }
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array) =>
  Buffer.from(buffer, byteOffset, byteLength);

async function disposable(opening: Promise<Bundle>) {
  const bundle = await opening;
  return { bundle, [Symbol.asyncDispose]: () => bundle.close() };
}

function farthest(a: Float32Array, b: Float32Array): number {
  expect(a.length).toBe(b.length);
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
}

/** A checkpoint as those for inpainting are: its first layer reads a mask and a second latent too. */
function widened(file: string, layer: string): void {
  const { tensors } = openSafetensors(file, 'reading');
  const bytes = readFileSync(file);
  const DTYPES: Readonly<Record<number, string>> = { [ELEMENT.float32]: 'F32', [ELEMENT.float16]: 'F16' };
  const all = [...tensors].flatMap(([name, { type, dims, offset, length }]) => {
    const dtype = DTYPES[type];
    if (dtype === undefined) return [];
    const own = bytes.subarray(offset, offset + length);
    if (name !== layer) return [[name, { dtype, shape: dims, bytes: own }] as const];
    const [out = 0, within = 0, ...kernel] = dims;
    const each = own.length / out;
    const more = Array.from(
      { length: ((9 - within) * each) / within / (dtype === 'F32' ? 4 : 2) },
      (_, i) => {
        return ((i % 7) - 3) / 16;
      },
    );
    const added = dtype === 'F32' ? Float32Array.from(more) : Float16Array.from(more);
    const wide = Array.from({ length: out }, (_, i) =>
      Buffer.concat([own.subarray(i * each, (i + 1) * each), new Uint8Array(added.buffer)]),
    );
    return [[name, { dtype, shape: [out, 9, ...kernel], bytes: Buffer.concat(wide) }] as const];
  });
  writeSafetensors(file, Object.fromEntries(all));
}

describe('a checkpoint for inpainting', () => {
  it('opens from its folder and from its single file, and is told the same', async () => {
    const dir = ownFolder('sd1');
    const inUnet = join(dir, 'unet', 'diffusion_pytorch_model.safetensors');
    widened(inUnet, 'conv_in.weight');
    const config = join(dir, 'unet', 'config.json');
    writeFileSync(config, JSON.stringify({ ...JSON.parse(readFileSync(config, 'utf8')), in_channels: 9 }));
    const file = ownSingleFile('sd1');
    widened(file, 'model.diffusion_model.input_blocks.0.0.weight');
    const layer = 'down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_q';
    const [wide = 0, deep = 0] = openSafetensors(inUnet, 'reading').tensors.get(`${layer}.weight`)!.dims;
    const lora = join(tempFolder(), 'lora.safetensors');
    const ramp = (...shape: [number, number]) =>
      float32Test(
        shape,
        Array.from({ length: shape[0] * shape[1] }, (_, i) => ((i % 5) - 2) / 4),
      );
    writeSafetensors(lora, {
      [`unet.${layer}.lora_A.weight`]: ramp(2, deep),
      [`unet.${layer}.lora_B.weight`]: ramp(wide, 2),
    });
    const { cross_attention_dim: dim } = JSON.parse(readFileSync(config, 'utf8')) as {
      cross_attention_dim: number;
    };
    const hidden = Float32Array.from({ length: 77 * dim }, (_, i) => Math.sin(i / 3));
    const branches = [{ hidden, tokens: 77, dim }];
    const predicted = async (
      path: string,
      structure: Float32Array,
      loras: OpenBundleOptions['loras'] = [],
    ) => {
      await using opened = await disposable(openBundle(path, { sites: 'decoder', provider: 'cpu', loras }));
      const { bundle } = opened;
      expect(bundle).toMatchObject({ kind: 'sd-inpainting', structureChannels: 5, depth: null });
      const latent = Float32Array.from({ length: 256 }, (_, i) => Math.sin(i));
      const ask = askOne(bundle.predict({ channels: 4, width: 8, height: 8 }));
      return (await ask({ latent, timestep: 501, branches, structure })).outputs[0]!;
    };
    const told = Float32Array.from({ length: 320 }, (_, i) => (i < 64 ? i % 2 : Math.cos(i)));
    const [folder, single] = [await predicted(dir, told), await predicted(file, told)];
    expect(farthest(single, folder)).toBeLessThan(1e-4);
    expect(farthest(await predicted(dir, new Float32Array(320)), folder)).toBeGreaterThan(0.01);
    const added = await predicted(file, told, [{ path: lora, strength: 1 }]);
    expect(farthest(added, single)).toBeGreaterThan(1e-3);
    expect((await inspectBundle(file)).family).toBe('Stable Diffusion 1.x for inpainting');
  });
});

describe('a single file', () => {
  const single = () => ownSingleFile('sd1');
  /** Puts a half float into the file. */
  const spoil = (file: string, name: string, bits: number, place = 0) => {
    const { offset } = openSafetensors(file, 'reading').tensors.get(name)!;
    const bytes = readFileSync(file);
    bytes.writeUInt16LE(bits, offset + 2 * place);
    writeFileSync(file, bytes);
    return file;
  };
  const digestsOf = async (path: string) => (await readBundle(path, {})).digests;

  it('has the same keys wherever it lies and whatever it is called', async () => {
    const file = single();
    const digests = await digestsOf(file);
    const moved = join(tempFolder(), 'other name.safetensors');
    renameSync(file, moved);
    expect(await digestsOf(moved)).toEqual(digests);
    const linked = join(tempFolder(), 'linked.safetensors');
    symlinkSync(moved, linked);
    expect(await digestsOf(linked)).toEqual(digests);
    expect((await readBundle(linked, {})).layout.name).toBe('linked');
    // Every network of the one file has its own.
    expect(new Set(Object.values(digests)).size).toBe(Object.values(digests).length);
  });

  it('that is taken away before a network of it is loaded is told by its name', async () => {
    const file = single();
    await using opened = await disposable(openBundle(file, { sites: 'all', provider: 'cpu' }));
    rmSync(file);
    const error = await opened.bundle.open('unet').then(
      () => null,
      (error: unknown) => error,
    );
    expect(errorLine(error)).toMatch(/mine.safetensors is not there any more. Put it back/);
  });

  it('with another number in it has other keys', async () => {
    const before = await digestsOf(single());
    const after = await digestsOf(spoil(single(), 'model.diffusion_model.out.2.bias', 0x3c00));
    expect(after.unet).not.toBe(before.unet);
  });

  it.each([
    ['NaN', 0x7e01],
    ['infinity', 0xfc00],
  ])('with %s in a weight is refused, the weight named', async (_, bits) => {
    const file = spoil(single(), 'model.diffusion_model.out.2.bias', bits, 1);
    await expect(readBundle(file, {})).rejects.toMatchObject({
      code: 'bundle-invalid',
      message: expect.stringMatching(/the weight conv_out.bias holds NaN or infinity/),
      doing: expect.stringContaining('mine.safetensors'),
    });
    expect((await inspectBundle(file)).defects).toEqual([expect.stringContaining('conv_out.bias')]);
  });

  it('with NaN where nothing reads is opened', async () => {
    await readBundle(spoil(single(), 'betas', 0x7e01), {});
  });

  it('that changes after it was opened is told, before it is run', async () => {
    const file = single();
    const bundle = await openBundle(file, { sites: 'none', provider: 'cpu' });
    writeFileSync(file, 'more', { flag: 'a' });
    await expect(bundle.open('unet')).rejects.toMatchObject({
      message: expect.stringContaining('mine.safetensors has changed since it was opened'),
      hint: expect.stringContaining('wait until'),
    });
    await bundle.close();
    await expect(readBundle(file, {})).rejects.toMatchObject({ message: /4 bytes at its end/ });
  });

  it.each(['F8_E4M3', 'F8_E5M2'])(
    'of %s is refused, and so are weights with scales of their own',
    async (dtype) => {
      const { tensors } = openSafetensors(single(), 'reading');
      const of = ({ dims, type }: { dims: readonly number[]; type: number }) =>
        type === ELEMENT.float16 ? { dtype, shape: dims } : { dtype: 'I64', shape: dims };
      const all = Object.fromEntries([...tensors].map(([name, tensor]) => [name, of(tensor)]));
      const file = writeSafetensors(join(tempFolder(), 'small.safetensors'), all);
      const says = async (message: RegExp) =>
        expect(readBundle(file, {})).rejects.toMatchObject({ message, hint: /float16/ });
      await says(/its weights are float8/);
      writeSafetensors(file, { ...all, scaled_fp8: { dtype, shape: [2] } });
      await says(/scales of their own/);
    },
  );

  it('still being downloaded is told as such', async () => {
    const file = single();
    truncateSync(file, 90_000);
    await expect(readBundle(file, {})).rejects.toMatchObject({
      message: expect.stringMatching(/cut short: \d+ bytes are missing/),
      hint: expect.stringContaining('still being downloaded'),
    });
  });
});

describe('an empty prompt of XL', () => {
  const asked = async (path: string) => {
    await using opened = await disposable(openBundle(path, { sites: 'none', provider: 'cpu' }));
    const { hidden, pooled } = await opened.bundle.embed('', SIZE);
    return { zeros: [...hidden, ...pooled!].every((value) => value === 0), hidden };
  };
  const zeros = async (path: string) => (await readBundle(path, {})).layout.zeroEmptyPrompt;

  it('is all zeros in a folder that does not say, as in a single file', async () => {
    const single = await asked(ownSingleFile('sdxl'));
    const folder = await asked(ownFolder('sdxl'));
    expect([single.zeros, folder.zeros]).toEqual([true, true]);
    expect(folder.hidden).toEqual(single.hidden);
    expect(folder.hidden.length).toBeGreaterThan(0);
    expect(await zeros(ownFolder('sdxl', { force_zeros_for_empty_prompt: true }))).toBe(true);
  });

  it('is what its folder says, and what an export always gave', async () => {
    expect(await zeros(ownFolder('sdxl', { force_zeros_for_empty_prompt: false }))).toBe(false);
    const exported = await writeTinyBundle(tempFolder(), { kind: 'xl' });
    const index = join(exported, 'model_index.json');
    const { force_zeros_for_empty_prompt: _, ...rest } = JSON.parse(readFileSync(index, 'utf8'));
    writeFileSync(index, JSON.stringify(rest));
    expect(await zeros(exported)).toBe(false);
  });
});

describe('a diffusers folder', () => {
  it('that also has ONNX graphs is opened by these, and says so', async () => {
    const dir = ownFolder('sd1');
    cpSync(resource('demo', 'bundle', 'unet', 'model.onnx')!, join(dir, 'unet', 'model.onnx'));
    const { parts, warnings } = await inspectBundle(dir, { figures: false });
    expect(parts.map(({ file }) => file)).toContain('unet/model.onnx');
    expect(warnings).toContainEqual(expect.stringContaining('the ONNX graphs are used'));
  });

  it.each([
    ['unet/config.json', /unet\/config.json: the file is missing/],
    ['vae/diffusion_pytorch_model.safetensors', /vae_encoder/],
    ['text_encoder', /text_encoder/],
    ['tokenizer', /tokenizer.*missing/],
  ])('without %s is refused by its name', async (name, says) => {
    const dir = ownFolder('sd1');
    rmSync(join(dir, name), { recursive: true });
    const error = await readBundle(dir, {}).then(
      () => null,
      (reason: unknown) => reason,
    );
    expect(errorLine(error)).toMatch(says);
  });

  it('whose tokenizer gives tokens that its text encoder does not know is refused before the first prompt', async () => {
    const dir = ownFolder('sd1');
    const part = join(dir, 'text_encoder');
    cpSync(join(import.meta.dirname, '../golden/checkpoints/sd1-folder/text_encoder'), part, {
      recursive: true,
    });
    const says = 'it knows 64 tokens, its tokenizer gives 49408';
    await expect(readBundle(dir, {})).rejects.toMatchObject({
      message: expect.stringContaining(says),
      doing: expect.stringContaining('text_encoder'),
    });
    expect((await inspectBundle(dir, { figures: false })).defects).toEqual([expect.stringContaining(says)]);
  });

  it('with a weight too few or of another shape, or a key that nobody knows, names it', async () => {
    const dir = ownFolder('sd1');
    const config = join(dir, 'unet', 'config.json');
    const said = JSON.parse(readFileSync(config, 'utf8'));
    writeFileSync(config, JSON.stringify({ ...said, in_channels: 5 }));
    await expect(readBundle(dir, {})).rejects.toMatchObject({
      message: expect.stringContaining('the weight conv_in.weight has shape'),
    });
    writeFileSync(config, JSON.stringify({ ...said, layers_per_block: said.layers_per_block + 1 }));
    await expect(readBundle(dir, {})).rejects.toMatchObject({ message: /the weight \S+ is missing/ });
    writeFileSync(config, JSON.stringify({ ...said, some_new_thing: 'on' }));
    await expect(readBundle(dir, {})).rejects.toMatchObject({ message: /some_new_thing/ });
  });
});

describe.skipIf(!checkpoints)('what a model predicts', () => {
  it('is said by its file, or asked for', async () => {
    const file = at('sd2v-single-fp16.safetensors');
    await expect(readBundle(file, {})).rejects.toMatchObject({ code: 'usage' });
    const v = await readBundle(file, { prediction: 'v_prediction' });
    const noise = await readBundle(file, { prediction: 'epsilon' });
    expect(v.digests.scheduler).not.toBe(noise.digests.scheduler);
    expect({ ...v.digests, scheduler: '' }).toEqual({ ...noise.digests, scheduler: '' });
    // Saying what the model says itself makes nothing anew.
    const said = await readBundle(at('sd1-folder'), { prediction: 'epsilon' });
    expect(said.digests).toEqual((await readBundle(at('sd1-folder'), {})).digests);
  });
});

const realHeader = sharedPath('data', 'headers', 'sd21-single.json');

it.skipIf(!realHeader)('a single file of Stable Diffusion 2 has the size of what it predicts', async () => {
  const { file: shapes } = JSON.parse(readFileSync(realHeader!, 'utf8')) as {
    file: Record<string, number[]>;
  };
  const file = writeSparseSafetensors(join(tempFolder(), 'sd21.safetensors'), shapes);
  const layout = readFileLayout(file);
  const parts = loadParts(layout);
  const size = (prediction: 'v_prediction' | 'epsilon' | null) =>
    geometryOf(layout, parts, prediction).nativeSize;
  expect([size('v_prediction'), size('epsilon'), size(null)]).toEqual([768, 512, 768]);
});

it.skipIf(!checkpoints)('a file that holds all parts is digested once', async () => {
  const asked: string[] = [];
  const kept = new Map<string, string>();
  const digestStore = {
    get: (path: string) => kept.get(path) ?? null,
    set(path: string, _size: number, _time: number, digest: string) {
      asked.push(path);
      kept.set(path, digest);
    },
  };
  const file = at('sd1-single-fp16.safetensors');
  const first = await readBundle(file, { digestStore });
  expect(asked.filter((path) => path.endsWith('.safetensors'))).toHaveLength(1);
  expect((await readBundle(file, { digestStore })).digests).toEqual(first.digests);
});

describe.skipIf(!checkpoints)('a depth model', () => {
  const ownEstimator = async (dir: string) => {
    const opened = await openDepthEstimator(join(dir, 'depth_estimator'), { provider: 'cpu' });
    return { ...opened, [Symbol.asyncDispose]: () => opened.close() };
  };

  it.each(['dpt', 'dpt-hybrid'])('brings its own estimator of depth: %s', async (kind) => {
    const dir = join(tempFolder(), 'depth-folder');
    cpSync(at('depth-folder'), dir, { recursive: true });
    chmodSync(dir, 0o755);
    const from = sharedPath('golden', 'checkpoints', 'depth_estimator', kind)!;
    mkdirSync(join(dir, 'depth_estimator'));
    for (const name of ['config.json', 'model.safetensors', 'preprocessor_config.json'])
      copyFileSync(join(from, name), join(dir, 'depth_estimator', name));
    const { parts, digests } = await readBundle(dir, {});
    expect([parts.depth?.source.file, digests.depthEstimator]).toEqual([
      join(dir, 'depth_estimator', 'model.safetensors'),
      expect.any(String),
    ]);
    await using estimator = await ownEstimator(dir);
    const map = await estimator.estimate(new Uint8Array(64 * 64 * 3).fill(90), SIZE);
    expect(map.data.length).toBe(map.width * map.height);
    expect(map.data.every(Number.isFinite)).toBe(true);
    if (kind === 'dpt') expect((await inspectBundle(dir, { figures: false })).depth).toBe('estimator');
  });
});

describe.skipIf(!checkpoints)('the same numbers from a folder and from a single file', () => {
  it.each([
    ['sd1', 'auto'],
    ['sd2v', 'v_prediction'],
    ['depth', 'auto'],
    ['sdxl', 'auto'],
  ] as const)('%s', async (kind, prediction) => {
    const folder = await numbersOf(at(`${kind}-folder`));
    const single = await numbersOf(at(`${kind}-single-fp16.safetensors`), prediction);
    expect(single.ids).toEqual(folder.ids);
    expect(single.scheduler.prediction).toBe(folder.scheduler.prediction);
    for (const [name, values] of Object.entries(folder.arrays)) {
      const other = single.arrays[name as keyof typeof single.arrays];
      // XL's projection lies the other way round in one file, so its sums are rounded otherwise.
      if (kind === 'sdxl') expect([name, farthest(other, values)]).toEqual([name, expect.closeTo(0, 4)]);
      else expect([name, bytesOf(other)]).toEqual([name, bytesOf(values)]);
    }
  });
});
