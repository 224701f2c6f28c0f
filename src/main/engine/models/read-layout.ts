/** What a path says of the model it leads to. */
import { resolve } from 'node:path';
import { PICKLE_ENDING, pickleRefusal } from '../onnx/safetensors/other-formats.ts';
import { requireLent } from './contributed.ts';
import { readFileLayout } from './file-layout.ts';
import { defect, kindOf } from './files.ts';
import type { OnDefect } from './find-parts.ts';
import { readFolderLayout } from './folder-layout.ts';
import { type Layout, unetWidth } from './layout.ts';

/** Of graphs, which are parts of a bundle. */
const GRAPH_ENDING = /\.onnx(_data)?$/i;

/**
 * Throws a defect if there is no model at all; every other defect goes to onDefect and leaves its part out.
 * @param path a folder as diffusers lays it out, or a single-file checkpoint
 */
export async function readLayout(path: string, onDefect: OnDefect): Promise<Layout> {
  const whole = resolve(path);
  requireLent(whole);
  const kind = await kindOf(whole);
  if (kind === 'folder') return readFolderLayout(whole, onDefect);
  if (kind === null) throw defect(whole, 'there is no such file or folder', 'Check the path of the model.');
  if (PICKLE_ENDING.test(whole) && kind === 'file')
    throw pickleRefusal('this is a PyTorch checkpoint (a pickle)', `reading ${whole}`);
  if (GRAPH_ENDING.test(whole))
    throw defect(whole, 'this is one part of a model', 'Give the folder that holds model_index.json.');
  return readFileLayout(whole);
}

/** Channels of the UNet's first level, as its configuration says. @throws AppError where there is no model */
export async function readUnetWidth(path: string): Promise<number> {
  // Defects are told when it is opened.
  return unetWidth(await readLayout(path, () => {}));
}
