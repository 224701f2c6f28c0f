import type { Proof } from './proof.ts';

const x = { x: [2, 3, 4] };
/** Wide enough to reach all pieces of what is made of pieces. */
const range = [-5, 5] as const;

export const ACTIVATION: readonly Proof[] = [
  { name: 'Sigmoid', x, range, body: 'y = Sigmoid(x)' },
  { name: 'Tanh', x, body: 'y = Tanh(x)' },
  { name: 'Erf', x, body: 'y = Erf(x)' },
  { name: 'Gelu', x, range, opset: 20, body: 'y = Gelu(x)' },
  { name: 'Gelu by tanh', x, range, opset: 20, body: 'y = Gelu<approximate = "tanh">(x)' },
  { name: 'com.microsoft.Gelu', x, range, body: 'y = com.microsoft.Gelu(x)' },
  { name: 'com.microsoft.QuickGelu', x, range, body: 'y = com.microsoft.QuickGelu(x)' },
  {
    name: 'com.microsoft.QuickGelu with alpha 1',
    x,
    range,
    body: 'y = com.microsoft.QuickGelu<alpha = 1.0>(x)',
  },
  { name: 'Swish', x, range, opset: 24, body: 'y = Swish<alpha = 1.5>(x)' },
  { name: 'Mish', x, range, opset: 18, body: 'y = Mish(x)' },
  { name: 'Relu', x, body: 'y = Relu(x)' },
  { name: 'LeakyRelu', x, body: 'y = LeakyRelu(x)' },
  { name: 'LeakyRelu with alpha', x, body: 'y = LeakyRelu<alpha = 0.3>(x)' },
  { name: 'ThresholdedRelu', x, body: 'y = ThresholdedRelu<alpha = 0.2>(x)' },
  { name: 'PRelu by channel', x: { ...x, slope: [3, 1] }, body: 'y = PRelu(x, slope)' },
  { name: 'Elu', x, body: 'y = Elu<alpha = 0.7>(x)' },
  { name: 'Selu', x, body: 'y = Selu(x)' },
  { name: 'Celu', x, body: 'y = Celu<alpha = 0.7>(x)' },
  { name: 'Softplus', x, range, body: 'y = Softplus(x)' },
  { name: 'Softsign', x, body: 'y = Softsign(x)' },
  { name: 'HardSigmoid', x, range, body: 'y = HardSigmoid(x)' },
  { name: 'HardSigmoid with a sixth', x, range, body: 'y = HardSigmoid<alpha = 0.1666667, beta = 0.5>(x)' },
  { name: 'HardSwish', x, range, body: 'y = HardSwish(x)' },
  {
    name: 'Clip on both sides',
    x,
    body: 'float32[] low = {-0.5}\nfloat32[] high = {0.25}\ny = Clip(x, low, high)',
  },
  { name: 'Clip from above', x, body: 'float32[] high = {0.25}\ny = Clip(x, , high)' },
  { name: 'Clip of operator set 6', x, opset: 10, body: 'y = Clip<min = -0.5, max = 0.25>(x)' },
];
