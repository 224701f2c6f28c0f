/** How a captioner's text begins and ends, by config.json and generation_config.json as transformers writes them. */
import { join } from 'node:path';
import { z } from 'zod';
import { defect, kindOf, readJson } from './files.ts';

const token = z.int().min(0);
const ids = {
  bos_token_id: token.nullish(),
  eos_token_id: z.union([token, z.array(token)]).nullish(),
  sep_token_id: token.nullish(),
  decoder_start_token_id: token.nullish(),
  max_length: z.int().nullish(),
  max_new_tokens: z.int().nullish(),
  no_repeat_ngram_size: z.int().nullish(),
};
const part = z.looseObject(ids).nullish();
const configSchema = z.looseObject({
  ...ids,
  model_type: z.string().nullish(),
  decoder: part,
  text_config: part,
});
const generationSchema = z.looseObject(ids);

export interface CaptionRules {
  readonly start: number;
  readonly ends: ReadonlySet<number>;
  /** Tokens after the first. */
  readonly most: number;
  /** So many tokens in a row come no second time. */
  readonly repeat: number;
}

/** As transformers, where nothing says how long. */
const USUAL_LENGTH = 20;
/** A prompt has room for so many. */
const MOST_TOKENS = 75;
/** Greedy decoding may fall into a circle. */
const REPEAT = 3;

/** Files that decide the text, those that exist. */
export const RULE_FILES = ['config.json', 'generation_config.json'] as const;

/** @throws AppError bundle-invalid naming the file */
export async function readCaptionRules(dir: string): Promise<CaptionRules> {
  const [configFile, generationFile] = RULE_FILES.map((name) => join(dir, name)) as [string, string];
  const config = await readJson(configFile, configSchema);
  const said = (await kindOf(generationFile)) ? await readJson(generationFile, generationSchema) : {};
  const inner = config.text_config ?? config.decoder ?? {};
  // Its own code ends texts there, whatever its configuration calls the end.
  const isBlip = config.model_type === 'blip';
  const start = isBlip
    ? (inner.bos_token_id ?? said.bos_token_id)
    : (said.decoder_start_token_id ??
      config.decoder_start_token_id ??
      inner.decoder_start_token_id ??
      said.bos_token_id ??
      config.bos_token_id ??
      inner.bos_token_id);
  const told = said.eos_token_id ?? config.eos_token_id ?? inner.eos_token_id;
  const end = isBlip ? (inner.sep_token_id ?? told) : told;
  const missing = start == null ? 'decoder_start_token_id' : end == null ? 'eos_token_id' : null;
  if (start == null || end == null) {
    const message = `nothing says where its texts ${start == null ? 'begin' : 'end'} ("${missing}")`;
    throw defect(configFile, message, 'Download the model again, all of its files.');
  }
  const whole = said.max_length ?? config.max_length ?? inner.max_length ?? USUAL_LENGTH;
  const wanted = said.max_new_tokens ?? config.max_new_tokens ?? whole - 1;
  const repeat = said.no_repeat_ngram_size ?? config.no_repeat_ngram_size ?? 0;
  return {
    start,
    ends: new Set([end].flat()),
    most: Math.min(MOST_TOKENS, Math.max(1, wanted)),
    repeat: repeat > 0 ? repeat : REPEAT,
  };
}
