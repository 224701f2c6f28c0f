/** A plugin's folder as one file to hand on: the manifest with the digest of every other file, and nothing of who wrote it. */
import { createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ZipFile } from 'yazl';
import type { PackedPlugin } from '../../../common/contract/plugin-kit.ts';
import { MANIFEST_FILE } from '../../../common/plugins/manifest.ts';
import { makeWhole } from '../../atomic-files.ts';
import { fileDigest, pluginFiles } from './files.ts';
import { readWrittenManifest } from './manifest.ts';

/** Stored, at a moment and with rights that are always the same: equal folders are equal files, on every computer. */
const SAME = { mtime: new Date(1980, 0, 1), mode: 0o100644, compress: false, forceDosTimestamp: true };

/** Writes NAME.zip beside the folder NAME. @throws AppError for a manifest or a folder that is not fit */
export async function packPlugin(folder: string): Promise<PackedPlugin> {
  const doing = `packing ${basename(folder)}`;
  const { written } = await readWrittenManifest(folder, doing);
  const { packed: others, left } = await pluginFiles(folder);
  const digests: Record<string, string> = {};
  for (const { path } of others) digests[path] = await fileDigest(join(folder, path));
  const text = `${JSON.stringify({ ...written, files: digests }, null, 2)}\n`;
  const file = join(dirname(folder), `${basename(folder)}.zip`);
  await makeWhole(file, async (temporary) => {
    const zip = new ZipFile();
    zip.addBuffer(Buffer.from(text), MANIFEST_FILE, SAME);
    for (const { path } of others) zip.addFile(join(folder, path), path, SAME);
    const failed = new Promise<never>((_, reject) => zip.once('error', reject));
    zip.end();
    await Promise.race([pipeline(zip.outputStream, createWriteStream(temporary)), failed]);
  });
  const { size } = await stat(file);
  return { path: file, bytes: size, files: [MANIFEST_FILE, ...others.map(({ path }) => path)], left };
}
