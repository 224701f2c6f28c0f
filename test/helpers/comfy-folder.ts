/** A folder as ComfyUI users have it: headers of real kinds, a few numbers instead of weights, pictures beside them. */
import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ffmpegDoes } from './clips.ts';
import { type TestTensor, writeSafetensors } from './safetensors-files.ts';

const half = (...shape: number[]): TestTensor => ({ dtype: 'F16', shape });

const ATTENTION = 'down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_k';
export const LORA = {
  [`lora_unet_${ATTENTION}.lora_down.weight`]: half(8, 768),
  [`lora_unet_${ATTENTION}.lora_up.weight`]: half(320, 8),
  [`lora_unet_${ATTENTION}.alpha`]: half(),
  'lora_te_text_model_encoder_layers_0_mlp_fc1.lora_down.weight': half(8, 768),
  'lora_te_text_model_encoder_layers_0_mlp_fc1.lora_up.weight': half(3072, 8),
};
export const CONTROLNET = {
  'controlnet_cond_embedding.conv_in.weight': half(16, 3, 3, 3),
  'down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k.weight': half(320, 768),
};
export const EMBEDDING = { emb_params: half(4, 768) };
export const CHECKPOINT = {
  'model.diffusion_model.input_blocks.0.0.weight': half(32, 4, 3, 3),
  'cond_stage_model.transformer.text_model.embeddings.token_embedding.weight': half(4, 8),
  'first_stage_model.decoder.conv_in.weight': half(4, 4, 3, 3),
};
export const FLUX = { 'double_blocks.0.img_attn.proj.weight': half(4, 4) };

/** Old enough to be whole. */
export function place(
  path: string,
  tensors: Record<string, TestTensor>,
  metadata?: Record<string, string>,
): string {
  mkdirSync(dirname(path), { recursive: true });
  writeSafetensors(path, tensors, metadata);
  utimesSync(path, 1e9, 1e9);
  return path;
}

export function comfyFolder(root: string): void {
  place(join(root, 'models/checkpoints/dreamy.safetensors'), CHECKPOINT);
  place(join(root, 'models/checkpoints/flux.safetensors'), FLUX);
  const words = {
    ss_tag_frequency: '{"1_ink": {"ink drawing": 30, "rough paper": 12}}',
    ss_network_alpha: '4',
  };
  place(join(root, 'models/loras/styles/ink.safetensors'), LORA, words);
  place(join(root, 'models/controlnet/canny.safetensors'), CONTROLNET);
  place(join(root, 'models/embeddings/toy.safetensors'), EMBEDDING);
  place(join(root, 'venv/lib/not-a-model.safetensors'), CHECKPOINT);
  writeFileSync(join(root, 'models/checkpoints/old.ckpt'), 'pickle');
}

/** A picture of a size that trainers' pictures have. */
export async function pictureBeside(path: string): Promise<void> {
  const picture = path.replace(/\.safetensors$/, '.preview.png');
  const source = 'mandelbrot=size=512x640:rate=1:maxiter=200';
  await ffmpegDoes('-f', 'lavfi', '-i', source, '-frames:v', '1', '-update', '1', picture);
}
