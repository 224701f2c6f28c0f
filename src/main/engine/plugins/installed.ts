/** The plugins of this machine, read without running anything of them. */
import { createReadStream, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { RETAKE_VERSION } from '../../../common/contract/version.ts';
import { AppError, errorLine } from '../../../common/errors.ts';
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
import { type FolderFile, filesIn, manifestText } from './install/folder.ts';
import { digestOf, fileFaults, requireListed } from './install/package.ts';
import type { PluginRecord, PluginState } from './state.ts';

/** Of a plugin that may run. */
export interface InstalledPlugin {
  readonly facts: PluginFacts;
  readonly manifest: Manifest;
  readonly dir: string;
  readonly granted: Permissions;
  readonly developer: boolean;
  /** Another one where it was replaced, or reloaded in its developer folder. */
  readonly stamp: string;
}

export interface FoundPlugin {
  readonly id: string;
  readonly dir: string;
  readonly manifest: Manifest | null;
  readonly record: PluginRecord | null;
  readonly granted: Permissions;
  readonly stamp: string;
  /** One line each; it runs only where there are none. */
  readonly problems: readonly string[];
}

/** Larger files are weights: they are told apart by their own digest when they are opened. */
const LARGEST_CHECKED = 4e6;

export class InstalledPlugins {
  readonly #dir: string;
  /** Stamps of files that were found as their manifest says, by folder. */
  readonly #checked = new Map<string, string>();

  /** @param dir holds a folder for each plugin */
  constructor(dir: string) {
    this.#dir = dir;
  }

  /** What is installed, what lies there besides, and developer folders, by id. */
  async find({ plugins, damaged }: PluginState): Promise<FoundPlugin[]> {
    const entries = await readdir(this.#dir, { withFileTypes: true }).catch(() => []);
    const lying = entries.filter((one) => one.isDirectory() && pluginIdFault(one.name) === null);
    const ids = new Set([...lying.map(({ name }) => name), ...plugins.map(({ id }) => id)]);
    const records = new Map(plugins.map((one) => [one.id, one]));
    const found = [...ids].sort().map((id) => this.#read(id, records.get(id) ?? null, damaged));
    return Promise.all(found);
  }

  async #read(id: string, record: PluginRecord | null, damaged: boolean): Promise<FoundPlugin> {
    const { developer = null, installed = null } = record ?? {};
    const dir = developer?.folder ?? join(this.#dir, id);
    const granted = (developer ?? installed)?.granted ?? {};
    const stamp = developer ? `reloaded ${developer.reloaded}` : stampOf(dir);
    const found = { id, dir, record, granted, stamp };
    try {
      const manifest = await readManifest(dir);
      if (manifest.id !== id) throw unlike(`it calls itself ${manifest.id}`);
      const { files } = await filesIn(dir, !developer || manifest.files !== undefined);
      if (!developer) await this.#requireUnchanged(dir, manifest, files);
      const names = files.map(({ name }) => name);
      const faults = [...fileFaults(manifest, names), ...retakeFaults(manifest)];
      const more = permissionLines(beyond(granted, manifest.permissions));
      if (!developer && !installed) faults.push(damaged ? FORGOTTEN : NOT_INSTALLED);
      else if (more.length > 0) faults.push(`it asks for more than was agreed to: ${more.join(' ')}`);
      return { ...found, manifest, problems: faults.map(sentence) };
    } catch (error) {
      return { ...found, manifest: null, problems: [errorLine(error)] };
    }
  }

  /** @throws AppError plugin-invalid */
  async #requireUnchanged(dir: string, { files }: Manifest, there: readonly FolderFile[]): Promise<void> {
    const stamp = there.map((one) => `${one.name}:${one.stamp}`).join('\n');
    if (this.#checked.get(dir) === stamp) return;
    if (!files) throw unlike('its manifest lists no files');
    requireListed(
      Object.keys(files),
      there.map(({ name }) => name),
    );
    for (const { name, bytes } of there) {
      if (bytes > LARGEST_CHECKED) continue;
      if ((await digestOf(createReadStream(join(dir, name)))) !== files[name]) {
        throw unlike(`its file "${name}" has been changed`);
      }
    }
    this.#checked.set(dir, stamp);
  }
}

/** Of what stands in a folder. An installation brings files of its own, however alike they are. */
function stampOf(dir: string): string {
  const { ino, ctimeMs } = statSync(join(dir, MANIFEST_FILE), { throwIfNoEntry: false }) ?? {};
  return ino === undefined ? 'gone' : `${ino} ${ctimeMs}`;
}

/**
 * Another Retake may replace or remove what this one uses: nothing more of it is opened then.
 * @throws AppError plugin-failed
 */
export function requireSame({
  facts: { name, version },
  dir,
  stamp,
  developer,
}: Pick<InstalledPlugin, 'facts' | 'dir'> & Partial<InstalledPlugin>): void {
  // What is being made may change at any time.
  if (developer || stamp === undefined || stampOf(dir) === stamp) return;
  throw new AppError('plugin-failed', 'another Retake replaced or removed it while it was used', {
    doing: `${name} ${version}`,
    hint: 'What was computed is kept: begin or resume it again.',
  });
}

const NOT_INSTALLED = 'it was put there and not installed: install it';
const FORGOTTEN = 'what you agreed to cannot be read any more: install it again';

/** @throws AppError plugin-invalid */
export async function readManifest(dir: string): Promise<Manifest> {
  try {
    return parseManifest(await manifestText(dir));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw unlike(`there is no ${MANIFEST_FILE} in ${dir}`);
  }
}

/** Why this Retake cannot run it. */
export function retakeFaults({ engines }: Manifest): string[] {
  if (isWithin(RETAKE_VERSION, engines.retake)) return [];
  return [`it is made for Retake ${engines.retake}, and this is ${RETAKE_VERSION}`];
}

function sentence(fault: string): string {
  return `${fault.charAt(0).toUpperCase()}${fault.slice(1)}.`;
}

function unlike(what: string): AppError {
  return new AppError('plugin-invalid', what, { doing: 'reading a plugin', hint: 'Install it again.' });
}
