/** Forms of operators that cannot be followed back are refused by name, with what about them is in the way. */
import { expect, it } from 'vitest';
import { differentiate } from '../../src/main/engine/onnx/grad/backward.ts';
import { expandFused } from '../../src/main/engine/onnx/grad/expand.ts';
import { textModel } from '../helpers/onnx.ts';

const picture = 'float32[1, 2, 4, 4] x';
const sizes = 'int64[4] sizes = {1, 2, 8, 8}';
const tokens = 'float32[1, 3, 4] x';

it.each([
  ['Resize', 'antialias', picture, `${sizes}\ny = Resize<mode = "linear", antialias = 1>(x, , , sizes)`, 18],
  [
    'Resize',
    'coordinates tf_crop_and_resize',
    picture,
    `${sizes}\ny = Resize<coordinate_transformation_mode = "tf_crop_and_resize">(x, , , sizes)`,
    17,
  ],
  [
    'Resize',
    'the policy not_larger',
    picture,
    `${sizes}\ny = Resize<keep_aspect_ratio_policy = "not_larger">(x, , , sizes)`,
    18,
  ],
  [
    'BatchNormalization',
    'statistics of its own batch',
    'float32[2, 2, 3] x',
    'float32[2] c\ny = BatchNormalization<training_mode = 1>(x, c, c, c, c)',
    17,
  ],
  [
    'ConvTranspose',
    'auto_pad instead of pads',
    picture,
    'float32[2, 2, 3, 3] w\ny = ConvTranspose<auto_pad = "SAME_UPPER">(x, w)',
    17,
  ],
  ['GatherElements', 'operator set 13', 'float32[3] x', 'int64[2] i = {0, 2}\ny = GatherElements(x, i)', 13],
  [
    'com.microsoft.MultiHeadAttention',
    null,
    `${tokens}, int64[1] length`,
    'y = com.microsoft.MultiHeadAttention<num_heads = 2>(x, x, x, , length)',
    17,
  ],
  [
    'com.microsoft.GatedRelativePositionBias',
    null,
    tokens,
    'y = com.microsoft.GatedRelativePositionBias(x)',
    17,
  ],
])('%s with %s', (operator, form, inputs, body, opset) => {
  const model = textModel(`${inputs} => float32[1] y\n${body}`, opset);
  expandFused(model);
  const why = form === null ? '' : ` with ${form}`;
  expect(() => differentiate(model, { of: ['y'], by: ['x'] })).toThrow(
    new RegExp(`the operator ${operator} \\(\\w+\\)${why} cannot be differentiated`),
  );
});
