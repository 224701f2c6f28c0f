/** The plugins of this machine: what there is, changes of it, and what they contribute handed to whoever knows what to make of it. */
import { existsSync, type FSWatcher, mkdirSync, watch } from 'node:fs';
import { basename } from 'node:path';
import pLimit from 'p-limit';
import type { PluginEntry, PluginLook } from '../../../common/contract/plugins.ts';
import { AppError, errorLine } from '../../../common/errors.ts';
import { beyond, permissionLines } from '../../../common/plugins/permissions.ts';
import { setResting } from '../../../common/plugins/resting.ts';
import { compareVersions } from '../../../common/plugins/versions.ts';
import { type DiskSteps, PluginKeeper } from './install/keeper.ts';
import { openPackage, type Package } from './install/package.ts';
import {
  type FoundPlugin,
  type InstalledPlugin,
  InstalledPlugins,
  readManifest,
  retakeFaults,
} from './installed.ts';
import { readState, stateIn } from './state.ts';

/** Turns what a plugin contributes into entries of a registry. */
export interface Contributor {
  /** Whatever it throws is told as the plugin's fault; what it had contributed by then is withdrawn. */
  contribute(plugin: InstalledPlugin): void | Promise<void>;
  /** All that is of a plugin; nothing where there is nothing. */
  withdraw(pluginId: string): void | Promise<void>;
}

type Needing = 'window' | 'render';

interface PluginParts {
  /** Holds a folder for each plugin, and plugins.json. */
  readonly dir: string;
  readonly contributors: readonly Contributor[];
  /** What `list` answers has become another. */
  readonly onChange?: () => void;
  readonly disk?: DiskSteps;
}

export class Plugins {
  readonly #parts: PluginParts;
  readonly #keeper: PluginKeeper;
  readonly #installed: InstalledPlugins;
  readonly #inTurn = pLimit(1);
  readonly #running = new Map<string, InstalledPlugin>();
  /** Why contributing failed, by id. */
  readonly #faults = new Map<string, string>();
  #told = '';
  #watcher: FSWatcher | null = null;
  #minds = false;
  /** What projects have on for themselves, by who needs it. */
  readonly #onHere = new Map<Needing, ReadonlySet<string>>();

  constructor(parts: PluginParts) {
    this.#parts = parts;
    this.#keeper = new PluginKeeper(parts.dir, parts.disk);
    this.#installed = new InstalledPlugins(parts.dir);
  }

  /** Finishes what was begun, hands over what is contributed, and minds what other engines change. Never fails. */
  async start(): Promise<void> {
    await this.#keeper.recover().catch(() => {});
    this.#minds = true;
    await this.refresh();
  }

  stop(): void {
    this.#minds = false;
    this.#watcher?.close();
  }

