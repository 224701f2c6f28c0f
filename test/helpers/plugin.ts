/** Plugins for tests. */
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Options, ZipFile } from 'yazl';
import type { z } from 'zod';
import type { manifestSchema } from '../../src/common/plugins/manifest.ts';

type ManifestInput = z.input<typeof manifestSchema>;

/** A whole manifest of a text format, with what a test says otherwise. */
export function manifestWith(other: Partial<ManifestInput> = {}): ManifestInput {
  return {
    manifest: 1,
    id: 'org.example.ale',
    version: '1.0.0',
    name: 'Avid log',
    summary: 'Writes the shots as an Avid log.',
    author: 'Example',
    license: 'MIT',
    engines: { retake: '>=0.1 <1' },
    tier: 'script',
    main: 'index.js',
    suites: ['timeline@1'],
    contributes: { exporters: [{ id: 'ale', label: 'Avid log', programs: 'Avid', ending: '.ale' }] },
    ...other,
  };
}

/** Name of a file → what it holds. */
export type PluginFiles = Readonly<Record<string, string | Buffer>>;

export const digest = (held: string | Buffer): string =>
  `sha256-${createHash('sha256').update(held).digest('base64')}`;

/** As a packer lists them. */
export const listed = (files: PluginFiles): Record<string, string> =>
  Object.fromEntries(Object.entries(files).map(([name, held]) => [name, digest(held)]));

/** An archive with what is in it said outright: nothing is added, and nothing held back. */
export async function zipOf(
  path: string,
  files: PluginFiles,
  options: (name: string) => Partial<Options> = () => ({}),
): Promise<string> {
  const zip = new ZipFile();
  for (const [name, held] of Object.entries(files)) {
    zip.addBuffer(Buffer.from(held), name, { mtime: new Date(0), ...options(name) });
  }
  zip.end();
  await writeFile(path, zip.outputStream);
  return path;
}

/** A plugin as it is handed on. */
export function packed(
  path: string,
  other: Partial<ManifestInput> = {},
  files: PluginFiles = { 'index.js': 'export default {};' },
): Promise<string> {
  const manifest = manifestWith({ files: listed(files), ...other });
  return zipOf(path, { 'retake-plugin.json': JSON.stringify(manifest), ...files });
}

/** The same, unpacked. */
export async function unpacked(
  dir: string,
  manifest: object | string = manifestWith(),
  files: PluginFiles = { 'index.js': 'export default {};' },
): Promise<string> {
  const text = typeof manifest === 'string' ? manifest : JSON.stringify(manifest);
  for (const [name, held] of Object.entries({ 'retake-plugin.json': text, ...files })) {
    await mkdir(dirname(join(dir, name)), { recursive: true });
    await writeFile(join(dir, name), held);
  }
  return dir;
}
