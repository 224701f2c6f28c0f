import { cpSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openImageText } from '../../src/main/engine/metrics/image-text.ts';
import { imageTextScores } from '../../src/main/engine/metrics/similarity.ts';
import { openModel } from '../../src/main/engine/models/model.ts';
import { imageProcessor, readPreparation } from '../../src/main/engine/models/roles/image-processor.ts';
import { readTokenizer } from '../../src/main/engine/models/tokenizer.ts';
import type { WrittenNetwork } from '../../src/main/engine/onnx/networks/builder.ts';
import { clipText } from '../../src/main/engine/onnx/networks/clip-text.ts';
import { clipVision } from '../../src/main/engine/onnx/networks/clip-vision.ts';
import type { StoredWeights } from '../../src/main/engine/onnx/networks/stored.ts';
import { createSession, type Feed } from '../../src/main/engine/onnx/ort.ts';
import { readWeights } from '../../src/main/engine/onnx/safetensors/component.ts';
import { contentOf } from '../../src/main/engine/render/scores.ts';
import { tempFolder } from '../helpers/temp-folder.ts';
import { writeTinyBundle } from '../helpers/tiny-bundle.ts';
import { SIDE, writeTinyClip } from '../helpers/tiny-clip.ts';
import { PROCESSOR, type TinyImageTextOptions, writeTinyImageText } from '../helpers/tiny-image-text.ts';

type Write = (weights: StoredWeights, config: unknown) => WrittenNetwork;
type Feeds = Readonly<Record<string, Feed>>;

let dir = '';
let tokenizer = '';
let good = '';
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'retake-image-text-'));
  tokenizer = join(await writeTinyBundle(join(dir, 'bundle')), 'tokenizer');
  good = await writeTinyImageText(join(dir, 'image-text'), { tokenizer });
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const flat = (side: number, ...rgb: number[]) =>
  Uint8Array.from({ length: side * side * 3 }, (_, i) => rgb[i % 3]!);
const unit = (...values: number[]) => {
  const length = Math.hypot(...values);
  return new Float32Array(values).map((value) => value / length);
};
const near = (found: Float32Array, ...wanted: number[]) => {
  const difference = Math.max(...unit(...wanted).map((value, i) => Math.abs(value - found[i]!)));
  expect(difference).toBeLessThan(1e-6);
};

describe('scores of embeddings', () => {
  const [right, up, slope] = [unit(1, 0), unit(0, 1), unit(3, 4)];

  it('are means of cosines', () => {
    expect(imageTextScores([right, slope], right, null).prompt).toBeCloseTo((1 + 0.6) / 2, 6);
    expect(imageTextScores([right, slope, up], up, null).consecutive).toBeCloseTo((0.6 + 0.8) / 2, 6);
    expect(imageTextScores([right], up, null).consecutive).toBeNull();
    const scores = imageTextScores([right, slope, up, up], up, right);
    expect(scores.frameAccuracy).toBe(0.75);
    expect(scores.source).toBeCloseTo((1 + 0.6) / 4, 6);
    // As near to both: not nearer to the target.
    expect(imageTextScores([unit(1, 1)], up, right).frameAccuracy).toBe(0);
  });

  it('leave out what a missing source prompt leaves open', () => {
    expect(imageTextScores([up, up], up, null)).toEqual({
      prompt: 1,
      source: null,
      consecutive: 1,
      frameAccuracy: null,
    });
  });
});

describe('an image-text model', () => {
  it('turns pictures and prompts into directions', async () => {
    const model = await openImageText(good);
    // 2·v/255 - 1 per channel: 1, -1 and 0.2.
    const [first, second] = await model.embedImages([flat(8, 255, 0, 153), flat(8, 255, 255, 255)], 8, 8);
    near(first!, 1, -1, 0.2);
    near(second!, 1, 1, 1);
    near((await model.embedText('a red car')).embedding, 1, 0, 1);
    near((await model.embedText('a swan, a SWAN')).embedding, 0, 2, 1);
    await model.close();
  });

  it('reads the layout of the hub, and masks no padding where the model takes no mask', async () => {
    const dir = await writeTinyImageText(tempFolder(), { tokenizer, inner: true, mask: false });
    const model = await openImageText(dir);
    // "a", "car" between start and 74 end tokens: 77 tokens in all.
    near((await model.embedText('a car')).embedding, 1, 0, 74);
    await model.close();
  });

  it('cuts long prompts where the tokenizer does, and says so', async () => {
    const model = await openImageText(good);
    const { embedding, cut } = await model.embedText(`${'car '.repeat(75)}swan`);
    near(embedding, 75, 0, 1);
    expect(cut).toBe('swan');
    await model.close();
  });

  it('has a digest of all that changes its numbers', async () => {
    const digest = async (dir: string) => {
      const model = await openImageText(dir);
      await using _ = { [Symbol.asyncDispose]: () => model.close() };
      return model.digest();
    };
    const copy = join(tempFolder(), 'copy');
    cpSync(good, copy, { recursive: true });
    const before = await digest(good);
    expect(await digest(copy)).toBe(before);
    writeFileSync(join(copy, 'preprocessor_config.json'), JSON.stringify({ ...PROCESSOR, resample: 2 }));
    expect(await digest(copy)).not.toBe(before);
  });
});

