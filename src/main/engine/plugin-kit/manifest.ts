/** The manifest of a folder that somebody works on: as it is written, and as it is understood. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../../common/errors.ts';
import { MANIFEST_FILE, type Manifest, parseManifest } from '../../../common/plugins/manifest.ts';

export interface WrittenManifest {
  readonly manifest: Manifest;
  /** Its own keys in their own order, without what only editors read. */
  readonly written: Readonly<Record<string, unknown>>;
}

/** @throws AppError usage where there is none, plugin-invalid naming the first thing that is wrong */
export async function readWrittenManifest(folder: string, doing: string): Promise<WrittenManifest> {
  const text = await readFile(join(folder, MANIFEST_FILE), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error;
    throw new AppError('usage', `there is no ${MANIFEST_FILE} in ${folder}`, {
      doing,
      hint: 'Name the folder of a plugin; "retake plugin new" makes one.',
    });
  });
  const manifest = parseManifest(text);
  const { $schema: _ofTheFolder, ...written } = JSON.parse(text.replace(/^\uFEFF/, ''));
  return { manifest, written };
}
