/** CLIP's text encoder in a single file: named as transformers names it, with "text_model." or, as older files, without. */
import { type Mapping, renamed, UNUSED } from './mapping.ts';

/** Kept by older versions, and by merges from the whole of CLIP. */
const WITHOUT_USE =
  /(?:^|\.)(?:position_ids|logit_scale)$|^text_projection\.|^visual_projection\.|^vision_model\./;

/** @param prefix "cond_stage_model.transformer.", "conditioner.embedders.0.transformer." */
export function clipTextMapping(prefix: string): Mapping {
  return (name, tensor) => {
    if (!name.startsWith(prefix)) return null;
    const inside = name.slice(prefix.length);
    if (WITHOUT_USE.test(inside)) return UNUSED;
    const today = inside.startsWith('text_model.') ? inside : `text_model.${inside}`;
    return /^text_model\.(?:embeddings|encoder|final_layer_norm)\./.test(today)
      ? renamed(today, tensor)
      : null;
  };
}