describe('a CLIP model as its repository has it', () => {
  const network = async (write: Write, pattern: RegExp, config: object, feeds: Feeds, output: string) => {
    const all = readWeights(clip, { root: clip, label: 'clip' });
    const { model, folder } = write(
      { ...all, names: all.names.filter((name) => pattern.test(name)) },
      config,
    );
    const session = await createSession(model, { folder, provider: 'cpu', label: 'clip' });
    const { data } = (await session.run(feeds, [output]))[output]!;
    await session.release();
    return unit(...data);
  };
  let clip = '';
  beforeAll(() => {
    clip = writeTinyClip(join(dir, 'clip'), tokenizer);
  });
  const config = { hidden_size: 16, intermediate_size: 32, num_attention_heads: 2, num_hidden_layers: 1 };
  const width = { ...config, projection_dim: 12 };

  it('turns pictures and prompts into the directions of its two networks', async () => {
    const model = await openImageText(clip);
    const rgb = Uint8Array.from({ length: SIDE * SIDE * 3 }, (_, i) => (i * 37) % 256);
    const [picture] = await model.embedImages([rgb], SIDE, SIDE);
    const pixels = Float32Array.from({ length: rgb.length }, (_, i) => {
      const [c, place] = [Math.floor(i / (SIDE * SIDE)), i % (SIDE * SIDE)];
      return rgb[place * 3 + c]! / 255;
    });
    const vision = { ...width, image_size: SIDE, patch_size: 8, hidden_act: 'quick_gelu' };
    const feeds = { pixel_values: { type: 'float32', data: pixels, dims: [1, 3, SIDE, SIDE] } } as const;
    near(picture!, ...(await network(clipVision, /^vis/, vision, feeds, 'image_embeds')));

    const { embedding } = await model.embedText('a red car');
    const { ids } = (await readTokenizer({ folder: clip }, null)).encode('a red car');
    const input_ids = {
      type: 'int64',
      data: BigInt64Array.from(ids, BigInt),
      dims: [1, ids.length],
    } as const;
    const vocab = JSON.parse(readFileSync(join(clip, 'vocab.json'), 'utf8')) as object;
    const text = { ...width, vocab_size: Object.keys(vocab).length, eos_token_id: 2 };
    near(embedding, ...(await network(clipText, /^text/, text, { input_ids }, 'text_embeds')));
    expect((await model.embedText('a swan')).embedding).not.toEqual(embedding);
    await model.close();
  });

  it('has a digest of its weights and of what is said of them', async () => {
    const digest = async (dir: string) => {
      const model = await openImageText(dir);
      await using _ = { [Symbol.asyncDispose]: () => model.close() };
      return model.digest();
    };
    const before = await digest(clip);
    const other = writeTinyClip(join(tempFolder(), 'other'), tokenizer);
    expect(await digest(other)).toBe(before);
    writeTinyClip(other, tokenizer, { logit_scale_init_value: 1 });
    expect(await digest(other)).not.toBe(before);
    const file = join(other, 'model.safetensors');
    writeTinyClip(other, tokenizer);
    const bytes = readFileSync(file);
    bytes[bytes.length - 3]! ^= 1;
    writeFileSync(file, bytes);
    expect(await digest(other)).not.toBe(before);
  });

  it('is refused by what it is not', async () => {
    const write = (config: object) =>
      openImageText(writeTinyClip(join(tempFolder(), 'odd'), tokenizer, config));
    await expect(write({ model_type: 'siglip' })).rejects.toThrow('this is no CLIP model');
    await expect(write({ text_config_dict: { rope_theta: 1e4 } })).rejects.toThrow(
      'its configuration says rope_theta: 10000, which Retake does not know',
    );
    await expect(write({ projection_dim: 20 })).rejects.toThrow(
      'the weight text_projection.weight has shape [12,16], this network needs [20,16]',
    );
    const pickled = writeTinyClip(join(tempFolder(), 'pickled'), tokenizer);
    renameSync(join(pickled, 'model.safetensors'), join(pickled, 'pytorch_model.bin'));
    await expect(openImageText(pickled)).rejects.toThrow('pickle');
  });
});

