import type { Proof } from './proof.ts';

const picture = [2, 4, 3, 2];
const channels = { x: picture, scale: [4], bias: [4] };
const tokens = { x: [2, 3, 4], scale: [4], bias: [4] };

export const NORMALISE: readonly Proof[] = [
  {
    name: 'InstanceNormalization',
    x: channels,
    body: 'y = InstanceNormalization<epsilon = 0.01>(x, scale, bias)',
  },
  {
    name: 'InstanceNormalization of a line',
    x: { x: [1, 3, 5], scale: [3], bias: [3] },
    body: 'y = InstanceNormalization(x, scale, bias)',
  },
  {
    name: 'InstanceNormalization as group norms are exported',
    x: { x: picture, scale: [4, 1, 1], bias: [4, 1, 1] },
    body: `int64[3] flat = {0, 2, -1}
      int64[4] whole = {2, 4, 3, 2}
      float32[2] ones = {1, 1}
      float32[2] none = {0, 0}
      r = Reshape(x, flat)
      n = InstanceNormalization<epsilon = 0.00001>(r, ones, none)
      b = Reshape(n, whole)
      s = Mul(b, scale)
      y = Add(s, bias)`,
  },
  {
    name: 'GroupNormalization',
    x: channels,
    opset: 21,
    body: 'y = GroupNormalization<num_groups = 2, epsilon = 0.001>(x, scale, bias)',
  },
  {
    name: 'GroupNormalization of operator set 18, scaled by group',
    x: { x: picture, scale: [2], bias: [2] },
    opset: 18,
    body: 'y = GroupNormalization<num_groups = 2>(x, scale, bias)',
  },
  { name: 'LayerNormalization', x: tokens, body: 'y = LayerNormalization(x, scale, bias)' },
  {
    name: 'LayerNormalization of two axes, without a summand',
    x: { x: [2, 3, 4], scale: [3, 4] },
    body: 'y = LayerNormalization<axis = 1, epsilon = 0.01>(x, scale)',
  },
  {
    name: 'LayerNormalization as a chain of means',
    x: tokens,
    body: `float32[] two = {2}
      float32[] epsilon = {0.00001}
      m = ReduceMean<axes = [-1]>(x)
      c = Sub(x, m)
      q = Pow(c, two)
      v = ReduceMean<axes = [-1]>(q)
      e = Add(v, epsilon)
      d = Sqrt(e)
      n = Div(c, d)
      s = Mul(n, scale)
      y = Add(s, bias)`,
  },
  {
    name: 'RMSNormalization',
    x: { x: [2, 3, 4], scale: [4] },
    opset: 23,
    body: 'y = RMSNormalization(x, scale)',
  },
  {
    name: 'SimplifiedLayerNormalization',
    x: { x: [2, 3, 4], scale: [4] },
    body: 'y = SimplifiedLayerNormalization<epsilon = 0.001>(x, scale)',
  },
  {
    name: 'BatchNormalization',
    x: { ...channels, mean: [4], variance: [4] },
    range: [0.2, 1.5],
    body: 'y = BatchNormalization<epsilon = 0.001>(x, scale, bias, mean, variance)',
  },
  { name: 'LpNormalization', x: { x: [2, 3, 4] }, body: 'y = LpNormalization<axis = 1>(x)' },
  { name: 'LpNormalization by magnitudes', x: { x: [2, 3, 4] }, body: 'y = LpNormalization<p = 1>(x)' },
];
