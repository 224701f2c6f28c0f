/** LoRAs beside the layers of the models that come with Retake: what the merged weights compute, at any strength of one session. */
import { symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { AppError, errorLine } from '../../src/common/errors.ts';
import { matchLora } from '../../src/main/engine/models/loras/match.ts';
import { readLora } from '../../src/main/engine/models/loras/read.ts';
import { openBundle } from '../../src/main/engine/models/open.ts';
import type { Graph } from '../../src/main/engine/onnx/ir/graph.ts';
import type { Layer } from '../../src/main/engine/onnx/ir/modules.ts';
import { createSession, type Feed } from '../../src/main/engine/onnx/ort.ts';
import { float32Io } from '../../src/main/engine/onnx/passes/float-io.ts';
import { JOINT_FRAMES } from '../../src/main/engine/onnx/passes/joint-attention.ts';
import { lendAttention } from '../../src/main/engine/onnx/passes/lend-attention.ts';
import { type Adapter, lowRank } from '../../src/main/engine/onnx/passes/low-rank.ts';
import { applyPasses, step } from '../../src/main/engine/onnx/passes/pass.ts';
import { referenceAttention, SELF_LENGTH } from '../../src/main/engine/onnx/passes/reference-attention.ts';
import { serializeModel } from '../../src/main/engine/onnx/serde.ts';
import { type LoadedGraph, loadGraph } from '../../src/main/engine/onnx/slim.ts';
import { float32Test, type TestTensor, writeSafetensors } from '../helpers/safetensors-files.ts';
import { tempFolder } from '../helpers/temp-folder.ts';
import {
  type LoraKind,
  type MadeLora,
  makeLora,
  merge,
  writeKohya,
  writePeft,
} from '../helpers/tiny-lora.ts';

const demo = resolve(import.meta.dirname, '../../resources/demo/bundle');
const load = (part = 'unet') => loadGraph(join(demo, part, 'model.onnx'), { root: demo });
const model = (graph: Graph) => ({ name: 'the model', family: null, graphs: { unet: graph } });

/** Largest difference, in parts of the largest value. */
function difference(a: Float32Array, b: Float32Array): number {
  const largest = a.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0) / largest;
}

const wave = (length: number, by: number) => Float32Array.from({ length }, (_, i) => Math.sin(i * by));

/** The UNet's answer to fixed inputs, its attention reading tokens of another frame and all frames of the pass. */
async function answerer(loaded: LoadedGraph, adapters: readonly Adapter[]) {
  const beside = adapters.length > 0 ? [step(lowRank, { adapters })] : [];
  const lent = lendAttention({ sites: 'all', joint: true });
  const outcomes = applyPasses(loaded.model, [...beside, ...lent, step(float32Io)], 'the UNet');
  const sites = outcomes.of(referenceAttention)!;
  const strengths = outcomes.of(lowRank) ?? [];
  const session = await createSession(loaded.model, {
    folder: loaded.folder,
    provider: 'cpu',
    label: 'the UNet',
  });
  const batch = 2;
  const dim = Number(session.inputs.find(({ name }) => name === 'encoder_hidden_states')!.dims[2]);
  const width = Number.isFinite(dim) ? dim : 32;
  const feeds: Record<string, Feed> = {
    sample: { type: 'float32', data: wave(batch * 12 * 8 * 8, 0.37), dims: [batch, 12, 8, 8] },
    timestep: { type: 'int64', data: BigInt64Array.of(401n), dims: [] },
    encoder_hidden_states: { type: 'float32', data: wave(batch * 5 * width, 0.11), dims: [batch, 5, width] },
    [SELF_LENGTH]: { type: 'int64', data: BigInt64Array.of(2n ** 31n), dims: [1] },
    [JOINT_FRAMES]: { type: 'int64', data: BigInt64Array.of(2n), dims: [1] },
  };
  for (const { bank, channels } of sites)
    feeds[bank] = { type: 'float32', data: wave(batch * 3 * channels, 0.23), dims: [batch, 3, channels] };
  return {
    async answer(): Promise<Float32Array> {
      const told = strengths.map(({ name, strength }): [string, Feed] => [
        name,
        { type: 'float32', data: Float32Array.of(strength()), dims: [] },
      ]);
      const made = await session.run({ ...feeds, ...Object.fromEntries(told) }, ['out_sample']);
      return made.out_sample!.data;
    },
    release: () => session.release(),
  };
}

