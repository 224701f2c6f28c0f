/** Networks of motion, as small as they can be, and their places in a bundle. */
import { join } from 'node:path';
import { textModel } from './onnx.ts';
import { writeModel } from './onnx-files.ts';

/** x is how much redder the second picture is, y how much greener the first, in half precision; times eight pixels. */
export function flowGraph(pixels = 8): string {
  return `float16[B, 3, h, w] image1, float16[B, 3, h, w] image2 => float16[B, 2, h, w] early, float16[B, 2, h, w] late
  int64[1] zero = {0}
  int64[1] two = {2}
  int64[1] axis = {1}
  float32[1, 2, 1, 1] wide = {${pixels}, -${pixels}}
  early = Slice(image1, zero, two, axis)
  d = Sub(image2, image1)
  sign = Cast<to = 10>(wide)
  first = Slice(d, zero, two, axis)
  late = Mul(first, sign)`;
}

/** Both pictures, each with this share; half and half is the middle. */
export function middleGraph(share = 0.5): string {
  return `float32[B, 3, h, w] x0, float32[B, 3, h, w] x1 => float32[B, 3, h, w] image
  float32[1] of = {${share}}
  sum = Add(x0, x1)
  image = Mul(sum, of)`;
}

export function addNetwork(bundle: string, folder: 'flow_estimator' | 'interpolator', graph: string): void {
  writeModel(join(bundle, folder, 'model.onnx'), textModel(graph));
}
