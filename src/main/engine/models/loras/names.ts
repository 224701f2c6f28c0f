/** What the tensors of a LoRA are called: which layer of which network, and what of it. */

/** Of a model; `other` for networks that no model here has. */
export type Network = 'unet' | 'text' | 'text2' | 'other';

export interface LayerName {
  readonly network: Network;
  /** The module's name with underscores for dots, which is all that kohya's names keep: "down_blocks_0_attentions_0_proj_in". */
  readonly module: string;
}

/** How the parts of a layer end. Kohya's and LyCORIS's first, then diffusers' and PEFT's, of which some name an adapter. */
const ENDINGS: readonly (readonly [RegExp, (found: RegExpExecArray) => string])[] = [
  [/\.lora_(down|up|mid)\.weight$/, ([, part]) => part!],
  [/(?:\.lora|_lora|\.lora_linear_layer)\.(down|up)\.weight$/, ([, part]) => part!],
  [/\.lora_([AB])(?:\.(?!weight)\w+)?\.weight$/, ([, side]) => (side === 'A' ? 'down' : 'up')],
  [/\.(?:lora_)?alpha$/, () => 'alpha'],
  [/\.(?:dora_scale|lora_magnitude_vector(?:\.\w+)*)$/, () => 'dora_scale'],
  [/\.((?:hada|lokr)_\w+|diff|diff_b)$/, ([, part]) => part!],
  [/\.((?:b?oft|lora_embedding)_\w+?)(?:\.\w+)*$/, ([, part]) => part!],
  [/\.([ab][12])\.weight$/, ([, part]) => `glora_${part}`],
  [/\.(w_norm|b_norm|on_input|set_weight)$/, ([, part]) => part!],
];

/** The layer that a tensor is a part of, and which part; null for tensors of no LoRA. */
export function splitName(name: string): { readonly layer: string; readonly part: string } | null {
  for (const [ending, part] of ENDINGS) {
    const found = ending.exec(name);
    if (found && found.index > 0) return { layer: name.slice(0, found.index), part: part(found) };
  }
  return null;
}

/** Longest first. A name without any is a UNet's as the first diffusers wrote it, or PEFT's of a text encoder. */
const PREFIXES: readonly (readonly [RegExp, Network])[] = [
  [/^lora_te2_/, 'text2'],
  [/^lora_te1?_/, 'text'],
  [/^lora_unet_/, 'unet'],
  [/^text_encoder_2\./, 'text2'],
  [/^text_encoder\./, 'text'],
  [/^(?:unet|diffusion_model|model\.diffusion_model)\./, 'unet'],
  [/^(?=text_model[._])/, 'text'],
  [/^(?=(?:down_blocks|up_blocks|mid_block|input_blocks|middle_block|output_blocks)[._])/, 'unet'],
];

/** @param layer as `splitName` has it */
export function layerName(layer: string): LayerName {
  const name = layer.replace(/^base_model\.model\./, '');
  const [prefix, network] = PREFIXES.find(([begin]) => begin.test(name)) ?? [/^/, 'other'];
  return { network, module: flat(name.replace(prefix, '')) };
}

/** A module's name as kohya writes it, the oldest diffusers' processors named as the layers that they held. */
export function flat(module: string): string {
  return module
    .replaceAll('.', '_')
    .replace(/^text_model_/, '')
    .replace(/_processor_to_([qkv]|out)$/, '_to_$1')
    .replace(/_self_attn_to_([qkv])$/, '_self_attn_$1_proj')
    .replace(/_self_attn_to_out$/, '_self_attn_out_proj')
    .replace(/_(attn\d)_to_out$/, '_$1_to_out_0');
}
