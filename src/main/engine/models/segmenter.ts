/** A segmenter in a folder of its own, or in that of a bundle. */
import { basename, join } from 'node:path';
import type { Provider } from '../onnx/ort.ts';
import { defect, kindOf } from './files.ts';
import { type OpenAloneOptions, openAlone } from './open-alone.ts';
import { readRange } from './picture-planes.ts';
import { segmenter } from './roles/segmenter.ts';
import { onnxFile } from './source.ts';

export interface Segmenter {
  /** sha256 hex of all that changes its numbers, but for the provider. */
  readonly digest: string;
  readonly provider: Provider;
  /** RGB8 (h·w·3) to (h, w), 0..1. @throws AppError bundle-invalid, model-failed, not-finite; Cancelled */
  segment(rgb: Uint8Array, size: { readonly width: number; readonly height: number }): Promise<Float32Array>;
  close(): Promise<void>;
}

const CHOOSE = 'Choose a folder with model.onnx: a picture in, its object as a mask out.';

/**
 * Its session is opened at the first call.
 * @param dir model.onnx, and preprocessor_config.json where it wants other values than 0..1
 * @throws AppError bundle-invalid, weights-missing naming the file; Cancelled
 */
export async function openSegmenter(dir: string, options: OpenAloneOptions): Promise<Segmenter> {
  if ((await kindOf(dir)) !== 'folder') throw defect(dir, 'there is no such folder', CHOOSE);
  const file = join(dir, 'model.onnx');
  if ((await kindOf(file)) !== 'file') throw defect(dir, 'there is no model.onnx', CHOOSE);
  const range = await readRange(dir);
  const source = onnxFile(file, { root: dir, beside: range.file ? [range.file] : [] });
  const { model, digest } = await openAlone(segmenter, source, basename(dir), options);
  const { provider } = options;
  return { digest, provider, segment: model.functions(range.config), close: () => model.close() };
}
