/** Where the two networks of an image-text model are: exported for transformers.js, or the weights of a CLIP repository. */
import { join } from 'node:path';
import { clipFolder } from './clip-folder.ts';
import { requireLent } from './contributed.ts';
import { defect, kindOf } from './files.ts';
import { CHOOSE } from './roles/image-text.ts';
import { onnxFile, type Source } from './source.ts';

/** Exports go before weights: whoever made them wanted them used. @throws AppError bundle-invalid */
export async function imageTextIn(dir: string): Promise<{ readonly text: Source; readonly vision: Source }> {
  requireLent(dir);
  if ((await kindOf(dir)) !== 'folder') throw defect(dir, 'there is no such folder', CHOOSE);
  const [text, vision] = [await graphFile(dir, 'text_model'), await graphFile(dir, 'vision_model')];
  if (text !== null && vision !== null)
    return { text: onnxFile(text, { root: dir }), vision: onnxFile(vision, { root: dir }) };
  if (text === null && vision === null && (await kindOf(join(dir, 'config.json')))) return clipFolder(dir);
  const name = text === null ? 'text_model' : 'vision_model';
  throw defect(dir, `there is no ${name}.onnx, nor onnx/${name}.onnx`, CHOOSE);
}

async function graphFile(dir: string, name: string): Promise<string | null> {
  const places = [join(dir, `${name}.onnx`), join(dir, 'onnx', `${name}.onnx`)];
  for (const place of places) if ((await kindOf(place)) === 'file') return place;
  return null;
}
