/** A network of pictures in a folder of its own: model.onnx, and preprocessor_config.json where it wants other values than 0..1. */
import { join } from 'node:path';
import { requireLent } from './contributed.ts';
import { defect, kindOf } from './files.ts';
import { readRange } from './picture-planes.ts';
import type { PictureRange } from './preprocessor.ts';
import { onnxFile, type Source } from './source.ts';

interface PictureNetwork {
  /** Path of the graph. */
  readonly file: string;
  readonly source: Source;
  readonly range: PictureRange;
  /** That says it. */
  readonly rangeFile: string | null;
}

/** @param hint what to choose instead. @throws AppError bundle-invalid; the graph is not read */
export async function pictureNetworkIn(dir: string, hint: string): Promise<PictureNetwork> {
  requireLent(dir);
  if ((await kindOf(dir)) !== 'folder') throw defect(dir, 'there is no such folder', hint);
  const file = join(dir, 'model.onnx');
  if ((await kindOf(file)) !== 'file') throw defect(dir, 'there is no model.onnx', hint);
  const { file: beside, config } = await readRange(dir);
  const source = onnxFile(file, { root: dir, beside: beside ? [beside] : [] });
  return { file, source, range: config, rangeFile: beside };
}