async function answerOf(loaded: LoadedGraph, adapters: readonly Adapter[] = []): Promise<Float32Array> {
  const one = await answerer(loaded, adapters);
  try {
    return await one.answer();
  } finally {
    await one.release();
  }
}

const merged = (...added: readonly (readonly [readonly MadeLora[], number])[]) => {
  const loaded = load();
  for (const [loras, strength] of added) merge(loaded, loras, strength);
  return answerOf(loaded);
};

const isConvolution = ({ kernel }: Layer) => kernel !== null;
const even = ({ from, to }: Layer) => from % 2 === 0 && to % 2 === 0;
const plain = await answerOf(load());

describe('one LoRA', () => {
  const KINDS: readonly (readonly [string, (layer: Layer, index: number) => LoraKind | null])[] = [
    ['LoRA on all products', (layer) => (isConvolution(layer) ? null : 'lora')],
    ['LoCon on all convolutions', (layer) => (isConvolution(layer) ? 'lora' : null)],
    ["Tucker's form", (layer) => (isConvolution(layer) ? 'tucker' : null)],
    ['LoHa', (_, index) => (index % 3 === 0 ? 'loha' : null)],
    ['LoKr', (layer) => (even(layer) ? 'lokr' : null)],
    ['LoKr, its second matrix a product', (layer) => (even(layer) ? 'lokr-factored' : null)],
    ['whole differences', (_, index) => (index % 4 === 0 ? 'diff' : null)],
  ];

  it.each(KINDS)('%s: what the merged weights give, at each strength of one session', async (_, kindOf) => {
    const loaded = load();
    const made = makeLora(loaded.model.graph, 1, kindOf);
    expect(made.length).toBeGreaterThan(4);
    const file = readLora(writeKohya(join(tempFolder(), 'look.safetensors'), { unet: made }));
    const { additions, unmatched } = matchLora(file, model(loaded.model.graph));
    expect(unmatched).toEqual([]);
    expect(additions.unet?.length).toBe(made.length);
    let strength = 0;
    const beside = await answerer(loaded, [{ additions: additions.unet!, strength: () => strength }]);
    try {
      // The runtime fuses what it fused before, so nothing is added to the same bits.
      expect(await beside.answer()).toEqual(plain);
      for (strength of [0.7, -1.3]) {
        const wanted = await merged([made, strength]);
        expect(difference(plain, wanted)).toBeGreaterThan(1e-2);
        expect(difference(wanted, await beside.answer())).toBeLessThan(1e-4);
      }
    } finally {
      await beside.release();
    }
  });

  it("is the same under PEFT's names, alphas among its notes", async () => {
    const { graph } = load().model;
    const made = makeLora(graph, 2, () => 'lora');
    const dir = tempFolder();
    const [kohya, peft] = [
      readLora(writeKohya(join(dir, 'a.safetensors'), { unet: made })),
      readLora(writePeft(join(dir, 'b.safetensors'), { unet: made })),
    ].map((file) => matchLora(file, model(graph)));
    expect(peft).toEqual(kohya);
  });
});

