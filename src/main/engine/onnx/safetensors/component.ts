/** The weights of one network in its folder, as diffusers and transformers lay them out. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { AppError } from '../../../../common/errors.ts';
import type { StoredTensor, StoredWeights } from '../networks/stored.ts';
import { allowedFolders, realWithin, refuseImpostor } from '../weights.ts';
import { openSafetensors, type Safetensors } from './open.ts';
import { PICKLE_ENDING, pickleRefusal } from './other-formats.ts';

const ENDING = '.safetensors';
const LARGEST_INDEX = 64e6;
const AGAIN = 'Download the model again, all of its files.';

/** How the weights of a folder lie: in one file, or in shards that an index lists. */
interface WeightsOnDisk {
  /** Path of the file or of the index. */
  readonly path: string;
  readonly sharded: boolean;
  /** "fp16" where only that form is there. */
  readonly variant: string | null;
}

/**
 * The plain form before "fp16" before any other, one file before shards.
 * @returns null where the folder has no safetensors
 * @throws AppError bundle-invalid where several files could be meant
 */
export function findWeights(folder: string, doing: string): WeightsOnDisk | null {
  const found = listing(folder).flatMap((name) => formOf(folder, name) ?? []);
  const usual = found.filter(({ path }) =>
    /^(diffusion_pytorch_model|model|pytorch_model)\./.test(basename(path)),
  );
  const [best, next] = (usual.length > 0 ? usual : found).sort((a, b) => rank(a) - rank(b));
  if (!best) return null;
  if (next && usual.length === 0 && rank(next) === rank(best)) {
    const names = found.map(({ path }) => basename(path)).join(', ');
    throw new AppError('bundle-invalid', `${basename(folder)} has several files of weights: ${names}`, {
      doing,
      hint: 'Keep the one to use there.',
    });
  }
  return best;
}

function rank({ variant, sharded }: WeightsOnDisk): number {
  return (variant === null ? 0 : variant === 'fp16' ? 2 : 4) + (sharded ? 1 : 0);
}

/** "model.fp16.safetensors", "model.safetensors.index.fp16.json"; null for shards and for what holds no weights. */
function formOf(folder: string, name: string): WeightsOnDisk | null {
  const index = /^[^.]+\.safetensors\.index(?:\.([\w-]+))?\.json$/.exec(name);
  if (index) return { path: join(folder, name), sharded: true, variant: index[1] ?? null };
  if (!name.endsWith(ENDING) || /-\d{5}-of-\d{5}\./.test(name)) return null;
  const [, variant] = /^[^.]+\.([\w-]+)\.safetensors$/.exec(name) ?? [];
  return { path: join(folder, name), sharded: false, variant: variant ?? null };
}

function listing(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

/**
 * @param folder holds one network: "unet"
 * @param options.root the model's folder; links may lead into it and into a Hugging Face cache's blobs, no further
 * @param options.label as messages name the network: "unet of sd1-folder"
 * @throws AppError bundle-invalid, weights-missing
 */
export function readWeights(
  folder: string,
  { root, label }: { readonly root: string; readonly label: string },
): StoredWeights {
  const doing = `reading ${label}`;
  const found = findWeights(folder, doing);
  if (!found) throw absent(folder, doing);
  const { path, sharded } = found;
  const allowed = allowedFolders(root);
  const open = (file: string) => {
    realWithin(file, allowed, doing);
    return openSafetensors(file, doing);
  };
  if (!sharded) return weightsOf(open(path).tensors, label);
  realWithin(path, allowed, doing);
  const map = readIndex(path, doing);
  const shards = new Map<string, Safetensors>();
  const tensors = new Map<string, StoredTensor>();
  refuseMissing([...new Set(map.values())], path, doing);
  for (const [name, shard] of map) {
    const file = shards.get(shard) ?? open(join(dirname(path), shard));
    shards.set(shard, file);
    const tensor = file.tensors.get(name);
    if (!tensor) {
      const message = `${shard} lacks the weight ${name} that ${basename(path)} places there`;
      throw new AppError('bundle-invalid', message, {
        doing,
        hint: `The files belong to different models. ${AGAIN}`,
      });
    }
    tensors.set(name, tensor);
  }
  return weightsOf(tensors, label);
}

function absent(folder: string, doing: string): AppError {
  const names = listing(folder);
  if (names.some((name) => name.endsWith('.incomplete'))) {
    const hint = 'Let it finish, or start it again.';
    return new AppError('weights-missing', 'the download has not finished', { doing, hint });
  }
  const pickle = names.find((name) => PICKLE_ENDING.test(name));
  if (pickle) return pickleRefusal(`${pickle} is a PyTorch checkpoint (a pickle)`, doing);
  const message = `there is no file of weights in ${folder}`;
  return new AppError('weights-missing', message, { doing, hint: AGAIN });
}

/** Weight to shard. */
function readIndex(path: string, doing: string): Map<string, string> {
  const name = basename(path);
  const damaged = (what: string) =>
    new AppError('bundle-invalid', `${name}: ${what}`, { doing, hint: AGAIN });
  refuseImpostor(path, doing, name);
  if (statSync(path).size > LARGEST_INDEX) throw damaged('no list of weights is that long');
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    throw damaged('the file is not valid JSON');
  }
  const map = (parsed as { weight_map?: unknown } | null)?.weight_map;
  if (typeof map !== 'object' || map === null || Array.isArray(map))
    throw damaged('its weight_map is missing');
  for (const [weight, shard] of Object.entries(map)) {
    if (typeof shard !== 'string' || !shard.endsWith(ENDING))
      throw damaged(`the weight ${weight} has no file of weights`);
    if (/[/\\:\0]/.test(shard) || shard.startsWith('..'))
      throw new AppError('bundle-invalid', `${name} places a weight in "${shard}", which is not beside it`, {
        doing,
        hint: 'Models may only use weights beside them.',
      });
  }
  return new Map(Object.entries(map as Record<string, string>));
}

function refuseMissing(shards: readonly string[], index: string, doing: string): void {
  const there = new Set(listing(dirname(index)));
  const missing = shards.filter((shard) => !there.has(shard));
  if (missing.length === 0) return;
  const more = missing.length > 3 ? ` and ${missing.length - 3} more` : '';
  const names = `${missing.slice(0, 3).join(', ')}${more}`;
  const message = `${missing.length} of its ${shards.length} parts are missing: ${names}`;
  throw new AppError('weights-missing', message, {
    doing,
    hint: `They belong into ${dirname(index)}. ${AGAIN}`,
  });
}

function weightsOf(tensors: ReadonlyMap<string, StoredTensor>, label: string): StoredWeights {
  return { label, names: [...tensors.keys()], get: (name) => tensors.get(name) };
}
