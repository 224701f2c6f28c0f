/** The plugins of this machine, read without running anything of them. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RETAKE_VERSION } from '../../../common/contract/version.ts';
import { errorLine } from '../../../common/errors.ts';
import type { PluginFacts } from '../../../common/plugins/built-in.ts';
import { pluginIdFault } from '../../../common/plugins/ids.ts';
import {
  MANIFEST_FILE,
  type Manifest,
  type Permissions,
  parseManifest,
} from '../../../common/plugins/manifest.ts';
import { beyond, permissionLines } from '../../../common/plugins/permissions.ts';
import { isWithin } from '../../../common/plugins/versions.ts';
import { NOTHING_GRANTED, type PluginRecord } from './state.ts';

/** Of a plugin that may run. */
export interface InstalledPlugin {
  readonly facts: PluginFacts;
  readonly manifest: Manifest;
  readonly dir: string;
  readonly granted: Permissions;
  readonly developer: boolean;
}

export interface FoundPlugin {
  readonly id: string;
  readonly dir: string;
  readonly manifest: Manifest | null;
  readonly record: PluginRecord | null;
  /** One line each; it runs only where there are none. */
  readonly problems: readonly string[];
}

/** What lies in the folder of plugins and in developer folders, by id. A developer folder goes before what is installed. */
export async function findPlugins(dir: string, records: readonly PluginRecord[]): Promise<FoundPlugin[]> {
  const names = await foldersIn(dir);
  const developed = records.filter(({ folder }) => folder !== null);
  const lying = names.filter(
    (name) => pluginIdFault(name) === null && !developed.some(({ id }) => id === name),
  );
  const known = new Map(records.map((one) => [one.id, one]));
  const found = [
    ...lying.map((id) => readPlugin(id, join(dir, id), known.get(id) ?? null)),
    ...developed.map((one) => readPlugin(one.id, one.folder!, one)),
  ];
  return (await Promise.all(found)).toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

async function foldersIn(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { withFileTypes: true }).catch(() => []);
  return entries.filter((one) => one.isDirectory()).map(({ name }) => name);
}

async function readPlugin(id: string, dir: string, record: PluginRecord | null): Promise<FoundPlugin> {
  try {
    const manifest = await readManifest(dir);
    return { id, dir, manifest, record, problems: problemsOf(id, manifest, record) };
  } catch (error) {
    return { id, dir, manifest: null, record, problems: [errorLine(error)] };
  }
}

/** @throws AppError plugin-invalid */
async function readManifest(dir: string): Promise<Manifest> {
  return parseManifest(await readFile(join(dir, MANIFEST_FILE), 'utf8'));
}

function problemsOf(id: string, manifest: Manifest, record: PluginRecord | null): string[] {
  const more = permissionLines(beyond(record?.granted ?? NOTHING_GRANTED, manifest.permissions));
  return [
    ...(manifest.id === id ? [] : [`It calls itself ${manifest.id}. Install it again.`]),
    ...engineProblems(manifest),
    ...(record ? [] : ['It was not installed by Retake. Install it.']),
    ...(more.length > 0 ? [`It asks for more than was agreed to. ${more.join(' ')}`] : []),
  ];
}

function engineProblems({ engines }: Manifest): string[] {
  if (isWithin(RETAKE_VERSION, engines.retake)) return [];
  return [`It is made for Retake ${engines.retake}, and this is ${RETAKE_VERSION}.`];
}
