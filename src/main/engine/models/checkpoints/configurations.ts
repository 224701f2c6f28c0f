/** The config.json of every part of a single-file checkpoint, made from shapes and, where they say nothing, from its family. */
import type { StoredWeights } from '../../onnx/networks/stored.ts';
import { MINIATURE_LATENT, miniature, normGroups, tokenHeads, unetHeads } from './conventions.ts';
import type { Family, PredictionTold } from './family.ts';

export type Config = Readonly<Record<string, unknown>>;

/** Sizes that make up the time_ids of XL. */
const TIME_IDS = 6;

const dimsOf = (weights: StoredWeights, name: string) => weights.get(name)?.dims ?? [];
const side = (weights: StoredWeights, name: string, axis: number) => dimsOf(weights, name)[axis] ?? 0;

/** How many there are of the numbered modules "before.N.…", counted from 0 without gaps. */
function count(weights: StoredWeights, before: string, after: string): number {
  let found = 0;
  while (weights.get(`${before}${found}${after}`)) found++;
  return found;
}

function each<T>(length: number, make: (i: number) => T): T[] {
  return Array.from({ length }, (_, i) => make(i));
}

/** What a UNet and a ControlNet have in common: the way down. */
function wayDown(weights: StoredWeights) {
  const blocks = count(weights, 'down_blocks.', '.resnets.0.conv1.weight');
  const widths = each(blocks, (i) => side(weights, `down_blocks.${i}.resnets.0.conv1.weight`, 0));
  const inner = each(blocks, (i) => `down_blocks.${i}.attentions.0.transformer_blocks.` as const);
  const depths = inner.map((before) => count(weights, before, '.norm1.weight'));
  const first = depths.findIndex((depth) => depth > 0);
  const added = side(weights, 'add_embedding.linear_1.weight', 1);
  // Stable Diffusion 1.x alone has its projections as convolutions.
  const linear = dimsOf(weights, `down_blocks.${first}.attentions.0.proj_in.weight`).length === 2;
  const config = {
    in_channels: side(weights, 'conv_in.weight', 1),
    block_out_channels: widths,
    layers_per_block: count(weights, 'down_blocks.0.resnets.', '.conv1.weight'),
    down_block_types: depths.map((depth) => (depth > 0 ? 'CrossAttnDownBlock2D' : 'DownBlock2D')),
    mid_block_type: 'UNetMidBlock2DCrossAttn',
    attention_head_dim: unetHeads(widths, !linear),
    transformer_layers_per_block: depths.map((depth) => Math.max(1, depth)),
    cross_attention_dim: side(weights, `${inner[first] ?? ''}0.attn2.to_k.weight`, 1),
    use_linear_projection: linear,
    norm_num_groups: normGroups(widths),
    ...(added > 0 && {
      addition_embed_type: 'text_time',
      addition_time_embed_dim: timeIdWidth(added),
      projection_class_embeddings_input_dim: added,
    }),
  };
  return { blocks, widths, config };
}

/** Width of each of XL's six sizes: the greatest power of two with which the pooled text still has room beside them. */
function timeIdWidth(added: number): number {
  return 2 ** Math.floor(Math.log2((added - 1) / TIME_IDS));
}

/** Of UNet2DConditionModel. */
export function unetConfig(weights: StoredWeights, family: Pick<Family, 'latent'>): Config {
  const { blocks, widths, config } = wayDown(weights);
  const attends = (i: number) => weights.get(`up_blocks.${i}.attentions.0.norm.weight`) !== undefined;
  const cond = side(weights, 'time_embedding.cond_proj.weight', 1);
  return {
    _class_name: 'UNet2DConditionModel',
    ...config,
    out_channels: side(weights, 'conv_out.weight', 0),
    sample_size: miniature(widths) ? MINIATURE_LATENT : family.latent,
    up_block_types: each(blocks, (i) => (attends(i) ? 'CrossAttnUpBlock2D' : 'UpBlock2D')),
    ...(cond > 0 && { time_cond_proj_dim: cond }),
  };
}

/** Side of its latent if it predicts noise; null where that is what its config says in any case. */
export function latentIfNoise(weights: StoredWeights, family: Pick<Family, 'noiseLatent'>): number | null {
  return miniature(wayDown(weights).widths) ? null : (family.noiseLatent ?? null);
}

/** Of ControlNetModel. */
export function controlNetConfig(weights: StoredWeights): Config {
  const { config } = wayDown(weights);
  const hint = 'controlnet_cond_embedding';
  const wider = each(count(weights, `${hint}.blocks.`, '.weight') / 2, (i) =>
    side(weights, `${hint}.blocks.${2 * i + 1}.weight`, 0),
  );
  return {
    _class_name: 'ControlNetModel',
    ...config,
    conditioning_channels: side(weights, `${hint}.conv_in.weight`, 1),
    conditioning_embedding_out_channels: [side(weights, `${hint}.conv_in.weight`, 0), ...wider],
  };
}

/** Of AutoencoderKL. */
export function vaeConfig(weights: StoredWeights, family: Family): Config {
  const blocks = count(weights, 'encoder.down_blocks.', '.resnets.0.conv1.weight');
  const widths = each(blocks, (i) => side(weights, `encoder.down_blocks.${i}.resnets.0.conv1.weight`, 0));
  const xl = family.text === 'xl';
  return {
    _class_name: 'AutoencoderKL',
    in_channels: side(weights, 'encoder.conv_in.weight', 1),
    out_channels: side(weights, 'decoder.conv_out.weight', 0),
    latent_channels: side(weights, 'decoder.conv_in.weight', 1),
    block_out_channels: widths,
    layers_per_block: count(weights, 'encoder.down_blocks.0.resnets.', '.conv1.weight'),
    down_block_types: each(blocks, () => 'DownEncoderBlock2D'),
    up_block_types: each(blocks, () => 'UpDecoderBlock2D'),
    norm_num_groups: normGroups(widths),
    scaling_factor: xl ? 0.13025 : 0.18215,
    force_upcast: xl,
  };
}