it('sixteen LoRAs add up, each with its strength, and attention is followed through all of them', async () => {
  const loaded = load();
  const many = Array.from({ length: 16 }, (_, i) =>
    makeLora(loaded.model.graph, 10 + i, ({ module }) => (/attn1.to_[qkv]$/.test(module) ? 'lora' : null)),
  );
  const strengths = many.map((_, i) => (i - 7) / 20);
  const dir = tempFolder();
  const adapters = many.map((made, i): Adapter => {
    const file = readLora(writeKohya(join(dir, `${i}.safetensors`), { unet: made }));
    return {
      additions: matchLora(file, model(loaded.model.graph)).additions.unet!,
      strength: () => strengths[i]!,
    };
  });
  const wanted = await merged(...many.map((made, i) => [made, strengths[i]!] as const));
  expect(difference(wanted, await answerOf(loaded, adapters))).toBeLessThan(1e-4);
});

it('another strength is another feed, and no other graph', () => {
  const bytesAt = (strength: number) => {
    const loaded = load();
    const file = readLora(
      writeKohya(join(tempFolder(), 'look.safetensors'), {
        unet: makeLora(loaded.model.graph, 3, () => 'lora'),
      }),
    );
    const { additions } = matchLora(file, model(loaded.model.graph));
    applyPasses(
      loaded.model,
      [step(lowRank, { adapters: [{ additions: additions.unet!, strength: () => strength }] })],
      'x',
    );
    return Buffer.from(serializeModel(loaded.model));
  };
  expect(bytesAt(0.2).equals(bytesAt(1.7))).toBe(true);
});

describe('a model with LoRAs', () => {
  const both = (seed: number, more: Readonly<Record<string, TestTensor>> = {}) => {
    const [unet, text] = ['unet', 'text_encoder'].map((part) =>
      makeLora(load(part).model.graph, seed, (layer) => (isConvolution(layer) ? null : 'lora')),
    );
    return writeKohya(join(tempFolder(), 'watercolour.safetensors'), { unet: unet!, text: text!, more });
  };
  const opened = async (loras: readonly { path: string; strength: number }[]) => {
    const bundle = await openBundle(demo, { sites: 'decoder', provider: 'cpu', loras });
    try {
      const text = await bundle.embed('a red ball', { width: 64, height: 64 });
      const shape = { channels: 12, height: 8, width: 8 };
      const [made] = await bundle.predict(shape)([
        { latent: wave(12 * 64, 0.3), timestep: 301, branches: [text] },
      ]);
      return { digests: bundle.digests, loras: bundle.loras, hidden: text.hidden, output: made!.outputs[0]! };
    } finally {
      await bundle.close();
    }
  };

  it('gives other text and other pictures, and keys that tell strengths apart', async () => {
    const path = both(4);
    const [none, off, half, full] = [
      await opened([]),
      await opened([{ path, strength: 0 }]),
      await opened([{ path, strength: 0.5 }]),
      await opened([{ path, strength: 1 }]),
    ];
    expect(off.hidden).toEqual(none.hidden);
    expect(off.output).toEqual(none.output);
    for (const [a, b] of [
      [none, half],
      [half, full],
    ] as const) {
      expect(difference(a!.hidden, b!.hidden)).toBeGreaterThan(1e-3);
      expect(difference(a!.output, b!.output)).toBeGreaterThan(1e-3);
    }
    const all = [none, off, half, full];
    expect(new Set(all.map(({ digests }) => digests.unet)).size).toBe(4);
    expect(new Set(all.map(({ digests }) => digests.textEncoder)).size).toBe(4);
    for (const part of ['vaeEncoder', 'vaeDecoder', 'tokenizer', 'scheduler'] as const)
      expect(new Set(all.map(({ digests }) => digests[part])).size).toBe(1);
  });

  it('named twice adds up, with the same strength or another', async () => {
    const path = both(4);
    const link = join(tempFolder(), 'again.safetensors');
    symlinkSync(path, link);
    const [full, sum, linked, alike] = [
      await opened([{ path, strength: 1 }]),
      await opened([
        { path, strength: 0.7 },
        { path, strength: 0.3 },
      ]),
      await opened([
        { path, strength: 1.5 },
        { path: link, strength: -0.5 },
      ]),
      await opened([
        { path, strength: 0.5 },
        { path, strength: 0.5 },
      ]),
    ];
    const half = await opened([{ path, strength: 0.5 }]);
    for (const made of [sum, linked, alike]) {
      expect(made!.loras).toHaveLength(2);
      expect(difference(made!.hidden, full!.hidden)).toBeLessThan(1e-5);
      expect(difference(made!.output, full!.output)).toBeLessThan(1e-5);
      expect(difference(made!.output, half.output)).toBeGreaterThan(1e-3);
      expect(made!.digests.unet).not.toBe(full!.digests.unet);
    }
  });

  it('keeps the key of the text where only the UNet is changed', async () => {
    const unet = makeLora(load().model.graph, 5, () => 'lora');
    const path = writeKohya(join(tempFolder(), 'shape.safetensors'), { unet });
    const [none, one] = [await opened([]), await opened([{ path, strength: 1 }])];
    expect(one!.digests.textEncoder).toBe(none!.digests.textEncoder);
    expect(one!.digests.unet).not.toBe(none!.digests.unet);
  });

  it('names what of a file it does not have', async () => {
    const more = {
      'lora_unet_down_blocks_9_attentions_0_proj_in.lora_down.weight': float32Test([1, 2], [1, 1]),
      'lora_unet_down_blocks_9_attentions_0_proj_in.lora_up.weight': float32Test([2, 1], [1, 1]),
      somebody: float32Test([1], [1]),
    };
    const { loras } = await opened([{ path: both(6, more), strength: 1 }]);
    expect(loras).toMatchObject([
      {
        name: 'watercolour.safetensors',
        strength: 1,
        unmatched: ['lora_unet_down_blocks_9_attentions_0_proj_in', 'somebody'],
      },
    ]);
    expect(loras[0]!.layers.unet).toBeGreaterThan(20);
    expect(loras[0]!.layers.text).toBeGreaterThan(4);
  });
});

