/** Which files of a repository are fetched: those that are needed, in one form each, and no pickles. Pure. */
import type { LibraryKind } from '../../../common/contract/library.ts';
import { AppError } from '../../../common/errors.ts';
import { bundleRoles } from '../models/roles/registry.ts';
import type { RemoteFile } from './repository.ts';

export interface Chosen {
  /** Null where only the file's header tells. */
  readonly kind: LibraryKind | null;
  /** graphs: a folder of ONNX, whose graphs may name further files. */
  readonly as: 'folder' | 'graphs' | 'file';
  readonly files: readonly RemoteFile[];
}

const doing = 'looking into the repository';
const SAFE = /\.safetensors$/i;
/** What other programs want of the same weights. */
const OTHER_WEIGHTS = /\.(safetensors|ckpt|pt|pth|bin|msgpack|h5|gguf|tflite|xml)$/i;
const LICENCE = /^licen[sc]e[^/]*$/i;

/** Folders beside those of the networks. */
const OTHER_FOLDERS = ['vae', 'tokenizer', 'tokenizer_2', 'scheduler', 'feature_extractor'];
const FOLDERS: ReadonlySet<string> = new Set([
  ...bundleRoles().map(({ folder }) => folder),
  ...OTHER_FOLDERS,
]);

/** Names that trainers' programs give to what they save. */
const USUAL_FILES: Readonly<Record<string, LibraryKind>> = {
  'pytorch_lora_weights.safetensors': 'lora',
  'learned_embeds.safetensors': 'embedding',
};

/**
 * @param file one that the artist names; null for what the repository holds as a whole
 * @throws AppError bundle-invalid saying what there is instead, usage for a file that is not there
 */
export function chooseFiles(files: readonly RemoteFile[], file: string | null): Chosen {
  if (file !== null) return { kind: null, as: 'file', files: [named(files, file)] };
  if (files.some(({ path }) => path === 'model_index.json')) return pipeline(files);
  const here = files.filter(({ path }) => !path.includes('/'));
  const config = here.find(({ path }) => path === 'config.json');
  const network = config ? weightsOf(here) : null;
  if (config && network) return { kind: null, as: 'folder', files: [config, ...network, ...licences(here)] };
  for (const [name, kind] of Object.entries(USUAL_FILES)) {
    const usual = here.find(({ path }) => path === name);
    if (usual) return { kind, as: 'file', files: [usual] };
  }
  const weights = here.filter(({ path }) => SAFE.test(path));
  if (weights.length === 1) return { kind: null, as: 'file', files: weights };
  if (weights.length > 1) {
    const names = weights.slice(0, 4).map(({ path }) => path);
    throw refusal(
      `it holds ${weights.length} files: ${names.join(', ')}${weights.length > 4 ? ' …' : ''}`,
      'Give the address of the one that you want.',
    );
  }
  if (here.some(({ path }) => OTHER_WEIGHTS.test(path)))
    throw refusal('it holds PyTorch weights but no .safetensors', SAFER);
  throw refusal(
    'it has no model_index.json and no .safetensors file',
    'Choose a Stable Diffusion model, a LoRA, a ControlNet or an embedding.',
  );
}

const SAFER = 'Choose one that has .safetensors files, or was exported to ONNX.';

function named(files: readonly RemoteFile[], name: string): RemoteFile {
  if (!SAFE.test(name)) {
    throw refusal(
      `${name} is no .safetensors file`,
      'Other forms of weights can run code when they are read.',
    );
  }
  const found = files.find(({ path }) => path === name);
  if (found) return found;
  throw new AppError('usage', `the repository has no file ${name}`, { doing, hint: 'Check the address.' });
}

