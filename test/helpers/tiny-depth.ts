/** A depth estimator for tiny bundles: near is bright. Its answer can be worked out by hand, unlike a trained one's. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Model } from '../../src/main/engine/onnx/ir/graph.ts';
import { parseText } from '../../src/main/engine/onnx/ir/text.ts';
import { serializeModel } from '../../src/main/engine/onnx/serde.ts';

export interface TinyDepth {
  readonly graph?: Model;
  /** preprocessor_config.json; null leaves it out. */
  readonly preprocessor?: object | null;
}

/** Pictures as they are, 0..1. */
export const PLAIN = { do_resize: false, do_rescale: true, do_normalize: false };
/** As trained estimators want them. */
export const SQUARE = {
  image_processor_type: 'DPTImageProcessor',
  do_resize: true,
  size: { height: 64, width: 64 },
  keep_aspect_ratio: false,
  ensure_multiple_of: 1,
  do_rescale: true,
  rescale_factor: 1 / 255,
  do_normalize: true,
  image_mean: [0.5, 0.5, 0.5],
  image_std: [0.5, 0.5, 0.5],
};

/** @param nodes from pixel_values to predicted_depth; by default the mean of the channels */
export function depthGraph(
  nodes?: string,
  type: 'float32' | 'float16' = 'float32',
  output = 'B, h, w',
): Model {
  const mean = 'predicted_depth = ReduceMean<axes = [1], keepdims = 0>(pixel_values)';
  const ends = `${type}[B, 3, H, W] pixel_values => ${type}[${output}] predicted_depth`;
  return parseText(`${ends}\n${nodes ?? mean}`, { opset: 17 });
}

/** Dark is near. */
export function negativeDepthGraph(): Model {
  return depthGraph('m = ReduceMean<axes = [1], keepdims = 0>(pixel_values)\npredicted_depth = Neg(m)');
}

/** Writes the estimator into a bundle, in place of the one that is there. */
export async function writeTinyDepth(
  bundle: string,
  { graph = depthGraph(), preprocessor = PLAIN }: TinyDepth = {},
): Promise<void> {
  await mkdir(join(bundle, 'depth_estimator'), { recursive: true });
  await mkdir(join(bundle, 'feature_extractor'), { recursive: true });
  await writeFile(join(bundle, 'depth_estimator', 'model.onnx'), serializeModel(graph));
  if (preprocessor === null) return;
  const file = join(bundle, 'feature_extractor', 'preprocessor_config.json');
  await writeFile(file, JSON.stringify(preprocessor, null, 2));
}