/** Of a CLIP text encoder. @param act "quick_gelu" for OpenAI's, "gelu" for OpenCLIP's */
export function textConfig(weights: StoredWeights, act: 'quick_gelu' | 'gelu'): Config {
  const width = side(weights, 'text_model.embeddings.token_embedding.weight', 1);
  const projection = weights.get('text_projection.weight');
  return {
    architectures: [projection ? 'CLIPTextModelWithProjection' : 'CLIPTextModel'],
    model_type: 'clip_text_model',
    hidden_act: act,
    hidden_size: width,
    intermediate_size: side(weights, 'text_model.encoder.layers.0.mlp.fc1.weight', 0),
    num_attention_heads: tokenHeads(width),
    num_hidden_layers: count(weights, 'text_model.encoder.layers.', '.layer_norm1.weight'),
    max_position_embeddings: side(weights, 'text_model.embeddings.position_embedding.weight', 0),
    vocab_size: side(weights, 'text_model.embeddings.token_embedding.weight', 0),
    layer_norm_eps: 1e-5,
    projection_dim: projection ? projection.dims[projection.transposed ? 1 : 0] : width,
  };
}

/** Of DPT-hybrid, transformers' DPTForDepthEstimation. */
export function depthConfig(weights: StoredWeights): Config {
  const bit = 'dpt.embeddings.backbone.bit';
  const stages = count(weights, `${bit}.encoder.stages.`, '.layers.0.conv1.weight');
  const stage = (i: number) => `${bit}.encoder.stages.${i}.layers.`;
  const width = side(weights, 'dpt.embeddings.cls_token', 2);
  const hiddenSizes = each(stages, (i) => side(weights, `${stage(i)}0.conv3.weight`, 0));
  const layers = count(weights, 'dpt.encoder.layer.', '.layernorm_before.weight');
  const grid = depthGrid(weights);
  return {
    architectures: ['DPTForDepthEstimation'],
    model_type: 'dpt',
    is_hybrid: true,
    hidden_size: width,
    num_hidden_layers: layers,
    num_attention_heads: tokenHeads(width),
    intermediate_size: side(weights, 'dpt.encoder.layer.0.intermediate.dense.weight', 0),
    hidden_act: 'gelu',
    layer_norm_eps: 1e-12,
    image_size: grid * PATCH,
    patch_size: PATCH,
    num_channels: 3,
    qkv_bias: true,
    readout_type: 'project',
    reassemble_factors: [4, 2, 1, 0.5],
    // Read after the 9th and the last layer of twelve; the first two are the backbone's.
    backbone_out_indices: [2, 5, layers - 4, layers - 1],
    neck_hidden_sizes: each(4, (i) => side(weights, `neck.convs.${i}.weight`, 1)),
    neck_ignore_stages: [0, 1],
    fusion_hidden_size: side(weights, 'neck.convs.0.weight', 0),
    head_in_index: -1,
    use_batch_norm_in_fusion_residual: false,
    use_bias_in_fusion_residual: null,
    add_projection: false,
    backbone_featmap_shape: [1, hiddenSizes.at(-1), grid, grid],
    backbone_config: {
      model_type: 'bit',
      layer_type: 'bottleneck',
      global_padding: 'SAME',
      hidden_act: 'relu',
      embedding_dynamic_padding: true,
      embedding_size: side(weights, `${bit}.embedder.convolution.weight`, 0),
      hidden_sizes: hiddenSizes,
      depths: each(stages, (i) => count(weights, stage(i), '.conv1.weight')),
      num_groups: normGroups([hiddenSizes[0]!]),
      num_channels: 3,
      output_stride: 32,
      out_features: each(stages, (i) => `stage${i + 1}`),
    },
  };
}

const PATCH = 16;

/** Patches along a side of the picture: all positions but the class token's make a square. */
const depthGrid = (weights: StoredWeights) =>
  Math.round(Math.sqrt(Math.max(0, side(weights, 'dpt.embeddings.position_embeddings', 1) - 1)));

/** preprocessor_config.json of that estimator. */
export function depthPreprocessor(weights: StoredWeights): Config {
  const size = depthGrid(weights) * PATCH;
  return {
    image_processor_type: 'DPTImageProcessor',
    do_normalize: true,
    do_rescale: true,
    do_resize: true,
    ensure_multiple_of: 1,
    image_mean: [0.5, 0.5, 0.5],
    image_std: [0.5, 0.5, 0.5],
    keep_aspect_ratio: false,
    resample: 3,
    rescale_factor: 1 / 255,
    size: { height: size, width: size },
  };
}

const SCHEDULERS = { sd1: 'PNDMScheduler', sd2: 'DDIMScheduler', xl: 'EulerDiscreteScheduler' } as const;

/** scheduler_config.json; without "prediction_type" where nobody knows it yet. */
export function schedulerConfig({ text }: Family, { prediction, zeroSnr }: PredictionTold): Config {
  return {
    _class_name: SCHEDULERS[text],
    beta_schedule: 'scaled_linear',
    beta_start: 0.00085,
    beta_end: 0.012,
    num_train_timesteps: 1000,
    set_alpha_to_one: false,
    clip_sample: false,
    steps_offset: 1,
    // A schedule that ends in pure noise is to be sampled from there (Lin et al. 2024, section 3.3).
    timestep_spacing: zeroSnr ? 'trailing' : 'leading',
    rescale_betas_zero_snr: zeroSnr,
    ...(prediction && { prediction_type: prediction }),
  };
}
