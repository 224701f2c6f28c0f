/** Prompts through real sessions: weights, chunks and embeddings change what they say they change, and nothing else. */
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { AppError, errorLine } from '../../src/common/errors.ts';
import type { Conditioning } from '../../src/main/engine/diffusion/types.ts';
import { rememberingFacts } from '../../src/main/engine/models/facts.ts';
import { openBundle } from '../../src/main/engine/models/open.ts';
import { interpolated, multiplied } from '../../src/main/engine/models/prompt/emphasis.ts';
import type { Bundle } from '../../src/main/engine/models/types.ts';
import { ELEMENT, type Tensor } from '../../src/main/engine/onnx/ir/types.ts';
import { parseModel, serializeModel } from '../../src/main/engine/onnx/serde.ts';
import { askOne } from '../helpers/ask-one.ts';
import { float32Test, writeSafetensors } from '../helpers/safetensors-files.ts';
import { tempFolder } from '../helpers/temp-folder.ts';
import { writeTinyBundle } from '../helpers/tiny-bundle.ts';
import { TEXT_WIDTH } from '../helpers/tiny-text-encoder.ts';

const SIZE = { width: 32, height: 32 };
const A1111 = { weighting: 'a1111' } as const;
const COMFY = { weighting: 'comfy' } as const;

let plain: string;
let xl: string;
beforeEach(async () => {
  plain = await writeTinyBundle(join(tempFolder(), 'tiny'));
  xl = await writeTinyBundle(join(tempFolder(), 'tiny-xl'), { kind: 'xl' });
});

async function open(dir: string, embeddings: readonly string[] = []): Promise<Bundle> {
  const bundle = await openBundle(dir, { sites: 'none', provider: 'cpu', embeddings });
  onTestFinished(() => bundle.close());
  return bundle;
}

/** The rows of the table of token embeddings. */
function tableOf(dir: string, part = 'text_encoder'): (id: number) => number[] {
  const { graph } = parseModel(readFileSync(join(dir, part, 'model.onnx')));
  const table = [...graph.initializers.values()].find(({ name }) =>
    name.includes('token_embedding'),
  ) as Tensor;
  expect(table).toMatchObject({ type: ELEMENT.float32, data: { kind: 'bytes' } });
  const { bytes } = table.data as { bytes: Uint8Array };
  const all = new Float32Array(Uint8Array.from(bytes).buffer);
  return (id) => [...all.subarray(id * TEXT_WIDTH, (id + 1) * TEXT_WIDTH)];
}

/** What the words are to the text encoder. */
function vectorsOf(dir: string, ids: readonly number[], part?: string): number[] {
  return ids.flatMap(tableOf(dir, part));
}

function file(name: string, tensors: Parameters<typeof writeSafetensors>[1]): string {
  return writeSafetensors(join(tempFolder(), name), tensors);
}

const half = (made: Conditioning, chunk: number) =>
  made.hidden.subarray(chunk * 77 * made.dim, (chunk + 1) * 77 * made.dim);

describe('a weight', () => {
  it('is what its program computes, of the words as they are without', async () => {
    const bundle = await open(plain);
    const [words, empty] = [await bundle.embed('a red swan', SIZE), await bundle.embed('', SIZE)];
    const weights = new Float64Array(77).fill(1);
    weights[2] = 1.3;
    const a1111 = await bundle.embed(bundle.readPrompt('a (red:1.3) swan', A1111), SIZE);
    expect(a1111.hidden).toEqual(multiplied(words.hidden, weights));
    const comfy = await bundle.embed(bundle.readPrompt('a (red:1.3) swan', COMFY), SIZE);
    expect(comfy.hidden).toEqual(interpolated(words.hidden, empty.hidden, weights));
    expect(comfy.hidden).not.toEqual(a1111.hidden);
    const off = await bundle.embed('a (red:1.3) swan', SIZE);
    expect(off.hidden).not.toEqual(a1111.hidden);
  });

  it("weighs both of XL's text encoders, each by its own mean, and not what is pooled", async () => {
    const bundle = await open(xl);
    const [words, heavy] = [
      await bundle.embed('a red swan', SIZE),
      await bundle.embed(bundle.readPrompt('a (red:1.3) swan', A1111), SIZE),
    ];
    expect(heavy.pooled).toEqual(words.pooled);
    const weights = new Float64Array(77).fill(1);
    weights[2] = 1.3;
    for (const encoder of [0, 1]) {
      const own = ({ hidden, dim }: Conditioning) =>
        hidden.filter((_, i) => Math.floor((i % dim) / TEXT_WIDTH) === encoder);
      expect(own(heavy)).toEqual(multiplied(own(words), weights));
    }
  });
});

