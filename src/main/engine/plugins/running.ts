/** Plugins that can be asked: one handle each, whatever tier it is of. One that breaks again and again is switched off. */
import { performance } from 'node:perf_hooks';
import { AppError } from '../../../common/errors.ts';
import type { PluginHandle } from '../../../common/plugins/handle.ts';
import { holdPlugins } from '../../../common/plugins/in-use.ts';
import { Crashes } from './crashes.ts';
import { type InstalledPlugin, requireSame } from './installed.ts';
import type { Contributor } from './plugins.ts';

/** @param onCrash hears why, when it ended in a way that no plugin should */
type Open = (plugin: InstalledPlugin, onCrash: (why: string) => void) => PluginHandle | Promise<PluginHandle>;

interface RunningParts {
  readonly tiers: Readonly<Record<'process' | 'script', Open>>;
  /** Switches it off, with a line for the artist. */
  readonly disable: (id: string, why: string) => Promise<void>;
}

export class RunningPlugins implements Contributor {
  readonly #parts: RunningParts;
  readonly #plugins = new Map<string, InstalledPlugin>();
  readonly #handles = new Map<string, Promise<PluginHandle>>();
  readonly #crashes = new Crashes();

  constructor(parts: RunningParts) {
    this.#parts = parts;
  }

  /** It comes before the contributors that ask. */
  contribute(plugin: InstalledPlugin): void {
    this.#plugins.set(plugin.facts.id, plugin);
  }

  async withdraw(pluginId: string): Promise<void> {
    this.#plugins.delete(pluginId);
    const handle = this.#handles.get(pluginId);
    this.#handles.delete(pluginId);
    await handle?.then(
      (one) => one.stop(),
      () => {},
    );
  }

  /**
   * Opened when first asked for.
   * @throws AppError plugin-failed for one that is not there, is switched off, has nothing that runs, or cannot be opened
   */
  handle(pluginId: string): Promise<PluginHandle> {
    const open = this.#handles.get(pluginId) ?? this.#open(pluginId);
    this.#handles.set(pluginId, open);
    open.catch(() => {
      if (this.#handles.get(pluginId) === open) this.#handles.delete(pluginId);
    });
    return open;
  }

  /** All that run; they start again by their next use. */
  async stop(): Promise<void> {
    const handles = await Promise.allSettled(this.#handles.values());
    await Promise.all(handles.map((one) => (one.status === 'fulfilled' ? one.value.stop() : null)));
  }

  async #open(id: string): Promise<PluginHandle> {
    const plugin = this.#plugins.get(id);
    const tier = plugin?.manifest.tier;
    if (!plugin || tier === 'data' || tier === undefined) {
      throw new AppError(
        'plugin-failed',
        `the plugin ${id} ${plugin ? 'has nothing that runs' : 'is not there or switched off'}`,
        {
          doing: 'asking a plugin',
          hint: plugin ? '' : 'Install it or switch it on.',
        },
      );
    }
    requireSame(plugin);
    return holding(await this.#parts.tiers[tier](plugin, (why) => this.#crashed(plugin, why)));
  }

  #crashed({ facts: { id } }: InstalledPlugin, why: string): void {
    if (!this.#crashes.note(id, performance.now())) return;
    this.#parts
      .disable(id, `It failed three times in ten minutes and was switched off; the last time ${why}.`)
      .catch(() => {});
  }
}

/** By what it contributes. A render holds those of its method from its first frame to its last; a plan holds none: it is asked anew. */
const USERS: Readonly<Record<string, string>> = {
  exporters: 'an export',
  importers: 'an import',
  names: 'the naming of files',
};

/** The same; while it answers, it is in use. */
function holding(handle: PluginHandle): PluginHandle {
  const call: PluginHandle['call'] = async (suite, method, ...rest) => {
    const user = USERS[suite.calls[method]!.on];
    using _use = user === undefined ? null : holdPlugins([handle.facts.id], user);
    return await handle.call(suite, method, ...rest);
  };
  return { facts: handle.facts, suites: handle.suites, call, stop: () => handle.stop() };
}