function pipeline(files: readonly RemoteFile[]): Chosen {
  const of = (folder: string) =>
    files.filter(({ path }) => path.startsWith(`${folder}/`) && path.split('/').length === 2);
  const needed = [
    'unet',
    'vae',
    'text_encoder',
    ...(of('text_encoder_2').length > 0 ? ['text_encoder_2'] : []),
  ];
  const networks = [...needed, ...(of('depth_estimator').length > 0 ? ['depth_estimator'] : [])];
  const weights = networks.map((folder) => weightsOf(of(folder)));
  if (weights.slice(0, needed.length).every((found) => found !== null)) {
    const small = files.filter(({ path }) => isSmall(path, networks));
    return { kind: 'model', as: 'folder', files: [...small, ...weights.flatMap((found) => found ?? [])] };
  }
  if (files.some(({ path }) => /^unet\/[^/]+\.onnx$/.test(path))) {
    const wanted = files.filter(
      ({ path }) => path === 'model_index.json' || (isInside(path) && !OTHER_WEIGHTS.test(path)),
    );
    return { kind: 'model', as: 'graphs', files: wanted };
  }
  if (of('transformer').length > 0)
    throw refusal('it is a diffusion transformer', 'Choose a Stable Diffusion 1.x, 2.x or XL.');
  const has = files.some(({ path }) => OTHER_WEIGHTS.test(path));
  throw refusal(
    has
      ? 'it holds PyTorch weights, but not all of its networks as .safetensors or ONNX'
      : 'it holds no weights',
    SAFER,
  );
}

/** Whether a file lies in a folder that counts, at any depth. */
function isInside(path: string): boolean {
  const [folder, ...inner] = path.split('/');
  return inner.length > 0 && FOLDERS.has(folder!);
}

/** What is read beside weights: configurations, vocabularies, settings that suit the model, its licence. */
function isSmall(path: string, networks: readonly string[]): boolean {
  const [folder = '', name = '', ...deeper] = path.split('/');
  if (name === '') return path === 'model_index.json' || path === 'retake.json' || LICENCE.test(path);
  if (deeper.length > 0) return false;
  if (networks.includes(folder)) return name === 'config.json' || name === 'preprocessor_config.json';
  if (folder === 'feature_extractor' && !networks.includes('depth_estimator')) return false;
  return OTHER_FOLDERS.includes(folder) && /\.(json|txt|model)$/i.test(name) && !/\.index\./.test(name);
}

function licences(files: readonly RemoteFile[]): readonly RemoteFile[] {
  return files.filter(({ path }) => LICENCE.test(path));
}

/** "model.fp16-00001-of-00002.safetensors" and its like, of the plain form or of fp16; none of other variants. */
const WEIGHTS = /^(?:diffusion_pytorch_)?model(\.fp16)?(?:-(\d{5})-of-(\d{5}))?(\.fp16)?\.safetensors$/;
const INDEX = /^(?:diffusion_pytorch_)?model\.safetensors\.index(?:\.(fp16))?\.json$/;

/** The weights of one network: half as large where there is that form, one file or all shards with their index. Null where it is not whole. */
function weightsOf(files: readonly RemoteFile[]): readonly RemoteFile[] | null {
  for (const half of [true, false]) {
    const whole: RemoteFile[] = [];
    const shards: RemoteFile[] = [];
    let count = 0;
    for (const file of files) {
      const name = file.path.split('/').at(-1)!;
      const [, before, , of, behind] = WEIGHTS.exec(name) ?? [];
      const isIndex = INDEX.exec(name);
      if (isIndex && (isIndex[1] !== undefined) === half) shards.unshift(file);
      if (!WEIGHTS.test(name) || (before !== undefined || behind !== undefined) !== half) continue;
      if (of === undefined) whole.push(file);
      else {
        shards.push(file);
        count = Number(of);
      }
    }
    if (whole.length > 0) return whole.slice(0, 1);
    if (count > 0 && shards.length === count + 1) return shards;
  }
  return null;
}

function refusal(message: string, hint: string): AppError {
  return new AppError('bundle-invalid', message, { doing, hint });
}
