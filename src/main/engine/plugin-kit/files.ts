/** What of a plugin's folder is the plugin, as its tools name it. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { filesIn } from '../plugins/install/folder.ts';

export interface PluginFile {
  /** From the folder, with forward slashes. */
  readonly path: string;
  readonly bytes: number;
}

export interface PluginFiles {
  /** All but the manifest, by path. */
  readonly packed: readonly PluginFile[];
  /** Files, and folders with a slash at their end. */
  readonly left: readonly string[];
}

/** @throws AppError plugin-invalid for links and for names that are not the same on every system */
export async function pluginFiles(folder: string): Promise<PluginFiles> {
  const { files, left } = await filesIn(folder, false);
  return { packed: files.map(({ name, bytes }) => ({ path: name, bytes })), left };
}

/** As a manifest writes it: "sha256-" and the digest in base64. */
export async function fileDigest(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return `sha256-${hash.digest('base64')}`;
}
