/** Operators that are taken apart before they are followed; their own definitions are what is differenced. */
import type { Proof } from './proof.ts';

const three = { q: [2, 3, 4], k: [2, 5, 4], v: [2, 5, 4] };
const fused = (name: string, x: Proof['x'], body: string, more: Partial<Proof> = {}): Proof => ({
  ...{ name, x, body, fused: true },
  ...more,
});
const picture = [2, 3, 2, 4];

export const FUSED: readonly Proof[] = [
  fused('MultiHeadAttention', three, 'y = com.microsoft.MultiHeadAttention<num_heads = 2>(q, k, v)'),
  fused(
    'MultiHeadAttention with biases and what is added to the scores',
    { ...three, bias: [12], added: [1, 2, 3, 5] },
    'y = com.microsoft.MultiHeadAttention<num_heads = 2, scale = 0.4>(q, k, v, bias, , added)',
  ),
  fused(
    'MultiHeadAttention of packed keys and values',
    { q: [1, 3, 4], kv: [1, 5, 2, 2, 2] },
    'y = com.microsoft.MultiHeadAttention<num_heads = 2>(q, kv)',
  ),
  fused(
    'MultiHeadAttention, all packed',
    { qkv: [1, 3, 2, 3, 2] },
    'y = com.microsoft.MultiHeadAttention<num_heads = 2>(qkv)',
  ),
  fused(
    'Attention of onnxruntime',
    { x: [1, 3, 4], w: [4, 12], b: [12] },
    'y = com.microsoft.Attention<num_heads = 2>(x, w, b)',
  ),
  fused('Attention of the standard', three, 'y = Attention<q_num_heads = 2, kv_num_heads = 2>(q, k, v)', {
    opset: 23,
  }),
  fused(
    'Attention of the standard, causal, of parted heads, fewer of keys',
    { q: [1, 4, 3, 2], k: [1, 2, 3, 2], v: [1, 2, 3, 3] },
    'y = Attention<is_causal = 1, scale = 0.6>(q, k, v)',
    { opset: 23 },
  ),
  fused(
    'Attention of the standard with a mask',
    { ...three, mask: [3, 5] },
    'y = Attention<q_num_heads = 1, kv_num_heads = 1>(q, k, v, mask)',
    { opset: 23 },
  ),
  fused('BiasGelu', { x: [2, 3, 4], b: [4] }, 'y = com.microsoft.BiasGelu(x, b)'),
  fused('FastGelu', { x: [2, 3, 4], b: [4] }, 'y = com.microsoft.FastGelu(x, b)'),
  fused('FastGelu without a bias', { x: [2, 3, 4] }, 'y = com.microsoft.FastGelu(x)'),
  fused('BiasSplitGelu', { x: [1, 3, 8], b: [8] }, 'y = com.microsoft.BiasSplitGelu(x, b)'),
  fused('BiasAdd', { x: [1, 3, 4], b: [4], s: [1, 3, 4] }, 'y = com.microsoft.BiasAdd(x, b, s)'),
  fused(
    'FusedConv',
    { x: [1, 2, 4, 3], w: [2, 2, 3, 3], b: [2] },
    'y = com.microsoft.FusedConv<activation = "Relu">(x, w, b)',
  ),
  fused(
    'FusedGemm',
    { x: [2, 3], w: [4, 3], b: [4] },
    'y = com.microsoft.FusedGemm<transB = 1, activation = "Tanh">(x, w, b)',
  ),
  fused(
    'NhwcConv',
    { x: [1, 4, 3, 2], w: [3, 3, 3, 2], b: [3] },
    'y = com.microsoft.NhwcConv<pads = [1, 1, 1, 1]>(x, w, b)',
  ),
  fused(
    'SkipLayerNormalization, its sum read as well',
    { x: [2, 3, 4], s: [2, 3, 4], g: [4], b: [4], more: [4] },
    `n, , , total = com.microsoft.SkipLayerNormalization<epsilon = 0.001>(x, s, g, b, more)
      y = Mul(n, total)`,
  ),
  fused(
    'SkipSimplifiedLayerNormalization',
    { x: [2, 3, 4], s: [2, 3, 4], g: [4] },
    'y = com.microsoft.SkipSimplifiedLayerNormalization<epsilon = 0.001>(x, s, g)',
  ),
  fused(
    'GroupNorm with SiLU',
    { x: picture, g: [4], b: [4] },
    'y = com.microsoft.GroupNorm<groups = 2, activation = 1, epsilon = 0.001>(x, g, b)',
  ),
  fused(
    'SkipGroupNorm, its sum read as well',
    { x: picture, g: [4], b: [4], s: [2, 4], more: [4] },
    `n, total = com.microsoft.SkipGroupNorm<groups = 2, activation = 0, epsilon = 0.001>(x, g, b, s, more)
      y = Mul(n, total)`,
  ),
];
