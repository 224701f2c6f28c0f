/** Captioners: pictures to words, by the runtime, checked word by word. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openCaptioner } from '../../src/main/engine/models/captioner.ts';
import { textModel } from '../helpers/onnx.ts';
import { writeModel } from '../helpers/onnx-files.ts';
import { flat, LIKELY, WORDS, writeTinyCaptioner } from '../helpers/tiny-captioner.ts';

const dir = mkdtempSync(join(tmpdir(), 'retake-captioner-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const CPU = { provider: 'cpu' } as const;
const SIDE = { width: 8, height: 8 };

async function said(folder: string, rgb: Uint8Array) {
  const one = await openCaptioner(folder, CPU);
  try {
    return await one.describe(rgb, SIDE);
  } finally {
    await one.close();
  }
}

/** Greedy by hand. */
function byHand(means: readonly number[], penalty = 1, most = 19): string[] {
  const out = ['[BOS]'];
  while (out.length <= most) {
    const scores = WORDS.map((word, next) => {
      const colour = ['red', 'green', 'blue'].indexOf(word);
      const times = out.filter((one) => one === word).length;
      const likely = LIKELY[WORDS.indexOf(out.at(-1)!)]![next]!;
      return likely + (colour < 0 ? 0 : 8 * means[colour]!) - penalty * times;
    });
    const word = WORDS[scores.indexOf(Math.max(...scores))]!;
    if (word === '[EOS]') break;
    out.push(word);
  }
  return out.slice(1);
}

describe('what a picture shows', () => {
  const layouts = ['plain', 'past', 'merged'] as const;
  it.each(layouts)('is said word by word as by hand (%s)', async (layout) => {
    const folder = writeTinyCaptioner(join(dir, `by-hand-${layout}`), { layout });
    const one = await openCaptioner(folder, CPU);
    const texts: string[] = [];
    for (const [r, g, b] of [
      [204, 20, 10],
      [10, 230, 30],
      [0, 0, 255],
      [40, 20, 10],
    ] as const) {
      const { text, tokens, cut } = await one.describe(flat(r, g, b), SIDE);
      expect(tokens.map((id) => WORDS[id])).toEqual(byHand([r / 255, g / 255, b / 255]));
      expect(cut).toBe(false);
      texts.push(text);
    }
    expect(texts).toEqual(['a red picture', 'a green picture', 'a blue picture', 'a very very red picture']);
    await one.close();
  });

  it('is said in half precision too', async () => {
    const folder = writeTinyCaptioner(join(dir, 'half'), { layout: 'past', type: 'float16' });
    expect((await said(folder, flat(0, 255, 0))).text).toBe('a green picture');
  });

  it('ends where it may go on no longer, and where it goes in a circle', async () => {
    const most = (generation: object) =>
      said(writeTinyCaptioner(join(dir, 'most'), { layout: 'past', generation, penalty: 0 }), flat(9, 0, 0));
    expect(await most({ max_length: 4 })).toMatchObject({ text: 'a very very', cut: true });
    expect(await most({ max_new_tokens: 1, max_length: 4 })).toMatchObject({ text: 'a', cut: true });
    // "very" would be likeliest for ever; no three tokens come twice.
    expect(await most({})).toMatchObject({ text: 'a very very very red picture', cut: false });
    expect((await most({ no_repeat_ngram_size: 1 })).text).toBe('a very red picture');
  });

  it('tells how far it is and stops between two words', async () => {
    const abort = new AbortController();
    const folder = writeTinyCaptioner(join(dir, 'stopped'));
    const one = await openCaptioner(folder, { ...CPU, signal: abort.signal });
    const shares: number[] = [];
    await one.describe(flat(255, 0, 0), SIDE, (share) => shares.push(share));
    expect(shares).toEqual([0, 1, 2, 3, 4].map((n) => n / 19));
    await expect(one.describe(flat(255, 0, 0), SIDE, () => abort.abort())).rejects.toThrow('cancelled');
    await one.close();
  });

  it('has a digest of all that makes its words', async () => {
    const folder = writeTinyCaptioner(join(dir, 'digest'));
    const digest = async () => {
      const one = await openCaptioner(folder, { ...CPU, untried: true });
      await one.close();
      return one.digest();
    };
    const before = await digest();
    writeFileSync(join(folder, 'generation_config.json'), '{ "max_length": 5 }');
    expect(await digest()).not.toBe(before);
    rmSync(join(folder, 'generation_config.json'));
    expect(await digest()).toBe(before);
  });
});

