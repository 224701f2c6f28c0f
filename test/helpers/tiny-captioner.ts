/**
 * A captioner whose every score can be had by hand: a picture becomes its mean red, green and blue, and a word is as likely as the one
 * before says, more by the colour it names, less by how often it was said.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { textModel } from './onnx.ts';
import { writeModel } from './onnx-files.ts';

export const WORDS = ['[PAD]', '[BOS]', '[EOS]', 'a', 'very', 'red', 'green', 'blue', 'pic', '##ture'];
const V = WORDS.length;
const NEVER = -20;
const SURE = 10;
/** Of "very", beside eight times the mean of a colour. */
const VERY = 3;
const COLOURS = ['red', 'green', 'blue'];

/** (before, next) */
export const LIKELY: readonly (readonly number[])[] = WORDS.map((before) =>
  WORDS.map((next) => {
    const sure: Readonly<Record<string, string>> = { '[BOS]': 'a', pic: '##ture', '##ture': '[EOS]' };
    if (COLOURS.includes(before)) return next === 'pic' ? SURE : NEVER;
    if (before === 'a' || before === 'very')
      return next === 'very' ? VERY : COLOURS.includes(next) ? 0 : NEVER;
    return sure[before] === next ? SURE : NEVER;
  }),
);

/** By word: how much of each colour it names. */
const NAMES = COLOURS.map((colour) => WORDS.map((word) => (word === colour ? 8 : 0)));

/**
 * - plain: BLIP's names and masks, no memory
 * - past: optimum's three graphs
 * - merged: one graph with a memory, empty at first
 */
type Layout = 'plain' | 'past' | 'merged';

interface TinyCaptionerOptions {
  readonly layout?: Layout;
  readonly generation?: object;
  readonly config?: object;
  /** How much less likely each time a word was said makes it. */
  readonly penalty?: number;
  readonly type?: 'float32' | 'float16';
}

const PROCESSOR = { do_resize: true, size: { height: 4, width: 4 }, resample: 2, rescale_factor: 1 / 255 };

/** @returns dir, which is made */
export function writeTinyCaptioner(dir: string, options: TinyCaptionerOptions = {}): string {
  const { layout = 'plain', penalty = 1, type = 'float32' } = options;
  const isBlip = layout === 'plain';
  const folder = isBlip ? dir : join(dir, 'onnx');
  mkdirSync(folder, { recursive: true });
  const put = (name: string, text: string) => writeModel(join(folder, `${name}.onnx`), textModel(text));
  put(
    isBlip ? 'vision_model' : 'encoder_model',
    `${type}[B, 3, 4, 4] pixel_values => ${type}[B, 1, 3] last_hidden_state
    int64[1] row = {1}
    means = ReduceMean<axes = [2, 3], keepdims = 0>(pixel_values)
    last_hidden_state = Unsqueeze(means, row)`,
  );
  const constant = (name: string, dims: string, values: readonly number[]) =>
    `
    float32[${dims}] ${name}_32 = {${values}}
    ${name} = Cast<to = ${type === 'float32' ? 1 : 10}>(${name}_32)`;
  const constants = [
    constant('likely', `${V}, ${V}`, LIKELY.flat()),
    constant(
      'one_hot',
      `${V}, ${V}`,
      WORDS.flatMap((_, i) => WORDS.map((__, j) => (i === j ? 1 : 0))),
    ),
    constant('names', `3, ${V}`, NAMES.flat()),
    constant('penalty', '1', [penalty]),
  ].join('');
  const scores = `
    before = Gather(likely, input_ids)
    colour = MatMul(encoder_hidden_states, names)
    less = Mul(counts, penalty)
    seen = Add(before, colour)
    logits = Sub(seen, less)`;
  const picture = `${type}[B, S, 3] encoder_hidden_states`;
  const logits = `${type}[B, L, ${V}] logits`;
  const memory = (name: string) => `${type}[B, 1, N, ${V}] ${name}`;
  const masks = 'int64[B, L] attention_mask, int64[B, S] encoder_attention_mask';
  const whole = (
    more: string,
    keeps: string,
  ) => `int64[B, L] input_ids, ${picture}${more} => ${logits}${keeps}${constants}
    int64[] tokens = {1}
    int64[1] head = {1}
    said = Gather(one_hot, input_ids)
    counts = CumSum(said, tokens)`;
  const further = (
    more: string,
  ) => `int64[B, L] input_ids, ${picture}, ${memory('past_key_values.0.key')}${more} => ${logits}, ${memory('present.0.key')}${constants}
    int64[1] head = {1}
    int64[1] tokens = {2}
    said = Gather(one_hot, input_ids)
    now = Unsqueeze(said, head)
    present.0.key = Concat<axis = 2>(past_key_values.0.key, now)
    counts = ReduceSum<keepdims = 0>(present.0.key, tokens)${scores}`;
  const kept = `
    present.0.key = Unsqueeze(said, head)`;
  if (layout === 'plain') put('text_decoder_model', whole(`, ${masks}`, '') + scores);
  if (layout === 'past') {
    put('decoder_model', whole('', `, ${memory('present.0.key')}`) + scores + kept);
    put('decoder_with_past_model', further(''));
  }
  if (layout === 'merged') put('decoder_model_merged', further(', bool[1] use_cache_branch'));
  const json = (name: string, value: object) => writeFileSync(join(dir, name), JSON.stringify(value));
  json('preprocessor_config.json', PROCESSOR);
  json('config.json', {
    ...(isBlip
      ? { model_type: 'blip', text_config: { bos_token_id: 1, eos_token_id: 8, sep_token_id: 2 } }
      : { model_type: 'vision-encoder-decoder', decoder_start_token_id: 1, decoder: { eos_token_id: 2 } }),
    ...options.config,
  });
  if (options.generation) json('generation_config.json', options.generation);
  json('tokenizer.json', {
    added_tokens: WORDS.slice(0, 3).map((content, id) => ({ id, content, special: true })),
    normalizer: null,
    pre_tokenizer: { type: 'BertPreTokenizer' },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: '[PAD]',
      continuing_subword_prefix: '##',
      vocab: Object.fromEntries(WORDS.map((word, id) => [word, id])),
    },
  });
  return dir;
}

/** RGB8 of one colour. */
export function flat(red: number, green: number, blue: number, side = 8): Uint8Array {
  return Uint8Array.from({ length: side * side * 3 }, (_, i) => [red, green, blue][i % 3]!);
}
