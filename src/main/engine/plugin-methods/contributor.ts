/** Methods of plugins on their way into the registry. */
import type { PluginHandle } from '../../../common/plugins/handle.ts';
import { methods } from '../methods/registry.ts';
import type { Contributor } from '../plugins/plugins.ts';
import { filesDigest } from './files-digest.ts';
import { pluginMethod } from './method.ts';

/**
 * @param open starts a plugin where it does not run
 * @param hookDeadlineMs of one call of a hook; long unless said
 */
export function methodContributor(
  open: (pluginId: string) => Promise<PluginHandle>,
  hookDeadlineMs?: number,
): Contributor {
  return {
    async contribute(plugin) {
      const { facts, manifest } = plugin;
      const contributions = manifest.contributes.methods ?? [];
      if (contributions.length === 0) return;
      const files = await filesDigest(plugin);
      for (const contribution of contributions) {
        const { deterministic } = contribution;
        const method = pluginMethod({
          ...{ contribution, suites: manifest.suites, open: () => open(facts.id), hookDeadlineMs },
          plugin: { ...facts, files, deterministic },
        });
        methods.contribute(facts, method);
      }
    },
    withdraw: (pluginId) => methods.withdraw(pluginId),
  };
}
