/** What of a plugin's folder is the plugin, and what is only of those who write it. */
import { createHash } from 'node:crypto';
import { createReadStream, type Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { AppError } from '../../../common/errors.ts';
import { isPortableName } from '../../../common/file-name.ts';

/** Folders that stay with who writes the plugin; so do names that begin with a dot. */
const LEFT_FOLDERS: ReadonlySet<string> = new Set(['node_modules', 'recorded', 'test', 'tests']);
const LEFT_FILES = /^([jt]sconfig(\..*)?\.json|package-lock\.json|.*\.(test\.[cm]?js|d\.ts|zip))$/;

export interface PluginFile {
  /** From the folder, with forward slashes. */
  readonly path: string;
  readonly bytes: number;
}

export interface PluginFiles {
  /** By path. */
  readonly packed: readonly PluginFile[];
  /** Files, and folders with a slash at their end. */
  readonly left: readonly string[];
}

/** @throws AppError usage for links and for names that are not the same on every system */
export async function pluginFiles(folder: string, doing: string): Promise<PluginFiles> {
  const packed: PluginFile[] = [];
  const left: string[] = [];
  const visit = async (below: string): Promise<void> => {
    const entries = await readdir(join(folder, below), { withFileTypes: true });
    for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = below === '' ? entry.name : `${below}/${entry.name}`;
      if (isLeft(entry)) left.push(entry.isDirectory() ? `${path}/` : path);
      else if (!isPortableName(entry.name))
        throw new AppError('usage', `the name of ${path} means something else on other systems`, {
          doing,
          hint: 'Use letters, digits, points and hyphens.',
        });
      else if (entry.isDirectory()) await visit(path);
      else if (entry.isFile()) packed.push({ path, bytes: (await stat(join(folder, path))).size });
      else
        throw new AppError('usage', `${path} is a link or a device`, {
          doing,
          hint: 'Put the file itself there: a plugin has no links.',
        });
    }
  };
  await visit('');
  return { packed: packed.toSorted((a, b) => (a.path < b.path ? -1 : 1)), left };
}

function isLeft(entry: Dirent): boolean {
  if (entry.name.startsWith('.')) return true;
  return entry.isDirectory() ? LEFT_FOLDERS.has(entry.name) : LEFT_FILES.test(entry.name);
}

/** As a manifest writes it: "sha256-" and the digest in base64. */
export async function fileDigest(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return `sha256-${hash.digest('base64')}`;
}
