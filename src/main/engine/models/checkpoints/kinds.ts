/** What a .safetensors file is, told by the names of its tensors. */

type FileKind =
  | 'checkpoint'
  | 'lora'
  | 'controlnet'
  | 'embedding'
  | 'vae'
  | 'component'
  | 'other-model'
  | 'unknown';

export interface KindOfFile {
  readonly kind: FileKind;
  /** "a LoRA", "Flux", as messages say it. */
  readonly words: string;
}

interface Sign {
  readonly kind: FileKind;
  readonly words: string;
  /** Of one tensor's name. */
  readonly name: RegExp;
}

const TRANSFORMER = 'a diffusion transformer';

/** In the order in which they are asked: what is more particular before what is more general. */
const SIGNS: readonly Sign[] = [
  sign('lora', 'a LoRA of a kind with several products (LoHa)', /\.hada_w1_a$/),
  sign('lora', 'a LoRA of a kind with several products (LoKr)', /\.lokr_w1(?:_a)?$/),
  sign('other-model', 'a Control-LoRA', /^lora_controlnet$/),
  sign('lora', 'a LoRA', /\.(?:lora_(?:up|down|A|B)|lora\.(?:up|down))\.|^lora_(?:unet|te\d?)_/),
  sign('controlnet', 'a ControlNet', /^(?:control_model\.)?input_hint_block\.0\.weight$/),
  sign('controlnet', 'a ControlNet', /^(?:controlnet_cond_embedding\.conv_in|controlnet_mid_block)\.weight$/),
  sign('other-model', 'an IP-Adapter', /^(?:ip_adapter|image_proj)\./),
  sign('other-model', 'a T2I-Adapter', /^(?:adapter\.)?body\.\d+\.(?:resnets|block1)\./),
  sign('other-model', 'a motion module for moving pictures', /\.motion_modules\./),
  sign('other-model', 'Stable Video Diffusion', /\.time_(?:stack|mixer|mix_blocks)\b/),
  sign('other-model', 'a model with EDM preconditioning, such as Playground 2.5', /^edm_(?:mean|std)$/),
  sign('other-model', 'Stable Diffusion 3', /(?:^|\.)joint_blocks\.\d+\./),
  sign('other-model', 'Flux or one of its kind', /(?:^|\.)double_blocks\.\d+\./),
  sign('other-model', 'AuraFlow', /(?:^|\.)double_layers\.\d+\./),
  sign('other-model', 'Stable Cascade', /(?:^|\.)(?:clf\.1\.weight$|down_blocks\.0\.0\.channelwise\.)/),
  sign('other-model', 'Stable unCLIP', /^(?:embedder\.model\.visual|noise_augmentor)\./),
  sign('other-model', 'AltDiffusion', /^cond_stage_model\.roberta\./),
  sign('checkpoint', 'a checkpoint', /^model\.diffusion_model\.input_blocks\.0\.0\.weight$/),
  sign('other-model', TRANSFORMER, /(?:^|\.)(?:adaln_single|x_embedder|t_embedder|cap_embedder)\./),
  sign(
    'other-model',
    TRANSFORMER,
    /(?:^|\.)(?:single_)?transformer_blocks\.0\.(?:attn\.|norm1_context|ff_context)/,
  ),
  sign('other-model', TRANSFORMER, /(?:^|\.)(?:patch_embedding|context_embedder|text_embedding)\./),
  sign('component', 'a UNet alone', /^(?:diffusion_model\.)?input_blocks\.0\.0\.weight$/),
  sign('component', 'the UNet of a diffusers folder', /^time_embedding\.linear_1\.weight$/),
  sign('vae', 'an autoencoder (VAE) alone', /^(?:first_stage_model\.)?(?:encoder|decoder)\.conv_in\.weight$/),
  sign('component', 'CLIP', /^vision_model\./),
  sign('component', 'a text encoder alone', /(?:^|\.)(?:token_embedding\.weight|shared\.weight)$/),
  sign('other-model', 'an upscaler', /^(?:model\.0|body\.0\.rdb1|conv_first|layers\.0\.residual_group)\b/),
  sign('embedding', 'an embedding', /^(?:emb_params|clip_[lg]|string_to_param\..+|<.+>)$/),
];

function sign(kind: FileKind, words: string, name: RegExp): Sign {
  return { kind, words, name };
}

/** Vectors of an embedding are few, and the file holds nothing else. */
const MOST_EMBEDDING_TENSORS = 2;

export function kindOfFile(tensors: ReadonlyMap<string, { readonly dims: readonly number[] }>): KindOfFile {
  const names = [...tensors.keys()];
  for (const { kind, words, name } of SIGNS) if (names.some((one) => name.test(one))) return { kind, words };
  const vectors = [...tensors.values()].every(({ dims }) => dims.length === 1 || dims.length === 2);
  if (names.length > 0 && names.length <= MOST_EMBEDDING_TENSORS && vectors)
    return { kind: 'embedding', words: 'an embedding' };
  return { kind: 'unknown', words: 'something else' };
}