describe('a prompt of several chunks', () => {
  const [first, second] = ['a red swan, '.repeat(18).trim(), 'a car'];

  it.each(['tiny', 'tiny-xl'])(
    'is each of them, one after the other, with what the first pools: %s',
    async (name) => {
      const bundle = await open(name === 'tiny' ? plain : xl);
      const both = await bundle.embed(bundle.readPrompt(`${first} BREAK ${second}`, A1111), SIZE);
      const [one, two] = [await bundle.embed(first, SIZE), await bundle.embed(second, SIZE)];
      expect(both.tokens).toBe(154);
      expect(half(both, 0)).toEqual(one.hidden);
      expect(half(both, 1)).toEqual(two.hidden);
      expect(both.pooled).toEqual(one.pooled);
      expect(bundle.calls.textEncoder).toBe(4);
    },
  );

  it('goes through the network beside a short one that was brought to its length', async () => {
    const bundle = await open(plain);
    const long = bundle.readPrompt('a red swan, '.repeat(40), A1111);
    const chunks = long.chunks[0]!.length;
    expect(chunks).toBeGreaterThan(1);
    const short = bundle.readPrompt('blur', { ...A1111, chunks });
    const branches = [await bundle.embed(short, SIZE), await bundle.embed(long, SIZE)];
    expect(half(branches[0]!, 1)).toEqual((await bundle.embed('', SIZE)).hidden);
    const latent = new Float32Array(4 * 8 * 8).map((_, i) => Math.sin(i));
    const predict = askOne(bundle.predict({ channels: 4, height: 8, width: 8 }));
    const { outputs } = await predict({ latent, timestep: 501, branches });
    expect(outputs).toHaveLength(2);
    expect(outputs.flatMap((one) => [...one]).every(Number.isFinite)).toBe(true);
  });

  it('is cut where the network was exported for 77 tokens, and the rest is told', async () => {
    const dir = await writeTinyBundle(join(tempFolder(), 'frozen'));
    const graph = join(dir, 'unet', 'model.onnx');
    const model = parseModel(readFileSync(graph));
    const text = model.graph.inputs.find(({ name }) => name === 'encoder_hidden_states')!;
    (text as { dims: unknown }).dims = [text.dims![0], 77, text.dims![2]];
    writeFileSync(graph, serializeModel(model));
    const bundle = await open(dir);
    const prompt = `${'red '.repeat(74)}swan car car`;
    expect(bundle.readPrompt(prompt, A1111)).toMatchObject({ digest: null, cut: 'car car' });
    expect((await bundle.embed(prompt, SIZE)).tokens).toBe(77);
  });
});

describe('an embedding', () => {
  it('whose vectors are those of words is those words, to the bit', async () => {
    const words = (await open(plain)).tokenize('red car').ids[0]!.slice(1, 3);
    const vectors = vectorsOf(plain, [...words]);
    const bare = await open(plain);
    const expected = await bare.embed('a red car, red car swan', SIZE);
    for (const [path, word] of [
      [file('toy.safetensors', { emb_params: float32Test([2, TEXT_WIDTH], vectors) }), 'toy'],
      [file('x.safetensors', { '<my-toy>': float32Test([2, TEXT_WIDTH], vectors) }), '<my-toy>'],
      [file('x.safetensors', { '<my-toy>': float32Test([2, TEXT_WIDTH], vectors) }), 'embedding:X'],
    ] as const) {
      const bundle = await open(plain, [path]);
      expect((await bundle.embed(`a ${word}, red car swan`, SIZE)).hidden).toEqual(expected.hidden);
      expect((await bundle.embed('a red car, red car swan', SIZE)).hidden).toEqual(expected.hidden);
    }
  });

  it('has a part for each text encoder of XL', async () => {
    const [id] = (await open(xl)).tokenize('swan').ids[0]!.slice(1, 2);
    const part = (folder: string) => float32Test([1, TEXT_WIDTH], vectorsOf(xl, [id!], folder));
    const [clip_l, clip_g] = [part('text_encoder'), part('text_encoder_2')];
    const expected = await (await open(xl)).embed('a red swan', SIZE);
    const bundle = await open(xl, [file('bird.safetensors', { clip_l, clip_g })]);
    const made = await bundle.embed('a red bird', SIZE);
    expect(made.hidden).toEqual(expected.hidden);
    expect(made.pooled).toEqual(expected.pooled);
  });

  it('of one vector may be a plain row, in half precision too', async () => {
    const bytes = new Uint8Array(Uint16Array.from({ length: TEXT_WIDTH }, () => 0x3c00).buffer);
    const ones = float32Test([1, TEXT_WIDTH], Array(TEXT_WIDTH).fill(1));
    const [a, b] = [
      await open(plain, [file('toy.safetensors', { '<toy>': { dtype: 'F16', shape: [TEXT_WIDTH], bytes } })]),
      await open(plain, [file('toy.safetensors', { emb_params: ones })]),
    ];
    expect((await a!.embed('a toy', SIZE)).hidden).toEqual((await b!.embed('a toy', SIZE)).hidden);
  });

  it('is read by a plan as by a render', async () => {
    const path = file('toy.safetensors', {
      emb_params: float32Test([1, TEXT_WIDTH], Array(TEXT_WIDTH).fill(1)),
    });
    const facts = rememberingFacts(undefined);
    const [planned, bundle] = [await facts(plain, { embeddings: [path] }), await open(plain, [path])];
    expect(planned.readPrompt('a toy', A1111).digest).toBe(bundle.readPrompt('a toy', A1111).digest);
    expect((await facts(plain)).readPrompt('a toy', A1111).digest).toBeNull();
    await expect(facts(plain, { embeddings: ['/no/such.safetensors'] })).rejects.toThrow(
      'there is no file /no/such.safetensors',
    );
  });
});

