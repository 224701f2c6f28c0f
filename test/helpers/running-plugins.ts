/** Plugins as an engine has them: read, contributed and run in processes of their own. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { methodContributor } from '../../src/main/engine/plugin-methods/contributor.ts';
import { OFFERED } from '../../src/main/engine/plugins/offered.ts';
import { Plugins } from '../../src/main/engine/plugins/plugins.ts';
import { pluginProcess } from '../../src/main/engine/plugins/process/plugin-process.ts';
import { RunningPlugins } from '../../src/main/engine/plugins/running.ts';
import { manifestIn } from './plugin-module.ts';

/** Writes which folders are used where they lie, as `plugins.json` has it. */
export function useFolders(home: string, folders: readonly string[], on = true): void {
  mkdirSync(join(home, 'plugins'), { recursive: true });
  const plugins = folders.map((folder) => ({
    id: manifestIn(folder).id,
    on,
    developer: { folder, granted: {} },
  }));
  writeFileSync(join(home, 'plugins', 'plugins.json'), JSON.stringify({ format: 1, plugins }));
}

export interface RunningHere {
  readonly plugins: Plugins;
  /** Ids of those that were switched off, with the reason. */
  readonly disabled: string[];
  stop(): Promise<void>;
}

/** Their methods are in the registry of this process. */
export async function runHere(home: string, hookDeadlineMs?: number): Promise<RunningHere> {
  const disabled: string[] = [];
  const running = new RunningPlugins({
    tiers: {
      process: (plugin, onCrash) =>
        pluginProcess(plugin, {
          offered: OFFERED,
          onCrash: ({ message }) => onCrash(message),
        }),
      script: () => {
        throw new Error('no scripts here');
      },
    },
    disable: async (id, why) => void disabled.push(`${id}: ${why}`),
  });
  const contributed = methodContributor((id) => running.handle(id), hookDeadlineMs);
  const plugins = new Plugins({ dir: join(home, 'plugins'), contributors: [running, contributed] });
  await plugins.refresh();
  return { plugins, disabled, stop: () => running.stop() };
}
