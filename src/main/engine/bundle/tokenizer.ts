/** CLIP's byte-level BPE: prompt to token ids, the way the network saw text in training. */
import { join } from 'node:path';
import { Tokenizer as HubTokenizer } from '@huggingface/tokenizers';
import { z } from 'zod';
import { DOWNLOAD_AGAIN, defect, kindOf, readJson, readSmallFile } from './files.ts';

/** All CLIP text encoders read this many tokens; a tokenizer may say less. */
const CLIP_LENGTH = 77;

/** A special token is written either as text or as an object that holds it. */
const special = z.union([z.string(), z.object({ content: z.string() }).transform((token) => token.content)]);

const configSchema = z.object({
  bos_token: special.default('<|startoftext|>'),
  eos_token: special.default('<|endoftext|>'),
  unk_token: special.default('<|endoftext|>'),
  pad_token: special.nullish(),
  model_max_length: z.number().nullish(),
});
const mapSchema = z.object({ pad_token: special.nullish() });

/** A record schema takes longer over fifty thousand tokens than all the rest of opening them. */
const vocabSchema = z.custom<Record<string, number>>(
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((id) => Number.isInteger(id) && id >= 0),
  'the vocabulary must give each token its number',
);

const jsonSchema = z.looseObject({
  model: z.looseObject({ type: z.string(), vocab: vocabSchema, merges: z.array(z.unknown()) }),
});

export interface ClipTokenizer {
  /** Tokens a prompt is padded or cut to. */
  readonly length: number;
  /** Number of ids the tokenizer can give: the text encoder's embedding must have at least as many rows. */
  readonly size: number;
  /** Start token, text, end token, padding. cut: the part of the text that did not fit, in lower case, or null. */
  encode(text: string): { readonly ids: Int32Array; readonly cut: string | null };
}

/** The splitting rules of CLIP's published tokenizer, for bundles that hold only vocab.json and merges.txt. */
function clipRules(vocab: Record<string, number>, merges: readonly string[], unknown: string): object {
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    normalizer: {
      type: 'Sequence',
      normalizers: [
        { type: 'NFC' },
        { type: 'Replace', pattern: { Regex: '\\s+' }, content: ' ' },
        { type: 'Lowercase' },
      ],
    },
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        {
          type: 'Split',
          pattern: { Regex: "'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+" },
          behavior: 'Removed',
          invert: true,
        },
        { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
      ],
    },
    post_processor: null,
    decoder: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: unknown,
      continuing_subword_prefix: '',
      end_of_word_suffix: '</w>',
      fuse_unk: false,
      vocab,
      merges,
    },
  };
}

function specialTokens(vocab: Record<string, number>, tokens: readonly string[]): object[] {
  return [...new Set(tokens)].map((content) => ({
    id: vocab[content]!,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: true,
    special: true,
  }));
}

/** Files that decide the ids, those that exist; the digest of the tokenizer covers them. */
export const TOKENIZER_FILES = [
  'vocab.json',
  'merges.txt',
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
] as const;

/**
 * Throws a defect naming the file.
 * @param folder holds vocab.json and merges.txt (preferred), or tokenizer.json
 * @param most tokens the text encoder reads, where known
 */
export async function readTokenizer(folder: string, most: number | null = null): Promise<ClipTokenizer> {
  const has = async (name: string) => (await kindOf(join(folder, name))) === 'file';
  const configFile = join(folder, 'tokenizer_config.json');
  const config = (await has('tokenizer_config.json'))
    ? await readJson(configFile, configSchema)
    : configSchema.parse({});
  const mapFile = join(folder, 'special_tokens_map.json');
  const mapped = (await has('special_tokens_map.json')) ? await readJson(mapFile, mapSchema) : {};
  const pad = config.pad_token ?? mapped.pad_token ?? config.eos_token;

  let rules: object;
  let vocab: Record<string, number>;
  let file: string;
  if ((await has('vocab.json')) || !(await has('tokenizer.json'))) {
    file = join(folder, 'vocab.json');
    vocab = await readJson(file, vocabSchema);
    const lines = (await readSmallFile(join(folder, 'merges.txt'))).split(/\r?\n/);
    const merges = lines.filter((line) => line !== '' && !line.startsWith('#version'));
    rules = clipRules(vocab, merges, config.unk_token);
  } else {
    file = join(folder, 'tokenizer.json');
    const json = await readJson(file, jsonSchema);
    if (json.model.type !== 'BPE') {
      throw defect(
        file,
        `this is a ${json.model.type} tokenizer, not CLIP's`,
        'Use a Stable Diffusion bundle.',
      );
    }
    vocab = json.model.vocab;
    rules = { ...json, truncation: null, padding: null, post_processor: null };
  }
  for (const token of [config.bos_token, config.eos_token, pad]) {
    if (vocab[token] === undefined) {
      throw defect(file, `the vocabulary has no token "${token}"`, DOWNLOAD_AGAIN);
    }
  }
  let hub: HubTokenizer;
  try {
    hub = new HubTokenizer(
      { added_tokens: specialTokens(vocab, [config.bos_token, config.eos_token]), ...rules },
      {},
    );
  } catch (cause) {
    throw defect(file, `the tokenizer is damaged (${(cause as Error).message})`, DOWNLOAD_AGAIN);
  }
  const length = Math.min(config.model_max_length ?? CLIP_LENGTH, most ?? CLIP_LENGTH, CLIP_LENGTH);
  if (!(Number.isInteger(length) && length >= 3)) {
    throw defect(configFile, `prompts of ${length} tokens make no sense`, DOWNLOAD_AGAIN);
  }
  const [start, end, padding] = [vocab[config.bos_token]!, vocab[config.eos_token]!, vocab[pad]!];
  return {
    length,
    size: Object.values(vocab).reduce((most, id) => Math.max(most, id), 0) + 1,
    encode(text) {
      const all = hub.encode(text, { add_special_tokens: false }).ids;
      const kept = all.slice(0, length - 2);
      const ids = new Int32Array(length).fill(padding);
      ids.set([start, ...kept, end]);
      const rest = all.slice(length - 2);
      const cut = rest.length === 0 ? null : hub.decode(rest).replaceAll('</w>', ' ').trim();
      return { ids, cut };
    },
  };
}
