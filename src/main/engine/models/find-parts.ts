/** Where the graphs of a bundle lie: diffusers gives each a folder, others put them side by side. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { AppError } from '../../../common/errors.ts';
import { DOWNLOAD_AGAIN, defect, kindOf } from './files.ts';
import type { RoleName } from './role.ts';
import type { RoleId } from './roles/registry.ts';

/** A network as it is looked for. */
export type Wanted = RoleName & { readonly id: RoleId; readonly folder: string };

export interface FoundPart {
  readonly role: RoleId;
  readonly folder: string;
  /** Path of the graph. */
  readonly file: string;
  /** config.json beside it, empty in exports by the oldest scripts. */
  readonly configFile: string | null;
}

/** Told of every defect; opening throws it, inspecting collects it. */
export type OnDefect = (error: AppError) => void;

export const PYTORCH = /\.(safetensors|ckpt|pt|pth|bin)$/i;

/** "optimum-cli export onnx" wants a diffusers folder or a hub name; both are what the artist has here. */
function exportHint(dir: string): string {
  return `Retake runs ONNX models. Export it once: optimum-cli export onnx --model "${dir}" "${dir}-onnx".`;
}

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

/** The part's one graph, in a folder of its own or beside the others; or what to say about its absence. */
export async function findPart(dir: string, role: Wanted, onDefect: OnDefect): Promise<FoundPart | null> {
  const own = join(dir, role.folder);
  for (const folder of [own, join(dir, 'onnx', role.folder)]) {
    const names = await listing(folder);
    const file = oneGraph(names);
    if (file !== null && (await kindOf(join(folder, file)))) {
      const config = names.includes('config.json') ? join(folder, 'config.json') : null;
      return { role: role.id, folder, file: join(folder, file), configFile: config };
    }
  }
  for (const folder of flatFolders(dir)) {
    const names = await listing(folder);
    const file = names.find((name) => isNamed(role, name));
    if (file === undefined) continue;
    const config = names.find((name) => name === `${role.folder}_config.json`);
    return {
      role: role.id,
      folder,
      file: join(folder, file),
      configFile: config ? join(folder, config) : null,
    };
  }
  onDefect(await absent(dir, own, role));
  return null;
}

function oneGraph(names: readonly string[]): string | null {
  const graphs = names.filter((name) => name.endsWith('.onnx'));
  return graphs.includes('model.onnx') ? 'model.onnx' : graphs.length === 1 ? graphs[0]! : null;
}

async function absent(dir: string, folder: string, { id }: Wanted): Promise<AppError> {
  const expected = join(folder, 'model.onnx');
  const names = await listing(folder);
  const torchFolder = id.startsWith('vae') ? join(dir, 'vae') : folder;
  if (names.some((name) => name.endsWith('.incomplete'))) {
    return defect(expected, 'the download has not finished', 'Let it finish, or start it again.');
  }
  if ([...names, ...(await listing(torchFolder))].some((name) => PYTORCH.test(name))) {
    return defect(expected, 'there are PyTorch weights but no ONNX graph', exportHint(dir));
  }
  if (names.filter((name) => name.endsWith('.onnx')).length > 1) {
    return defect(folder, 'there are several .onnx files', 'Name the one to use model.onnx.');
  }
  // Exports that only make pictures leave the encoder out; downloading them again does not help.
  const more = id === 'vaeEncoder' ? ' If it has none, export the model with optimum-cli export onnx.' : '';
  return defect(expected, 'the file is missing', `${DOWNLOAD_AGAIN}${more}`);
}

/** What a folder without model_index.json is, in words. */
export async function notABundle(dir: string, names: readonly string[]): Promise<AppError> {
  const doing = join(dir, 'model_index.json');
  if (names.length === 0) return defect(dir, 'the folder is empty', 'Choose the folder of a model bundle.');
  if (names.some((name) => name.endsWith('.incomplete'))) {
    return defect(doing, 'the download has not finished', 'Let it finish, or start it again.');
  }
  if (names.some((name) => PYTORCH.test(name))) {
    return defect(dir, 'this folder holds PyTorch weights, not an ONNX bundle', exportHint(dir));
  }
  if (names.includes('unet')) return defect(doing, 'the file is missing', DOWNLOAD_AGAIN);
  const inner: string[] = [];
  for (const name of names) if (await kindOf(join(dir, name, 'model_index.json'))) inner.push(name);
  const hint =
    inner.length > 0 ? `Did you mean ${join(dir, inner[0]!)}?` : 'Choose the folder of a model bundle.';
  return defect(dir, 'the folder is not a model bundle: it has no model_index.json', hint);
}
