/** CLIP's byte-level BPE: prompt to token ids, the way the network saw text in training. */
import { join } from 'node:path';
import { Tokenizer as HubTokenizer } from '@huggingface/tokenizers';
import { z } from 'zod';
import { defect, kindOf, readJson, readSmallFile } from './files.ts';
import { addedTokens, clipRules, unknownPattern } from './tokenizer-rules.ts';

/** All CLIP text encoders read this many tokens; a tokenizer may say less. */
const CLIP_LENGTH = 77;

/** A special token is written either as text or as an object that holds it. */
const special = z.union([z.string(), z.object({ content: z.string() }).transform((token) => token.content)]);

const specials = {
  bos_token: special.nullish(),
  eos_token: special.nullish(),
  unk_token: special.nullish(),
  pad_token: special.nullish(),
};
const mapSchema = z.object(specials);
const configSchema = z.object({
  ...specials,
  model_max_length: z.number().nullish(),
  /** Written since the configuration alone says which tokens are special. */
  added_tokens_decoder: z.unknown().optional(),
});

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
  model: z.looseObject({
    type: z.string(),
    vocab: vocabSchema.optional(),
    merges: z.array(z.unknown()).optional(),
  }),
});

/** Vocabulary, merges and configuration that do not fit one another; each may be whole. */
const TOGETHER = 'Take all files of the tokenizer folder from the model that this one was made from.';

/** A tokenizer's files, and what is known of it beside them. */
export interface TokenizerPlace {
  readonly folder: string;
  /** Token that fills prompts up; the folder's own unless given. */
  readonly padding?: string;
}

export interface ClipTokenizer {
  /** Tokens a prompt is padded or cut to. */
  readonly length: number;
  /** Number of ids the tokenizer can give: the text encoder's embedding must have at least as many rows. */
  readonly size: number;
  readonly special: {
    readonly start: number;
    readonly end: number;
    readonly padding: number;
    /** Null where the vocabulary has no comma by itself. */
    readonly comma: number | null;
  };
  /** Start token, text, end token, padding. cut: the part of the text that did not fit, in lower case, or null. */
  encode(text: string): { readonly ids: Int32Array; readonly cut: string | null };
  /** Of the text alone, as many as it has. */
  tokens(text: string): readonly number[];
  /** Text of tokens, in lower case. */
  decode(tokens: readonly number[]): string;
}

type Config = z.output<typeof configSchema>;
type Mapped = z.output<typeof mapSchema>;
type SpecialTokens = Readonly<Record<keyof typeof specials, string>>;

/**
 * As transformers reads them: a configuration that lists added tokens is all there is; before that, the map wins, and SD
 * 2's map pads with "!" where its configuration names the end token.
 */
function specialTokens(config: Config, mapped: Mapped): SpecialTokens {
  return config.added_tokens_decoder === undefined
    ? named({ ...config, ...mapped }, mapped)
    : named(config, mapped);
}

function named(tokens: Mapped, mapped: Mapped): SpecialTokens {
  const eos_token = tokens.eos_token ?? '<|endoftext|>';
  return {
    bos_token: tokens.bos_token ?? '<|startoftext|>',
    eos_token,
    unk_token: tokens.unk_token ?? '<|endoftext|>',
    pad_token: tokens.pad_token ?? mapped.pad_token ?? eos_token,
  };
}

async function readConfigs(folder: string): Promise<{ config: Config; mapped: Mapped }> {
  const read = async <Schema extends z.ZodType>(name: string, schema: Schema) =>
    (await kindOf(join(folder, name))) ? readJson(join(folder, name), schema) : schema.parse({});
  return {
    config: await read('tokenizer_config.json', configSchema),
    mapped: await read('special_tokens_map.json', mapSchema),
  };
}

/**
 * The special tokens where special_tokens_map.json decides them against the configuration, else null. Retake once let the
 * configuration win; the digest of such a tokenizer holds this, so that what was inverted then is inverted again.
 */
export async function remappedTokens(folder: string): Promise<string | null> {
  const { config, mapped } = await readConfigs(folder);
  const now = JSON.stringify(specialTokens(config, mapped));
  return now === JSON.stringify(named(config, mapped)) ? null : now;
}

interface Rules {
  /** Where the vocabulary is, for errors. */
  readonly file: string;
  readonly vocab: Record<string, number>;
  readonly rules: object;
}

