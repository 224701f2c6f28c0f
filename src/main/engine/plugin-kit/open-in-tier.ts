/** Starts a plugin where its tier runs, as the engine does. */
import type { PluginHandle } from '../../../common/plugins/handle.ts';
import type { InstalledPlugin } from '../plugins/installed.ts';
import type { PluginLog } from '../plugins/log.ts';
import { OFFERED } from '../plugins/offered.ts';
import { pluginProcess } from '../plugins/process/plugin-process.ts';
import { openScriptPlugin } from '../plugins/script/script-plugin.ts';

/** @param log where it prints @param limits for tests: of scripts, in place of those that all have */
export function openInTier(
  plugin: InstalledPlugin,
  log: PluginLog,
  limits?: { readonly deadlineMs: number },
): PluginHandle | Promise<PluginHandle> {
  return plugin.manifest.tier === 'script'
    ? openScriptPlugin(plugin, { log, ...(limits && { limits }) })
    : pluginProcess(plugin, { offered: OFFERED, log });
}
