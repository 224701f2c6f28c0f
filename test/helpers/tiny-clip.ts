/** A CLIP model as its repository has it, of weights that a formula makes. */
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formulaWeight } from './formula-weights.ts';
import { writeSafetensors } from './safetensors-files.ts';

type Shapes = Readonly<Record<string, readonly number[]>>;
export const SIDE = 16;
const [WIDTH, INNER, PATCH, OUT, TOKENS] = [16, 32, 8, 12, 77];

const layer = (at: string): Shapes => ({
  ...normed(`${at}.layer_norm1`),
  ...normed(`${at}.layer_norm2`),
  ...Object.assign(
    {},
    ...['q', 'k', 'v', 'out'].map((name) => linear(`${at}.self_attn.${name}_proj`, WIDTH, WIDTH)),
  ),
  ...linear(`${at}.mlp.fc1`, INNER, WIDTH),
  ...linear(`${at}.mlp.fc2`, WIDTH, INNER),
});
const normed = (at: string): Shapes => ({ [`${at}.weight`]: [WIDTH], [`${at}.bias`]: [WIDTH] });
const linear = (at: string, to: number, from: number): Shapes => ({
  [`${at}.weight`]: [to, from],
  [`${at}.bias`]: [to],
});

const shapes = (vocabulary: number): Shapes => ({
  logit_scale: [],
  'text_model.embeddings.token_embedding.weight': [vocabulary, WIDTH],
  'text_model.embeddings.position_embedding.weight': [TOKENS, WIDTH],
  ...layer('text_model.encoder.layers.0'),
  ...normed('text_model.final_layer_norm'),
  'text_projection.weight': [OUT, WIDTH],
  'vision_model.embeddings.class_embedding': [WIDTH],
  'vision_model.embeddings.patch_embedding.weight': [WIDTH, 3, PATCH, PATCH],
  'vision_model.embeddings.position_embedding.weight': [(SIDE / PATCH) ** 2 + 1, WIDTH],
  ...normed('vision_model.pre_layrnorm'),
  ...layer('vision_model.encoder.layers.0'),
  ...normed('vision_model.post_layernorm'),
  'visual_projection.weight': [OUT, WIDTH],
});

const both = { hidden_size: WIDTH, intermediate_size: INNER, num_attention_heads: 2, num_hidden_layers: 1 };
/** With what older transformers wrote besides. */
const older = {
  hidden_act: 'quick_gelu',
  top_k: 50,
  temperature: 1.0,
  model_type: 'clip_text_model',
  max_length: 20,
};

/** @param tokenizer folder of the tokenizer to take over @returns dir, which is made */
export function writeTinyClip(dir: string, tokenizer: string, config: object = {}): string {
  mkdirSync(dir, { recursive: true });
  cpSync(tokenizer, dir, { recursive: true });
  const vocabulary = JSON.parse(readFileSync(join(dir, 'vocab.json'), 'utf8')) as Record<string, number>;
  const count = Object.keys(vocabulary).length;
  const tensors = Object.entries(shapes(count)).map(([name, shape]) => {
    const bytes = new Uint8Array(formulaWeight(name, shape).buffer);
    return [name, { dtype: 'F32', shape, bytes }] as const;
  });
  writeSafetensors(join(dir, 'model.safetensors'), Object.fromEntries(tensors));
  const written = {
    ...{
      architectures: ['CLIPModel'],
      model_type: 'clip',
      projection_dim: OUT,
      logit_scale_init_value: 2.6592,
    },
    // The end token is not named as it is, as in the first models.
    text_config: { ...both, ...older, vocab_size: count, eos_token_id: 2, projection_dim: 512 },
    // The side that is said last holds.
    vision_config: { ...both, ...older, model_type: 'clip_vision_model', image_size: 224, patch_size: PATCH },
    vision_config_dict: { image_size: SIDE },
    ...config,
  };
  writeFileSync(join(dir, 'config.json'), JSON.stringify(written));
  const processor = { do_resize: true, size: SIDE, do_center_crop: true, crop_size: SIDE, resample: 3 };
  writeFileSync(join(dir, 'preprocessor_config.json'), JSON.stringify(processor));
  return dir;
}
