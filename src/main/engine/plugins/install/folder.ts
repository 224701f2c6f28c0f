/** A plugin that lies unpacked: where it is made, or where it was installed. */
import { createReadStream } from 'node:fs';
import { lstat, opendir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LARGEST_MANIFEST, MANIFEST_FILE } from '../../../../common/plugins/manifest.ts';
import { MOST_BYTES, NameList, type PackageSource, unfit } from './source.ts';

/** What tools keep beside the work is no part of it. */
const isLeftOut = (name: string) => name.startsWith('.') || name === 'node_modules';

export interface FolderFile {
  readonly name: string;
  readonly bytes: number;
  /** Another one where the file was changed. */
  readonly stamp: string;
}

/**
 * The files of a folder but what is hidden, by name with "/" between folders.
 * @throws AppError plugin-invalid for links, devices and names that are unfit
 */
export async function filesIn(dir: string): Promise<FolderFile[]> {
  const list = new NameList();
  const found: FolderFile[] = [];
  const visit = async (folder: string): Promise<void> => {
    for await (const { name } of await opendir(join(dir, folder))) {
      if (isLeftOut(name)) continue;
      const inside = folder === '' ? name : `${folder}/${name}`;
      const about = await lstat(join(dir, inside));
      if (about.isDirectory()) await visit(inside);
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
  return found.filter(({ name }) => names.has(name)).toSorted((a, b) => (a.name < b.name ? -1 : 1));
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
  const files = await filesIn(dir);
  const bytes = files.reduce((sum, one) => sum + one.bytes, 0);
  if (bytes > MOST_BYTES) throw unfit('it is larger than 4 GB');
  return {
    manifest: await manifestText(dir),
    names: files.map(({ name }) => name),
    bytes,
    unpacked: true,
    read: (name) => createReadStream(join(dir, name)),
    close: () => {},
  };
}
