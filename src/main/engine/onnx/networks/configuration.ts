/** A network's config.json, in which every key that could change the numbers must be known. */
import { z } from 'zod';
import { AppError } from '../../../../common/errors.ts';

/** What model libraries write into every configuration, and what only training looks at. */
const IRRELEVANT: ReadonlySet<string> = new Set([
  ...['architectures', 'torch_dtype', 'dtype', 'transformers_version', 'diffusers_version', 'sample_size'],
  ...['dropout', 'attention_dropout', 'hidden_dropout_prob', 'attention_probs_dropout_prob'],
  ...['initializer_range', 'initializer_factor', 'gradient_checkpointing', 'use_cache', 'return_dict'],
  ...['id2label', 'label2id', 'problem_type', 'chunk_size_feed_forward', 'output_attentions'],
  ...['output_hidden_states', 'name_or_path', 'tie_word_embeddings', 'torchscript', 'pruned_heads'],
  // Averages kept while training leave their settings.
  ...['decay', 'inv_gamma', 'min_decay', 'optimization_step', 'power', 'update_after_step', 'use_ema_warmup'],
]);

interface ConfigurationOptions {
  /** The network as messages name it. */
  readonly label: string;
  /** Further keys that change no number here. */
  readonly irrelevant?: readonly string[];
}

/**
 * Keys that are not in the schema must be switched off (null, false) or change no number.
 * @throws AppError bundle-invalid naming the key and its value
 */
export function readConfiguration<Shape extends z.ZodRawShape>(
  config: unknown,
  schema: z.ZodObject<Shape>,
  { label, irrelevant = [] }: ConfigurationOptions,
): z.output<z.ZodObject<Shape>> {
  const given = z.record(z.string(), z.unknown()).parse(config);
  for (const [key, value] of Object.entries(given)) {
    const known =
      key in schema.shape || key.startsWith('_') || IRRELEVANT.has(key) || irrelevant.includes(key);
    if (!known && !isOff(value)) throw refusal(label, key, value);
  }
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const key = String(parsed.error.issues[0]!.path[0]);
  throw refusal(label, key, given[key]);
}

/** A list says it per block. */
function isOff(value: unknown): boolean {
  return value === null || value === false || (Array.isArray(value) && value.every(isOff));
}

function refusal(label: string, key: string, value: unknown): AppError {
  const says =
    value === undefined
      ? `lacks ${key}`
      : `says ${key}: ${JSON.stringify(value)}, which Retake does not know`;
  const message = `its configuration ${says}`;
  const hint = 'Use another model: this one would give other pictures here than where it was made.';
  return new AppError('bundle-invalid', message, { doing: `reading ${label}`, hint });
}

/** One number for all blocks, or one each. */
export const perBlock = z.union([z.int().min(0), z.array(z.int().min(0)).min(1)]);

/** @throws AppError bundle-invalid where a list is not as long as there are blocks */
export function eachBlock<T>(
  value: T | readonly T[],
  count: number,
  key: string,
  label: string,
): readonly T[] {
  if (!Array.isArray(value)) return Array.from({ length: count }, () => value as T);
  if (value.length === count) return value;
  throw refusal(label, key, value);
}
