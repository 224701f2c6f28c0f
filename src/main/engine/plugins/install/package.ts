/** A plugin that could be installed: its manifest agrees with its files, and what was agreed to is known by a digest of it all. */
import { createHash } from 'node:crypto';
import { mkdir, open, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type CancelSignal, throwIfCancelled } from '../../../../common/errors.ts';
import { MANIFEST_FILE, type Manifest, parseManifest } from '../../../../common/plugins/manifest.ts';
import { sync } from '../../../atomic-files.ts';
import { openArchive } from './archive.ts';
import { openFolder } from './folder.ts';
import { type PackageSource, unfit } from './source.ts';

export interface Package {
  /** With the digest of every file. */
  readonly manifest: Manifest & { readonly files: Readonly<Record<string, string>> };
  readonly source: PackageSource;
  /** Of the whole: another one where any byte of any file is another. */
  readonly digest: string;
}

/** @param path a .zip or a folder @throws AppError plugin-invalid; the caller closes `source` */
export async function openPackage(path: string, signal?: CancelSignal): Promise<Package> {
  const about = await stat(path);
  if (!about.isDirectory() && !about.isFile()) throw unfit('it is neither a file nor a folder');
  const source = about.isDirectory() ? await openFolder(path) : await openArchive(path);
  try {
    const manifest = parseManifest(source.manifest);
    const files = manifest.files ?? (await digestsOf(source, signal));
    requireListed(Object.keys(files), source.names);
    for (const fault of fileFaults(manifest, source.names)) throw unfit(fault);
    const whole = { ...manifest, files: Object.fromEntries(Object.entries(files).sort(byName)) };
    const digest = createHash('sha256').update(JSON.stringify(whole)).digest('hex');
    return { manifest: whole, source, digest };
  } catch (error) {
    source.close();
    throw error;
  }
}

const byName = ([a]: [string, string], [b]: [string, string]) => (a < b ? -1 : 1);

/** Where nobody has packed it yet. */
async function digestsOf(source: PackageSource, signal?: CancelSignal): Promise<Record<string, string>> {
  if (!source.unpacked) throw unfit('its manifest lists no files', 'Pack it with "retake plugin pack".');
  const digests: [string, string][] = [];
  for (const name of source.names) {
    throwIfCancelled(signal);
    digests.push([name, await digestOf(source.read(name))]);
  }
  return Object.fromEntries(digests);
}

/** As a manifest writes it. */
export async function digestOf(file: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of file) hash.update(chunk);
  return `sha256-${hash.digest('base64')}`;
}

/** @throws AppError plugin-invalid */
export function requireListed(listed: readonly string[], there: readonly string[]): void {
  const extra = there.find((name) => !listed.includes(name));
  if (extra !== undefined) throw unfit(`"${extra}" is in it and not in its list of files`);
  const missing = listed.find((name) => !there.includes(name));
  if (missing !== undefined) throw unfit(`"${missing}" is in its list of files and not in it`);
}

/** What a manifest names and is not among the files, one line each. */
export function fileFaults({ main, contributes }: Manifest, names: readonly string[]): string[] {
  const { panels = [], estimators = [], models = [] } = contributes;
  const files = [...(main === undefined ? [] : [main]), ...panels.map(({ entry }) => entry)];
  const folders = [...estimators, ...models].map(({ folder }) => folder);
  return [
    ...files.filter((file) => !names.includes(file)).map((file) => `its file "${file}" is not there`),
    ...folders
      .filter((folder) => !names.some((name) => name.startsWith(`${folder}/`)))
      .map((folder) => `its folder "${folder}" is not there`),
  ];
}

/**
 * Writes a package into an empty folder, each file as its digest says and on the disk when this returns; for reading only.
 * @throws AppError plugin-invalid for a file that is another one
 */
export async function unpack(
  { manifest, source }: Package,
  into: string,
  signal?: CancelSignal,
): Promise<void> {
  let left = source.bytes;
  const folders = new Set([into]);
  for (const name of source.names) {
    throwIfCancelled(signal);
    const path = join(into, name);
    for (let folder = dirname(path); !folders.has(folder); folder = dirname(folder)) folders.add(folder);
    await mkdir(dirname(path), { recursive: true });
    const hash = createHash('sha256');
    await using file = await open(path, 'wx', 0o644);
    for await (const chunk of source.read(name)) {
      left -= chunk.length;
      // What it says of its sizes is believed no further than this.
      if (left < 0) throw unfit('it holds more than it says');
      hash.update(chunk);
      await file.writeFile(chunk);
    }
    if (`sha256-${hash.digest('base64')}` !== manifest.files[name]) {
      throw unfit(
        `"${name}" is not the file that its list names`,
        'It was changed or damaged: get it again.',
      );
    }
    await file.sync();
    await file.chmod(0o444);
  }
  const own = join(into, MANIFEST_FILE);
  await writeFile(own, JSON.stringify(manifest, null, 2), { flag: 'wx', mode: 0o444, flush: true });
  for (const folder of folders) await sync(folder);
}
