import type { Proof } from './proof.ts';

const conv = (name: string, x: Proof['x'], attributes: string): Proof => {
  const operator = name.split(/[ ,]/)[0];
  const given = attributes === '' ? '' : `<${attributes}>`;
  return { name, x, body: `y = ${operator}${given}(${Object.keys(x).join(', ')})` };
};

const square = { x: [2, 2, 5, 4], w: [3, 2, 3, 3], b: [3] };
const turned = { x: [2, 3, 3, 2], w: [3, 2, 3, 3], b: [2] };
const pool = { x: [1, 2, 6, 5] };

export const CONVOLUTION: readonly Proof[] = [
  conv('Conv', square, ''),
  conv('Conv, padded', square, 'kernel_shape = [3, 3], pads = [1, 1, 1, 1]'),
  conv('Conv, strided', square, 'strides = [2, 2], pads = [1, 1, 1, 1]'),
  conv('Conv, padded behind alone, strided', square, 'strides = [2, 2], pads = [0, 0, 1, 1]'),
  conv('Conv, strided by more than is left over', { x: [1, 1, 8, 7], w: [1, 1, 2, 2] }, 'strides = [3, 3]'),
  conv('Conv, dilated', { x: [1, 2, 7, 6], w: [2, 2, 3, 2] }, 'dilations = [2, 3], pads = [1, 0, 2, 1]'),
  conv(
    'Conv, dilated and strided',
    { x: [1, 2, 9, 8], w: [2, 2, 2, 3] },
    'dilations = [3, 2], strides = [2, 3]',
  ),
  conv(
    'Conv in groups',
    { x: [2, 4, 4, 3], w: [6, 2, 3, 2], b: [6] },
    'group = 2, pads = [1, 0, 1, 1], strides = [2, 1]',
  ),
  conv(
    'Conv of every channel by itself',
    { x: [2, 3, 4, 4], w: [3, 1, 3, 3] },
    'group = 3, pads = [1, 1, 1, 1]',
  ),
  conv('Conv of single pixels', { x: [2, 3, 3, 2], w: [2, 3, 1, 1], b: [2] }, ''),
  conv('Conv of single pixels, padded', { x: [1, 2, 2, 2], w: [2, 2, 1, 1] }, 'pads = [1, 0, 0, 1]'),
  conv('Conv of patches', { x: [1, 2, 7, 6], w: [3, 2, 3, 3] }, 'strides = [3, 3]'),
  conv('Conv of a line', { x: [2, 2, 7], w: [3, 2, 3], b: [3] }, 'strides = [2], pads = [1, 1]'),
  conv('Conv of a volume', { x: [1, 2, 3, 3, 2], w: [2, 2, 2, 2, 2] }, 'pads = [1, 0, 0, 0, 1, 0]'),
  conv(
    'Conv, padded by itself above',
    { x: [1, 1, 5, 6], w: [1, 1, 3, 4] },
    'auto_pad = "SAME_UPPER", strides = [2, 2]',
  ),
  conv(
    'Conv, padded by itself below',
    { x: [1, 1, 5, 6], w: [1, 1, 2, 4] },
    'auto_pad = "SAME_LOWER", strides = [1, 2]',
  ),
  conv('Conv, not padded', { x: [1, 1, 4, 4], w: [1, 1, 3, 2] }, 'auto_pad = "VALID"'),
  conv('ConvTranspose', turned, ''),
  conv('ConvTranspose, strided', turned, 'strides = [2, 2], pads = [1, 1, 1, 1], output_padding = [1, 0]'),
  conv('ConvTranspose, dilated', turned, 'dilations = [2, 1], pads = [1, 0, 0, 1]'),
  conv(
    'ConvTranspose in groups',
    { x: [2, 4, 3, 3], w: [4, 3, 2, 3], b: [6] },
    'group = 2, strides = [2, 3], pads = [0, 1, 1, 0]',
  ),
  conv('ConvTranspose of a line', { x: [1, 2, 4], w: [2, 2, 3] }, 'strides = [2]'),
  conv('AveragePool', pool, 'kernel_shape = [2, 2], strides = [2, 2]'),
  conv(
    'AveragePool that overlaps, padding uncounted',
    pool,
    'kernel_shape = [3, 2], pads = [1, 1, 1, 0], strides = [2, 1]',
  ),
  conv(
    'AveragePool that counts padding',
    pool,
    'kernel_shape = [3, 3], pads = [1, 1, 1, 1], strides = [2, 2], count_include_pad = 1',
  ),
  conv('AveragePool rounded up', pool, 'kernel_shape = [3, 3], strides = [2, 2], ceil_mode = 1'),
  conv('MaxPool', pool, 'kernel_shape = [2, 2], strides = [2, 2]'),
  conv('MaxPool that overlaps, padded', pool, 'kernel_shape = [3, 3], pads = [1, 1, 1, 1], strides = [2, 2]'),
  conv('MaxPool, dilated', pool, 'kernel_shape = [2, 2], dilations = [2, 3]'),
  conv('MaxPool rounded up', pool, 'kernel_shape = [3, 3], strides = [2, 2], ceil_mode = 1'),
  { ...conv('MaxPool of operator set 18', pool, 'kernel_shape = [2, 3]'), opset: 18 },
  conv('GlobalAveragePool', pool, ''),
  conv('GlobalMaxPool', pool, ''),
];