  async list(): Promise<readonly PluginEntry[]> {
    return (await this.#find()).map((found) => this.#entry(found));
  }

  /** A plugin that runs; undefined for one that is off, broken or not there. */
  running(id: string): InstalledPlugin | undefined {
    return this.#running.get(id);
  }

  /** @param path a .zip or a folder @throws AppError plugin-invalid */
  async look(path: string, signal?: AbortSignal): Promise<PluginLook> {
    const found = await openPackage(path, signal);
    found.source.close();
    return this.#about(found);
  }

  /**
   * @param consent of the look that the artist agreed to
   * @throws AppError plugin-invalid, usage where it is another package by now, disk-full
   */
  async install(path: string, consent: string, signal?: AbortSignal): Promise<void> {
    const found = await openPackage(path, signal);
    try {
      const { problems } = await this.#about(found);
      if (problems[0] !== undefined) throw refused('plugin-invalid', problems[0], 'installing a plugin');
      if (consent !== found.digest) {
        throw refused(
          'usage',
          `${basename(path)} is not what was agreed to`,
          'installing a plugin',
          'Look at it again.',
        );
      }
      await this.#keeper.install(found, signal);
    } finally {
      found.source.close();
    }
    await this.refresh();
  }

  /** Switching on forgets that Retake switched it off. */
  async enable(id: string, on: boolean): Promise<void> {
    await this.#require(id, 'switching a plugin');
    await this.#keeper.change(id, (old) => ({ ...old, on, disabled: on ? null : old.disabled }));
    await this.refresh();
  }

  /** What a project has on for itself is there although it is off for all: the one in hand, and that of the render that runs. */
  async runFor(switches: Readonly<Record<string, boolean>>, by: Needing = 'window'): Promise<void> {
    const on = new Set(Object.keys(switches).filter((id) => switches[id]));
    const before = this.#onHere.get(by) ?? new Set();
    if (on.size === before.size && [...on].every((id) => before.has(id))) return;
    this.#onHere.set(by, on);
    await this.refresh();
    this.#parts.onChange?.();
  }

  /** By Retake, for a plugin that breaks again and again. @param why one line for the artist */
  async disable(id: string, why: string): Promise<void> {
    await this.#keeper.change(id, (old) => ({ ...old, disabled: why }));
    await this.refresh();
  }

  async remove(id: string): Promise<void> {
    const { record, dir } = await this.#require(id, 'removing a plugin', true);
    // Files that somebody put there are not Retake's to delete.
    if (!record)
      throw refused('usage', `it was not installed by Retake`, 'removing a plugin', `Delete ${dir}.`);
    await this.#keeper.remove(id);
    await this.refresh();
  }

  /** Whoever makes a plugin agrees to what it asks for. */
  async develop(folder: string, on: boolean): Promise<void> {
    if (on) {
      const { id, permissions: granted } = await readManifest(folder);
      await this.#keeper.change(id, (old) => ({
        ...old,
        on: true,
        disabled: null,
        developer: { folder, granted },
      }));
    } else {
      for (const { id, developer } of (await readState(this.#parts.dir)).plugins) {
        if (developer?.folder !== folder) continue;
        await this.#keeper.change(id, (old) => (old.installed ? { ...old, developer: null } : null));
      }
    }
    await this.refresh();
  }

  /** Starts a developer folder anew, as it lies there now. @throws AppError usage */
  async reload(id: string): Promise<void> {
    const { record, dir } = await this.#require(id, 'reloading a plugin');
    if (!record?.developer) throw refused('usage', 'it is no developer folder', 'reloading a plugin');
    const { permissions: granted } = await readManifest(dir);
    await this.#keeper.change(id, (old) => ({ ...old, disabled: null, developer: { folder: dir, granted } }));
    await this.#inTurn(() => this.#withdraw(id));
    await this.refresh();
    // Its files may be others where all that is listed of it is the same: the pages of panels.
    this.#parts.onChange?.();
  }

  /** Brings what is contributed in line with what is installed and switched on. Never fails: a broken plugin has a problem. */
  refresh(): Promise<void> {
    return this.#inTurn(async () => {
      const wanted = new Map<string, InstalledPlugin>();
      const all = await this.#find();
      const onHere = new Set([...this.#onHere.values()].flatMap((ids) => [...ids]));
      for (const found of all) {
        const plugin = runnable(found, onHere);
        if (plugin) wanted.set(plugin.facts.id, plugin);
      }
      for (const [id, plugin] of this.#running) {
        if (!isSame(plugin, wanted.get(id))) await this.#withdraw(id);
      }
      this.#faults.clear();
      for (const [id, plugin] of wanted) if (!this.#running.has(id)) await this.#contribute(plugin);
      const entries = all.map((found) => this.#entry(found));
      setResting(entries.filter(({ id }) => !this.#running.has(id)).map(restOf));
      const told = JSON.stringify(entries);
      if (this.#told !== '' && this.#told !== told) this.#parts.onChange?.();
      this.#told = told;
      // Where there was no data folder yet, there may be one now.
      if (this.#minds && !this.#watcher) this.#watch();
    });
  }

  async #contribute(plugin: InstalledPlugin): Promise<void> {
    const { id } = plugin.facts;
    this.#running.set(id, plugin);
    try {
      for (const one of this.#parts.contributors) await one.contribute(plugin);
    } catch (error) {
      await this.#withdraw(id);
      this.#faults.set(id, errorLine(error));
    }
  }

  async #withdraw(id: string): Promise<void> {
    this.#running.delete(id);
    for (const one of this.#parts.contributors) await one.withdraw(id);
  }

  async #find(): Promise<FoundPlugin[]> {
    return this.#installed.find(await readState(this.#parts.dir));
  }

  async #require(id: string, doing: string, evenUnknown = false): Promise<FoundPlugin> {
    const found = (await this.#find()).find((one) => one.id === id);
    if (found && (found.record || evenUnknown)) return found;
    throw refused('plugin-missing', `there is no plugin ${id}`, doing, 'Install it first.');
  }

  async #about({ manifest, source, digest }: Package): Promise<PluginLook> {
    const old = (await this.#find()).find(({ id }) => id === manifest.id);
    const version = old?.manifest?.version;
    const order = version === undefined ? null : compareVersions(manifest.version, version);
    const granted = old?.record?.installed?.granted ?? {};
    return {
      manifest,
      files: source.names.length,
      bytes: source.bytes,
      consent: digest,
      installed:
        old?.manifest && old.record
          ? {
              version: old.manifest.version,
              author: old.manifest.author,
              developer: old.record.developer !== null,
            }
          : null,
      change: order === null ? 'new' : order > 0 ? 'update' : order < 0 ? 'downgrade' : 'same',
      asks: permissionLines(beyond(granted, manifest.permissions)),
      problems: retakeFaults(manifest),
    };
  }

  #entry({ id, dir, manifest, record, problems }: FoundPlugin): PluginEntry {
    const fault = this.#faults.get(id);
    return {
      id,
      name: manifest?.name ?? id,
      version: manifest?.version ?? '',
      manifest,
      path: dir,
      developer: record?.developer != null,
      on: record?.on ?? false,
      disabled: record?.disabled ?? null,
      problems: fault === undefined ? problems : [...problems, fault],
    };
  }

  #watch(): void {
    const { dir } = this.#parts;
    try {
      // So that the first plugin of all is seen too; where there is no data folder yet, none is made for this.
      if (!existsSync(dir)) mkdirSync(dir);
      const name = basename(stateIn(dir));
      this.#watcher = watch(dir, { persistent: false }, (_kind, file) => {
        if (file === name) void this.refresh();
      });
      this.#watcher.on('error', () => {});
    } catch {
      // It cannot be written to, or the system tells nothing: the next start sees what is changed.
    }
  }
}

function refused(
  code: 'usage' | 'plugin-invalid' | 'plugin-missing',
  what: string,
  doing: string,
  hint = '',
) {
  return new AppError(code, what, { doing, hint });
}

/** @param onHere those that a project has on for itself */
function runnable(
  { id, dir, manifest, record, granted, problems }: FoundPlugin,
  onHere: ReadonlySet<string>,
): InstalledPlugin | null {
  if (!manifest || !record || record.disabled !== null || problems.length > 0) return null;
  if (!record.on && !onHere.has(id)) return null;
  const { version, name, manifest: api } = manifest;
  return { facts: { id, version, api, name }, manifest, dir, granted, developer: record.developer !== null };
}

function restOf({ id, name, on, disabled, problems: [problem] }: PluginEntry) {
  const off = disabled === null ? 'is switched off' : 'Retake has switched off';
  return { id, name, why: problem !== undefined && on ? 'cannot run' : off };
}

function isSame(one: InstalledPlugin, other: InstalledPlugin | undefined): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
