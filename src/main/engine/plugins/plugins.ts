/** The plugins of this machine: listed, and what they contribute handed to whoever knows what to make of it. */
import { join } from 'node:path';
import type { PluginEntry } from '../../../common/contract/plugins.ts';
import { errorLine } from '../../../common/errors.ts';
import { setResting } from '../../../common/plugins/resting.ts';
import { type FoundPlugin, findPlugins, type InstalledPlugin } from './installed.ts';
import { readState } from './state.ts';

/** Turns what a plugin contributes into entries of a registry. */
export interface Contributor {
  /** Whatever it throws is told as the plugin's fault; what it had contributed by then is withdrawn. */
  contribute(plugin: InstalledPlugin): void | Promise<void>;
  /** All that is of a plugin; nothing where there is nothing. */
  withdraw(pluginId: string): void | Promise<void>;
}

interface PluginParts {
  /** Holds a folder for each plugin, and plugins.json. */
  readonly dir: string;
  readonly contributors: readonly Contributor[];
}

export class Plugins {
  readonly #parts: PluginParts;
  readonly #running = new Map<string, InstalledPlugin>();
  /** Why contributing failed, by id. */
  readonly #faults = new Map<string, string>();

  constructor(parts: PluginParts) {
    this.#parts = parts;
  }

  async list(): Promise<readonly PluginEntry[]> {
    return (await this.#find()).map((found) => this.#entry(found));
  }

  /** Brings what is contributed in line with what is installed and switched on. Never fails: a broken plugin has a problem. */
  async refresh(): Promise<void> {
    const all = await this.#find();
    const wanted = new Map<string, InstalledPlugin>();
    for (const found of all) {
      const plugin = runnable(found);
      if (plugin) wanted.set(plugin.facts.id, plugin);
    }
    for (const [id, plugin] of this.#running) {
      if (!isSame(plugin, wanted.get(id))) await this.#withdraw(id);
    }
    this.#faults.clear();
    for (const [id, plugin] of wanted) if (!this.#running.has(id)) await this.#contribute(plugin);
    setResting(all.filter(({ id }) => !this.#running.has(id)).map((found) => restOf(this.#entry(found))));
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
    const { dir } = this.#parts;
    return findPlugins(dir, (await readState(join(dir, 'plugins.json'))).plugins);
  }

  #entry({ id, dir, manifest, record, problems }: FoundPlugin): PluginEntry {
    const fault = this.#faults.get(id);
    return {
      id,
      name: manifest?.name ?? id,
      version: manifest?.version ?? '',
      manifest,
      path: dir,
      developer: record?.folder != null,
      on: record?.on ?? false,
      disabled: record?.disabled ?? null,
      problems: fault === undefined ? problems : [...problems, fault],
    };
  }
}

function runnable({ id, dir, manifest, record, problems }: FoundPlugin): InstalledPlugin | null {
  if (!manifest || !record?.on || record.disabled !== null || problems.length > 0) return null;
  const { version, name, manifest: api } = manifest;
  return {
    facts: { id, version, api, name },
    manifest,
    dir,
    granted: record.granted,
    developer: record.folder !== null,
  };
}

function restOf({ id, name, on, disabled, problems: [problem] }: PluginEntry) {
  const off = disabled === null ? 'is switched off' : 'Retake has switched off';
  return { id, name, why: problem !== undefined && on ? 'cannot run' : off };
}

function isSame(one: InstalledPlugin, other: InstalledPlugin | undefined): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