describe('a folder that holds none', () => {
  const broken = (change: (dir: string) => void) => {
    const dir = join(tempFolder(), 'broken');
    cpSync(good, dir, { recursive: true });
    change(dir);
    return openImageText(dir);
  };

  it('is named with what is wrong', async () => {
    await expect(openImageText(join(good, 'nowhere'))).rejects.toMatchObject({
      code: 'bundle-invalid',
      message: 'there is no such folder',
    });
    await expect(broken((dir) => rmSync(join(dir, 'vision_model.onnx')))).rejects.toThrow(
      'there is no vision_model.onnx, nor onnx/vision_model.onnx',
    );
    await expect(broken((dir) => rmSync(join(dir, 'preprocessor_config.json')))).rejects.toThrow('missing');
    await expect(broken((dir) => rmSync(join(dir, 'tokenizer/merges.txt')))).rejects.toMatchObject({
      doing: expect.stringContaining('merges.txt'),
    });
    await expect(broken((dir) => writeFileSync(join(dir, 'text_model.onnx'), 'no'))).rejects.toMatchObject({
      code: 'bundle-invalid',
    });
    await expect(
      broken((dir) => cpSync(join(dir, 'vision_model.onnx'), join(dir, 'text_model.onnx'))),
    ).rejects.toThrow('this is no text model: its inputs are pixel_values, not input_ids');
  });

  it('is refused where the model has no projection', async () => {
    const dir = await writeTinyImageText(tempFolder(), { tokenizer, textOutput: 'last_hidden_state' });
    await expect(openImageText(dir)).rejects.toThrow(
      'it has no output text_embeds (found last_hidden_state)',
    );
  });

  it('is refused where its parts do not belong together', async () => {
    const write = (parts: Partial<TinyImageTextOptions>) =>
      writeTinyImageText(tempFolder(), { tokenizer, ...parts });
    const short = await openImageText(await write({ length: 24 }));
    expect((await short.embedText('swan '.repeat(30))).cut).toBe('swan '.repeat(8).trim());
    await short.close();
    await expect(openImageText(await write({ length: 90 }))).rejects.toThrow(
      'the tokenizer gives 77 tokens, the text model reads 90',
    );
    await expect(openImageText(await write({ side: 16 }))).rejects.toThrow(
      'the network wants pictures of 16×16, preprocessor_config.json makes 8×8',
    );
    await expect(openImageText(await write({ pictureWidth: 4 }))).rejects.toThrow(
      'pictures become 4 numbers, prompts 3: the two networks do not belong together',
    );
  });

  it('is refused where the tokenizer knows more than the text model', async () => {
    await expect(
      broken((dir) => {
        const file = join(dir, 'tokenizer/vocab.json');
        const tokens = JSON.parse(readFileSync(file, 'utf8')) as Record<string, number>;
        writeFileSync(file, JSON.stringify({ ...tokens, '<|startoftext|>': 9999 }));
      }),
    ).rejects.toMatchObject({ code: 'model-failed', doing: expect.stringContaining('text_model.onnx') });
  });
});

