/** Configurations of real networks, as their repositories have them; the rest is the default. */
export const CONFIGS = {
  sd15: { attention_head_dim: 8, cross_attention_dim: 768 },
  xl: {
    ...{ addition_embed_type: 'text_time', addition_time_embed_dim: 256, attention_head_dim: [5, 10, 20] },
    ...{ block_out_channels: [320, 640, 1280], cross_attention_dim: 2048, use_linear_projection: true },
    down_block_types: ['DownBlock2D', 'CrossAttnDownBlock2D', 'CrossAttnDownBlock2D'],
    up_block_types: ['CrossAttnUpBlock2D', 'CrossAttnUpBlock2D', 'UpBlock2D'],
    ...{ projection_class_embeddings_input_dim: 2816, transformer_layers_per_block: [1, 2, 10] },
  },
} as const;

export type Family = keyof typeof CONFIGS;

export const NAMES: Readonly<Record<Family, string>> = { sd15: 'SD 1.5', xl: 'XL' };
