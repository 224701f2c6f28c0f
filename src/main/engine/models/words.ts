/** Tokens back to text, by any tokenizer.json: what a network says, where tokenizer.ts makes what CLIP hears. */
import { join } from 'node:path';
import { z } from 'zod';
import { defect, readJson } from './files.ts';
import { decoderOf } from './tokenizer.ts';
import { unknownPattern } from './tokenizer-rules.ts';

export const WORDS_FILE = 'tokenizer.json';

const schema = z.looseObject({
  model: z.looseObject({ vocab: z.custom<object>((value) => typeof value === 'object' && value !== null) }),
  decoder: z.unknown(),
  added_tokens: z
    .array(z.looseObject({ id: z.int().min(0), content: z.string(), special: z.boolean().default(false) }))
    .default([]),
});

export interface Words {
  /** How many tokens there are. */
  readonly size: number;
  /** One line, without what only marks start and end. */
  of(tokens: readonly number[]): string;
}

/** @throws AppError bundle-invalid naming the file */
export async function readWords(dir: string): Promise<Words> {
  const file = join(dir, WORDS_FILE);
  const { model, decoder, added_tokens } = await readJson(file, schema);
  const pattern = unknownPattern({ decoder });
  if (pattern !== null) {
    const message = `it puts words together by a pattern Retake does not know (${pattern.slice(0, 40)})`;
    throw defect(file, message, 'Use another captioner.');
  }
  // Only the way back is wanted: how text would be split is not looked at, so no pattern of it is run.
  const rules = {
    ...{ model, decoder, added_tokens },
    normalizer: null,
    pre_tokenizer: null,
    post_processor: null,
  };
  const decode = decoderOf(rules, file);
  const ids = Array.isArray(model.vocab) ? [...model.vocab.keys()] : Object.values(model.vocab);
  let size = 0;
  for (const id of [...ids, ...added_tokens.map((one) => one.id)])
    if (Number.isInteger(id)) size = Math.max(size, Number(id) + 1);
  return { size, of: (tokens) => decode(tokens).replace(/\s+/g, ' ').trim() };
}