describe('the preparation of pictures', () => {
  const open = async (config: object) => {
    const file = join(tempFolder(), 'preprocessor_config.json');
    writeFileSync(file, JSON.stringify(config));
    const want = await readPreparation(file);
    return openModel(imageProcessor, want.source, {
      want,
      variant: undefined,
      name: 'a test',
      provider: 'cpu',
    });
  };
  const plain = { do_rescale: false, do_normalize: false };
  /** The green channel of what comes out. */
  const green = async (config: object, rgb: Uint8Array, width: number, height: number) => {
    const processor = await open(config);
    const { data, dims } = await processor.functions(rgb, width, height);
    await processor.close();
    const plane = dims[2] * dims[3];
    return { dims, values: [...data.subarray(plane, 2 * plane)] };
  };
  const columns = (height: number, ...row: number[]) =>
    Uint8Array.from({ length: height * row.length * 3 }, (_, i) => row[Math.floor(i / 3) % row.length]!);

  /** Pillow's bicubic weights (a = -0.5), stretched when shrinking, renormalised at the border. */
  function bicubic(row: readonly number[], to: number): number[] {
    const scale = row.length / to;
    const stretch = Math.max(1, scale);
    const kernel = (t: number) =>
      t < 1 ? 1.5 * t ** 3 - 2.5 * t ** 2 + 1 : t < 2 ? -0.5 * t ** 3 + 2.5 * t ** 2 - 4 * t + 2 : 0;
    return Array.from({ length: to }, (_, x) => {
      const weights = row.map((_, i) => kernel(Math.abs((i + 0.5 - (x + 0.5) * scale) / stretch)));
      const sum = weights.reduce((all, weight) => all + weight, 0);
      const value = row.reduce((all, v, i) => all + v * weights[i]!, 0) / sum;
      return Math.round(Math.min(255, Math.max(0, value)));
    });
  }

  it('resamples as Pillow does', async () => {
    const row = [0, 40, 80, 200, 255, 255, 3, 90];
    // By hand for [0, 40, 80, 200] to 2: weights .8672, .8672, .2266, -.0703 give 38.75 / 1.8906 = 20.5.
    expect(bicubic([0, 40, 80, 200], 2)[0]).toBe(20);
    for (const width of [4, 3, 8, 13]) {
      const { values } = await green({ ...plain, size: { height: 2, width } }, columns(2, ...row), 8, 2);
      const wanted = bicubic(row, width);
      expect(values, `to ${width}`).toEqual([...wanted, ...wanted]);
    }
  });

  it('scales the shortest edge and crops the centre', async () => {
    const config = { ...plain, size: { shortest_edge: 2 }, crop_size: { height: 2, width: 2 } };
    const wide = await green(config, columns(2, 10, 20, 30, 40, 50, 60), 6, 2);
    expect(wide).toEqual({ dims: [1, 3, 2, 2], values: [30, 40, 30, 40] });
    const tall = Uint8Array.from({ length: 2 * 5 * 3 }, (_, i) => 10 * Math.floor(i / 6));
    // Five rows, two of them above and one after the first that is kept: (5 - 2) / 2 rounded down.
    expect((await green({ ...config, size: 2, crop_size: 2 }, tall, 2, 5)).values).toEqual([10, 10, 20, 20]);
  });

  it('takes bilinear too, and normalises per channel', async () => {
    const half = { ...plain, size: { height: 1, width: 2 }, resample: 2 };
    // Triangle of width 2 around 1: weights .75, .75, .25, 0 by 1.75.
    const mixed = (0.75 * 40 + 0.25 * 80) / 1.75;
    expect((await green(half, columns(1, 0, 40, 80, 200), 4, 1)).values[0]).toBe(Math.round(mixed));
    const normal = { size: 1, crop_size: 1, image_mean: [0, 0.2, 0], image_std: [1, 0.5, 1] };
    expect((await green(normal, flat(1, 0, 153, 0), 1, 1)).values[0]).toBeCloseTo((0.6 - 0.2) / 0.5, 5);
  });

  it('refuses what it does not know', async () => {
    await expect(open({ ...PROCESSOR, resample: 1 })).rejects.toThrow('resampling by filter 1 is not known');
    await expect(open({ ...PROCESSOR, do_resize: false })).rejects.toThrow('not resized');
    await expect(open({ ...PROCESSOR, size: { shortest_edge: 8 } })).rejects.toThrow(
      '"crop_size" is missing',
    );
    await expect(open({ ...PROCESSOR, size: 'large' })).rejects.toThrow('size');
    await expect(open({ size: 4, crop_size: 5 })).rejects.toThrow('larger than "size"');
    await expect(open({ ...PROCESSOR, image_std: [1, 0, 1] })).rejects.toThrow('must be above 0');
  });
});

describe('what of a picture is measured', () => {
  it('is its content, not the padding of the canvas', () => {
    const fit = {
      sourceWidth: 2,
      sourceHeight: 1,
      contentWidth: 2,
      contentHeight: 1,
      width: 4,
      height: 3,
      left: 1,
      top: 1,
    };
    const canvas = Float32Array.from({ length: 36 }, (_, i) => i / 255);
    expect([...contentOf(canvas, fit)]).toEqual([15, 16, 17, 18, 19, 20]);
  });
});
