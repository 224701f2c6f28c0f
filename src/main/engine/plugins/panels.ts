/** Which panels plugins bring. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { PanelEntry } from '../../../common/contract/panels.ts';
import type { PluginEntry } from '../../../common/contract/plugins.ts';
import { fullId } from '../../../common/plugins/ids.ts';
import { panelHost } from '../../panel-host.ts';

/** Those of plugins that are switched off for all projects are among them: one project may say otherwise. */
export async function panelsOf(plugins: readonly PluginEntry[]): Promise<readonly PanelEntry[]> {
  const lists = await Promise.all(
    plugins
      .filter(({ disabled, problems }) => disabled === null && problems.length === 0)
      .map(async (plugin) => {
        const panels = plugin.manifest?.contributes.panels ?? [];
        if (panels.length === 0) return [];
        const stamp = plugin.developer ? await lastChange(plugin.path) : '';
        const { id, name, version } = plugin;
        return panels.map(({ id: own, label, where, entry, reads, commands }) => ({
          ...{ id: fullId(id, own), label, where, entry, reads, commands, stamp },
          plugin: { id, name, version, api: 1 },
          host: panelHost(plugin),
        }));
      }),
  );
  return lists.flat();
}

/** When anything in a folder changed last; empty where it cannot be read. */
async function lastChange(folder: string): Promise<string> {
  try {
    const files = await readdir(folder, { recursive: true });
    const times = await Promise.all(files.map(async (file) => (await stat(join(folder, file))).mtimeMs));
    return String(Math.max(0, ...times));
  } catch {
    return '';
  }
}
