/** Released folders are older than today's modules: their tensors under today's names. */
import type { StoredWeights } from './stored.ts';

/** What files carry and no network here reads: positions counted up, the scale of a training loss. */
const UNREAD = /(^|\.)(position_ids|logit_scale)$/;

/** Attention of the VAE as diffusers named it until version 0.12. */
const OLDER: readonly (readonly [RegExp, string])[] = [
  [/(\.attentions\.\d+)\.query\./, '$1.to_q.'],
  [/(\.attentions\.\d+)\.key\./, '$1.to_k.'],
  [/(\.attentions\.\d+)\.value\./, '$1.to_v.'],
  [/(\.attentions\.\d+)\.proj_attn\./, '$1.to_out.0.'],
];

/** Names of today are left as they are. */
export function vaeOfToday(weights: StoredWeights): StoredWeights {
  return renamed(weights, (name) => OLDER.reduce((so, [from, to]) => so.replace(from, to), name));
}

/** Text encoders lie with "text_model." before their names or, since transformers 5, without. */
export function textOfToday(weights: StoredWeights): StoredWeights {
  return renamed(weights, (name) =>
    name.replace(/^(?=(embeddings|encoder|final_layer_norm)\.)/, 'text_model.'),
  );
}

function renamed(weights: StoredWeights, today: (name: string) => string): StoredWeights {
  const names = new Map(
    weights.names.filter((name) => !UNREAD.test(name)).map((name) => [today(name), name]),
  );
  return {
    label: weights.label,
    names: [...names.keys()],
    get: (name, wanted) => weights.get(names.get(name) ?? name, wanted),
  };
}