describe('what is no LoRA for this model is refused by name', () => {
  const graph = load().model.graph;
  const [first] = makeLora(graph, 7, (layer) => (layer.module.endsWith('attn1.to_q') ? 'lora' : null));
  const name = `lora_unet_${first!.layer.module.replaceAll('.', '_')}`;
  const { from, to } = first!.layer;
  const zeros = (...dims: number[]) => float32Test(dims, Array(dims.reduce((a, b) => a * b, 1)).fill(0));
  const fine = { [`${name}.lora_down.weight`]: zeros(2, from), [`${name}.lora_up.weight`]: zeros(to, 2) };
  const refusal = (
    tensors: Readonly<Record<string, TestTensor>>,
    metadata?: Readonly<Record<string, string>>,
  ) => {
    const file = writeSafetensors(join(tempFolder(), 'look.safetensors'), tensors, metadata);
    try {
      matchLora(readLora(file), model(graph));
    } catch (error) {
      expect(error).toBeInstanceOf(AppError);
      expect((error as AppError).hint).not.toBe('');
      return errorLine(error);
    }
    return null;
  };

  it('the one that the others are spoilt from fits', () => expect(refusal(fine)).toBeNull());

  const block = 'lora_unet_input_blocks_4_1_transformer_blocks_1_attn1_to_q';
  it.each<[string, Readonly<Record<string, TestTensor>>, RegExp, Readonly<Record<string, string>>?]>([
    [
      'another family, by its names',
      { [`${block}.lora_down.weight`]: zeros(2, 640), [`${block}.lora_up.weight`]: zeros(640, 2) },
      /look\.safetensors was made for Stable Diffusion XL/,
    ],
    [
      'another family, by its notes',
      { 'lora_unet_x.lora_down.weight': zeros(2, 4), 'lora_unet_x.lora_up.weight': zeros(4, 2) },
      /was made for Stable Diffusion 2/,
      { ss_base_model_version: 'sd_v2_768_v' },
    ],
    [
      'Flux',
      {
        'lora_unet_double_blocks_0_img_attn_qkv.lora_down.weight': zeros(2, 4),
        'lora_unet_double_blocks_0_img_attn_qkv.lora_up.weight': zeros(4, 2),
      },
      /was made for Flux/,
    ],
    [
      'nothing that is there',
      { 'lora_unet_x.lora_down.weight': zeros(2, 4), 'lora_unet_x.lora_up.weight': zeros(4, 2) },
      /none of the 1 layers of look\.safetensors is in the model/,
    ],
    [
      'another width',
      { ...fine, [`${name}.lora_down.weight`]: zeros(2, from + 1) },
      /does not fit the model: its layer lora_unet_.* has \[2, \d+\]/,
    ],
    [
      'matrices that do not go together',
      { ...fine, [`${name}.lora_up.weight`]: zeros(to, 3) },
      /does not fit the model/,
    ],
    ['rank 0', { ...fine, [`${name}.lora_down.weight`]: zeros(0, from) }, /has rank 0/],
    ['half of a layer', { [`${name}.lora_down.weight`]: zeros(2, from) }, /has no up/],
    [
      'NaN',
      { ...fine, [`${name}.lora_up.weight`]: float32Test([to, 2], Array(2 * to).fill(Number.NaN)) },
      /holds numbers that are none/,
    ],
    [
      'infinite half-precision numbers',
      {
        ...fine,
        [`${name}.lora_up.weight`]: {
          dtype: 'F16',
          shape: [to, 2],
          bytes: new Uint8Array(Uint16Array.from({ length: 2 * to }, () => 0x7c00).buffer),
        },
      },
      /holds numbers that are none/,
    ],
    ['alpha 0', { ...fine, [`${name}.alpha`]: float32Test([], [0]) }, /has the alpha 0/],
    ['alpha NaN', { ...fine, [`${name}.alpha`]: float32Test([], [Number.NaN]) }, /has the alpha NaN/],
    [
      'whole numbers',
      { ...fine, [`${name}.lora_up.weight`]: { dtype: 'I8', shape: [to, 2] } },
      /holds int8 numbers/,
    ],
    ['a DoRA', { ...fine, [`${name}.dora_scale`]: zeros(to, 1) }, /is a DoRA \(dora_scale\)/],
    ['an OFT', { 'lora_unet_x.oft_blocks': zeros(2, 2, 2) }, /is an OFT/],
    ['an (IA)³', { [`${name}.weight.on_input`]: zeros(1), [`${name}.on_input`]: zeros(1) }, /\(IA\)³/],
    ['an embedding', { emb_params: zeros(4, 768) }, /is an embedding \(textual inversion\), no LoRA/],
    ['an embedding for XL', { clip_l: zeros(2, 768), clip_g: zeros(2, 1280) }, /is an embedding/],
    [
      'a whole model',
      {
        'model.diffusion_model.input_blocks.0.0.weight': zeros(4, 4, 3, 3),
        'first_stage_model.x': zeros(1),
        a: zeros(1, 1, 1),
      },
      /is a whole model, no LoRA/,
    ],
    [
      'a ControlNet',
      {
        'input_hint_block.0.weight': zeros(4, 4, 3, 3),
        'zero_convs.0.0.weight': zeros(1),
        a: zeros(1, 1, 1),
      },
      /is a ControlNet, no LoRA/,
    ],
    [
      'notes that cannot be read',
      fine,
      /lora_adapter_metadata\) cannot be read/,
      { lora_adapter_metadata: '{' },
    ],
  ])('%s', (_, tensors, says, metadata) => expect(refusal(tensors, metadata)).toMatch(says));

  it('no file, and a file that is cut short', () => {
    const dir = tempFolder();
    expect(() => readLora(join(dir, 'gone.safetensors'))).toThrow(
      expect.objectContaining({ code: 'weights-missing', doing: 'reading the LoRA gone.safetensors' }),
    );
  });
});
