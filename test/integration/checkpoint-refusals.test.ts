/** Models that Retake does not run, as artists have them: each is refused by what it is, from its folder and from its file. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { errorLine } from '../../src/common/errors.ts';
import { inspectBundle } from '../../src/main/engine/models/inspect.ts';
import { readBundle } from '../../src/main/engine/models/read.ts';
import { type Header, trainersUNet } from '../helpers/checkpoint-headers.ts';
import { writeSafetensors, writeSparseSafetensors } from '../helpers/safetensors-files.ts';
import { tempFolder } from '../helpers/temp-folder.ts';

const refusal = (path: string) => readBundle(path, {}).then(() => 'it is opened', errorLine);
const inspected = (path: string) =>
  inspectBundle(path, { figures: false }).then(({ defects }) => defects.join(' '), errorLine);

async function isRefused(path: string, says: RegExp) {
  expect(existsSync(path)).toBe(true);
  expect(await refusal(path)).toMatch(says);
  expect(await inspected(path)).toMatch(says);
}

const unet = (channels: number, context: number, added: number | null = null) =>
  trainersUNet({
    ...{ channels, width: 320, context, added, linear: context > 768 },
    multiples: added === null ? [1, 2, 4, 4] : [1, 2, 4],
    depths: added === null ? [1, 1, 1, 0] : [0, 2, 10],
  });
const TOKENS = 'token_embedding.weight';
const TEXT = { [`cond_stage_model.transformer.text_model.embeddings.${TOKENS}`]: [49408, 768] };
const TEXT2 = { [`cond_stage_model.model.${TOKENS}`]: [49408, 1024] };
const XL = {
  [`conditioner.embedders.0.transformer.text_model.embeddings.${TOKENS}`]: [49408, 768],
  [`conditioner.embedders.1.model.${TOKENS}`]: [49408, 1280],
};
const VAE = { 'first_stage_model.decoder.conv_in.weight': [512, 4, 3, 3] };
const BLOCK = 'model.diffusion_model.';

describe('a single file', () => {
  it.each<[string, RegExp, Header]>([
    [
      'Stable Diffusion 3',
      /this is Stable Diffusion 3, which Retake does not run.*Use a checkpoint of Stable Diffusion/,
      { [`${BLOCK}joint_blocks.0.x_block.attn.qkv.weight`]: [64, 64], ...VAE },
    ],
    ['Flux', /this is Flux/, { [`${BLOCK}double_blocks.0.img_attn.qkv.weight`]: [64, 64] }],
    [
      'the refiner of XL',
      /this is the XL refiner.*Use the XL base model/,
      { ...unet(4, 1280, 2560), [`conditioner.embedders.0.model.${TOKENS}`]: [49408, 1280], ...VAE },
    ],
    [
      'an upscaler',
      /Stable Diffusion 2\.x for making pictures larger/,
      { ...unet(7, 1024), ...TEXT2, ...VAE },
    ],
    [
      'InstructPix2Pix',
      /Stable Diffusion 1\.x for editing by instruction/,
      { ...unet(8, 768), ...TEXT, ...VAE },
    ],
    [
      'InstructPix2Pix of XL',
      /Stable Diffusion XL for editing by instruction/,
      { ...unet(8, 2048, 2816), ...XL, ...VAE },
    ],
  ])('%s', async (_, says, header) => {
    await isRefused(writeSparseSafetensors(join(tempFolder(), 'model.safetensors'), header), says);
  });
});

describe('a folder', () => {
  const folder = (index: Readonly<Record<string, unknown>>) => {
    const dir = tempFolder();
    writeFileSync(join(dir, 'model_index.json'), JSON.stringify(index));
    for (const [part, value] of Object.entries(index)) {
      if (!Array.isArray(value) || value.at(-1) === null) continue;
      mkdirSync(join(dir, part));
      writeSafetensors(join(dir, part, 'model.safetensors'), { weight: { dtype: 'F16', shape: [2, 2] } });
      writeFileSync(join(dir, part, 'config.json'), JSON.stringify({ _class_name: value.at(-1) }));
    }
    return dir;
  };
  const usual = {
    unet: ['diffusers', 'UNet2DConditionModel'],
    vae: ['diffusers', 'AutoencoderKL'],
    scheduler: ['diffusers', 'DDIMScheduler'],
  };
  const text = {
    text_encoder: ['transformers', 'CLIPTextModel'],
    tokenizer: ['transformers', 'CLIPTokenizer'],
  };
  const second = {
    text_encoder_2: ['transformers', 'CLIPTextModelWithProjection'],
    tokenizer_2: ['transformers', 'CLIPTokenizer'],
  };
  const transformer = { ...text, ...second, vae: usual.vae, scheduler: usual.scheduler };

  it.each([
    [
      'StableDiffusion3Pipeline',
      /StableDiffusion3Pipeline is a diffusion transformer/,
      { ...transformer, transformer: ['diffusers', 'SD3Transformer2DModel'] },
    ],
    [
      'FluxPipeline',
      /FluxPipeline is a diffusion transformer/,
      { ...transformer, transformer: ['diffusers', 'FluxTransformer2DModel'] },
    ],
    [
      'StableDiffusionXLImg2ImgPipeline',
      /this is the XL refiner.*Use the XL base model/,
      { ...usual, ...second, text_encoder: [null, null], tokenizer: [null, null] },
    ],
    ['StableDiffusionUpscalePipeline', /this is an upscaler/, { ...usual, ...text }],
    ['StableDiffusionLatentUpscalePipeline', /this is an upscaler/, { ...usual, ...text }],
    [
      'StableDiffusionInstructPix2PixPipeline',
      /editing by instruction \(InstructPix2Pix\)/,
      { ...usual, ...text },
    ],
    [
      'StableDiffusionXLInstructPix2PixPipeline',
      /editing by instruction \(InstructPix2Pix\)/,
      { ...usual, ...text, ...second },
    ],
  ])('of %s', async (_class_name, says, parts) => {
    await isRefused(folder({ _class_name, ...parts }), says);
  });
});