describe('a file that is no embedding of this model', () => {
  const row = (width: number, count = 1) => float32Test([count, width], Array(width * count).fill(1));

  async function refusal(dir: string, ...paths: string[]): Promise<string> {
    const error: unknown = await openBundle(dir, { sites: 'none', provider: 'cpu', embeddings: paths }).then(
      (bundle) => bundle.close(),
      (error: unknown) => error,
    );
    expect(error).toBeInstanceOf(AppError);
    return errorLine(error);
  }

  it.each<[string, () => string, RegExp]>([
    [
      'another width',
      () => file('wide.safetensors', { emb_params: row(768) }),
      /wide\.safetensors is an embedding of another width: its vectors have 768 numbers, as of Stable Diffusion 1, tiny reads 12/,
    ],
    [
      'for XL',
      () => file('both.safetensors', { clip_l: row(TEXT_WIDTH), clip_g: row(TEXT_WIDTH) }),
      /both\.safetensors is an embedding of another width: .*12 and 12/,
    ],
    [
      'NaN',
      () =>
        file('nan.safetensors', {
          emb_params: float32Test([1, TEXT_WIDTH], [Number.NaN, ...Array(11).fill(0)]),
        }),
      /nan\.safetensors holds NaN in its vector 1/,
    ],
    [
      'a LoRA',
      () =>
        file('look.safetensors', {
          'lora_unet_x.lora_up.weight': row(4),
          'lora_unet_x.lora_down.weight': row(4),
        }),
      /look\.safetensors is a LoRA, no embedding.*among the LoRAs/,
    ],
    [
      'a model',
      () => file('sd.safetensors', { 'model.diffusion_model.a': row(4), 'first_stage_model.a': row(4) }),
      /sd\.safetensors is a whole model/,
    ],
    [
      'something else',
      () => file('x.safetensors', { a: row(4), b: row(4) }),
      /is no embedding: it holds 2 tensors/,
    ],
    ['nothing', () => file('x.safetensors', {}), /x\.safetensors is no embedding: it holds nothing/],
    [
      'pictures',
      () => file('x.safetensors', { a: float32Test([1, 2, 2], [1, 1, 1, 1]) }),
      /a has shape \[1,2,2\]/,
    ],
    [
      'a pickle',
      () => written('toy.pt', `${'PK\x03\x04'.padEnd(30, '\0')}archive/data.pkl`),
      /toy\.pt is a PyTorch checkpoint \(a pickle\), which can run code/,
    ],
    ['a pickle by another name', () => written('toy.safetensors', '\x80\x02}q\0.'), /\(a pickle\)/],
    [
      'a web page',
      () => written('toy.safetensors', '<!DOCTYPE html><html>'),
      /toy\.safetensors is a web page/,
    ],
    ['missing', () => '/no/such/toy.safetensors', /there is no file \/no\/such\/toy\.safetensors/],
    [
      'a circle of links',
      () => {
        const path = join(tempFolder(), 'toy.safetensors');
        symlinkSync(path, path);
        return path;
      },
      /toy\.safetensors/,
    ],
  ])('is refused by name: %s', async (_, path, line) => {
    expect(await refusal(plain, path())).toMatch(line);
  });

  it('nor may two be called the same', async () => {
    const vectors = row(TEXT_WIDTH);
    const [a, b] = [
      file('toy.safetensors', { emb_params: vectors }),
      file('b.safetensors', { Toy: vectors }),
    ];
    expect(await refusal(plain, a, b)).toMatch(
      /two embeddings are called Toy: toy\.safetensors and b\.safetensors/,
    );
    await open(plain, [a, a]);
  });

  it("nor one half of XL's", async () => {
    expect(await refusal(xl, file('toy.safetensors', { emb_params: row(TEXT_WIDTH) }))).toMatch(
      /its vectors have 12 numbers, tiny-xl reads 12 and 12/,
    );
  });
});

function written(name: string, latin1: string): string {
  const path = join(tempFolder(), name);
  writeFileSync(path, Buffer.from(latin1, 'latin1'));
  return path;
}
