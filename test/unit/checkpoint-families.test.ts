import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  type Config,
  depthConfig,
  depthPreprocessor,
} from '../../src/main/engine/models/checkpoints/configurations.ts';
import { controlNetFile } from '../../src/main/engine/models/checkpoints/controlnet.ts';
import { kindOfFile } from '../../src/main/engine/models/checkpoints/kinds.ts';
import { mapped } from '../../src/main/engine/models/checkpoints/mapping.ts';
import { midasMapping } from '../../src/main/engine/models/checkpoints/midas-names.ts';
import { type SingleFile, singleFile } from '../../src/main/engine/models/checkpoints/single-file.ts';
import {
  type Header,
  MIDAS_SIZES,
  midasHybrid,
  tensorsOf,
  trainersUNet,
} from '../helpers/checkpoint-headers.ts';
import { sharedPath } from '../helpers/shared.ts';

const checkpoints = sharedPath('golden', 'checkpoints');
const json = (path: string) => JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;

function headerOf(path: string): Header {
  const bytes = readFileSync(path);
  const text = bytes.subarray(8, 8 + Number(bytes.readBigUInt64LE(0))).toString();
  const { __metadata__, ...tensors } = JSON.parse(text) as Record<string, { shape: number[] }>;
  return Object.fromEntries(Object.entries(tensors).map(([name, { shape }]) => [name, shape]));
}

const open = (header: Header, metadata: Readonly<Record<string, string>> = {}): SingleFile =>
  singleFile({
    path: '/models/one.safetensors',
    metadata: new Map(Object.entries(metadata)),
    tensors: tensorsOf(header),
  });

/** What the configuration says, as the other one says it. */
const sameKeys = (config: Config, other: Record<string, unknown>) =>
  Object.fromEntries(Object.keys(config).map((key) => [key, other[key]]));

/** One number for all blocks, or one for each: the same to whoever reads it. */
const perBlock = (config: Config) => {
  const depth = config.transformer_layers_per_block;
  if (!Array.isArray(depth)) return config;
  return { ...config, transformer_layers_per_block: depth.every((one) => one === 1) ? 1 : depth };
};

describe.skipIf(!checkpoints)('configurations made from shapes', () => {
  it.each(['sd1', 'sd2v', 'depth', 'sdxl'])('of %s are those of its folder', (name) => {
    const { components, scheduler } = open(headerOf(`${checkpoints}/${name}-single-fp16.safetensors`));
    for (const [id, { config }] of Object.entries(components)) {
      const folder = json(`${checkpoints}/${name}-folder/${id}/config.json`);
      expect(perBlock(config)).toEqual(sameKeys(config, folder));
    }
    const { prediction_type, timestep_spacing, rescale_betas_zero_snr, ...rest } = scheduler;
    const folder = json(`${checkpoints}/${name}-folder/scheduler/scheduler_config.json`);
    expect(rest).toEqual(sameKeys(rest, folder));
    expect(timestep_spacing).toBe(folder.timestep_spacing ?? 'leading');
    if (prediction_type !== undefined) expect(prediction_type).toBe(folder.prediction_type);
    expect(rescale_betas_zero_snr).toBe(false);
  });

  it.each(['sd1', 'sdxl'])('of the ControlNet of %s are those of its folder', (name) => {
    const folder = `${checkpoints}/controlnet/${name}`;
    const tensors = tensorsOf(headerOf(`${folder}/diffusion_pytorch_model.safetensors`));
    const { config } = controlNetFile({ path: '/models/one.safetensors', tensors });
    expect(perBlock(config)).toEqual(sameKeys(config, json(`${folder}/config.json`)));
  });

  it('of the depth estimator by MiDaS’ names are those of transformers’', () => {
    const folder = `${checkpoints}/depth_estimator/dpt-hybrid`;
    const tensors = tensorsOf(midasHybrid(MIDAS_SIZES));
    const { weights, taken } = mapped('it', tensors, midasMapping);
    expect(taken.size).toBe(tensors.size);
    const shapes = weights.names.map((name) => [name, weights.get(name)!.dims]);
    expect(Object.fromEntries(shapes)).toEqual(headerOf(`${folder}/model.safetensors`));
    const { backbone_config, ...config } = depthConfig(weights);
    const theirs = json(`${folder}/config.json`);
    expect(config).toEqual(sameKeys(config, theirs));
    expect(backbone_config).toEqual(sameKeys(backbone_config as Config, theirs.backbone_config as never));
    const prepared = depthPreprocessor(weights);
    expect(prepared).toEqual(sameKeys(prepared, json(`${folder}/preprocessor_config.json`)));
  });
});

