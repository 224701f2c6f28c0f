/** CLIP's text encoder (Radford et al. 2021) as transformers has it: CLIPTextModel, and with its projection. */
import { z } from 'zod';
import { attr } from '../ir/graph.ts';
import { ELEMENT } from '../ir/types.ts';
import { NetworkBuilder, type Value, type WrittenNetwork } from './builder.ts';
import { clipEncoder, clipEncoderShape } from './clip-encoder.ts';
import { readConfiguration } from './configuration.ts';
import { OLDER_KEYS } from './older-keys.ts';
import { textOfToday } from './released-names.ts';
import type { StoredWeights } from './stored.ts';

const clipTextConfig = z.object({
  ...clipEncoderShape,
  architectures: z.array(z.string()).nullish(),
  model_type: z.literal('clip_text_model').optional(),
  /** CLIP's is the last of its vocabulary. */
  eos_token_id: z.int().optional(),
  hidden_act: clipEncoderShape.hidden_act.default('quick_gelu'),
  layer_norm_eps: clipEncoderShape.layer_norm_eps.default(1e-5),
  max_position_embeddings: z.int().min(1).default(77),
  projection_dim: z.int().min(1).default(512),
  vocab_size: z.int().min(1).default(49408),
});

type TextConfig = z.output<typeof clipTextConfig>;

/** Configurations from before transformers 4.31 name this end of text, which never comes: the largest token is the end. */
const OLDER_EOS = 2;

const LOWEST = -3.4028234663852886e38;
const PROJECTION = 'text_projection.weight';

/**
 * Input input_ids int64 [B, tokens]. Outputs last_hidden_state [B, tokens, width] behind the final norm; hidden_states.0, the
 * embedding, to hidden_states.n, the last layer before the norm; what stands at the end of the text, [B, width], as text_embeds behind the
 * projection where there is one, else as pooler_output.
 * @param config of its config.json
 * @throws AppError bundle-invalid naming a key, or a weight that is missing, left over or of another shape
 */
export function clipText(weights: StoredWeights, config: unknown): WrittenNetwork {
  const { label } = weights;
  const read = readConfiguration(config, clipTextConfig, { label, irrelevant: OLDER_KEYS });
  const { hidden_size: width, layer_norm_eps: eps } = read;
  const b = new NetworkBuilder('CLIPTextModel', textOfToday(weights));
  const ids = b.input('input_ids', ELEMENT.int64, ['batch', 'tokens']);
  const count = b.node('Shape', [ids], { start: attr.int(1), end: attr.int(2) });
  const states = clipEncoder(b, 'text_model.encoder', embed(b, ids, count, read), read, causalMask(b, count));
  const last = b.layerNorm('text_model.final_layer_norm', states.at(-1)!, width, eps);
  b.output('last_hidden_state', last, ['batch', 'tokens', width]);
  const pooled = atEnd(b, ids, last, read);
  if (isProjected(b, read)) {
    const to = read.projection_dim;
    b.output('text_embeds', b.linear('text_projection', pooled, { from: width, to }, false), ['batch', to]);
  } else b.output('pooler_output', pooled, ['batch', width]);
  for (const [i, state] of states.entries())
    b.output(`hidden_states.${i}`, state, ['batch', 'tokens', width]);
  return b.finish((name) => name === PROJECTION);
}

/** Files of encoders that are used without their projection may hold it all the same. */
function isProjected(b: NetworkBuilder, { architectures }: TextConfig): boolean {
  return architectures?.[0] === 'CLIPTextModel' ? false : architectures ? true : b.has(PROJECTION);
}

function embed(b: NetworkBuilder, ids: Value, count: Value, config: TextConfig): Value {
  const { hidden_size: width, max_position_embeddings: positions } = config;
  const table = { count: config.vocab_size, width };
  const tokens = b.embedding('text_model.embeddings.token_embedding', ids, table);
  const all = b.weight('text_model.embeddings.position_embedding.weight', [positions, width]);
  return b.add(tokens, b.node('Slice', [all, b.ints(0), count, b.ints(0)]));
}

/** [tokens, tokens]: no token looks at a later one. */
function causalMask(b: NetworkBuilder, count: Value): Value {
  const all = b.node('Expand', [b.scalar(LOWEST), b.concat([count, count], 0)]);
  return b.node('Trilu', [all, b.integer(1)], { upper: attr.int(1) });
}

/** The state at the first end of text, [B, width]. */
function atEnd(b: NetworkBuilder, ids: Value, states: Value, config: TextConfig): Value {
  const { eos_token_id: eos = config.vocab_size - 1 } = config;
  const ends = eos === OLDER_EOS ? ids : b.node('Equal', [ids, b.integer(eos)]);
  const places = b.node('Cast', [ends], { to: attr.int(ELEMENT.float32) });
  const first = b.node('ArgMax', [places], { axis: attr.int(1), keepdims: attr.int(1) });
  return b.node('GatherND', [states, first], { batch_dims: attr.int(1) });
}