describe('what is no captioner', () => {
  const refused = async (
    name: string,
    change: (folder: string) => void,
    layout: 'plain' | 'past' = 'past',
  ) => {
    const folder = writeTinyCaptioner(join(dir, name), { layout });
    change(folder);
    return openCaptioner(folder, CPU).then(
      () => 'taken',
      (error: Error) => error.message,
    );
  };
  const json = (folder: string, file: string, value: object) =>
    writeFileSync(join(folder, file), JSON.stringify(value));

  it('is refused with what is wrong', async () => {
    const put = (folder: string, name: string, text: string) =>
      writeModel(join(folder, 'onnx', `${name}.onnx`), textModel(text));
    const eye = 'float32[B, 4] x => float32[B, 4] y\ny = Identity(x)';
    const deaf =
      'int64[B, L] input_ids => float32[B, L, 10] logits\nfloat32[10, 10] t\nlogits = Gather(t, input_ids)';
    expect(await refused('eye', (folder) => put(folder, 'encoder_model', eye))).toContain(
      'no eye of a captioner',
    );
    expect(await refused('deaf', (folder) => put(folder, 'decoder_model', deaf))).toContain(
      'takes nothing of a picture',
    );
    const git = `int64[B, L] input_ids, float32[B, 3, 4, 4] pixel_values, float32[B, S, 3] encoder_hidden_states => float32[B, L, 10] logits
      float32[10, 10] t
      logits = Gather(t, input_ids)`;
    expect(await refused('git', (folder) => put(folder, 'decoder_model', git))).toContain(
      'pixel_values is not known',
    );
    expect(
      await refused('frozen', (folder) =>
        put(folder, 'decoder_model', git.replace('[B, L] input', '[1, 16] input')),
      ),
    ).toContain('16 tokens only');
    const other = git.replace('float32[B, 3, 4, 4] pixel_values, ', '');
    expect(await refused('apart', (folder) => put(folder, 'decoder_model', other))).toContain(
      'do not belong together',
    );
    expect(
      await refused('size', (folder) =>
        json(folder, 'preprocessor_config.json', { size: { width: 8, height: 8 } }),
      ),
    ).toContain('4×4');
    expect(
      await refused('end', (folder) => json(folder, 'config.json', { decoder_start_token_id: 1 })),
    ).toContain('where its texts end');
    expect(
      await refused('start', (folder) =>
        json(folder, 'config.json', { decoder_start_token_id: 99, eos_token_id: 2 }),
      ),
    ).toContain('no token 99');
    const model = { type: 'WordPiece', vocab: { a: 0 }, unk_token: 'a' };
    const decoder = { type: 'Replace', pattern: { Regex: '(a+)+$' }, content: '' };
    expect(
      await refused('pattern', (folder) => json(folder, 'tokenizer.json', { model, decoder })),
    ).toContain('pattern Retake does not know');
    mkdirSync(join(dir, 'bare'));
    await expect(openCaptioner(join(dir, 'bare'), CPU)).rejects.toThrow('there is no encoder_model.onnx');
    await expect(openCaptioner(join(dir, 'nowhere'), CPU)).rejects.toThrow('no such folder');
  });

  it('is told where it gives something else than likelihoods', async () => {
    const folder = writeTinyCaptioner(join(dir, 'odd'));
    const odd = `int64[B, L] input_ids, float32[B, S, 3] encoder_hidden_states => float32[B, n, w] logits
      logits = Identity(encoder_hidden_states)`;
    writeModel(join(folder, 'text_decoder_model.onnx'), textModel(odd));
    // Three tokens, and blue is the end.
    expect(await said(folder, flat(1, 2, 3))).toEqual({ text: '', tokens: [], cut: false });
    writeModel(
      join(folder, 'text_decoder_model.onnx'),
      textModel(
        odd.replace(
          'Identity(encoder_hidden_states)',
          'Concat<axis = 0>(encoder_hidden_states, encoder_hidden_states)',
        ),
      ),
    );
    await expect(said(folder, flat(1, 2, 3))).rejects.toThrow('not the likelihood of each token');
  });
});
