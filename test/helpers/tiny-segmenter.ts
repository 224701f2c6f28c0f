/** A segmenter that takes brightness for the object: any size, 0..1 in, 0..1 out. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { textModel } from './onnx.ts';
import { writeModel } from './onnx-files.ts';

const BRIGHTNESS = `float32[B, 3, h, w] pixel_values => float32[B, 1, h, w] mask
  mask = ReduceMean<axes = [1], keepdims = 1>(pixel_values)`;

export function writeTinySegmenter(dir: string): string {
  mkdirSync(dir, { recursive: true });
  writeModel(join(dir, 'model.onnx'), textModel(BRIGHTNESS));
  return dir;
}
