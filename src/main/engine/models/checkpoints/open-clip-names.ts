/** OpenCLIP's text encoder in a single file, by transformers' names. Query, key and value lie in one tensor. */
import { type Mapping, type Named, renamed, split, UNUSED } from './mapping.ts';

const PLAIN: Readonly<Record<string, string>> = {
  'token_embedding.weight': 'text_model.embeddings.token_embedding.weight',
  positional_embedding: 'text_model.embeddings.position_embedding.weight',
  'ln_final.weight': 'text_model.final_layer_norm.weight',
  'ln_final.bias': 'text_model.final_layer_norm.bias',
};

const LAYER: Readonly<Record<string, string>> = {
  'attn.out_proj': 'self_attn.out_proj',
  ln_1: 'layer_norm1',
  ln_2: 'layer_norm2',
  'mlp.c_fc': 'mlp.fc1',
  'mlp.c_proj': 'mlp.fc2',
};

/** Kept by training: the scale of its loss, a mask that all networks know, and the half that looks at pictures. */
const WITHOUT_USE = /^(?:logit_scale|logit_bias|attn_mask|transformer\.position_ids|visual\..*)$/;

/** How many layers the file holds. */
export function openClipLayers(prefix: string, names: Iterable<string>): number {
  let layers = 0;
  for (const name of names) {
    if (!name.startsWith(prefix)) continue;
    const layer = /^transformer\.resblocks\.(\d+)\./.exec(name.slice(prefix.length))?.[1];
    layers = Math.max(layers, Number(layer ?? -1) + 1);
  }
  return layers;
}

export interface OpenClipUse {
  /** How many of its layers are used, from the first. */
  readonly layers: number;
  /** Whether the projection of the pooled text is: XL's second encoder has it, Stable Diffusion 2 does not. */
  readonly projection: boolean;
}

/** @param prefix "cond_stage_model.model.", "conditioner.embedders.1.model." */
export function openClipMapping(prefix: string, { layers, projection }: OpenClipUse): Mapping {
  return (name, tensor) => {
    if (!name.startsWith(prefix)) return null;
    const inside = name.slice(prefix.length);
    const plain = PLAIN[inside];
    if (plain !== undefined) return renamed(plain, tensor);
    if (WITHOUT_USE.test(inside)) return UNUSED;
    if (inside === 'text_projection' || inside === 'text_projection.weight') {
      if (!projection) return UNUSED;
      // OpenCLIP multiplies from the left, so it lies as (in, out); a layer of that name lies as all layers do.
      const transposed = inside === 'text_projection';
      return renamed('text_projection.weight', transposed ? { ...tensor, transposed } : tensor);
    }
    const found = /^transformer\.resblocks\.(\d+)\.(.+)$/.exec(inside);
    if (!found) return null;
    const used = Number(found[1]) < layers;
    const named = layerMapping(`text_model.encoder.layers.${found[1]}`, found[2]!, tensor);
    return named === null || used ? named : UNUSED;
  };
}

function layerMapping(layer: string, part: string, tensor: Named[1]): readonly Named[] | null {
  const packed = /^attn\.in_proj_(weight|bias)$/.exec(part)?.[1];
  if (packed)
    return split(
      tensor,
      ['q', 'k', 'v'].map((one) => `${layer}.self_attn.${one}_proj.${packed}`),
    );
  const found = /^(.+)\.(weight|bias)$/.exec(part);
  const today = LAYER[found?.[1] ?? ''];
  return today === undefined ? null : renamed(`${layer}.${today}.${found![2]}`, tensor);
}
