/** Where a download belongs: in a ComfyUI or A1111 folder where that program looks for it, else in a folder by kind. */
import { join } from 'node:path';
import type { LibraryKind } from '../../../common/contract/library.ts';
import { type FolderLayout, layoutOf } from './scan.ts';

type Places = Readonly<Record<Exclude<LibraryKind, 'other' | 'estimator'>, string>>;

const BY_PROGRAM: Readonly<Record<NonNullable<FolderLayout>, Places>> = {
  ComfyUI: {
    model: 'checkpoints',
    lora: 'loras',
    controlnet: 'controlnet',
    embedding: 'embeddings',
    vae: 'vae',
  },
  // Its embeddings lie beside the folder of models.
  A1111: {
    model: 'Stable-diffusion',
    lora: 'Lora',
    controlnet: 'ControlNet',
    embedding: '../embeddings',
    vae: 'VAE',
  },
};
const PLAIN: Places = {
  model: '',
  lora: 'loras',
  controlnet: 'controlnet',
  embedding: 'embeddings',
  vae: 'vae',
};
/** Where both look for models that are folders. */
const FOLDERS = 'diffusers';

export async function placeFor(folder: string, kind: LibraryKind, as: 'folder' | 'file'): Promise<string> {
  if (kind === 'other' || kind === 'estimator') return folder;
  const { layout, roots } = await layoutOf(folder);
  if (layout === null) return join(folder, PLAIN[kind]);
  const inside = kind === 'model' && as === 'folder' ? FOLDERS : BY_PROGRAM[layout][kind];
  return join(roots[0]!, inside);
}
