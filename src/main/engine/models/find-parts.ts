/** Where the networks of a bundle lie: diffusers gives each a folder, others put ONNX graphs side by side. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { AppError } from '../../../common/errors.ts';
import { findWeights } from '../onnx/safetensors/component.ts';
import { PICKLE_ENDING, pickleRefusal } from '../onnx/safetensors/other-formats.ts';
import { DOWNLOAD_AGAIN, defect, kindOf } from './files.ts';
import type { RoleName } from './role.ts';
import type { RoleId } from './roles/registry.ts';
import { isWritten } from './written-networks.ts';

/** A network as it is looked for. */
export type Wanted = RoleName & { readonly id: RoleId; readonly folder: string };

export interface FoundPart {
  readonly role: RoleId;
  readonly folder: string;
  /** Path of the graph, or of the weights that one is written over. */
  readonly file: string;
  /** There is no graph: weights as safetensors and a configuration. */
  readonly stored: boolean;
  /** The same as safetensors, which are not read. */
  readonly alsoStored: boolean;
  /** config.json beside it, empty in exports by the oldest scripts. */
  readonly configFile: string | null;
}

/** Told of every defect; opening throws it, inspecting collects it. */
export type OnDefect = (error: AppError) => void;

export async function listing(folder: string): Promise<string[]> {
  return (await readdir(folder).catch(() => [])).sort();
}

/** Names that a graph has among others in one folder: "unet.onnx", "vae-decoder.onnx", "text_encoder_model.onnx". */
function isNamed(role: Wanted, file: string): boolean {
  const name = file.toLowerCase().replaceAll('-', '_');
  return [`${role.folder}.onnx`, `${role.folder}_model.onnx`].includes(name);
}

/** Where all graphs lie side by side. */
function flatFolders(dir: string): string[] {
  return [dir, join(dir, 'onnx')];
}

/** Whether anything in the folder has the name of that part. */
export async function hasPart(dir: string, role: Wanted): Promise<boolean> {
  for (const folder of flatFolders(dir)) {
    const names = await listing(folder);
    if (names.includes(role.folder) || names.some((name) => isNamed(role, name))) return true;
  }
  return false;
}

/** Folder of diffusers that holds the network's weights: both halves of a VAE lie in one. */
function storedFolder(dir: string, { id, folder }: Wanted): string {
  return join(dir, id.startsWith('vae') ? 'vae' : folder);
}

/** Whether a folder of the part's own holds a network. */
export async function isPresent(dir: string, role: Wanted): Promise<boolean> {
  const names = await listing(join(dir, role.folder));
  return names.some((name) => name.endsWith('.onnx')) || (isWritten(role.id) && hasSafetensors(names));
}

function hasSafetensors(names: readonly string[]): boolean {
  return names.some((name) => name.endsWith('.safetensors'));
}

/** The part's one network, in a folder of its own or beside the others; or what to say about its absence. */
export async function findPart(dir: string, role: Wanted, onDefect: OnDefect): Promise<FoundPart | null> {
  const graph = await findGraph(dir, role);
  const folder = storedFolder(dir, role);
  const stored = isWritten(role.id) && hasSafetensors(await listing(folder));
  if (graph) return { ...graph, role: role.id, stored: false, alsoStored: stored };
  try {
    const weights = stored ? findWeights(folder, `reading ${folder}`) : null;
    if (weights === null) throw await absent(dir, join(dir, role.folder), role);
    const configFile = join(folder, 'config.json');
    if ((await kindOf(configFile)) === null) throw defect(configFile, 'the file is missing', DOWNLOAD_AGAIN);
    return { role: role.id, folder, file: weights.path, configFile, stored: true, alsoStored: false };
  } catch (error) {
    onDefect(error as AppError);
    return null;
  }
}

type FoundGraph = Pick<FoundPart, 'folder' | 'file' | 'configFile'>;

async function findGraph(dir: string, role: Wanted): Promise<FoundGraph | null> {
  const own = join(dir, role.folder);
  for (const folder of [own, join(dir, 'onnx', role.folder)]) {
    const names = await listing(folder);
    const file = oneGraph(names);
    if (file !== null && (await kindOf(join(folder, file)))) {
      const config = names.includes('config.json') ? join(folder, 'config.json') : null;
      return { folder, file: join(folder, file), configFile: config };
    }
  }
  for (const folder of flatFolders(dir)) {
    const names = await listing(folder);
    const file = names.find((name) => isNamed(role, name));
    if (file === undefined) continue;
    const config = names.find((name) => name === `${role.folder}_config.json`);
    return { folder, file: join(folder, file), configFile: config ? join(folder, config) : null };
  }
  return null;
}

function oneGraph(names: readonly string[]): string | null {
  const graphs = names.filter((name) => name.endsWith('.onnx'));
  return graphs.includes('model.onnx') ? 'model.onnx' : graphs.length === 1 ? graphs[0]! : null;
}

async function absent(dir: string, folder: string, role: Wanted): Promise<AppError> {
  const expected = join(folder, 'model.onnx');
  const names = await listing(folder);
  const beside = [...names, ...(await listing(storedFolder(dir, role)))];
  if (beside.some((name) => name.endsWith('.incomplete'))) {
    return defect(expected, 'the download has not finished', 'Let it finish, or start it again.');
  }
  if (names.filter((name) => name.endsWith('.onnx')).length > 1) {
    return defect(folder, 'there are several .onnx files', 'Name the one to use model.onnx.');
  }
  const pickle = beside.find((name) => PICKLE_ENDING.test(name));
  if (pickle) return pickleRefusal(`${pickle} is a PyTorch checkpoint (a pickle)`, `reading ${folder}`);
  // Exports that only make pictures leave the encoder out; downloading them again does not help.
  const more =
    role.id === 'vaeEncoder' ? ' If it has none, export the model with optimum-cli export onnx.' : '';
  return defect(expected, 'the file is missing', `${DOWNLOAD_AGAIN}${more}`);
}

/** What a folder without model_index.json is, in words. */
export async function notABundle(dir: string, names: readonly string[]): Promise<AppError> {
  const doing = join(dir, 'model_index.json');
  if (names.length === 0) return defect(dir, 'the folder is empty', 'Choose the folder of a model bundle.');
  if (names.some((name) => name.endsWith('.incomplete'))) {
    return defect(doing, 'the download has not finished', 'Let it finish, or start it again.');
  }
  const single = names.find((name) => name.endsWith('.safetensors'));
  if (single !== undefined) {
    const hint = names.includes('config.json')
      ? 'Choose the folder above it, which holds model_index.json.'
      : `Did you mean ${join(dir, single)}?`;
    return defect(dir, 'this folder holds files of weights, and is no model as a whole', hint);
  }
  const pickle = names.find((name) => PICKLE_ENDING.test(name));
  if (pickle) return pickleRefusal(`${pickle} is a PyTorch checkpoint (a pickle)`, `reading ${dir}`);
  if (names.includes('unet')) return defect(doing, 'the file is missing', DOWNLOAD_AGAIN);
  const inner: string[] = [];
  for (const name of names) if (await kindOf(join(dir, name, 'model_index.json'))) inner.push(name);
  const hint =
    inner.length > 0 ? `Did you mean ${join(dir, inner[0]!)}?` : 'Choose the folder of a model bundle.';
  return defect(dir, 'the folder is not a model bundle: it has no model_index.json', hint);
}
