import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { readTokenizer, remappedTokens } from '../../src/main/engine/models/tokenizer.ts';
import { sharedPath } from '../helpers/shared.ts';
import { tempFolder } from '../helpers/temp-folder.ts';
import { writeTokenizer } from '../helpers/tiny-tokenizer.ts';

/** As much of tokenizer.json as is changed here. */
interface Json {
  [place: string]: unknown;
  model: { merges?: unknown };
  pre_tokenizer: { pretokenizers: { pattern: { Regex: string } }[] };
}

const PROMPTS = ['', 'a red car', 'SWAN  swan\n\tswan!?', 'weißer Fluß 白鳥 🦢', "it's 42 <|endoftext|> end"];

describe('CLIP tokenizer', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await writeTokenizer(join(tempFolder(), 'tokenizer'));
  });

  it('puts start and end around the text and pads to the length of the model', async () => {
    const tokenizer = await readTokenizer({ folder });
    const vocab = JSON.parse(await readFile(join(folder, 'vocab.json'), 'utf8'));
    const { ids, cut } = tokenizer.encode('Red Car');
    const [start, end] = [vocab['<|startoftext|>'], vocab['<|endoftext|>']];
    expect([...ids.slice(0, 5)]).toEqual([start, vocab['red</w>'], vocab['car</w>'], end, end]);
    expect(ids).toHaveLength(77);
    expect(new Set(ids.slice(3))).toEqual(new Set([end]));
    expect(cut).toBeNull();
    expect(tokenizer.size).toBe(Object.keys(vocab).length);
  });

  it('cuts what does not fit and says which text it was', async () => {
    const words = Array.from({ length: 80 }, (_, i) => (i % 2 ? 'car' : 'red'));
    const tokenizer = await readTokenizer({ folder });
    const { ids, cut } = tokenizer.encode(words.join(' '));
    expect(ids).toHaveLength(77);
    expect([...ids.slice(75)]).toEqual([tokenizer.encode('red').ids[1], tokenizer.encode('').ids[1]]);
    expect(cut).toBe(words.slice(75).join(' '));
    expect(tokenizer.encode(words.slice(0, 75).join(' ')).cut).toBeNull();
  });

  it('reads no more tokens than the text encoder', async () => {
    const tokenizer = await readTokenizer({ folder }, 10);
    expect(tokenizer.encode('red red').ids).toHaveLength(10);
  });

  it('gives the same ids from tokenizer.json alone', async () => {
    const single = await writeTokenizer(join(tempFolder(), 'single'), { single: true });
    const [a, b] = [await readTokenizer({ folder }), await readTokenizer({ folder: single })];
    for (const prompt of PROMPTS) expect(b.encode(prompt).ids).toEqual(a.encode(prompt).ids);
  });

  it('pads with the pad token of special_tokens_map.json when the config has none', async () => {
    await writeFile(join(folder, 'tokenizer_config.json'), '{"model_max_length": 77}');
    await writeFile(join(folder, 'special_tokens_map.json'), '{"pad_token": {"content": "!"}}');
    const { ids } = (await readTokenizer({ folder })).encode('red');
    expect(ids.at(-1)).toBe(0);
  });

  it.each([
    ["SD 2's own files: the map wins over a configuration of before", {}, '!'],
    [
      'a configuration that lists added tokens is all there is',
      { added_tokens_decoder: {} },
      '<|endoftext|>',
    ],
  ])('pads as %s', async (_, more, expected) => {
    const config = { pad_token: '<|endoftext|>', model_max_length: 77, ...more };
    await writeFile(join(folder, 'tokenizer_config.json'), JSON.stringify(config));
    await writeFile(join(folder, 'special_tokens_map.json'), '{"pad_token": "!"}');
    const vocab = JSON.parse(await readFile(join(folder, 'vocab.json'), 'utf8'));
    expect((await readTokenizer({ folder })).encode('red').ids.at(-1)).toBe(vocab[expected]);
    expect((await remappedTokens(folder)) !== null).toBe(expected === '!');
  });

  describe('tokenizer.json', () => {
    let single: string;
    const change = async (edit: (json: Json) => void) => {
      const file = join(single, 'tokenizer.json');
      const json = JSON.parse(await readFile(file, 'utf8'));
      edit(json);
      await writeFile(file, JSON.stringify(json));
    };

    beforeEach(async () => {
      single = await writeTokenizer(join(tempFolder(), 'single'), { single: true });
    });

    it.each(['normalizer', 'pre_tokenizer', 'decoder', 'anything'])(
      'brings no pattern of its own in its %s: a few letters could take hours',
      async (place) => {
        const rule = { type: 'Replace', pattern: { Regex: '(l+l+)+x' }, content: '' };
        await change((json) => {
          json[place] = { type: 'Sequence', normalizers: [rule], pretokenizers: [rule], decoders: [rule] };
        });
        await expect(readTokenizer({ folder: single })).rejects.toMatchObject({
          code: 'bundle-invalid',
          message: expect.stringContaining('(l+l+)+x'),
          hint: expect.stringContaining('vocab.json and merges.txt'),
        });
      },
    );

    it('with CLIP’s pattern as newer exporters write it, special tokens first, gives the same ids', async () => {
      const before = await readTokenizer({ folder: single });
      await change((json) => {
        const split = json.pre_tokenizer.pretokenizers[0]!;
        split.pattern.Regex = `<\\|startoftext\\|>|<\\|endoftext\\|>|${split.pattern.Regex}`;
      });
      const after = await readTokenizer({ folder: single });
      for (const prompt of PROMPTS) expect(after.encode(prompt).ids).toEqual(before.encode(prompt).ids);
    });

    it('takes the half it lacks from the file beside it', async () => {
      const whole = await readTokenizer({ folder: single });
      await change((json) => {
        delete json.model.merges;
      });
      await expect(readTokenizer({ folder: single })).rejects.toMatchObject({
        message: 'it has no merges, and there is no merges.txt beside it',
      });
      await copyFile(join(folder, 'merges.txt'), join(single, 'merges.txt'));
      expect((await readTokenizer({ folder: single })).encode('swan').ids).toEqual(whole.encode('swan').ids);
    });

    it('serves where vocab.json came without merges.txt', async () => {
      const whole = await readTokenizer({ folder: single });
      await copyFile(join(folder, 'vocab.json'), join(single, 'vocab.json'));
      expect((await readTokenizer({ folder: single })).encode('swan').ids).toEqual(whole.encode('swan').ids);
    });
  });

  it.each([
    ['merges.txt', '', 'the file is empty'],
    ['vocab.json', '{"a": ', 'not valid JSON'],
    ['vocab.json', '{"a": 0}', 'no token "<|startoftext|>"'],
    ['vocab.json', 'version https://git-lfs.github.com/spec/v1\noid sha256:0', 'Git LFS pointer'],
    ['vocab.json', '{"a": 0, "b": -1}', 'must give each token its number'],
    ['vocab.json', '["a", "b"]', 'must give each token its number'],
    ['tokenizer_config.json', '{"model_max_length": 2}', 'prompts of 2 tokens'],
  ])('refuses a %s holding %j', async (name, text, message) => {
    await writeFile(join(folder, name), text);
    await expect(readTokenizer({ folder })).rejects.toMatchObject({
      name: 'AppError',
      code: 'bundle-invalid',
      message: expect.stringContaining(message),
      doing: expect.stringContaining(name),
    });
  });

  it('names the missing file', async () => {
    const empty = join(folder, '..', 'bare');
    await mkdir(empty);
    await copyFile(join(folder, 'vocab.json'), join(empty, 'vocab.json'));
    await expect(readTokenizer({ folder: empty })).rejects.toMatchObject({
      message: 'the file is missing',
      doing: `reading ${join(empty, 'merges.txt')}`,
    });
  });
});

describe.skipIf(!sharedPath('golden'))('CLIP tokenizer with the published vocabulary', () => {
  it('is done with a prompt as long as allowed within a moment', async () => {
    const tokenizer = await readTokenizer({
      folder: sharedPath('golden', 'bundles', 'tiny-sd', 'tokenizer')!,
    });
    const started = performance.now();
    expect(tokenizer.encode('🦢白'.repeat(1300)).cut).not.toBeNull();
    expect(tokenizer.encode('x'.repeat(4000)).cut).not.toBeNull();
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});
