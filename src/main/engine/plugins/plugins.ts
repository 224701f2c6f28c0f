/** The plugins of this machine: what there is, changes of it, and what they contribute handed to whoever knows what to make of it. */
import { existsSync, type FSWatcher, mkdirSync, watch } from 'node:fs';
import { basename } from 'node:path';
import pLimit from 'p-limit';
import type { PluginEntry, PluginLook } from '../../../common/contract/plugins.ts';
import { AppError, errorLine } from '../../../common/errors.ts';
import { isInUse, onIdle, requireIdle } from '../../../common/plugins/in-use.ts';
import { setResting } from '../../../common/plugins/resting.ts';
import { type DiskSteps, PluginKeeper } from './install/keeper.ts';
import { openPackage } from './install/package.ts';
import { type FoundPlugin, type InstalledPlugin, InstalledPlugins, readManifest } from './installed.ts';
import { aboutPackage, requireAgreed } from './look.ts';
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
  /** Changed while they were used: seen to once they are idle. */
  readonly #late = new Set<string>();
  #told = '';
  #watcher: FSWatcher | null = null;
  #minds = false;
  readonly #endsMinding: () => void;
  /** What projects have on for themselves, by who needs it. */
  readonly #onHere = new Map<Needing, ReadonlySet<string>>();

  constructor(parts: PluginParts) {
    this.#parts = parts;
    this.#keeper = new PluginKeeper(parts.dir, parts.disk);
    this.#installed = new InstalledPlugins(parts.dir);
    this.#endsMinding = onIdle((id) => {
      if (this.#late.delete(id)) void this.refresh();
    });
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
    this.#endsMinding();
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
    return aboutPackage(found, await this.#find());
  }

  /**
   * @param consent of the look that the artist agreed to
   * @throws AppError plugin-invalid, usage where it is another package by now, plugin-busy, disk-full
   */
  async install(path: string, consent: string, signal?: AbortSignal): Promise<void> {
    const found = await openPackage(path, signal);
    try {
      requireAgreed(found, consent, path);
      const mayReplace = () => requireIdle(found.manifest.id, 'installing a plugin');
      mayReplace();
      await this.#keeper.install(found, { signal, mayReplace });
    } finally {
      found.source.close();
    }
    await this.refresh();
  }

  /** Switching on forgets that Retake switched it off. @throws AppError plugin-busy, plugin-missing */
  async enable(id: string, on: boolean): Promise<void> {
    await this.#require(id, 'switching a plugin');
    if (!on) requireIdle(id, 'switching off a plugin');
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

  /** @throws AppError plugin-busy, plugin-missing, usage for one that was not installed */
  async remove(id: string): Promise<void> {
    const { record, dir } = await this.#require(id, 'removing a plugin', true);
    // Files that somebody put there are not Retake's to delete.
    if (!record)
      throw new AppError('usage', 'it was not installed by Retake', {
        doing: 'removing a plugin',
        hint: `Delete ${dir}.`,
      });
    requireIdle(id, 'removing a plugin');
    await this.#keeper.remove(id);
    await this.refresh();
  }

  /** Whoever makes a plugin agrees to what it asks for. @throws AppError plugin-busy, plugin-invalid */
  async develop(folder: string, on: boolean): Promise<void> {
    if (on) {
      const { id, permissions: granted } = await readManifest(folder);
      requireIdle(id, 'using a developer folder');
      await this.#keeper.change(id, (old) => ({
        ...old,
        on: true,
        disabled: null,
        developer: { folder, granted, reloaded: (old.developer?.reloaded ?? 0) + 1 },
      }));
    } else {
      for (const { id, developer } of (await readState(this.#parts.dir)).plugins) {
        if (developer?.folder !== folder) continue;
        requireIdle(id, 'leaving a developer folder');
        await this.#keeper.change(id, (old) => (old.installed ? { ...old, developer: null } : null));
      }
    }
    await this.refresh();
  }

  /** Starts a developer folder anew, as it lies there now; other engines hear of it too. @throws AppError usage, plugin-busy */
  async reload(id: string): Promise<void> {
    const doing = 'reloading a plugin';
    const { record, dir } = await this.#require(id, doing);
    if (!record?.developer) throw new AppError('usage', 'it is no developer folder', { doing });
    requireIdle(id, doing);
    const { permissions: granted } = await readManifest(dir);
    const { reloaded } = record.developer;
    await this.#keeper.change(id, (old) => ({
      ...old,
      disabled: null,
      developer: { folder: dir, granted, reloaded: reloaded + 1 },
    }));
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
        if (isSame(plugin, wanted.get(id))) continue;
        // Another engine changed it under what uses it here, which goes on with what it has open.
        if (isInUse(id)) this.#late.add(id);
        else await this.#withdraw(id);
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
    throw new AppError('plugin-missing', `there is no plugin ${id}`, { doing, hint: 'Install it first.' });
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

/** @param onHere those that a project has on for itself */
function runnable(
  { id, dir, manifest, record, granted, stamp, problems }: FoundPlugin,
  onHere: ReadonlySet<string>,
): InstalledPlugin | null {
  if (!manifest || !record || record.disabled !== null || problems.length > 0) return null;
  if (!record.on && !onHere.has(id)) return null;
  const { version, name, manifest: api } = manifest;
  const facts = { id, version, api, name };
  return { facts, manifest, dir, granted, developer: record.developer !== null, stamp };
}

function restOf({ id, name, path, on, disabled, problems: [problem] }: PluginEntry) {
  const off = disabled === null ? 'is switched off' : 'Retake has switched off';
  return { id, name, dir: path, why: problem !== undefined && on ? 'cannot run' : off };
}

function isSame(one: InstalledPlugin, other: InstalledPlugin | undefined): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
