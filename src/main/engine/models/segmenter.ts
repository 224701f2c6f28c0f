/** A segmenter in a folder of its own, or in that of a bundle. */
import { basename } from 'node:path';
import type { Provider } from '../onnx/ort.ts';
import { type OpenAloneOptions, openAlone } from './open-alone.ts';
import { pictureNetworkIn } from './picture-network.ts';
import { segmenter } from './roles/segmenter.ts';

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
  const { source, range } = await pictureNetworkIn(dir, CHOOSE);
  const { model, digest } = await openAlone(segmenter, source, basename(dir), options);
  const { provider } = options;
  return { digest, provider, segment: model.functions(range), close: () => model.close() };
}
