import type { Proof } from './proof.ts';

const x = { x: [1, 2, 4, 3] };
const up = 'float32[4] scales = {1, 1, 2, 2}';
const resized = (name: string, attributes: string, sizing = up, opset = 17): Proof => {
  const bySizes = sizing.includes(' sizes ');
  return {
    ...{ name, x, opset },
    body: `${sizing}\ny = Resize<${attributes}>(x, , ${bySizes ? ', sizes' : 'scales'})`,
  };
};
const odd = 'int64[4] sizes = {1, 2, 7, 5}';
const down = 'int64[4] sizes = {1, 2, 2, 2}';

export const RESIZE: readonly Proof[] = [
  resized(
    'Resize, nearest as networks do',
    'mode = "nearest", coordinate_transformation_mode = "asymmetric", nearest_mode = "floor"',
  ),
  resized('Resize, nearest as the standard has it', 'mode = "nearest"'),
  resized(
    'Resize, nearest to odd sides',
    'mode = "nearest", coordinate_transformation_mode = "asymmetric", nearest_mode = "floor"',
    odd,
  ),
  resized('Resize, nearest to a smaller one', 'mode = "nearest", nearest_mode = "ceil"', down),
  resized('Resize, linear', 'mode = "linear"'),
  resized(
    'Resize, linear between corners',
    'mode = "linear", coordinate_transformation_mode = "align_corners"',
    odd,
  ),
  resized(
    'Resize, linear to a smaller one',
    'mode = "linear", coordinate_transformation_mode = "pytorch_half_pixel"',
    down,
  ),
  resized('Resize, linear by sizes of operator set 18', 'mode = "linear"', odd, 18),
  resized('Resize, cubic', 'mode = "cubic"', odd),
  { name: 'Resize of operator set 10', x, opset: 10, body: `${up}\ny = Resize<mode = "nearest">(x, scales)` },
  {
    ...{ name: 'Resize of operator set 10 to a smaller one', x, opset: 10 },
    body: 'float32[4] scales = {1, 1, 0.5, 0.7}\ny = Resize<mode = "nearest">(x, scales)',
  },
  { name: 'Upsample', x, opset: 9, body: `${up}\ny = Upsample<mode = "nearest">(x, scales)` },
];
