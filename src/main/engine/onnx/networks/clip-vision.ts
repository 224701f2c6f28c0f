/** CLIP's network for pictures (Radford et al. 2021) with its projection: a vision transformer read at its first token. */
import { z } from 'zod';
import { ELEMENT } from '../ir/types.ts';
import { NetworkBuilder, type WrittenNetwork } from './builder.ts';
import { clipEncoder, clipEncoderShape } from './clip-encoder.ts';
import { readConfiguration } from './configuration.ts';
import { OLDER_KEYS } from './older-keys.ts';
import type { StoredWeights } from './stored.ts';

const size = z.int().min(1);

const schema = z.object({
  hidden_size: clipEncoderShape.hidden_size.default(768),
  intermediate_size: clipEncoderShape.intermediate_size.default(3072),
  num_hidden_layers: clipEncoderShape.num_hidden_layers.default(12),
  num_attention_heads: clipEncoderShape.num_attention_heads.default(12),
  hidden_act: clipEncoderShape.hidden_act.default('quick_gelu'),
  layer_norm_eps: clipEncoderShape.layer_norm_eps.default(1e-5),
  num_channels: z.literal(3).default(3),
  image_size: size.default(224),
  patch_size: size.default(32),
  projection_dim: size.default(512),
});

/**
 * Pixels [B, 3, image_size, image_size], normalised, to image_embeds [B, projection_dim].
 * @param found parsed configuration of a CLIPVisionModelWithProjection; in a whole CLIPModel its vision_config
 * @throws AppError bundle-invalid naming the key or the weight
 */
export function clipVision(weights: StoredWeights, found: unknown): WrittenNetwork {
  const c = readConfiguration(found, schema, { label: weights.label, irrelevant: OLDER_KEYS });
  const b = new NetworkBuilder('clip-vision', weights);
  const { hidden_size: width, patch_size: kernel, image_size: side, projection_dim: out } = c;
  const pixels = b.input('pixel_values', ELEMENT.float32, ['batch', 3, side, side]);
  const embeddings = 'vision_model.embeddings';
  const grid = Math.floor(side / kernel);
  const patches = b.conv2d(
    `${embeddings}.patch_embedding`,
    pixels,
    { from: 3, to: width },
    {
      ...{ kernel, stride: kernel, pads: [0, 0, 0, 0], bias: false },
    },
  );
  const flat = b.transpose(b.reshape(patches, 0, width, -1), 0, 2, 1);
  const batch = b.node('Slice', [b.node('Shape', [pixels]), b.ints(0), b.ints(1), b.ints(0)]);
  const shape = b.concat([batch, b.ints(1, 1)], 0);
  const readout = b.node('Expand', [b.weight(`${embeddings}.class_embedding`, [1, 1, width]), shape]);
  const positions = b.weight(`${embeddings}.position_embedding.weight`, [grid * grid + 1, width]);
  const tokens = b.add(b.concat([readout, flat], 1), positions);
  // The misspelling is the trainers' own.
  const entered = b.layerNorm('vision_model.pre_layrnorm', tokens, width, c.layer_norm_eps);
  const last = clipEncoder(b, 'vision_model.encoder', entered, c).at(-1)!;
  const first = b.reshape(b.node('Slice', [last, b.ints(0), b.ints(1), b.ints(1)]), 0, width);
  const normed = b.layerNorm('vision_model.post_layernorm', first, width, c.layer_norm_eps);
  const embeds = b.linear('visual_projection', normed, { from: width, to: out }, false);
  b.output('image_embeds', embeds, ['batch', out]);
  return b.finish((name) => name === `${embeddings}.position_ids`);
}