const TEXT = { 'cond_stage_model.transformer.text_model.embeddings.token_embedding.weight': [49408, 768] };
const TEXT2 = { 'cond_stage_model.model.token_embedding.weight': [49408, 1024] };
const TEXT_XL = {
  'conditioner.embedders.0.transformer.text_model.embeddings.token_embedding.weight': [49408, 768],
  'conditioner.embedders.1.model.token_embedding.weight': [49408, 1280],
  'conditioner.embedders.1.model.text_projection': [1280, 1280],
};
const VAE = { 'first_stage_model.decoder.conv_in.weight': [512, 4, 3, 3] };
const unet = (channels: number, context: number) =>
  trainersUNet({
    channels,
    width: 320,
    multiples: [1, 2, 4, 4],
    depths: [1, 1, 1, 0],
    context,
    linear: context > 768,
    added: null,
  });
const xlUNet = (channels: number) =>
  trainersUNet({
    channels,
    width: 320,
    multiples: [1, 2, 4],
    depths: [0, 2, 10],
    context: 2048,
    linear: true,
    added: 2816,
  });
const XL_UNET = xlUNet(4);

describe('the family of a single file', () => {
  it.each([
    ['sd1', 'epsilon', { ...unet(4, 768), ...TEXT, ...VAE }],
    ['sd1-inpainting', 'epsilon', { ...unet(9, 768), ...TEXT, ...VAE }],
    ['sd2', null, { ...unet(4, 1024), ...TEXT2, ...VAE }],
    ['sd2-depth', 'epsilon', { ...unet(5, 1024), ...TEXT2, ...VAE }],
    ['sd2-inpainting', 'epsilon', { ...unet(9, 1024), ...TEXT2, ...VAE }],
    ['sdxl', 'epsilon', { ...XL_UNET, ...TEXT_XL, ...VAE }],
    ['sdxl-inpainting', 'epsilon', { ...xlUNet(9), ...TEXT_XL, ...VAE }],
  ])('%s predicts %s', (family, prediction, header) => {
    const file = open(header);
    expect(file).toMatchObject({ family, prediction, unknown: [] });
    expect(file.scheduler.prediction_type).toBe(prediction ?? undefined);
  });

  it('heads, groups and depth of the released ones', () => {
    const xl = open({ ...XL_UNET, ...TEXT_XL, ...VAE }).components;
    expect(xl.unet.config).toMatchObject({
      block_out_channels: [320, 640, 1280],
      attention_head_dim: [5, 10, 20],
      transformer_layers_per_block: [1, 2, 10],
      norm_num_groups: 32,
      cross_attention_dim: 2048,
      use_linear_projection: true,
      addition_time_embed_dim: 256,
      sample_size: 128,
    });
    expect(xl.text_encoder_2!.config).toMatchObject({
      num_attention_heads: 20,
      projection_dim: 1280,
      hidden_act: 'gelu',
    });
    const { config } = open({ ...unet(4, 768), ...TEXT, ...VAE }).components.unet;
    expect(config).toMatchObject({ attention_head_dim: 8, use_linear_projection: false, sample_size: 64 });
  });

  it('is followed by what the file says of its prediction', () => {
    const sd2 = { ...unet(4, 1024), ...TEXT2, ...VAE };
    expect(open(sd2, { 'modelspec.prediction_type': 'v' }).prediction).toBe('v_prediction');
    expect(open(sd2, { 'modelspec.prediction_type': 'epsilon' }).prediction).toBe('epsilon');
    const named = (architecture: string) => open(sd2, { 'modelspec.architecture': architecture }).prediction;
    expect(named('stable-diffusion-v2-768-v')).toBe('v_prediction');
    expect(named('stable-diffusion-v2-512')).toBe('epsilon');
    expect(named('stable-diffusion-v2-512/lora')).toBe('epsilon');
    expect(named('something')).toBeNull();
    // The base, which predicts noise, was trained at 512; the configuration is part of keys and says 768 either way.
    expect(open(sd2)).toMatchObject({
      noiseLatent: 64,
      components: { unet: { config: { sample_size: 96 } } },
    });
    expect(open({ ...unet(4, 768), ...TEXT, ...VAE }).noiseLatent).toBeNull();
    const marked = open({ ...XL_UNET, ...TEXT_XL, ...VAE, v_pred: [], ztsnr: [] });
    expect(marked).toMatchObject({
      prediction: 'v_prediction',
      unknown: [],
      scheduler: { rescale_betas_zero_snr: true, timestep_spacing: 'trailing' },
    });
  });

  it('is refused by name where it is another', () => {
    const line = (header: Header) => {
      try {
        open(header);
      } catch (error) {
        return (error as Error).message;
      }
      return 'opened';
    };
    const first = 'model.diffusion_model.';
    expect(line({ [`${first}joint_blocks.0.x_block.attn.qkv.weight`]: [1] })).toContain('Stable Diffusion 3');
    expect(line({ 'double_blocks.0.img_attn.qkv.weight': [1] })).toContain('Flux');
    expect(line({ ...XL_UNET, 'conditioner.embedders.0.model.ln_final.weight': [1280], ...VAE })).toContain(
      'XL refiner',
    );
    expect(line({ ...unet(8, 768), ...TEXT, ...VAE })).toContain('InstructPix2Pix');
    expect(line({ ...XL_UNET, ...TEXT_XL, ...VAE, edm_mean: [4] })).toContain('EDM');
    expect(line({ ...unet(4, 768), ...VAE })).toContain('no text encoder');
    expect(line({ ...unet(4, 768), ...TEXT })).toContain('no autoencoder');
    expect(line({ 'lora_unet_down_blocks_0_x.lora_up.weight': [1, 4] })).toContain('a LoRA');
    expect(line({ 'time_embedding.linear_1.weight': [1280, 320] })).toContain(
      'the UNet of a diffusers folder',
    );
    expect(line({ something: [1, 2, 3] })).toContain('holds no Stable Diffusion, but something');
    expect(line({})).toContain('nothing');
  });

  it('names what no such model has, and passes over what training leaves', () => {
    const file = open({
      ...unet(4, 768),
      ...TEXT,
      ...VAE,
      'model_ema.diffusion_modelout2weight': [4],
      betas: [1000],
      log_one_minus_alphas_cumprod: [1000],
      'cond_stage_model.transformer.text_model.embeddings.position_ids': [1, 77],
      'model.diffusion_model.input_blocks.1.7.weight': [3],
      'control.weight': [3],
    });
    expect(file.unknown).toEqual(['model.diffusion_model.input_blocks.1.7.weight', 'control.weight']);
  });
});