/** vocab.json and merges.txt, else tokenizer.json; one half may come from the other. */
async function readRules(folder: string, unknown: string): Promise<Rules> {
  const has = async (name: string) => (await kindOf(join(folder, name))) !== null;
  const [vocabFile, mergesFile] = [join(folder, 'vocab.json'), join(folder, 'merges.txt')];
  const [hasVocab, hasMerges] = [await has('vocab.json'), await has('merges.txt')];
  const readMerges = async () =>
    (await readSmallFile(mergesFile))
      .split(/\r?\n/)
      .filter((line) => line !== '' && !line.startsWith('#version'));
  if ((hasVocab && hasMerges) || !(await has('tokenizer.json'))) {
    const vocab = await readJson(vocabFile, vocabSchema);
    return { file: vocabFile, vocab, rules: clipRules(vocab, await readMerges(), unknown) };
  }
  const file = join(folder, 'tokenizer.json');
  const json = await readJson(file, jsonSchema);
  if (json.model.type !== 'BPE') {
    throw defect(
      file,
      `this is a ${json.model.type} tokenizer, not CLIP's`,
      'Use a Stable Diffusion bundle.',
    );
  }
  const pattern = unknownPattern(json);
  if (pattern !== null) {
    throw defect(
      file,
      `it splits text by a pattern Retake does not know (${pattern.slice(0, 40)})`,
      'Put vocab.json and merges.txt of the model beside it.',
    );
  }
  const vocab = json.model.vocab ?? (hasVocab ? await readJson(vocabFile, vocabSchema) : null);
  const merges = json.model.merges ?? (hasMerges ? await readMerges() : null);
  if (vocab === null || merges === null) {
    const [what, other] = vocab === null ? ['vocabulary', 'vocab.json'] : ['merges', 'merges.txt'];
    throw defect(
      file,
      `it has no ${what}, and there is no ${other} beside it`,
      `Put ${other} of the model beside it.`,
    );
  }
  const rules = { ...json, model: { ...json.model, vocab, merges }, truncation: null, padding: null };
  return { file, vocab, rules: { ...rules, post_processor: null } };
}

/** Ids to text by any rules of a tokenizer.json; special tokens are left out. @throws AppError bundle-invalid naming the file */
export function decoderOf(rules: object, file: string): (tokens: readonly number[]) => string {
  try {
    const hub = new HubTokenizer(rules, {});
    return (tokens) => (tokens.length === 0 ? '' : hub.decode([...tokens], { skip_special_tokens: true }));
  } catch (cause) {
    throw defect(file, `the tokenizer is damaged (${(cause as Error).message})`, TOGETHER);
  }
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
 * @param place.folder holds vocab.json and merges.txt (preferred), or tokenizer.json
 * @param most tokens the text encoder reads, where known
 */
export async function readTokenizer(
  { folder, padding }: TokenizerPlace,
  most: number | null = null,
): Promise<ClipTokenizer> {
  const { config, mapped } = await readConfigs(folder);
  const own = specialTokens(config, mapped);
  const tokens = { ...own, pad_token: padding ?? own.pad_token };
  const { file, vocab, rules } = await readRules(folder, tokens.unk_token);
  for (const token of [tokens.bos_token, tokens.eos_token, tokens.pad_token]) {
    if (!Object.hasOwn(vocab, token)) {
      throw defect(file, `the vocabulary has no token "${token}"`, TOGETHER);
    }
  }
  let hub: HubTokenizer;
  try {
    hub = new HubTokenizer(
      { added_tokens: addedTokens(vocab, [tokens.bos_token, tokens.eos_token]), ...rules },
      {},
    );
  } catch (cause) {
    throw defect(file, `the tokenizer is damaged (${(cause as Error).message})`, TOGETHER);
  }
  const length = Math.min(config.model_max_length ?? CLIP_LENGTH, most ?? CLIP_LENGTH, CLIP_LENGTH);
  if (!(Number.isInteger(length) && length >= 3)) {
    throw defect(
      join(folder, 'tokenizer_config.json'),
      `prompts of ${length} tokens make no sense`,
      'Correct "model_max_length"; 77 is usual.',
    );
  }
  const { bos_token, eos_token, pad_token } = tokens;
  const [start, end, filling] = [vocab[bos_token]!, vocab[eos_token]!, vocab[pad_token]!];
  const tokensOf = (text: string): number[] => hub.encode(text, { add_special_tokens: false }).ids;
  const decode = (tokens: readonly number[]) =>
    hub
      .decode([...tokens])
      .replaceAll('</w>', ' ')
      .trim();
  return {
    length,
    special: { start, end, padding: filling, comma: vocab[',</w>'] ?? null },
    tokens: tokensOf,
    decode,
    size: Object.values(vocab).reduce((most, id) => Math.max(most, id), 0) + 1,
    encode(text) {
      const all = tokensOf(text);
      const kept = all.slice(0, length - 2);
      const ids = new Int32Array(length).fill(filling);
      ids.set([start, ...kept, end]);
      const rest = all.slice(length - 2);
      return { ids, cut: rest.length === 0 ? null : decode(rest) };
    },
  };
}
