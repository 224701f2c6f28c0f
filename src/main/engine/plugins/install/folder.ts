/** A plugin that lies unpacked: where it is made, or where it was installed. */
import { createReadStream } from 'node:fs';
import { lstat, opendir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LARGEST_MANIFEST, MANIFEST_FILE } from '../../../../common/plugins/manifest.ts';
import { MOST_BYTES, NameList, type PackageSource, unfit } from './source.ts';

/** What stays with whoever writes a plugin; so do names that begin with a dot. */
const OWN_FOLDERS: ReadonlySet<string> = new Set(['node_modules', 'recorded', 'test', 'tests']);
const OWN_FILES = /^([jt]sconfig(\..*)?\.json|package-lock\.json|.*\.(test\.[cm]?js|d\.ts|zip))$/;

export interface FolderFile {
  /** From the folder, with "/" between folders. */
  readonly name: string;
  readonly bytes: number;
  /** Another one where the file was changed. */
  readonly stamp: string;
}

interface PluginFolder {
  /** All that is of the plugin but its manifest, by name. */
  readonly files: readonly FolderFile[];
  /** What is only of those who write it: files, and folders with a slash at their end. */
  readonly left: readonly string[];
}

/**
 * What of a folder is the plugin: what is packed, what is installed of it, and what runs where it lies.
 * @param sealed its manifest lists its files: but for what is hidden all that lies there is of it
 * @throws AppError plugin-invalid for links, devices and names that are unfit
 */
export async function filesIn(dir: string, sealed: boolean): Promise<PluginFolder> {
  const list = new NameList();
  const found: FolderFile[] = [];
  const left: string[] = [];
  const visit = async (folder: string): Promise<void> => {
    for await (const { name } of await opendir(join(dir, folder))) {
      const inside = folder === '' ? name : `${folder}/${name}`;
      const about = await lstat(join(dir, inside));
      const isFolder = about.isDirectory();
      const isOwn = !sealed && (isFolder ? OWN_FOLDERS.has(name) : OWN_FILES.test(name));
      if (isOwn || name.startsWith('.')) left.push(isFolder ? `${inside}/` : inside);
      else if (isFolder) await visit(inside);
      else if (!about.isFile()) throw unfit(`"${inside}" is a link or something else that is no plain file`);
      else {
        list.add(inside);
        const { size, mtimeMs, ctimeMs, ino } = about;
        found.push({ name: inside, bytes: size, stamp: [size, mtimeMs, ctimeMs, ino].join() });
      }
    }
  };
  await visit('');
  const names = new Set(list.finish());
  const files = found.filter(({ name }) => names.has(name)).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return { files, left: left.toSorted() };
}

/** What a folder's manifest says. @throws AppError plugin-invalid for one that is huge, before it is read */
export async function manifestText(dir: string): Promise<string> {
  const file = join(dir, MANIFEST_FILE);
  const { size } = await lstat(file);
  if (size > LARGEST_MANIFEST) throw unfit(`${MANIFEST_FILE} is larger than a megabyte`);
  return readFile(file, 'utf8');
}

/** @throws AppError plugin-invalid */
export async function openFolder(dir: string): Promise<PackageSource> {
  const manifest = await manifestText(dir);
  const { files } = await filesIn(dir, listsFiles(manifest));
  const bytes = files.reduce((sum, one) => sum + one.bytes, 0);
  if (bytes > MOST_BYTES) throw unfit('it is larger than 4 GB');
  return {
    manifest,
    names: files.map(({ name }) => name),
    bytes,
    unpacked: true,
    read: (name) => createReadStream(join(dir, name)),
    close: () => {},
  };
}

/** What is no manifest at all is told by whoever reads it. */
function listsFiles(manifest: string): boolean {
  try {
    return (JSON.parse(manifest) as { files?: unknown } | null)?.files !== undefined;
  } catch {
    return false;
  }
}
