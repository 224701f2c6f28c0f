/** A segmenter in a folder of its own, or in that of a bundle. */
import { basename, join } from 'node:path';
import type { CancelSignal } from '../../../common/errors.ts';
import type { Provider } from '../onnx/ort.ts';
import { defect, kindOf } from './files.ts';
import { digestOfModel, openRead, readModel } from './model.ts';
import { readRange } from './picture-planes.ts';
import { segmenter } from './roles/segmenter.ts';
import { onnxFile } from './source.ts';
import type { DigestStore } from './types.ts';

export interface Segmenter {
  /** sha256 hex of all that changes its numbers, but for the provider. */
  readonly digest: string;
  readonly provider: Provider;
  /** RGB8 (h·w·3) to (h, w), 0..1. @throws AppError bundle-invalid, model-failed, not-finite; Cancelled */
  segment(rgb: Uint8Array, size: { readonly width: number; readonly height: number }): Promise<Float32Array>;
  close(): Promise<void>;
}

export interface OpenSegmenterOptions {
  readonly provider: Provider;
  readonly digestStore?: DigestStore | undefined;
  readonly signal?: CancelSignal | undefined;
  /** What the runtime would refuse shows at the first call only. */
  readonly untried?: boolean;
}

const CHOOSE = 'Choose a folder with model.onnx: a picture in, its object as a mask out.';

/**
 * Its session is opened at the first call.
 * @param dir model.onnx, and preprocessor_config.json where it wants other values than 0..1
 * @throws AppError bundle-invalid, weights-missing naming the file; Cancelled
 */
export async function openSegmenter(
  dir: string,
  { provider, digestStore, signal, untried }: OpenSegmenterOptions,
): Promise<Segmenter> {
  if ((await kindOf(dir)) !== 'folder') throw defect(dir, 'there is no such folder', CHOOSE);
  const file = join(dir, 'model.onnx');
  if ((await kindOf(file)) !== 'file') throw defect(dir, 'there is no model.onnx', CHOOSE);
  const range = await readRange(dir);
  const source = onnxFile(file, { root: dir, beside: range.file ? [range.file] : [] });
  const read = readModel(segmenter, source, undefined);
  const digest = await digestOfModel(read, digestStore, signal);
  const model = await openRead(segmenter, read, {
    ...{ variant: undefined, name: basename(dir), provider, signal },
    untried: untried ?? false,
  });
  return { digest, provider, segment: model.functions(range.config), close: () => model.close() };
}
