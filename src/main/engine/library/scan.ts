/** What a folder holds that a model could be, with all folders in it: names, sizes and times, no file is opened. */
import { readdir, readlink, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { type Picture, pictureBeside } from './beside.ts';
import { isModelFolder } from './folder-facts.ts';

export interface FoundFile {
  readonly path: string;
  /** folder: a model that is a folder. writing: a download has not finished, `path` is the name that it will have. */
  readonly as: 'file' | 'folder' | 'writing';
  readonly bytes: number;
  readonly mtimeMs: number;
  readonly picture: Picture | null;
}

export interface Scan {
  readonly found: readonly FoundFile[];
  /** All that were looked into, the outermost first. */
  readonly folders: readonly string[];
  /** Names of checkpoints that are Python pickles. */
  readonly pickles: readonly string[];
  /** There is more than is looked at. */
  readonly cut: boolean;
}

export interface ScanLimits {
  /** Folders within folders. */
  readonly depth: number;
  /** Names of whatever kind. */
  readonly names: number;
}

const LIMITS: ScanLimits = { depth: 8, names: 100_000 };

const WEIGHTS = /\.safetensors$/i;
const PICKLE = /\.(ckpt|pt|pth)$/i;
/** Endings that programs give to what they have not finished. */
const UNFINISHED = /\.(part|partial|crdownload|incomplete|download|tmp|aria2)$/i;
/** Folders of programs. */
const PROGRAMS: ReadonlySet<string> = new Set(['node_modules', 'venv', '__pycache__', 'site-packages']);

interface ScanOptions {
  readonly limits?: ScanLimits;
  /** Whether what a link leads to may be looked at. */
  readonly allows?: (path: string) => Promise<boolean>;
  readonly signal?: AbortSignal;
}

/** Null where there is no such folder, or it cannot be read. */
export async function scan(root: string, options: ScanOptions = {}): Promise<Scan | null> {
  const { limits = LIMITS, allows = async () => true, signal } = options;
  const found: FoundFile[] = [];
  const folders: string[] = [];
  const pickles: string[] = [];
  const seen = new Set<string>();
  let left = limits.names;
  let cut = false;

  const into = async (folder: string, depth: number): Promise<boolean> => {
    if (signal?.aborted) return true;
    // A circle of links comes back to a folder that was looked into.
    const real = await realpath(folder).catch(() => null);
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => null);
    if (real === null || entries === null) return false;
    if (seen.has(real)) return true;
    seen.add(real);
    folders.push(folder);
    entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    const names = new Set(entries.map(({ name }) => name));
    for (const entry of entries) {
      if (left-- <= 0) {
        cut = true;
        return true;
      }
      if (signal?.aborted) return true;
      if (entry.name.startsWith('.') || PROGRAMS.has(entry.name.toLowerCase())) continue;
      const path = join(folder, entry.name);
      const isUnfinished = UNFINISHED.test(entry.name);
      const isWeights = WEIGHTS.test(entry.name);
      if (entry.isFile() && !isUnfinished && !isWeights) {
        if (PICKLE.test(entry.name)) pickles.push(entry.name);
        continue;
      }
      if (entry.isSymbolicLink() && !(await allows(await targetOf(path)))) continue;
      const about = await stat(path).catch(() => null);
      if (about === null) continue;
      if (about.isDirectory()) {
        if (await isModelFolder(path)) {
          found.push({ ...(await aboutFolder(path, names)), ...(isUnfinished && { as: 'writing' }) });
        } else if (depth < limits.depth) await into(path, depth + 1);
        else cut = true;
      } else if (about.isFile()) {
        const { size: bytes, mtimeMs } = about;
        const final = entry.name.replace(UNFINISHED, '');
        if (isUnfinished) {
          if (WEIGHTS.test(final) && !names.has(final)) {
            found.push({ path: join(folder, final), as: 'writing', bytes, mtimeMs, picture: null });
          }
        } else if (isWeights) {
          // aria2 keeps its notes beside the file, which has its final name and size from the start.
          const as = names.has(`${entry.name}.aria2`) ? 'writing' : 'file';
          found.push({ path, as, bytes, mtimeMs, picture: await pictureBeside(path, names) });
        }
      }
    }
    return true;
  };
  const isOne = await isModelFolder(root);
  if (isOne) found.push(await aboutFolder(root));
  else if (!(await into(root, 0))) return null;
  const once = new Map(found.map((one) => [one.path, one]));
  return { found: [...once.values()], folders: isOne ? [root] : folders, pickles, cut };
}

async function targetOf(link: string): Promise<string> {
  const target = await readlink(link).catch(() => '');
  return resolve(dirname(link), target);
}

const PART = /\.(safetensors|onnx|onnx_data|json)$/i;

/** It has changed when one of the files has that it is made of: its own, and those of the folders in it. */
async function aboutFolder(path: string, names?: ReadonlySet<string>): Promise<FoundFile> {
  let [bytes, mtimeMs, isWriting] = [0, 0, false];
  const add = async (folder: string, inner: boolean): Promise<void> => {
    for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
      const file = join(folder, entry.name);
      if (entry.isDirectory() && inner) await add(file, false);
      else if (UNFINISHED.test(entry.name)) isWriting = true;
      else if (PART.test(entry.name)) {
        const about = await stat(file).catch(() => null);
        bytes += about?.size ?? 0;
        mtimeMs = Math.max(mtimeMs, about?.mtimeMs ?? 0);
      }
    }
  };
  await add(path, true);
  const as = isWriting ? 'writing' : 'folder';
  return { path, as, bytes, mtimeMs, picture: await pictureBeside(path, names) };
}

export type FolderLayout = 'ComfyUI' | 'A1111' | null;

/** Whose folder it is, by the folders in it; of a whole installation only those that hold models are watched. */
export async function layoutOf(folder: string): Promise<{ layout: FolderLayout; roots: readonly string[] }> {
  const has = async (...parts: string[]) =>
    (await stat(join(folder, ...parts)).catch(() => null))?.isDirectory() === true;
  const isOf = async (...at: string[]): Promise<FolderLayout> => {
    if (await has(...at, 'Stable-diffusion')) return 'A1111';
    return (await has(...at, 'checkpoints')) || (await has(...at, 'diffusion_models')) ? 'ComfyUI' : null;
  };
  const installed = await isOf('models');
  if (installed !== null) {
    const beside = (await has('embeddings')) ? [join(folder, 'embeddings')] : [];
    return { layout: installed, roots: [join(folder, 'models'), ...beside] };
  }
  const layout = await isOf();
  // A1111 keeps its embeddings beside the models.
  const beside = join(dirname(folder), 'embeddings');
  const isA1111 =
    layout === 'A1111' && basename(folder) === 'models' && (await stat(beside).catch(() => null)) !== null;
  return { layout, roots: isA1111 ? [folder, beside] : [folder] };
}