describe('what a file is', () => {
  it.each([
    ['embedding', { emb_params: [3, 768] }],
    ['embedding', { clip_l: [2, 768], clip_g: [2, 1280] }],
    ['embedding', { '<car>': [4, 768] }],
    ['controlnet', { 'control_model.input_hint_block.0.weight': [16, 3, 3, 3] }],
    ['controlnet', { 'controlnet_mid_block.weight': [1280, 1280, 1, 1] }],
    ['lora', { 'unet.down_blocks.0.attentions.0.to_q.lora_A.weight': [4, 320] }],
    ['lora', { 'lora_unet_x.hada_w1_a': [4, 320] }],
    ['lora', { 'lora_te_x.dora_scale': [1, 320] }],
    ['vae', { 'decoder.conv_in.weight': [512, 4, 3, 3] }],
    ['checkpoint', unet(4, 768)],
    ['unknown', { a: [1, 2, 3] }],
  ])('%s', (kind, header) => {
    expect(kindOfFile(tensorsOf(header as Header)).kind).toBe(kind);
  });

  it.skipIf(!checkpoints).each([
    ['lora', 'lora/sd1-kohya'],
    ['lora', 'lora/sdxl-diffusers'],
    ['embedding', 'embedding/sd1-a1111'],
    ['embedding', 'embedding/sd2v-diffusers'],
    ['controlnet', 'controlnet/sdxl/diffusion_pytorch_model'],
    ['checkpoint', 'sdxl-single-fp16'],
    ['component', 'sd1-folder/unet/diffusion_pytorch_model'],
    ['vae', 'sd1-folder/vae/diffusion_pytorch_model'],
    ['component', 'sd1-folder/text_encoder/model'],
  ])('%s, told by %s', (kind, path) => {
    expect(kindOfFile(tensorsOf(headerOf(`${checkpoints}/${path}.safetensors`))).kind).toBe(kind);
  });
});
