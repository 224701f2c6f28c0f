/**
 * Writes a small bundle with random weights in diffusers' ONNX layout, in the dialects exporters speak, so that tests
 * need no trial data. Its pictures mean nothing; its numbers are of the order of one.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Model } from '../../src/main/engine/onnx/ir/graph.ts';
import { serializeModel } from '../../src/main/engine/onnx/serde.ts';
import { type TinyDepth, writeTinyDepth } from './tiny-depth.ts';
import { tinyUnet, tinyVaeDecoder, tinyVaeEncoder, type UnetOptions, WIDTHS } from './tiny-networks.ts';
import { TEXT_WIDTH, tinyTextEncoder } from './tiny-text-encoder.ts';
import { END, LENGTH, tinyVocabulary, writeTokenizer } from './tiny-tokenizer.ts';

export interface TinyBundleOptions {
  readonly kind?: 'sd' | 'depth' | 'inpainting' | 'xl';
  readonly prediction?: 'epsilon' | 'v_prediction' | 'sample';
  readonly half?: boolean;
  /** Name of a file beside each graph that holds its weights; null keeps them inside. */
  readonly external?: string | null;
  readonly timestep?: UnetOptions['timestep'];
  /** old: diffusers' own export script: int32 ids, the latent drawn inside the encoder, no config.json. */
  readonly dialect?: 'new' | 'old';
  readonly pooler?: boolean;
  /** Width of the guidance that the network is told, as one distilled for few steps is. */
  readonly told?: number;
  /** Only tokenizer.json instead of vocab.json and merges.txt. */
  readonly tokenizerJson?: boolean;
  /** Side of the latent it claims to have been trained on. */
  readonly sampleSize?: number;
  readonly seed?: number;
  /** An estimator for kind depth; without it the bundle wants a depth clip. */
  readonly depth?: TinyDepth;
}

const LATENT = 4;

/** @returns dir, which is made when absent */
export async function writeTinyBundle(dir: string, options: TinyBundleOptions = {}): Promise<string> {
  const { kind = 'sd', half = false, dialect = 'new', seed = 1 } = options;
  const [xl, old] = [kind === 'xl', dialect === 'old'];
  const timestep = options.timestep ?? { type: old ? 'float' : 'int64', shape: old ? 'batch' : 'scalar' };
  const vocabulary = tinyVocabulary();
  const text = {
    half,
    vocabulary: Object.keys(vocabulary).length,
    length: LENGTH,
    ids: old ? 'int32' : 'int64',
    hiddenStates: xl,
  } as const;
  const textWidth = TEXT_WIDTH * (xl ? 2 : 1);
  const inChannels = LATENT + { sd: 0, depth: 1, inpainting: 1 + LATENT, xl: 0 }[kind];
  const models: Record<string, Model> = {
    unet: tinyUnet({ seed, half, inChannels, textWidth, xl, timestep, told: options.told ?? null }),
    vae_encoder: tinyVaeEncoder(seed + 1, half, LATENT, old),
    vae_decoder: tinyVaeDecoder(seed + 2, half, LATENT),
    text_encoder: tinyTextEncoder({
      ...text,
      seed: seed + 3,
      pooled: (options.pooler ?? true) ? 'pooler_output' : null,
    }),
  };
  if (xl) models.text_encoder_2 = tinyTextEncoder({ ...text, seed: seed + 4, pooled: 'text_embeds' });
  for (const [name, model] of Object.entries(models)) {
    await mkdir(join(dir, name), { recursive: true });
    await writeModel(join(dir, name), model, options.external ?? null);
    if (!old)
      await writeJson(
        join(dir, name, 'config.json'),
        configOf(name, inChannels, textWidth, xl, options.sampleSize ?? 8),
      );
  }
  for (const name of xl ? ['tokenizer', 'tokenizer_2'] : ['tokenizer']) {
    await writeTokenizer(join(dir, name), {
      single: options.tokenizerJson ?? false,
      pad: name === 'tokenizer_2' ? '!' : END,
    });
  }
  await mkdir(join(dir, 'scheduler'), { recursive: true });
  await writeJson(join(dir, 'scheduler', 'scheduler_config.json'), {
    _class_name: 'PNDMScheduler',
    beta_start: 0.00085,
    beta_end: 0.012,
    beta_schedule: 'scaled_linear',
    num_train_timesteps: 1000,
    set_alpha_to_one: false,
    steps_offset: 1,
    ...(options.prediction && { prediction_type: options.prediction }),
  });
  await writeJson(join(dir, 'model_index.json'), {
    _class_name: {
      sd: 'StableDiffusionPipeline',
      depth: 'StableDiffusionDepth2ImgPipeline',
      inpainting: 'StableDiffusionInpaintPipeline',
      xl: 'StableDiffusionXLPipeline',
    }[kind],
    unet: ['diffusers', 'UNet2DConditionModel'],
    text_encoder: ['transformers', 'CLIPTextModel'],
    ...(xl && {
      text_encoder_2: ['transformers', 'CLIPTextModelWithProjection'],
      force_zeros_for_empty_prompt: true,
    }),
  });
  if (options.depth) await writeTinyDepth(dir, options.depth);
  return dir;
}

function configOf(
  part: string,
  inChannels: number,
  textWidth: number,
  xl: boolean,
  sampleSize: number,
): object {
  if (part === 'unet') {
    return {
      _class_name: 'UNet2DConditionModel',
      in_channels: inChannels,
      out_channels: LATENT,
      sample_size: sampleSize,
      block_out_channels: WIDTHS,
      cross_attention_dim: textWidth,
      attention_head_dim: 2,
      addition_embed_type: xl ? 'text_time' : null,
    };
  }
  if (part.startsWith('vae')) {
    const scaling = xl ? 0.13025 : 0.18215;
    return {
      _class_name: 'AutoencoderKL',
      latent_channels: LATENT,
      block_out_channels: [8, 8, 8],
      scaling_factor: scaling,
    };
  }
  return {
    model_type: 'clip_text_model',
    hidden_size: TEXT_WIDTH,
    num_hidden_layers: 2,
    max_position_embeddings: LENGTH,
  };
}

/** Weights of 64 bytes or more go to the external file, one after the other. */
async function writeModel(folder: string, model: Model, external: string | null): Promise<void> {
  if (external !== null) {
    const chunks: Uint8Array[] = [];
    let offset = 0;
    for (const tensor of model.graph.initializers.values()) {
      if (tensor.data.kind !== 'bytes' || tensor.data.bytes.length < 64) continue;
      const { bytes } = tensor.data;
      tensor.data = { kind: 'external', location: external, offset, length: bytes.length };
      chunks.push(bytes);
      offset += bytes.length;
    }
    await writeFile(join(folder, external), Buffer.concat(chunks));
  }
  await writeFile(join(folder, 'model.onnx'), serializeModel(model));
}

async function writeJson(file: string, value: object): Promise<void> {
  await writeFile(file, JSON.stringify(value, null, 2));
}
